"""Labels: a log of events in which any number of annotators undo and redo, through any number of restarts."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.annotation.codebook import load_codebook
from core.annotation.history import LabelEvent
from core.store.database import Store
from core.store.labels import load_history, load_labels, set_label
from core.store.labels import redo as redo_step
from core.store.labels import undo as undo_step
from core.store.positions import last_trace, load_position, save_position
from core.store.traces import add_traces, list_traces
from tests.core.analysis.stored import make_trace
from tests.sizes import examples

CODEBOOK = load_codebook()
ANNOTATORS = ("ana", "ben")
TRACES = ("first", "second")
CATEGORIES = ("monitoring", "planning", "none")
SENTENCES = ["One.", " Two.", " Three."]


def new_store(path: Path) -> Store:
    store = Store.open(path)
    store.write(lambda db: add_traces(db, [make_trace(trace_id, SENTENCES) for trace_id in TRACES])).result()
    return store


def label(store: Store, annotator: str, trace_id: str, sentence: int, category: str | None) -> LabelEvent | None:
    return store.write(lambda db: set_label(db, annotator, trace_id, sentence, category, CODEBOOK)).result()


def undo(store: Store, annotator: str) -> LabelEvent | None:
    return next(iter(store.write(lambda db: undo_step(db, annotator)).result()), None)


def redo(store: Store, annotator: str) -> LabelEvent | None:
    return next(iter(store.write(lambda db: redo_step(db, annotator)).result()), None)


def events(store: Store) -> list[tuple[object, ...]]:
    columns = "annotator, trace_id, sentence_idx, kind, category, previous, target"
    return [tuple(row) for row in store.read.execute(f"SELECT {columns} FROM label_events ORDER BY id")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path / "labels.db") as store:
        yield store


def test_a_label_is_an_event_that_says_what_it_replaced(store: Store) -> None:
    label(store, "ana", "first", 0, "monitoring")
    label(store, "ana", "first", 0, "planning")
    label(store, "ana", "first", 0, None)
    assert events(store) == [
        ("ana", "first", 0, "label", "monitoring", None, None),
        ("ana", "first", 0, "label", "planning", "monitoring", None),
        ("ana", "first", 0, "clear", None, "planning", None),
    ]
    assert load_labels(store.read, "first", "ana") == {}


def test_the_label_that_a_sentence_has_already_is_not_written_again(store: Store) -> None:
    label(store, "ana", "first", 0, "monitoring")
    assert label(store, "ana", "first", 0, "monitoring") is None
    assert label(store, "ana", "first", 1, None) is None
    assert len(events(store)) == 1


def test_none_is_a_label_and_not_the_lack_of_one(store: Store) -> None:
    label(store, "ana", "first", 0, "none")
    assert load_labels(store.read, "first", "ana") == {0: "none"}


def test_undo_and_redo_cross_traces_and_say_where(store: Store) -> None:
    label(store, "ana", "first", 2, "planning")
    label(store, "ana", "second", 1, "monitoring")
    undone = [undo(store, "ana"), undo(store, "ana")]
    assert [(event.trace_id, event.sentence_idx) for event in undone if event] == [("second", 1), ("first", 2)]
    assert undo(store, "ana") is None
    redone = redo(store, "ana")
    assert redone is not None
    assert (redone.trace_id, redone.sentence_idx, redone.category) == ("first", 2, "planning")


def test_a_label_after_an_undo_ends_redo(store: Store) -> None:
    label(store, "ana", "first", 0, "planning")
    undo(store, "ana")
    label(store, "ana", "first", 1, "none")
    assert redo(store, "ana") is None
    assert load_labels(store.read, "first", "ana") == {1: "none"}


def test_setting_what_is_there_already_does_not_end_redo(store: Store) -> None:
    label(store, "ana", "first", 0, "planning")
    label(store, "ana", "first", 1, "planning")
    undo(store, "ana")
    label(store, "ana", "first", 0, "planning")
    assert redo(store, "ana") is not None
    assert load_labels(store.read, "first", "ana") == {0: "planning", 1: "planning"}


def test_an_undo_is_an_event_that_names_the_one_it_takes_back(store: Store) -> None:
    made = label(store, "ana", "first", 0, "planning")
    taken = undo(store, "ana")
    assert made is not None and taken is not None
    assert (taken.kind, taken.category, taken.previous, taken.target) == ("undo", None, "planning", made.id)
    assert load_history(store.read, "ana").redoable == (made.uid,)


def test_every_event_keeps_the_codebook_that_defined_its_category(store: Store) -> None:
    label(store, "ana", "first", 0, "planning")
    undo(store, "ana")
    redo(store, "ana")
    assert [row[0] for row in store.read.execute("SELECT codebook_id FROM label_events")] == [CODEBOOK.id] * 3
    (canonical,) = store.read.execute("SELECT canonical FROM codebooks").fetchone()
    assert canonical == CODEBOOK.canonical


def test_the_list_of_traces_counts_labels_that_stand(store: Store) -> None:
    label(store, "ana", "first", 0, "planning")
    label(store, "ana", "first", 0, "monitoring")
    label(store, "ana", "first", 1, "planning")
    undo(store, "ana")
    label(store, "ben", "first", 1, "none")
    assert [(summary.id, summary.n_labelled) for summary in list_traces(store.read)] == [("first", 2), ("second", 0)]


def test_each_annotator_comes_back_to_where_they_were(store: Store) -> None:
    assert (load_position(store.read, "ana", "first"), last_trace(store.read, "ana")) == (0, None)
    store.write(lambda db: save_position(db, "ana", "first", 2)).result()
    store.write(lambda db: save_position(db, "ana", "first", 1)).result()
    store.write(lambda db: save_position(db, "ben", "second", 2)).result()
    assert load_position(store.read, "ana", "first") == 1
    assert load_position(store.read, "ben", "first") == 0
    assert (last_trace(store.read, "ana"), last_trace(store.read, "ben")) == ("first", "second")


Place = tuple[str, int]
Change = tuple[Place, str | None, str | None]


@dataclass
class Annotator:
    """What one person did, as anyone would keep it in memory: each change is (place, before, after)."""

    labels: dict[Place, str] = field(default_factory=dict)
    done: list[Change] = field(default_factory=list)
    undone: list[Change] = field(default_factory=list)

    def put(self, place: Place, category: str | None) -> None:
        if category is None:
            self.labels.pop(place, None)
        else:
            self.labels[place] = category


class Labelling(RuleBasedStateMachine):
    """Two annotators on two traces, in any order, with restarts in between."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.people = {name: Annotator() for name in ANNOTATORS}
        self.n_events = 0

    @initialize()
    def begin(self) -> None:
        shutil.copy(template(), self.folder / "labels.db")
        self.store = Store.open(self.folder / "labels.db")

    @rule(
        name=st.sampled_from(ANNOTATORS),
        place=st.tuples(st.sampled_from(TRACES), st.integers(0, 2)),
        category=st.none() | st.sampled_from(CATEGORIES),
    )
    def labels(self, name: str, place: Place, category: str | None) -> None:
        person, before = self.people[name], self.people[name].labels.get(place)
        event = label(self.store, name, *place, category)
        if category == before:
            assert event is None
            return
        assert event is not None
        assert (event.category, event.previous) == (category, before)
        person.put(place, category)
        person.done.append((place, before, category))
        person.undone.clear()
        self.n_events += 1

    @rule(name=st.sampled_from(ANNOTATORS))
    def undoes(self, name: str) -> None:
        person, event = self.people[name], undo(self.store, name)
        if not person.done:
            assert event is None
            return
        place, before, after = change = person.done.pop()
        assert event is not None
        assert (event.trace_id, event.sentence_idx, event.category, event.previous) == (*place, before, after)
        person.put(place, before)
        person.undone.append(change)
        self.n_events += 1

    @rule(name=st.sampled_from(ANNOTATORS))
    def redoes(self, name: str) -> None:
        person, event = self.people[name], redo(self.store, name)
        if not person.undone:
            assert event is None
            return
        place, before, after = change = person.undone.pop()
        assert event is not None
        assert (event.trace_id, event.sentence_idx, event.category, event.previous) == (*place, after, before)
        person.put(place, after)
        person.done.append(change)
        self.n_events += 1

    @precondition(lambda self: self.n_events > 0)
    @rule()
    def restarts(self) -> None:
        self.store.close()
        self.store = Store.open(self.folder / "labels.db")

    @invariant()
    def everyone_sees_their_own_labels(self) -> None:
        for name, person in self.people.items():
            stored = {
                (trace_id, sentence): category
                for trace_id in TRACES
                for sentence, category in load_labels(self.store.read, trace_id, name).items()
            }
            assert stored == person.labels

    @invariant()
    def nothing_is_ever_taken_out_of_the_log(self) -> None:
        (stored,) = self.store.read.execute("SELECT count(*) FROM label_events").fetchone()
        assert stored == self.n_events

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)


_FOLDER = tempfile.TemporaryDirectory()


@cache
def template() -> Path:
    """A database with the two traces, made once for all examples."""
    path = Path(_FOLDER.name) / "template.db"
    new_store(path).close()
    return path


Labelling.TestCase.settings = settings(max_examples=examples(30), stateful_step_count=30)
TestLabelling = Labelling.TestCase
