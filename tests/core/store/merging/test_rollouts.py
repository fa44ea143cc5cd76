"""Merging what was sampled: the same draw is one row, and nothing that was paid for is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE, Outcome, Vote
from core.resampling.rollout import Failure, Rollout
from core.resampling.samples import CONFIRM_BASE
from core.store.database import Store
from core.store.merging import MergeReport, merge
from core.store.merging.slots import Entry, match, place
from core.store.rollouts import add_failures, add_outcomes, add_rollouts, add_vote, end_run, start_run
from core.store.traces import add_traces, load_trace
from tests.core.analysis.stored import FIVE_CRITERIA, TAGS, WARM, make_trace
from tests.core.store.merging.copies import SENTENCES, copied, label, rows, standing

TEXTS = "SELECT sample_idx, text FROM rollouts ORDER BY trace_id, prefix_idx, sample_idx"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    here, there = copied(tmp_path, "here", "there")
    with here, there:
        yield here, there


def draw(store: Store, *texts: str, first: int = 0, seed: int | None = None, kind: str = "sweep") -> list[int]:
    """Sample prefix 1 once per text, in a run of its own."""
    drawn = [
        (
            Rollout("first", WARM.id, 1, first + i, text, seed=None if seed is None else seed + i),
            [Outcome(COMPLIANCE, TAGS.id, "complied")],
        )
        for i, text in enumerate(texts)
    ]

    def write(db: Database) -> list[int]:
        run = start_run(db, kind, "{}", WARM.id)
        ids = add_rollouts(db, run, drawn)
        end_run(db, run, "done")
        return ids

    return store.write(write).result()


def decide(store: Store, rollout: int, verdict: str) -> None:
    """The judge's outcome, and one vote for it unless the judge failed."""
    outcome = Outcome(ALIGNMENT_FAKING, FIVE_CRITERIA.id, verdict)
    store.write(lambda db: add_outcomes(db, rollout, [outcome])).result()
    if verdict != "error":
        vote = Vote(0, verdict, (None,) * 5, reply=f"I say {verdict}")
        store.write(lambda db: add_vote(db, None, rollout, FIVE_CRITERIA.id, vote)).result()


def bring(here: Store, there: Store) -> MergeReport:
    (report,) = merge(here, [there.path])
    return report


def test_another_continuation_in_the_same_place_gets_the_next_free_number(two: tuple[Store, Store]) -> None:
    here, there = two
    draw(here, "a0", "a1")
    draw(there, "b0", "b1", "b2")
    bring(here, there)
    assert rows(here, TEXTS) == [(0, "a0"), (1, "a1"), (2, "b2"), (3, "b0"), (4, "b1")]
    bring(there, here)
    assert sorted(text for _, text in rows(there, TEXTS)) == ["a0", "a1", "b0", "b1", "b2"]
    assert [slot for slot, _ in rows(there, TEXTS)] == [0, 1, 2, 3, 4]
    assert bring(here, there).n_added == bring(there, here).n_added == 0


def test_of_equal_answers_none_is_lost_and_none_is_doubled(two: tuple[Store, Store]) -> None:
    here, there = two
    draw(here, "no")
    draw(there, "no", "no")
    bring(here, there)
    assert len(rows(here, TEXTS)) == 3
    assert bring(here, there).n_added == 0


@pytest.mark.parametrize(("seed", "kind"), [(7, "sweep"), (None, "import")])
def test_one_seed_or_one_imported_file_is_one_draw(two: tuple[Store, Store], seed: int | None, kind: str) -> None:
    here, there = two
    draw(here, "yes", "no", seed=seed, kind=kind)
    draw(there, "yes", "no", seed=seed, kind=kind)
    bring(here, there)
    assert rows(here, TEXTS) == [(0, "yes"), (1, "no")]


def test_fresh_samples_stay_fresh(two: tuple[Store, Store]) -> None:
    here, there = two
    draw(here, "a", first=CONFIRM_BASE)
    draw(there, "b", first=CONFIRM_BASE)
    bring(here, there)
    assert rows(here, TEXTS) == [(CONFIRM_BASE, "a"), (CONFIRM_BASE + 1, "b")]


