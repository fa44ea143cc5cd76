"""Queues in the database: one for each annotator, the same after a restart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from core.annotation.annotation import NOTHING, Annotation
from core.annotation.codebook import load_codebook
from core.annotation.place import Place
from core.annotation.queue import Queue, QueueProgress, QueueSpec
from core.annotation.stopping import PerCategory
from core.store.database import Store
from core.store.labels import Change, annotate, undo
from core.store.queues import (
    REPLACED,
    count_sentences,
    current_queue,
    current_queue_id,
    end_queue,
    load_decisions,
    start_queue,
    was_decided,
)
from core.store.traces import add_traces
from tests.core.analysis.stored import make_trace

CODEBOOK = load_codebook()
SECOND = "second"
SPEC = QueueSpec("random", ("first", SECOND), PerCategory(2), 7)
ITEMS = (Place("first", 2), Place(SECOND, 0), Place("first", 0))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "queues.db") as opened:
        traces = [make_trace(trace_id, ["One.", " Two.", " Three."]) for trace_id in ("first", SECOND)]
        opened.write(lambda db: add_traces(db, traces)).result()
        yield opened


def start(store: Store, annotator: str, spec: QueueSpec = SPEC, items: Sequence[Place] = ITEMS) -> int:
    return store.write(lambda db: start_queue(db, annotator, spec, items)).result()


def current(store: Store, annotator: str) -> Queue:
    found = current_queue(store.read, annotator)
    assert found is not None
    return found


def give(store: Store, unit: Place, annotation: Annotation, annotator: str = "ana") -> None:
    kind = "skip" if annotation.is_skipped else "label" if annotation.category else "clear"
    change = Change(unit.trace_id, unit.sentence_idx, kind, annotation)
    store.write(lambda db: annotate(db, annotator, [change], CODEBOOK)).result()


def progress(store: Store) -> QueueProgress:
    queue = current(store, "ana")
    return QueueProgress(queue, load_decisions(store.read, "ana", queue.spec.trace_ids), ())


def test_it_is_there_again_after_a_restart_with_the_same_next(store: Store) -> None:
    start(store, "ana")
    give(store, ITEMS[0], Annotation("planning"))
    before = progress(store)
    store.close()
    with Store.open(store.path, create=False) as again:
        after = progress(again)
        assert after.queue == before.queue
        assert (after.queue.spec, after.queue.items) == (SPEC, ITEMS)
        assert after.next_open(ITEMS[0]) == before.next_open(ITEMS[0]) == ITEMS[1]


def test_each_annotator_has_one_of_their_own(store: Store) -> None:
    first, bens = start(store, "ana"), start(store, "ben")
    second = start(store, "ana", QueueSpec("position", ("first",)), ITEMS[:1])
    assert current(store, "ana").id == current_queue_id(store.read, "ana") == second
    assert current(store, "ben").id == bens
    ended = store.read.execute("SELECT why, ended_at FROM queues WHERE id = ?", [first]).fetchone()
    assert ended["why"] == REPLACED
    assert ended["ended_at"] is not None


def test_what_has_ended_is_current_no_more(store: Store) -> None:
    start(store, "ana")
    assert store.write(lambda db: end_queue(db, "ana", "enough")).result()
    assert current_queue(store.read, "ana") is None
    assert current_queue_id(store.read, "ana") is None
    assert not store.write(lambda db: end_queue(db, "ana", "enough")).result()
    assert [row["why"] for row in store.read.execute("SELECT why FROM queues")] == ["enough"]


def test_decisions_are_those_that_stand(store: Store) -> None:
    give(store, ITEMS[0], Annotation("planning"))
    give(store, ITEMS[1], Annotation(is_skipped=True))
    give(store, ITEMS[2], Annotation(note="no decision"))
    give(store, ITEMS[2], Annotation("planning"), annotator="ben")
    assert load_decisions(store.read, "ana", ("first", SECOND)) == {ITEMS[0]: "planning", ITEMS[1]: None}
    assert load_decisions(store.read, "ana", ("first",)) == {ITEMS[0]: "planning"}
    store.write(lambda db: undo(db, "ana")).result()
    store.write(lambda db: undo(db, "ana")).result()
    assert load_decisions(store.read, "ana", ("first", SECOND)) == {ITEMS[0]: "planning"}


def test_who_has_decided_once_has_seen_the_numbers(store: Store) -> None:
    assert not was_decided(store.read, "ana", ITEMS[0])
    give(store, ITEMS[0], Annotation(note="looked"))
    assert not was_decided(store.read, "ana", ITEMS[0])
    give(store, ITEMS[0], Annotation("planning"))
    give(store, ITEMS[0], NOTHING)
    assert was_decided(store.read, "ana", ITEMS[0])
    assert not was_decided(store.read, "ben", ITEMS[0])
    give(store, ITEMS[1], Annotation(is_skipped=True))
    assert was_decided(store.read, "ana", ITEMS[1])


def test_traces_without_sentences_are_not_counted(store: Store) -> None:
    assert count_sentences(store.read, ("none", SECOND, "first")) == {SECOND: 3, "first": 3}
