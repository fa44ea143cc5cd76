"""Codebooks in the database: which labels were given under which, and writing them anew under another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.annotation.annotation import Annotation, Circumstances
from core.annotation.categories import Category, Codebook
from core.annotation.mapping import CategoryMap, category_map, same_names
from core.errors import ConfigError, NotFoundError
from core.store.codebooks import count_by_codebook, count_under_others, find_codebook, labels_under, load_codebooks
from core.store.database import Store
from core.store.labels import (
    Change,
    annotate,
    load_annotations,
    load_circumstances,
    load_labels,
    redo,
    set_label,
    undo,
)
from core.store.mapping import MappedLabels, categories_under, map_labels, preview_mapping
from core.store.rows import insert
from core.store.traces import add_traces
from tests.core.analysis.stored import make_trace

OLD = Codebook("1", tuple(Category(str(i), name, name[:3], f"{name}.") for i, name in enumerate(("plan", "doubt"))))
NEW = Codebook("2", (Category("1", "step", "ste", "plan."), Category("2", "doubt", "dou", "Wavers.")))
PAIRS = {"plan": "step", "doubt": "doubt"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Ana has labelled two traces under the old codebook, one sentence under the new; Ben one under the old."""
    with Store.open(tmp_path / "labels.db") as store:
        traces = [make_trace(trace_id, ["One.", " Two.", " Three."]) for trace_id in ("first", "second")]
        store.write(lambda db: add_traces(db, traces)).result()
        noted = Annotation("doubt", "plan", is_unsure=True, note="both?")
        store.write(lambda db: set_label(db, "ana", "first", 0, "plan", OLD, Circumstances(seconds=1.5))).result()
        store.write(lambda db: annotate(db, "ana", [Change("second", 1, "label", noted)], OLD)).result()
        store.write(lambda db: set_label(db, "ana", "first", 2, "step", NEW)).result()
        store.write(lambda db: set_label(db, "ben", "first", 0, "doubt", OLD)).result()
        yield store


def rewritten(store: Store, pairs: CategoryMap, annotators: set[str] | None = None) -> int:
    return store.write(lambda db: map_labels(db, pairs, annotators)).result().n


def codebook_ids(store: Store, annotator: str) -> dict[tuple[str, int], str]:
    rows = store.read.execute(
        "SELECT trace_id, sentence_idx, codebook_id FROM label_events WHERE annotator = ? ORDER BY id", [annotator]
    )
    return {(row[0], row[1]): row[2] for row in rows}


def test_every_codebook_is_there_again_by_its_id(store: Store) -> None:
    assert load_codebooks(store.read) == {OLD.id: OLD, NEW.id: NEW}


def test_a_row_that_is_no_codebook_is_left_out(store: Store) -> None:
    odd = [("book", '{"categories":["none"]}'), ("none", "}"), ("other", OLD.canonical)]
    rows = [{"id": name, "version": "1", "canonical": text, "created_at": ""} for name, text in odd]
    store.write(lambda db: insert(db, "codebooks", rows)).result()
    assert set(load_codebooks(store.read)) == {OLD.id, NEW.id}


def test_a_codebook_is_named_by_its_id_the_beginning_of_it_or_its_version(store: Store) -> None:
    found = load_codebooks(store.read)
    assert find_codebook(found, OLD.id) == find_codebook(found, OLD.id[:4]) == find_codebook(found, "1") == OLD
    with pytest.raises(NotFoundError) as refused:
        find_codebook(found, "3")
    assert str(refused.value) == (
        f"the database knows no codebook '3'; known are {OLD.id} (version 1), {NEW.id} (version 2)."
    )
    twin = replace(OLD, categories=OLD.categories[:1])
    with pytest.raises(NotFoundError, match="2 codebooks are '1'; name one by its id: "):
        find_codebook(found | {twin.id: twin}, "1")


def test_only_labels_that_stand_are_counted_for_the_codebook_they_were_given_under(store: Store) -> None:
    assert count_by_codebook(store.read) == {OLD.id: {"ana": 2, "ben": 1}, NEW.id: {"ana": 1}}
    assert count_under_others(store.read, "ana", NEW.id) == {OLD.id: 2}
    store.write(lambda db: set_label(db, "ana", "first", 0, "doubt", NEW)).result()
    store.write(lambda db: set_label(db, "ana", "second", 1, None, NEW)).result()
    assert count_under_others(store.read, "ana", NEW.id) == {}
    assert [tuple(place) for place in labels_under(store.read, OLD.id, None)] == [("ben", "first", 0)]


