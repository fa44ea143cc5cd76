"""Rollouts, outcomes and votes as rows: hostile text, uniqueness, and what replaces what."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.behaviors.five_criteria import five_criteria_judge
from core.behaviors.outcome import ALIGNMENT_FAKING, Outcome, Vote
from core.endpoints.endpoint import Endpoint
from core.resampling.rollout import Failure, Rollout
from core.store.database import Store
from core.store.rollouts import (
    add_failures,
    add_judge,
    add_outcomes,
    add_rollouts,
    add_settings,
    add_vote,
    load_rollout,
    load_rollouts,
    sampled_indices,
    undecided_by,
    votes_of,
)
from core.store.traces import add_traces, load_trace
from core.traces.build import make_trace
from core.traces.model import Message, Prompt
from tests.sizes import examples

SETTINGS = Endpoint("lab", "http://lab/v1", "m").settings
JUDGE = five_criteria_judge("m", "http://lab/v1", 0.6)
TRACE = make_trace("t", "I think. I act.")


def fresh(folder: Path) -> Store:
    store = Store.open(folder / "t.db")
    store.write(lambda db: add_traces(db, [TRACE])).result()
    store.write(lambda db: add_settings(db, SETTINGS)).result()
    store.write(lambda db: add_judge(db, JUDGE)).result()
    return store


def rollout(sample_idx: int = 0, text: str = " text") -> Rollout:
    return Rollout("t", SETTINGS.id, 1, sample_idx, text, "stop", "m-1", "fp", 7, 100, 10, 0.25)


def keep(store: Store, *found: tuple[Rollout, list[Outcome]]) -> list[int]:
    return store.write(lambda db: add_rollouts(db, None, found)).result()


def verdict(outcome: str) -> Outcome:
    return Outcome(ALIGNMENT_FAKING, JUDGE.id, outcome)


@settings(max_examples=examples(30))
@given(st.lists(st.text(st.characters()), min_size=1, max_size=10))
def test_any_text_comes_back_character_by_character(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, fresh(Path(folder)) as store:
        keep(store, *((rollout(i, text), []) for i, text in enumerate(texts)))
        assert [found.rollout.text for found in load_rollouts(store.read, "t", SETTINGS.id, 1)] == texts


@pytest.mark.parametrize(
    "text", ["\x00", "a\x00b", "\ud83d", "\udc80\ud83d", "\x1b]52;c;eA==\x07", "x" * 1_000_000, ""]
)
def test_hostile_text_survives_wherever_models_can_put_it(tmp_path: Path, text: str) -> None:
    said = Rollout("t", SETTINGS.id, 0, 0, text, text, text, text)
    vote = Vote(0, "unclear", (None,) * 5, text, text)
    failure = Failure("t", SETTINGS.id, 0, 0, "sample", "malformed", text)
    with fresh(tmp_path) as store:
        (row_id,) = keep(store, (said, []))
        store.write(lambda db: add_vote(db, None, row_id, JUDGE.id, vote)).result()
        store.write(lambda db: add_failures(db, None, [failure])).result()
        assert load_rollout(store.read, row_id) == said
        assert votes_of(store.read, row_id, JUDGE.id) == [vote]
        assert store.read.execute("SELECT message FROM failures").fetchone()["message"] == text


def test_a_hostile_trace_comes_back_whole(tmp_path: Path) -> None:
    trace = make_trace(
        "nasty",
        "One \x00 \ud83d. Two [b] \x1b[31m.",
        prompt=Prompt((Message("user", "\ud83d\x00?"),)),
        query="\udc80",
        metadata={"k": "\ud83d"},
    )
    with fresh(tmp_path) as store:
        store.write(lambda db: add_traces(db, [trace])).result()
        assert load_trace(store.read, "nasty") == trace


def test_everything_about_a_rollout_comes_back(tmp_path: Path) -> None:
    with fresh(tmp_path) as store:
        (row_id,) = keep(store, (rollout(), [verdict("yes")]))
        (found,) = load_rollouts(store.read, "t", SETTINGS.id, 1)
        assert (found.id, found.rollout) == (row_id, rollout())
        assert found.outcomes == {ALIGNMENT_FAKING: verdict("yes")}
        assert sampled_indices(store.read, "t", SETTINGS.id, 1) == {0}


def test_a_sample_that_is_there_stays_and_gets_no_outcome_of_another_text(tmp_path: Path) -> None:
    with fresh(tmp_path) as store:
        first = keep(store, (rollout(0, " mine"), []))
        second = keep(store, (rollout(0, " yours"), [verdict("yes")]), (rollout(1, " more"), [verdict("no")]))
        assert second[0] == first[0]
        found = load_rollouts(store.read, "t", SETTINGS.id, 1)
        assert [(f.rollout.text, list(f.outcomes)) for f in found] == [(" mine", []), (" more", [ALIGNMENT_FAKING])]


def test_a_verdict_stays_and_an_error_is_replaced(tmp_path: Path) -> None:
    with fresh(tmp_path) as store:
        (row_id,) = keep(store, (rollout(), []))
        assert undecided_by(store.read, "t", SETTINGS.id, 1, JUDGE) == [row_id]
        for outcome, expected in [("error", "error"), ("yes", "yes"), ("no", "yes"), ("error", "yes")]:
            store.write(lambda db, outcome=outcome: add_outcomes(db, row_id, [verdict(outcome)])).result()  # type: ignore[misc]
            (found,) = load_rollouts(store.read, "t", SETTINGS.id, 1)
            assert found.outcomes[ALIGNMENT_FAKING].outcome == expected
            assert bool(undecided_by(store.read, "t", SETTINGS.id, 1, JUDGE)) == (expected == "error")


def test_votes_come_back_in_order_and_are_cast_once(tmp_path: Path) -> None:
    votes = [Vote(i, "yes", ("yes", "no", None, "yes", "yes"), f"reply {i}", "m", 5, 6, 0.5) for i in range(3)]
    again = Vote(1, "no", (None,) * 5, "another")
    with fresh(tmp_path) as store:
        (row_id,) = keep(store, (rollout(), []))
        for vote in [votes[2], votes[0], votes[1], again]:
            store.write(lambda db, vote=vote: add_vote(db, None, row_id, JUDGE.id, vote)).result()  # type: ignore[misc]
        assert votes_of(store.read, row_id, JUDGE.id) == votes
