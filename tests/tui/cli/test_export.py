"""`turnpoint export`: all tables or none, and never over anything else."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from core.export.reader import read_table
from tests.tui.cli.calling import done, turnpoint

TABLES = [
    "traces.csv",
    "sentences.csv",
    "prefix_rates.csv",
    "directions.csv",
    "confirmed.csv",
    "rollouts.csv",
    "outcomes.csv",
    "judge_votes.csv",
    "labels.csv",
    "failures.csv",
]


@pytest.fixture(autouse=True)
def _resampled(samples: Path) -> None:
    done("resample", "zoo-essay-free", "--prefix", "3-4", "-n", "3")


def test_every_table_is_written_with_as_many_rows_as_are_said() -> None:
    ran = done("export", "out")
    *rows, said = ran.out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == TABLES
    assert said == "wrote 10 files to out"
    for row in rows:
        name, count = row.split()
        with (Path("out") / name).open(encoding="utf-8", newline="") as file:
            assert len(list(csv.reader(file))) - 1 == int(count)
    assert set(json.loads(Path("out/provenance.json").read_text(encoding="utf-8"))["tables"]) == set(TABLES)


def test_the_same_as_json() -> None:
    ran = done("export", "out", "--json")
    assert ran.json["directory"] == "out"
    assert ran.json["rows"]["traces.csv"] == 12
    assert ran.json["rows"]["rollouts.csv"] == 6


def test_one_trace_alone_can_be_exported() -> None:
    done("export", "out", "--trace", "nasty", "--trace", "zoo-essay-free")
    assert [row["trace_id"] for row in read_table(Path("out/traces.csv"))] == ["zoo-essay-free", "nasty"]


def test_texts_come_back_as_they_are_in_the_database() -> None:
    done("export", "out", "--trace", "nasty")
    (row,) = read_table(Path("out/traces.csv"))
    record = json.loads((Path(__file__).parents[3] / "sample_data" / "nasty.jsonl").read_text(encoding="utf-8"))
    assert row["response"] == record["response"]
    assert row["query"] == record["query"]


def test_a_folder_with_anything_in_it_is_left_alone() -> None:
    Path("out").mkdir()
    Path("out/thesis.txt").write_text("years of work", encoding="utf-8")
    ran = turnpoint("export", "out")
    assert ran.code == 1
    assert ran.refusal == (
        "out: this directory is not empty; name another, or use --force to replace an earlier export."
    )
    assert [path.name for path in Path("out").iterdir()] == ["thesis.txt"]


def test_force_replaces_the_tables_and_nothing_else() -> None:
    done("export", "out")
    Path("out/thesis.txt").write_text("years of work", encoding="utf-8")
    done("resample", "zoo-essay-free", "--prefix", "3", "-n", "5")
    done("export", "out", "--force")
    assert len(read_table(Path("out/rollouts.csv"))) == 8
    assert Path("out/thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_a_trace_that_is_not_there_exports_nothing() -> None:
    ran = turnpoint("export", "out", "--trace", "ghost")
    assert (ran.code, ran.refusal) == (2, "no trace 'ghost' in this database; `turnpoint traces` lists them.")
    assert not Path("out").exists()


def test_a_file_is_no_directory() -> None:
    Path("out").write_text("a file", encoding="utf-8")
    ran = turnpoint("export", "out")
    assert (ran.code, ran.refusal) == (1, "out: a file, not a directory; name another directory to export to.")
