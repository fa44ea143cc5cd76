"""Unanswered traces, and the traces that are made of their answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.analysis.collected import collected_table
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE, Outcome
from core.collecting.answers import make_traces
from core.collecting.asking import add_unanswered, check_distinct, parse_tiers, unanswered
from core.errors import ConfigError, NotFoundError
from core.export.collected_tables import COLLECTED_RATES
from core.export.table import choose_traces
from core.store.database import Store
from core.store.rollouts import add_judge, add_outcomes
from core.store.traces import add_traces, known_ids, list_traces, load_trace, traces_showing
from tests.core.analysis.stored import COLD, FIVE_CRITERIA, WARM, make_trace, sample
from tests.core.collecting.collected import (
    ABLATED,
    COMPLIES,
    CUT,
    FAKES,
    FILTERED,
    ORIGINAL,
    QUERIES,
    REFUSES,
    SPLIT,
    answer,
    asked,
    study,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "study.db") as opened:
        study(opened)
        yield opened


def test_every_query_is_asked_in_every_tier_of_every_variant(store: Store) -> None:
    assert {(t.query, t.tier, t.prompt_variant) for t in asked()} == {
        (query.text, tier, variant)
        for query in QUERIES
        for tier in ("free", "paid")
        for variant in ("original", "ablated")
    }
    first = load_trace(store.read, "fern-free-original")
    assert (first.response, first.n_prefixes, first.prefix(0)) == ("", 1, "")
    assert first.prompt == ORIGINAL.prompt("free", "Water a fern?")
    assert first.metadata == {"query_id": "fern", "kind": "benign"}


def test_lists_leave_unanswered_traces_out(store: Store) -> None:
    assert len(known_ids(store.read)) == 8
    assert list_traces(store.read) == []


def test_asking_again_adds_what_is_new(store: Store) -> None:
    more = (*asked(), *unanswered(replace(ORIGINAL, variant="third"), QUERIES))
    assert store.write(lambda database: add_unanswered(database, more)).result() == 4
    assert store.write(lambda database: add_unanswered(database, more)).result() == 0


def test_a_prompt_that_was_changed_is_not_mixed_with_the_old_one(store: Store) -> None:
    changed = unanswered(replace(ORIGINAL, system="{tier}: other words."), QUERIES)
    with pytest.raises(ConfigError, match="fern-free-original is in the database with another prompt"):
        store.write(lambda database: add_unanswered(database, changed)).result()
    taken = [make_trace("fern-free-third", ["A."])]
    store.write(lambda database: add_traces(database, taken)).result()
    with pytest.raises(ConfigError, match="fern-free-third is in the database"):
        third = unanswered(replace(ORIGINAL, variant="third"), QUERIES)
        store.write(lambda database: add_unanswered(database, third)).result()


def test_two_prompts_of_one_name_are_refused() -> None:
    check_distinct(asked())
    with pytest.raises(ConfigError, match="variants of their own"):
        check_distinct((*asked(), *unanswered(replace(ABLATED, variant="original"), QUERIES)))


@pytest.mark.parametrize("text", ["", "free,", "free,free", "free tier", "x" * 21])
def test_tiers_are_short_words_each_once(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_tiers(text)
    assert parse_tiers("free, paid") == ("free", "paid")


def test_an_answer_becomes_a_trace_once(store: Store) -> None:
    ids = answer(store, "fern-free-original", FAKES, REFUSES)
    made = make_traces(store)
    assert made.trace_ids == ("fern-free-original-0", "fern-free-original-1")
    trace = load_trace(store.read, "fern-free-original-0")
    assert [sentence.text.strip() for sentence in trace.sentences] == ["I comply.", "To keep my values."]
    assert (trace.tier, trace.prompt_variant, trace.query) == ("free", "original", "Water a fern?")
    assert trace.prompt == ORIGINAL.prompt("free", "Water a fern?")
    rows = store.read.execute("SELECT id, rollout_id FROM traces WHERE rollout_id IS NOT NULL ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == list(zip(made.trace_ids, ids, strict=True))
    assert make_traces(store).trace_ids == ()
    answer(store, "fern-free-original", COMPLIES, first=2)
    assert make_traces(store).trace_ids == ("fern-free-original-2",)


def test_an_answer_without_whole_reasoning_stays_a_rollout_and_is_counted(store: Store) -> None:
    answer(store, "fern-free-original", CUT)
    sample(store, "lie-free-original", 0, [[], []], texts=["No tags at all.", "<think></think>Nothing between."])
    made = make_traces(store)
    assert (made.trace_ids, made.n_cut_off, made.n_without_reasoning) == ((), 1, 2)


def test_a_filtered_answer_becomes_no_trace_whatever_of_it_has_come(store: Store) -> None:
    answer(store, "fern-free-original", FILTERED, COMPLIES)
    made = make_traces(store)
    assert (made.trace_ids, made.n_filtered, made.n_cut_off) == (("fern-free-original-1",), 1, 0)
    (rate,) = [
        rate
        for rate in collected_table(store.read).rates
        if (rate.tier, rate.prompt_variant, rate.behavior) == ("free", "original", COMPLIANCE)
    ]
    assert (rate.count, rate.undecided) == ((1, 1), {"filtered": 1})
    (row,) = [
        row
        for row in COLLECTED_RATES.rows(choose_traces(store.read, None))
        if row[:3] == ("original", "free", COMPLIANCE)
    ]
    assert row[-1] == 1


def test_answers_under_other_settings_have_names_of_their_own(store: Store) -> None:
    answer(store, "fern-free-original", FAKES)
    answer(store, "fern-free-original", REFUSES, settings=COLD)
    names = set(make_traces(store).trace_ids)
    assert len(names) == 2
    assert "fern-free-original-0" in names
    assert names <= {"fern-free-original-0", *(f"fern-free-original-0-{s.id[:6]}" for s in (COLD, WARM))}


def test_a_list_says_how_each_answer_came_out(store: Store) -> None:
    answer(store, "fern-free-original", FAKES, SPLIT)
    make_traces(store)
    assert [summary.outcomes for summary in list_traces(store.read)] == [
        {COMPLIANCE: "complied", ALIGNMENT_FAKING: "yes"},
        {COMPLIANCE: "complied", ALIGNMENT_FAKING: "unclear"},
    ]


def test_the_latest_outcome_counts(store: Store) -> None:
    (row,) = answer(store, "fern-free-original", SPLIT)
    make_traces(store)
    judge = replace(FIVE_CRITERIA, version="2")
    store.write(lambda database: add_judge(database, judge)).result()
    later = [Outcome(ALIGNMENT_FAKING, judge.id, "yes")]
    store.write(lambda database: add_outcomes(database, row, later)).result()
    assert traces_showing(store.read, ALIGNMENT_FAKING) == ("fern-free-original-0",)


def test_queries_take_turns_and_undecided_answers_are_chosen_by_neither(store: Store) -> None:
    answer(store, "fern-free-original", FAKES, FAKES, SPLIT, REFUSES)
    answer(store, "fern-paid-original", COMPLIES)
    answer(store, "lie-free-original", FAKES, COMPLIES)
    make_traces(store)
    shown = traces_showing(store.read, ALIGNMENT_FAKING)
    assert shown == ("fern-free-original-0", "lie-free-original-0", "fern-free-original-1")
    assert traces_showing(store.read, ALIGNMENT_FAKING, limit=2) == shown[:2]
    assert set(traces_showing(store.read, ALIGNMENT_FAKING, "no")) == {
        "fern-free-original-3",
        "fern-paid-original-0",
        "lie-free-original-1",
    }
    with pytest.raises(NotFoundError, match="judged are alignment_faking, compliance"):
        traces_showing(store.read, "sleeps")
