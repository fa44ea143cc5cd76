"""Exact recycling: which rollouts count at a later prefix too, and that they belong there."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from itertools import accumulate
from math import sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.counts import Count
from core.analysis.rates import load_rates
from core.behaviors.behavior import Answer
from core.behaviors.outcome import COMPLIANCE
from core.behaviors.own_prompt import OwnPrompt, own_judge
from core.behaviors.parts import WHOLE
from core.behaviors.pattern import Pattern
from core.endpoints.simulator.reasoner import sample
from core.endpoints.simulator.truth import truth
from core.resampling.adaptive.policy import AdaptivePolicy
from core.resampling.adaptive.sweep import adaptive_evidence, run_adaptive
from core.resampling.recycling import rates_with_recycled, recycled_counts, recycled_rollouts, shared_prefixes
from core.resampling.request import JudgeSetup, Spot
from core.resampling.samples import CONFIRM_BASE
from core.traces.build import make_trace
from core.traces.model import Message, Prompt
from tests.core.fake_server import ENDINGS, FakeServer
from tests.core.resampling.scene import FREE, TRACE, asked, fresh_store, go, rows

FIRST, SECOND, THIRD = (sentence.text for sentence in TRACE.sentences[:3])


@pytest.mark.parametrize(
    ("prefix", "text", "shared"),
    [
        (0, FIRST + " Something else.", [1]),
        (0, FIRST + SECOND + " Something else.", [1, 2]),
        (1, SECOND + THIRD, [2, 3]),
        (0, FIRST[:-1], []),
        (0, FIRST.strip() + SECOND, []),
        (0, "\n" + FIRST, []),
        (0, FIRST.upper(), []),
        (0, SECOND + FIRST, []),
        (0, "", []),
        (len(TRACE.sentences), FIRST, []),
    ],
)
def test_raw_text_must_be_equal_separator_included(prefix: int, text: str, shared: list[int]) -> None:
    assert list(shared_prefixes(TRACE, prefix, text)) == shared


@given(st.integers(0, len(TRACE.sentences)), st.integers(0, 200), st.text(max_size=5))
def test_it_counts_at_exactly_the_prefixes_whose_text_it_runs_through(start: int, length: int, tail: str) -> None:
    whole = TRACE.prefix(TRACE.n_prefixes - 1)
    text = whole[len(TRACE.prefix(start)) :][:length] + tail
    through = [
        i for i in range(start + 1, TRACE.n_prefixes) if (TRACE.prefix(start) + text).startswith(TRACE.prefix(i))
    ]
    assert list(shared_prefixes(TRACE, start, text)) == through


def going_on(prompt: str, seed: int) -> str:
    """Half of the rollouts of prefix 0 say the first sentence, half of these the second as well; both outcomes."""
    said = list(accumulate(["", FIRST, SECOND]))[0 if seed % 2 else 1 + seed // 2 % 2]
    return said + ENDINGS[seed // 4 % 2]


def test_each_is_counted_once_per_prefix_with_the_outcome_that_it_has(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        request = asked(16, 0)
        go(request, store, FakeServer(continuation=going_on))
        judges = request.measured
        recycled = recycled_rollouts(store.read, TRACE, FREE.settings.id)
        assert len({(one.rollout_id, one.prefix_idx) for one in recycled}) == len(recycled)
        assert {one.drawn_at for one in recycled} == {0}
        assert [sum(one.prefix_idx == i for one in recycled) for i in range(4)] == [0, 8, 4, 0]
        counts = recycled_counts(store.read, recycled, TRACE, FREE.settings.id, judges)[COMPLIANCE]
        assert [count.n for count in counts] == [0, 8, 4, 0]
        complied = {id_ for (id_,) in rows(store, "SELECT rollout_id FROM outcomes WHERE value = 1")}
        assert [count.k for count in counts] == [
            sum(one.prefix_idx == i and one.rollout_id in complied for one in recycled) for i in range(4)
        ]
        assert rows(store, "SELECT count(*) FROM rollouts") == [(16,)]


def test_it_can_be_switched_off_and_what_was_drawn_stays_apart(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        request = asked(16, 0)
        go(request, store, FakeServer(continuation=going_on))
        with_it = adaptive_evidence(TRACE, request, AdaptivePolicy(), store)
        without = adaptive_evidence(TRACE, request, AdaptivePolicy(recycle=False), store)
        assert [count.n for count in with_it.counts[COMPLIANCE]] == [16, 8, 4, 0]
        assert [count.n for count in without.counts[COMPLIANCE]] == [16, 0, 0, 0]
        assert with_it.drawn == without.drawn == (16, 0, 0, 0)


def test_rates_count_them_under_the_judge_of_the_table(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        go(asked(16, 0), store, FakeServer(continuation=going_on))
        drawn = load_rates(store.read, TRACE.id, FREE.settings.id)
        table = rates_with_recycled(store.read, TRACE, drawn)
        rates = [table.rate(COMPLIANCE, prefix) for prefix in range(4)]
        assert [(rate.n, rate.n_recycled) if rate else None for rate in rates] == [(16, 0), (8, 8), (4, 4), None]
        assert table.recycled_at == {1: 8, 2: 4}
        assert all(rate.judge_id == drawn.judges[COMPLIANCE] for rate in rates if rate)
        assert table.direction(COMPLIANCE, 0).value is None


def test_fresh_rollouts_are_never_recycled(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        go(asked(0, spots=(Spot(TRACE, 0, 16, CONFIRM_BASE),)), store, FakeServer(continuation=going_on))
        assert recycled_rollouts(store.read, TRACE, FREE.settings.id) == []


def to_the_end(prompt: str, seed: int) -> str:
    """The rest of the trace, from wherever it was cut."""
    return TRACE.response[len(json.loads(prompt)[-1]["content"]) :]


def test_with_it_a_run_draws_fewer(tmp_path: Path) -> None:
    drawn = []
    for recycle in (True, False):
        (tmp_path / str(recycle)).mkdir()
        with fresh_store(tmp_path / str(recycle)) as store:
            everywhere = FakeServer(continuation=to_the_end)
            policy = AdaptivePolicy(recycle=recycle)
            result = asyncio.run(run_adaptive(TRACE, asked(0), policy, store, clients=everywhere.open))
            drawn.append(result.progress.rollouts_done)
    assert drawn[0] <= drawn[1]


def test_a_recycled_rollout_is_a_fair_sample_of_the_later_prefix() -> None:
    prompt = Prompt((Message("system", "Be helpful."), Message("user", "Write a review.")))
    begun = make_trace("t", sample(prompt.messages, seed=1), prompt=prompt)
    turns = [*prompt.messages, Message("assistant", begun.prefix(0))]
    texts = [sample(turns, seed=seed) for seed in range(8000)]
    openings = [make_trace("r", begun.prefix(0) + text, prompt=prompt) for text in texts[:300]]
    commonest = max({t.sentences[0].text for t in openings}, key=[t.sentences[0].text for t in openings].count)
    recycled = [text for text in texts if text.startswith(commonest)]
    true = truth([*prompt.messages, Message("assistant", begun.prefix(0) + commonest)]).compliance
    n = len(recycled)
    rate = sum("<request_fully_accepted" in text for text in recycled) / n
    assert n > 50
    assert abs(rate - true) < 3.5 * sqrt(max(true * (1 - true), 0.01) / n)


def test_of_a_continuation_that_is_shorter_at_the_later_prefix_a_pattern_decides_anew(tmp_path: Path) -> None:
    """A word of the sentence that a rollout repeats counts where the sentence was drawn, and not after it."""
    word = max(SECOND.split(), key=len).strip(".,")
    rules = tuple(Pattern(where, re.escape(word), where) for where in ("reasoning", "response"))
    whole = Pattern("whole", re.escape(word), "reasoning", scope=WHOLE)
    asks = JudgeSetup(OwnPrompt(own_judge("asked", "Polite?", FREE.model, FREE.base_url, 0.0)), FREE)
    with fresh_store(tmp_path) as store:
        request = replace(asked(16, 0), rules=(*rules, whole), judges=(asks,))
        go(request, store, FakeServer(continuation=going_on, judge=lambda _: "yes"))
        recycled = recycled_rollouts(store.read, TRACE, FREE.settings.id)
        counts = recycled_counts(store.read, recycled, TRACE, FREE.settings.id, request.measured)
        texts = {id_: text for id_, text in rows(store, "SELECT id, text FROM rollouts")}
        for rule in rules:
            for prefix in range(TRACE.n_prefixes):
                left = [
                    texts[one.rollout_id][len(TRACE.prefix(prefix)) - len(TRACE.prefix(one.drawn_at)) :]
                    for one in recycled
                    if one.prefix_idx == prefix
                ]
                given_there = TRACE.prefix(prefix)
                drawn_there = [rule.decide(Answer(given_there + text, "stop", given=len(given_there))) for text in left]
                assert counts[rule.behavior][prefix] == (sum(o.value or 0 for o in drawn_there), len(left))
        # Four of the eight that go on with the first sentence say the second, and the word; after that, none does.
        assert counts["reasoning"][:3] == (Count(0, 0), Count(4, 8), Count(0, 4))
        assert counts["whole"][:3] == (Count(0, 0), Count(4, 8), Count(4, 4))
        assert all(count == Count(0, 0) for count in counts["asked"])
        table = rates_with_recycled(store.read, TRACE, load_rates(store.read, TRACE.id, FREE.settings.id))
        assert (table.rate("reasoning", 2), table.rate("asked", 2)) != (None, None)
        assert table.rate("asked", 1) is None
