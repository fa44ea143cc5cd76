"""Labels from a table: checked row by row, written whole or not at all, and the same again is nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.annotation.annotation import Annotation, Circumstances, Suggested
from core.annotation.codebook import Category, Codebook, load_codebook
from core.annotation.label_table import is_label_table, read_label_table
from core.errors import ImportRefusedError
from core.export.reader import read_table
from core.export.tables import export_csv
from core.store.codebooks import add_codebook
from core.store.database import Store
from core.store.label_import import ImportedTable, import_labels
from core.store.labels import load_annotations, load_circumstances, load_labels, set_label, undo
from tests.core.analysis.stored import keep, make_trace

CODEBOOK = load_codebook()
OWN = Codebook("own-2", (Category("1", "doubt", "dou", "Says that it is not sure."),))
HEADER = "trace_id,sentence_idx,annotator,category"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "labels.db") as store:
        keep(store, make_trace("first", ["=One.", " Two,\nlong.", " Three."]))
        yield store


def written(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def bring(store: Store, path: Path, *, replaces: bool = False) -> ImportedTable:
    rows = read_label_table(path).rows
    return store.write(lambda db: import_labels(db, rows, CODEBOOK, replaces=replaces)).result()


def test_a_bare_table_is_labels_that_a_person_imported(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", HEADER, "first,0,ana,planning", "first,1,ana,", "first,2,@ben,none")
    assert is_label_table(path)
    assert read_label_table(path).n_empty == 1
    assert bring(store, path) == ImportedTable(2, 0, 0, ())
    assert load_labels(store.read, "first", "ana") == {0: "planning"}
    assert load_circumstances(store.read, "first", "@ben") == {2: Circumstances("import")}
    store.write(lambda db: undo(db, "ana")).result()
    assert load_labels(store.read, "first", "ana") == {}


def test_an_export_comes_back_with_its_circumstances(store: Store, tmp_path: Path) -> None:
    made = Circumstances("suggestion", True, Suggested("none", "model", 0.5), True, 2.5, "importance")
    store.write(lambda db: add_codebook(db, OWN)).result()
    store.write(lambda db: set_label(db, "-ana", "first", 0, "planning", CODEBOOK, made)).result()
    store.write(lambda db: set_label(db, "ben", "first", 1, "doubt", OWN)).result()
    exported = export_csv(store, tmp_path / "out").directory / "labels.csv"
    assert bring(store, exported) == ImportedTable(0, 0, 2, ())
    with Store.open(tmp_path / "other.db") as other:
        keep(other, make_trace("first", ["=One.", " Two,\nlong.", " Three."]))
        other.write(lambda db: add_codebook(db, OWN)).result()
        assert bring(other, exported) == ImportedTable(2, 0, 0, ())
        assert load_circumstances(other.read, "first", "-ana") == {0: made}
        again = export_csv(other, tmp_path / "again").directory / "labels.csv"
    for row, same in zip(read_table(exported), read_table(again), strict=True):
        assert {**row, "created_at": None} == {**same, "created_at": None}


def test_a_table_that_a_spreadsheet_saved_is_read(store: Store, tmp_path: Path) -> None:
    path = written(
        tmp_path / "t.csv",
        "trace_id;sentence_idx;annotator;category;secondary;unsure;note;text",
        "first;0;ana;planning;none;TRUE;\"'=sum\";'=One.",
        'first;1;ana;none;;;"two',
        'lines"; Two, long.',
        encoding="utf-8-sig",
    )
    assert bring(store, path).n_added == 2
    assert load_annotations(store.read, "first", "ana") == {
        0: Annotation("planning", "none", is_unsure=True, note="=sum"),
        1: Annotation("none", note="two\nlines"),
    }


def test_another_label_that_stands_is_replaced_only_on_demand(store: Store, tmp_path: Path) -> None:
    made = Circumstances(is_blind=True, seconds=3.0)
    store.write(lambda db: set_label(db, "ana", "first", 0, "planning", CODEBOOK, made)).result()
    path = written(tmp_path / "t.csv", HEADER, "first,1,ana,none", "first,0,ana,monitoring")
    (refused,) = bring(store, path).refused
    assert str(refused) == (
        f"{path}:3: 'ana' has labelled sentence 0 of 'first' otherwise (planning, here monitoring); "
        "correct the row, or let --replace do it."
    )
    assert load_labels(store.read, "first", "ana") == {0: "planning"}
    assert bring(store, path, replaces=True) == ImportedTable(1, 1, 0, ())
    assert load_labels(store.read, "first", "ana") == {0: "monitoring", 1: "none"}
    assert load_circumstances(store.read, "first", "ana")[0] == Circumstances("import")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("gone,0,ana,none", "no trace 'gone' in this database; import it first."),
        ("first,3,ana,none", "no sentence 3 in 'first', which ends with 2; number sentences from 0."),
        ("first,-1,ana,none", "sentence_idx '-1' is no whole number; number sentences from 0."),
        ("first,0,gold,none", "nobody can label as 'gold'; name an annotator."),
        ("first,0,gold@ben,none", "nobody can label as 'gold@ben'; name an annotator."),
        ("first,0,,none", "nobody can label as ''; name an annotator."),
        ("first,2,ana,none", "t.csv:2 labels this sentence for 'ana' already; keep one of the two."),
        ("first,0,ana,dreams", "no category 'dreams' in codebook"),
    ],
)
def test_a_row_that_cannot_be_right_costs_the_whole_table(store: Store, tmp_path: Path, line: str, reason: str) -> None:
    path = written(tmp_path / "t.csv", HEADER, "first,2,ana,planning", line)
    table = read_label_table(path)
    (refused,) = table.refused or bring(store, path).refused
    assert str(refused).startswith(f"{path}:3: ")
    assert reason in str(refused)
    assert load_labels(store.read, "first", "ana") == {}


def test_a_row_about_another_text_is_refused(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", f"{HEADER},text", "first,0,ana,none,Something else.")
    (refused,) = bring(store, path).refused
    assert refused.reason.startswith("sentence 0 of 'first' is another text in this database")


@pytest.mark.parametrize(
    ("column", "cell"), [("source", "rumour"), ("confidence", "1.5"), ("seconds", "soon"), ("unsure", "perhaps")]
)
def test_a_cell_that_says_nothing_known_is_refused(tmp_path: Path, column: str, cell: str) -> None:
    path = written(tmp_path / "t.csv", f"{HEADER},suggested,{column}", f"first,0,ana,none,planning,{cell}")
    (refused,) = read_label_table(path).refused
    assert (refused.line, refused.reason.split()[0]) == (2, column)


def test_what_is_no_table_of_labels_is_told_apart(tmp_path: Path) -> None:
    assert not is_label_table(written(tmp_path / "a.txt", "I think about trace_id and the annotator."))
    assert not is_label_table(tmp_path / "missing.csv")
    lacking = written(tmp_path / "b.csv", "trace_id,sentence_idx,category", "first,0,none")
    assert is_label_table(lacking)
    with pytest.raises(ImportRefusedError, match=r"b\.csv:1: no column annotator"):
        read_label_table(lacking)
    history = written(tmp_path / "c.csv", "uid,step,annotator,trace_id,sentence_idx,kind,category,target_uid")
    with pytest.raises(ImportRefusedError, match="`turnpoint merge` brings over the database itself"):
        read_label_table(history)


ROWS = [
    ("first", "0", "ana", "planning", "1", "so, so; \u00e4h", "1.5"),
    ("first", "1", "ben", "none", "0", 'a "word"', "2"),
]
COLUMNS = ("trace_id", "sentence_idx", "annotator", "category", "unsure", "note", "seconds")


def quoted(cell: str) -> str:
    doubled = cell.replace('"', '""')
    return f'"{doubled}"' if any(char in cell for char in ',;"\t|') else cell


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ", ", "; "])
@pytest.mark.parametrize("first", ["", "sep={}", '"sep={}"', "SEP={}"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("spell", [str, str.upper, str.title, lambda name: name.replace("_", " ").title()])
def test_a_table_is_read_as_spreadsheets_save_it(
    tmp_path: Path, delimiter: str, first: str, encoding: str, spell: Callable[[str], str]
) -> None:
    lines = [first.format(delimiter.strip(" "))] if first else []
    lines.append(delimiter.join(map(spell, COLUMNS)))
    lines += [delimiter.join(map(quoted, row)) for row in ROWS]
    # Rows that are empty, and cells that are missing at the end of a row.
    lines += [delimiter.strip(" ") * 6, "", delimiter.join(("first", "2", "ana"))]
    path = tmp_path / "t.csv"
    path.write_text("\r\n".join(lines) + "\r\n", encoding=encoding, newline="")
    assert is_label_table(path)
    table = read_label_table(path)
    assert (table.refused, table.n_empty) == ((), 1)
    assert [
        (row.trace_id, str(row.sentence_idx), row.annotator, row.category, str(int(row.is_unsure or 0)), row.note)
        for row in table.rows
    ] == [row[:-1] for row in ROWS]
    assert [row.circumstances.seconds for row in table.rows] == [1.5, 2.0]
    assert [row.line for row in table.rows] == [len(lines) - 4, len(lines) - 3]


@pytest.mark.parametrize(
    ("cell", "value"), [("WAHR", True), ("FALSCH", False), ("VRAI", True), ("Faux", False), ("x", True), ("", False)]
)
def test_what_spreadsheets_of_other_tongues_make_of_true_and_false_is_read(
    tmp_path: Path, cell: str, value: bool
) -> None:
    path = written(tmp_path / "t.csv", f"{HEADER};unsure;seconds".replace(",", ";"), f"first;0.0;ana;none;{cell};0,25")
    (row,) = read_label_table(path).rows
    assert (row.is_unsure, row.sentence_idx, row.circumstances.seconds) == (value, 0, 0.25)


def test_a_category_is_known_whatever_its_case_and_stored_as_the_codebook_has_it(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", f"{HEADER},secondary", "first,0,ana,Planning,NONE")
    assert bring(store, path).n_added == 1
    assert load_annotations(store.read, "first", "ana") == {0: Annotation("planning", "none")}


def test_a_table_with_a_column_twice_or_a_cell_too_many_is_refused(tmp_path: Path) -> None:
    twice = written(tmp_path / "a.csv", f"{HEADER},Category", "first,0,ana,none,none")
    with pytest.raises(ImportRefusedError, match=r"a\.csv:1: two columns are called category; keep one of them\."):
        read_label_table(twice)
    more = written(tmp_path / "b.csv", HEADER, "first,0,ana,none,a note, with a comma")
    with pytest.raises(ImportRefusedError, match=r"b\.csv:2: 6 cells in a table of 4 columns; put texts in quotes\."):
        read_label_table(more)