def test_labels_are_written_anew_as_one_step_of_each_annotator(store: Store) -> None:
    pairs = category_map(OLD, NEW, PAIRS)
    report = store.write(lambda db: map_labels(db, pairs, None)).result()
    assert report.mapped == (
        MappedLabels("ana", "plan", "step", 1, 1),
        MappedLabels("ana", "doubt", "doubt", 1, 0),
        MappedLabels("ben", "doubt", "doubt", 1, 0),
    )
    assert load_annotations(store.read, "second", "ana") == {
        1: Annotation("doubt", "step", is_unsure=True, note="both?")
    }
    assert load_labels(store.read, "first", "ana") == {0: "step", 2: "step"}
    assert set(codebook_ids(store, "ana").values()) == {NEW.id}
    assert load_circumstances(store.read, "first", "ana")[0] == Circumstances(source="map", seconds=1.5)
    assert not load_circumstances(store.read, "first", "ben")[0].is_verified


def test_one_undo_takes_a_mapping_back_and_redo_makes_it_again(store: Store) -> None:
    before = load_annotations(store.read, "second", "ana")
    rewritten(store, category_map(OLD, NEW, PAIRS), {"ana"})
    events = store.write(lambda db: undo(db, "ana")).result()
    assert {(event.trace_id, event.sentence_idx) for event in events} == {("first", 0), ("second", 1)}
    assert load_annotations(store.read, "second", "ana") == before
    assert count_under_others(store.read, "ana", NEW.id) == {OLD.id: 2}
    store.write(lambda db: redo(db, "ana")).result()
    assert count_under_others(store.read, "ana", NEW.id) == {}
    assert load_circumstances(store.read, "first", "ana")[0].source == "map"


def test_a_second_mapping_finds_nothing_to_do(store: Store) -> None:
    pairs = category_map(OLD, NEW, PAIRS)
    assert (rewritten(store, pairs), rewritten(store, pairs)) == (3, 0)


def test_others_keep_their_labels_where_one_annotator_is_named(store: Store) -> None:
    assert rewritten(store, category_map(OLD, NEW, PAIRS), {"ben"}) == 1
    assert count_by_codebook(store.read) == {OLD.id: {"ana": 2}, NEW.id: {"ana": 1, "ben": 1}}


def test_labels_of_which_the_map_says_nothing_are_refused_before_anything_is_written(store: Store) -> None:
    pairs = category_map(OLD, NEW, same_names(OLD, NEW))
    with pytest.raises(ConfigError) as refused:
        store.write(lambda db: map_labels(db, pairs, None)).result()
    assert f"of these categories of codebook 1 ({OLD.id[:8]}): plan (2); map them" in str(refused.value)
    assert count_by_codebook(store.read)[OLD.id] == {"ana": 2, "ben": 1}


def test_they_may_stay_under_the_old_codebook(store: Store) -> None:
    pairs = category_map(OLD, NEW, same_names(OLD, NEW))
    report = store.write(lambda db: map_labels(db, pairs, None, keep=True)).result()
    assert (report.n, report.n_kept) == (1, 2)
    assert count_by_codebook(store.read)[OLD.id] == {"ana": 2}


def test_a_preview_says_what_would_be_done_and_writes_nothing(store: Store) -> None:
    pairs = category_map(OLD, NEW, PAIRS)
    preview = preview_mapping(store.read, pairs, None)
    assert count_by_codebook(store.read)[OLD.id] == {"ana": 2, "ben": 1}
    assert preview == store.write(lambda db: map_labels(db, pairs, None)).result()
    assert categories_under(store.read, NEW.id, {"ana"}) == {"step": 3, "doubt": 1}


def test_a_category_mapped_to_nothing_is_taken_off_and_comes_back_with_undo(store: Store) -> None:
    rewritten(store, category_map(OLD, NEW, {"plan": "", "doubt": "doubt"}), {"ana"})
    assert load_labels(store.read, "first", "ana") == {2: "step"}
    store.write(lambda db: undo(db, "ana")).result()
    assert load_labels(store.read, "first", "ana") == {0: "plan", 2: "step"}
