"""`turnpoint export`: all tables or none, and never over anything else."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import NoReturn

import pytest

from core.errors import SimilarityError
from core.export.reader import read_table
from tests.core.similarity.fake import WordEncoder
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
    "label_history.csv",
    "failures.csv",
]


@pytest.fixture(autouse=True)
def _resampled(samples: Path) -> None:
    done("resample", "zoo-essay-free", "--prefix", "3-4", "-n", "3")


def test_every_table_is_written_with_as_many_rows_as_are_said() -> None:
    ran = done("export", "out")
    *rows, said = ran.out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == TABLES
    assert said == "wrote 11 files to out"
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


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> WordEncoder:
    words = WordEncoder()
    monkeypatch.setattr("core.similarity.cache.open_encoder", lambda _: words)
    return words


@pytest.fixture
def no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> NoReturn:
        raise SimilarityError("No encoder here; install one.")

    monkeypatch.setattr("core.similarity.cache.open_encoder", refuse)


def test_estimates_are_four_tables_more(encoder: WordEncoder) -> None:
    ran = done("export", "out", "--estimates", "--json")
    more = ["importance.csv", "alternatives.csv", "links.csv", "resilience.csv"]
    assert list(ran.json["rows"]) == TABLES + more
    rows = read_table(Path("out/importance.csv"))
    assert {(row["trace_id"], row["encoder"]) for row in rows} == {("zoo-essay-free", "words")}
    assert encoder.encoded


def test_without_an_encoder_one_sentence_says_so_and_the_rest_is_written(no_encoder: None) -> None:
    ran = turnpoint("export", "out", "--estimates")
    assert ran.code == 0
    assert ran.err == "turnpoint: No encoder here; install one. Without it what compares sentences is empty.\n"
    assert {row["counterfactual"] for row in read_table(Path("out/importance.csv"))} == {None}
    assert read_table(Path("out/links.csv")) == []


def test_an_export_can_go_without_text() -> None:
    done("export", "out", "--no-text")
    assert "text" not in read_table(Path("out/rollouts.csv"))[0]
    assert "response" not in read_table(Path("out/traces.csv"))[0]


def test_site_folders_come_back_as_they_went(encoder: WordEncoder) -> None:
    ran = done("export", "site", "--format", "thought-anchors", "--behavior", "compliance", "--json")
    n_sentences = len(json.loads(Path("site/scenario_0/chunks_labeled.json").read_text(encoding="utf-8")))
    folder = {"folder": "scenario_0", "trace_id": "zoo-essay-free", "sentences": n_sentences}
    assert ran.json == {"directory": "site", "folders": [folder]}
    assert done("import", "site", "--json").json["imported"] == [
        {"id": "site-scenario_0", "sentences": n_sentences, "source": "scenario_0"}
    ]


def test_site_folders_need_no_encoder(no_encoder: None) -> None:
    ran = turnpoint("export", "site", "--format", "thought-anchors", "--trace", "zoo-essay-free")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "wrote 1 folder to site")
    assert "No encoder here" in ran.err


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["--format", "xlsx"], "'xlsx' is not one of 'csv', 'thought-anchors'"),
        (["--behavior", "x"], "--behavior belongs to --format thought-anchors, not to csv; leave one of them out."),
        (["--settings", "x"], "--settings belongs to --format thought-anchors, not to csv; leave one of them out."),
        (["--format", "thought-anchors", "--no-text"], "--no-text belongs to --format csv, not to thought-anchors"),
        (["--format", "thought-anchors", "--to-label"], "--to-label belongs to --format csv, not to thought-anchors"),
        (["--format", "thought-anchors", "--estimates"], "--estimates belongs to --format csv, not to thought-anchors"),
    ],
)
def test_options_of_the_other_format_are_refused(words: list[str], refusal: str) -> None:
    ran = turnpoint("export", "out", *words)
    assert ran.code == 2
    assert refusal in ran.refusal
    assert not Path("out").exists()


def test_a_behavior_that_nobody_judged_is_refused(encoder: WordEncoder) -> None:
    ran = turnpoint("export", "site", "--format", "thought-anchors", "--behavior", "apology")
    assert ran.code == 2
    assert ran.refusal == "no rollouts are judged for 'apology'; `turnpoint analyze` shows what there is."
    assert not Path("site").exists()
