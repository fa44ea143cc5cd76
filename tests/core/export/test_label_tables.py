"""The tables of annotation: what stands, what led to it, and what is left to label."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.annotation.annotation import ADJUDICATED, GOLD, Circumstances
from core.annotation.codebook import load_codebook
from core.export.label_tables import to_label
from core.export.reader import read_table
from core.export.tables import export_csv
from core.store.database import Store
from core.store.labels import Change, annotate, load_annotations, set_label, undo
from tests.core.analysis.stored import keep, make_trace

CODEBOOK = load_codebook()
TRACE = make_trace("first", ["=One.", " Two.", " Three."])


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An export of a trace that ana labelled, skipped and undid in, and that was adjudicated once."""
    with Store.open(tmp_path / "labels.db") as store:
        keep(store, TRACE)
        store.write(lambda db: set_label(db, "ana", "first", 0, "planning", CODEBOOK)).result()
        skipped = Change("first", 1, "skip", load_annotations(store.read, "first", "ana")[0].cleared().skipped())
        store.write(lambda db: annotate(db, "ana", [skipped], CODEBOOK)).result()
        store.write(lambda db: set_label(db, "ana", "first", 2, "none", CODEBOOK)).result()
        store.write(lambda db: undo(db, "ana")).result()
        decided = Circumstances(ADJUDICATED, decided_by="ben")
        store.write(lambda db: set_label(db, GOLD, "first", 0, "none", CODEBOOK, decided)).result()
        export_csv(store, tmp_path / "out", text=False, more=(to_label("ana"),))
    return tmp_path / "out"


def test_a_label_says_how_it_came_about_and_under_which_codebook(out: Path) -> None:
    (row,) = read_table(out / "labels.csv")
    assert (row["annotator"], row["category"], row["source"], row["verified"], row["blind"]) == (
        "ana",
        "planning",
        "key",
        "1",
        "0",
    )
    assert (row["codebook_version"], row["codebook_id"]) == (CODEBOOK.version, CODEBOOK.id)
    assert (row["secondary"], row["note"], row["suggested"], row["seconds"]) == (None, None, None, None)


def test_the_history_has_every_event_with_what_it_concerns(out: Path) -> None:
    rows = read_table(out / "label_history.csv")
    assert [(row["annotator"], row["kind"], row["category"], row["skipped"]) for row in rows] == [
        ("ana", "label", "planning", "0"),
        ("ana", "skip", None, "1"),
        ("ana", "label", "none", "0"),
        ("ana", "undo", None, "0"),
        ("gold", "label", "none", "0"),
    ]
    assert (rows[3]["target_uid"], rows[3]["previous"]) == (rows[2]["uid"], "none")
    assert rows[4]["decided_by"] == "ben"


def test_what_is_left_to_label_comes_with_its_text(out: Path) -> None:
    rows = read_table(out / "to_label.csv")
    assert [(row["sentence_idx"], row["annotator"], row["category"], row["text"]) for row in rows] == [
        ("1", "ana", None, " Two."),
        ("2", "ana", None, " Three."),
    ]