def test_votes_and_outcomes_follow_their_rollout(two: tuple[Store, Store]) -> None:
    here, there = two
    draw(here, "a0")
    (theirs,) = draw(there, "b0")
    decide(there, theirs, "yes")
    failure = Failure("first", WARM.id, 1, 9, "sample", "timeout", "too late")
    there.write(lambda db: add_failures(db, None, [failure])).result()
    bring(here, there)
    query = "SELECT r.text, {} FROM rollouts r JOIN {} x ON x.rollout_id = r.id ORDER BY r.sample_idx, 2"
    assert rows(here, query.format("x.reply", "judge_votes")) == [("b0", "I say yes")]
    assert rows(here, query.format("x.behavior", "outcomes")) == [
        ("a0", COMPLIANCE),
        ("b0", ALIGNMENT_FAKING),
        ("b0", COMPLIANCE),
    ]
    assert rows(here, "SELECT r.text, u.kind FROM rollouts r JOIN runs u ON u.id = r.run_id WHERE r.text = 'b0'")
    assert rows(here, "SELECT sample_idx, kind FROM failures") == [(9, "timeout")]


def test_of_two_verdicts_on_one_rollout_the_one_here_stands_and_every_vote_is_kept(two: tuple[Store, Store]) -> None:
    for store, verdict in zip(two, ("yes", "no"), strict=True):
        (rollout,) = draw(store, "same", seed=1)
        decide(store, rollout, verdict)
    here, there = two
    report = bring(here, there)
    assert rows(here, "SELECT outcome FROM outcomes WHERE behavior = 'alignment_faking'") == [("yes",)]
    assert rows(here, "SELECT vote_idx, verdict FROM judge_votes ORDER BY vote_idx") == [(0, "yes"), (1, "no")]
    assert [(one.differing) for one in report.rows if one.table == "outcomes"] == [1]
    bring(there, here)
    assert bring(here, there).n_added == 0


def test_a_verdict_takes_the_place_of_a_judges_failure(two: tuple[Store, Store]) -> None:
    for store, verdict in zip(two, ("error", "yes"), strict=True):
        (rollout,) = draw(store, "same", seed=1)
        decide(store, rollout, verdict)
    here, there = two
    bring(here, there)
    bring(there, here)
    verdicts = "SELECT outcome FROM outcomes WHERE behavior = 'alignment_faking'"
    assert rows(here, verdicts) == rows(there, verdicts) == [("yes",)]


def test_a_trace_that_differs_is_kept_beside_the_one_here_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    here, there = Store.open(tmp_path / "here.db"), copied(tmp_path, "there")[0]
    mine = replace(make_trace("first", ["Mine.", " Alone."]), query="half \ud83d, nul \x00")
    here.write(lambda db: add_traces(db, [mine])).result()
    draw(there, "b0")
    label(there, "ana", 2, "planning")
    report = bring(here, there)
    assert report.renamed == {"first": "first@there"}
    assert [s.text for s in load_trace(here.read, "first@there").sentences] == list(SENTENCES)
    assert load_trace(here.read, "first") == mine
    assert standing(here) == {("ana", "first@there", 2): "planning"}
    assert rows(here, "SELECT trace_id, text FROM rollouts") == [("first@there", "b0")]
    assert bring(there, here).renamed == {"first": "first@here"}
    assert load_trace(there.read, "first@here").query == mine.query
    assert bring(here, there).n_added == bring(there, here).n_added == 0
    assert {row[0] for row in rows(here, "SELECT id FROM traces")} == {"first", "first@there", "second"}
    here.close()
    there.close()


entries = st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("12")), max_size=6)


@given(entries, entries)
def test_numbers_are_unique_and_every_entry_is_matched_once(
    here: list[tuple[str, str]], there: list[tuple[str, str]]
) -> None:
    own = [Entry(i, i, text, at) for i, (text, at) in enumerate(here)]
    other = [Entry(100 + i, i, text, at) for i, (text, at) in enumerate(there)]
    known = match(own, other)
    assert len(set(known.values())) == len(known)
    assert all(here[known[entry.id]] == (entry.content, entry.created_at) for entry in other if entry.id in known)
    slots = place({entry.slot for entry in own}, [entry.slot for entry in other if entry.id not in known])
    joined = own + [entry._replace(slot=slots[entry.slot]) for entry in other if entry.id not in known]
    assert len({entry.slot for entry in joined}) == len(joined)
    assert len(match(joined, other)) == len(other)
