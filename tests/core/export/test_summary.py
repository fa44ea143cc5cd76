"""The analyses across traces as CSV: the numbers of the tables, where they come from, and no formula."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.analysis.across.study import load_study
from core.analysis.across.summary import COLUMNS, Summary, summarise
from core.errors import ExportError
from core.export.reader import read_table
from core.export.summary import export_summary
from core.store.database import Store
from tests.core.analysis.stored import WARM, complied, keep, make_trace, sample
from tests.core.analysis.sweeps import words_in_common

HOSTILE = "=1+1"


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Path, Summary]:
    with Store.open(tmp_path / "s.db") as store:
        keep(store, *(make_trace(name, ["Be kind.", " Write it."], query=HOSTILE) for name in ("a", "b", "c")))
        for name, shift in (("a", 0), ("b", 1), ("c", 2)):
            for prefix, k in enumerate((1, 4, 6)):
                sample(store, name, prefix, complied(*["complied"] * (k + shift), *["refused"] * (9 - k - shift)))
        study = load_study(store, words_in_common, encoder="words")
        summary = summarise(study)
        export_summary(store, study, summary, tmp_path / "out")
        with pytest.raises(ExportError, match="not empty"):
            export_summary(store, study, summary, tmp_path / "out")
        export_summary(store, study, summary, tmp_path / "out", force=True)
    return tmp_path / "out", summary


def test_every_table_is_a_file_with_its_columns_and_rows(exported: tuple[Path, Summary]) -> None:
    directory, summary = exported
    assert {path.name for path in directory.iterdir()} == {f"{name}.csv" for name in COLUMNS} | {"provenance.json"}
    for table in summary.tables:
        rows = read_table(directory / f"{table.name}.csv")
        header = (directory / f"{table.name}.csv").read_text("utf-8").splitlines()[0]
        assert header == ",".join(table.columns)
        assert len(rows) == len(table.rows)
        for row, record in zip(rows, table.records(), strict=True):
            for name, value in record.items():
                if isinstance(value, float):
                    assert float(row[name] or "nan") == pytest.approx(value, abs=1e-6)
                else:
                    assert row[name] == (None if value is None else str(value))


def test_what_a_spreadsheet_would_run_is_guarded(exported: tuple[Path, Summary]) -> None:
    directory, _ = exported
    assert "'=1+1" in (directory / "study.csv").read_text("utf-8")
    assert read_table(directory / "study.csv")[0]["query"] == HOSTILE


def test_the_provenance_says_what_was_analysed_and_what_columns_mean(exported: tuple[Path, Summary]) -> None:
    directory, summary = exported
    found = json.loads((directory / "provenance.json").read_text("utf-8"))
    assert found["across_traces"]["direction"] == "counterfactual"
    assert (found["across_traces"]["threshold"], found["across_traces"]["encoder"]) == (0.8, "words")
    assert found["across_traces"]["notes"] == list(summary.notes)
    assert list(found["sampling_settings"]) == [WARM.id]
    assert found["tables"]["groups.csv"]["columns"] == dict(COLUMNS["groups"])
