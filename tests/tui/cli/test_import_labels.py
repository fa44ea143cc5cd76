"""`turnpoint import` of a table of labels: from a spreadsheet and back, whole or not at all."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from core.export.reader import read_table
from tests.tui.cli.calling import SAMPLES, done, turnpoint

pytestmark = pytest.mark.usefixtures("samples")


def fill(*categories: str) -> Path:
    """The sentences of an export that are to be labelled, the first of them with these categories."""
    done("--annotator", "ana", "export", "out", "--to-label", "--trace", "zoo-essay-free")
    rows = read_table(Path("out/to_label.csv"))
    with Path("filled.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        for row, category in zip(rows, (*categories, *[""] * len(rows)), strict=False):
            writer.writerow({**row, "category": category})
    return Path("filled.csv")


def test_sentences_are_labelled_in_a_spreadsheet() -> None:
    ran = done("import", fill("planning", "none"))
    n_left = len(read_table(Path("out/to_label.csv"))) - 2
    assert ran.out == f"imported 2 labels into turnpoint.db; {n_left} rows without a category\n"
    ran = done("import", "filled.csv")
    assert ran.out == f"imported 0 labels into turnpoint.db; 2 there already, {n_left} rows without a category\n"
    done("--annotator", "ana", "export", "again", "--to-label", "--trace", "zoo-essay-free")
    assert len(read_table(Path("again/to_label.csv"))) == n_left
    labels = read_table(Path("again/labels.csv"))
    assert [(row["category"], row["source"], row["verified"]) for row in labels] == [
        ("planning", "import", "1"),
        ("none", "import", "1"),
    ]


def test_labels_and_the_traces_they_belong_to_come_in_one_call() -> None:
    done("import", fill("planning"))
    done("export", "again")
    ran = done("--db", "new.db", "import", SAMPLES / "traces.jsonl", "again/labels.csv", "--json")
    assert ran.json["labels"] == {"added": 1, "replaced": 0, "already_there": 0, "empty": 0}
    assert len(ran.json["imported"]) == 11


def test_a_table_with_one_bad_row_is_refused_whole_and_says_where() -> None:
    path = fill("planning", "dreams")
    ran = turnpoint("import", path)
    assert (ran.code, ran.out) == (1, "imported no labels; refused 1 row (above)\n")
    assert ran.err.startswith("turnpoint: filled.csv:4: no category 'dreams' in codebook '2'; known are ")
    done("export", "again")
    assert read_table(Path("again/labels.csv")) == []


def test_a_label_that_stands_is_replaced_on_demand() -> None:
    done("import", fill("planning"))
    path = Path("filled.csv")
    path.write_bytes(path.read_bytes().replace(b",planning,", b",none,"))
    assert "planning, here none" in turnpoint("import", path).err
    assert done("import", path, "--replace").out.startswith("imported 1 label into turnpoint.db; 1 in place of another")
