"""Merging labels: one file ahead goes on, both gone on stands side by side, and no event is ever lost."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.annotation.annotation import GOLD, NOTHING
from core.store.database import Store
from core.store.labels import Change, annotate, load_annotations, load_history, load_labels, redo, undo
from core.store.merging import merge, rehearse
from tests.core.store.merging.copies import CODEBOOK, copied, label, standing, uids
from tests.sizes import examples


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    here, there = copied(tmp_path, "here", "there")
    with here, there:
        yield here, there


def bring(here: Store, there: Store) -> int:
    (report,) = merge(here, [there.path])
    return report.n_added


def test_two_annotators_come_together(two: tuple[Store, Store]) -> None:
    here, there = two
    label(here, "ana", 0, "planning")
    label(there, "ben", 0, "monitoring")
    bring(here, there)
    assert standing(here) == {("ana", "first", 0): "planning", ("ben", "first", 0): "monitoring"}


def test_a_copy_that_is_merely_ahead_is_followed(two: tuple[Store, Store]) -> None:
    here, there = two
    label(here, "ana", 0, "planning")
    bring(there, here)
    label(there, "ana", 0, "monitoring")
    (report,) = merge(here, [there.path])
    assert standing(here) == {("ana", "first", 0): "monitoring"}
    assert report.conflicts == ()
    assert bring(there, here) == 0


def test_what_one_annotator_said_differently_in_both_files_stands_side_by_side(two: tuple[Store, Store]) -> None:
    here, there = two
    label(here, "ana", 0, "planning")
    label(there, "ana", 0, "monitoring")
    label(there, "ana", 1, "none")
    (report,) = merge(here, [there.path])
    assert standing(here) == {
        ("ana", "first", 0): "planning",
        ("ana@there", "first", 0): "monitoring",
        ("ana", "first", 1): "none",
    }
    (conflict,) = report.conflicts
    assert (conflict.annotator, conflict.kept_as, conflict.trace_id, conflict.sentence_idx) == (
        "ana",
        "ana@there",
        "first",
        0,
    )
    assert (conflict.here, conflict.there) == ("planning", "monitoring")


def test_merged_both_ways_each_keeps_its_own_and_nothing_more_is_to_do(two: tuple[Store, Store]) -> None:
    here, there = two
    label(here, "ana", 0, "planning")
    label(there, "ana", 0, "monitoring")
    bring(here, there)
    bring(there, here)
    assert bring(here, there) == 0
    assert uids(here) == uids(there)
    assert standing(there) == {("ana", "first", 0): "monitoring", ("ana@here", "first", 0): "planning"}


def test_a_conflict_goes_on_where_it_began(two: tuple[Store, Store]) -> None:
    here, there = two
    label(here, "ana", 0, "planning")
    label(there, "ana", 0, "monitoring")
    bring(here, there)
    label(there, "ana", 0, "none")
    (report,) = merge(here, [there.path])
    assert report.conflicts == ()
    assert standing(here) == {("ana", "first", 0): "planning", ("ana@there", "first", 0): "none"}


def test_two_files_of_one_name_do_not_share_a_conflict(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    stores = [*copied(tmp_path, "here"), *copied(tmp_path / "one", "study"), *copied(tmp_path / "two", "study")]
    for store, category in zip(stores, ("planning", "monitoring", "none"), strict=True):
        label(store, "ana", 0, category)
    merge(stores[0], [stores[1].path, stores[2].path])
    assert standing(stores[0]) == {
        ("ana", "first", 0): "planning",
        ("ana@study", "first", 0): "monitoring",
        ("ana@study-2", "first", 0): "none",
    }
    for store in stores:
        store.close()


def test_two_histories_that_began_as_one_do_not_cover_each_other(tmp_path: Path) -> None:
    stores = copied(tmp_path, "a", "b", "c")
    a, b, c = stores
    label(a, "ana", 0, "monitoring")
    label(c, "ana", 0, "monitoring")
    bring(b, c)
    label(b, "ana", 0, "planning")
    bring(a, b)
    bring(c, a)
    assert sorted(standing(c).values(), key=str) == ["monitoring", "planning"]
    assert (bring(a, c), bring(c, a)) == (0, 0)
    for store in stores:
        store.close()


def test_the_same_label_given_in_both_files_is_no_conflict(two: tuple[Store, Store]) -> None:
    here, there = two
    for store in two:
        label(store, "ana", 0, "planning")
    (report,) = merge(here, [there.path])
    assert (report.conflicts, report.n_added) == ((), 1)
    assert standing(here) == {("ana", "first", 0): "planning"}


def test_an_adjudication_that_differs_is_not_gold_here(two: tuple[Store, Store]) -> None:
    here, there = two
    label(here, GOLD, 0, "planning")
    label(there, GOLD, 0, "monitoring")
    bring(here, there)
    assert load_labels(here.read, "first", GOLD) == {0: "planning"}
    assert load_labels(here.read, "first", "gold@there") == {0: "monitoring"}


def test_undo_goes_through_what_was_merged(two: tuple[Store, Store]) -> None:
    here, there = two
    label(here, "ana", 0, "planning")
    label(there, "ana", 1, "monitoring")
    label(there, "ana", 2, "none")
    there.write(lambda db: undo(db, "ana")).result()
    bring(here, there)
    assert load_labels(here.read, "first", "ana") == {0: "planning", 1: "monitoring"}
    here.write(lambda db: redo(db, "ana")).result()
    assert load_labels(here.read, "first", "ana") == {0: "planning", 1: "monitoring", 2: "none"}
    for _ in range(3):
        here.write(lambda db: undo(db, "ana")).result()
    assert load_labels(here.read, "first", "ana") == {}


def test_a_rehearsal_tells_what_a_merge_does_and_writes_nothing(two: tuple[Store, Store]) -> None:
    here, there = two
    label(there, "ana", 0, "planning")
    told = rehearse(here, [there.path])
    assert standing(here) == {}
    assert here.read.execute("SELECT count(*) FROM merges").fetchone()[0] == 0
    assert merge(here, [there.path]) == told


PLACES = [(trace_id, sentence) for trace_id in ("first", "second") for sentence in (0, 1)]
NAMES = ("a", "b", "c")
ANNOTATORS = ("ana", "ben")
Standing = dict[tuple[str, str, int], Any]


def latest(store: Store) -> dict[tuple[str, str, int], str]:
    """The uid of the last event of each annotator and sentence."""
    rows = store.read.execute("SELECT annotator, trace_id, sentence_idx, uid FROM label_events ORDER BY id")
    return {(row["annotator"], row["trace_id"], row["sentence_idx"]): row["uid"] for row in rows}


def held(store: Store) -> Standing:
    """All that stands, by annotator, trace and sentence; what was cleared is nothing."""
    return {key: load_annotations(store.read, key[1], key[0]).get(key[2], NOTHING) for key in sorted(latest(store))}


def act(store: Store, annotator: str, kind: str, places: list[tuple[str, int]], category: str) -> None:
    """One key press: a label on one sentence or a range, a skip, a clearing, an undo or a redo."""
    if kind in ("undo", "redo"):
        store.write(lambda db: {"undo": undo, "redo": redo}[kind](db, annotator)).result()
        return
    changes = []
    for trace_id, sentence in dict.fromkeys(places):
        before = load_annotations(store.read, trace_id, annotator).get(sentence, NOTHING)
        after = {"label": before.given(category), "clear": before.cleared(), "skip": before.skipped()}[kind]
        changes.append(Change(trace_id, sentence, kind, after))
    store.write(lambda db: annotate(db, annotator, changes, CODEBOOK)).result()


acts = st.tuples(
    st.integers(0, 2),
    st.sampled_from(ANNOTATORS),
    st.sampled_from(("label", "label", "label", "clear", "skip", "undo", "redo")),
    st.lists(st.sampled_from(PLACES), min_size=1, max_size=2),
    st.sampled_from(("monitoring", "planning")),
)
merges = st.permutations([0, 1, 2]).map(lambda order: (order[0], order[1]))


@settings(max_examples=examples(20))
@given(st.lists(acts | merges, min_size=4, max_size=24))
def test_in_whatever_order_copies_are_labelled_and_merged(steps: list[Any]) -> None:
    folder = Path(tempfile.mkdtemp())
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        stores = [stack.enter_context(store) for store in copied(folder, *NAMES)]
        for step in [*steps, (0, 1), (1, 2), (2, 0), (0, 1), (1, 0)]:
            if len(step) == 2:
                check_merge(stores[step[0]], stores[step[1]])
            else:
                act(stores[step[0]], *step[1:])
        assert bring(stores[0], stores[1]) == 0
        assert uids(stores[0]) == uids(stores[1])


def check_merge(here: Store, there: Store) -> None:
    before = [(held(store), latest(store), uids(store)) for store in (here, there)]
    (mine, my_last, my_uids), (theirs, their_last, their_uids) = before
    bring(here, there)
    assert uids(here) == my_uids | their_uids
    after = held(here)
    for standing_, last, known in ((mine, my_last, their_uids), (theirs, their_last, my_uids)):
        for key, annotation in standing_.items():
            # What the other file knew of, and changed, it changed knowingly.
            if last[key] not in known:
                assert annotation in [one for place, one in after.items() if place[1:] == key[1:]], key
    for annotator in {key[0] for key in after}:
        load_history(here.read, annotator)
    assert bring(here, there) == 0
    assert held(here) == after
