"""The whole job of an afternoon, at a terminal: import, step, resample, browse, label, search, export, come back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.e2e import stored
from tests.processes import SAMPLES, app, headless, opened
from tests.pty_app import PtyApp

TRACE = "landlord-review-free"
OTHER = "breakup-text-paid"


def cursor(running: PtyApp) -> int:
    """Index of the sentence under the cursor; -1 while the screen is between two states."""
    rows = (row[1:4].strip() for row in running.rows if row.startswith("▌"))
    return next((int(index) for index in rows if index.isdecimal()), -1)


def at(running: PtyApp, index: int) -> None:
    running.wait_until(lambda _: cursor(running) == index, f"reach sentence {index}")


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_an_afternoon_with_two_traces(tmp_path: Path) -> None:
    done = headless(tmp_path, "import", SAMPLES / "traces.jsonl")
    assert done.returncode == 0
    assert "imported 11 traces" in done.stdout

    with opened(tmp_path, trace=TRACE) as running:
        assert "not sampled" in running.text
        running.send("jjj")
        at(running, 3)

        running.send("r")
        running.wait_for("rollouts at prefix 3")
        running.send("12{enter}")
        running.wait_for("/12)", "run done: 12 of 12 rollouts")
        assert "3 → " in running.text
        assert stored.per_prefix(tmp_path, TRACE) == {3: 12}

        running.send("V")
        running.wait_for("prefix 3", "12/12 shown")
        running.send("{enter}")
        running.wait_for("sample 0")
        running.send("q")
        running.wait_for("12/12 shown")
        running.send("q")
        running.wait_for("labelled")

        running.send("12")
        running.wait_for("2/28 labelled")
        at(running, 5)
        first, second = stored.labels(tmp_path, TRACE).values()
        running.send("u")
        running.wait_for("1/28 labelled", "undid", f"{second} → unlabelled")
        at(running, 4)
        running.send("U")
        running.wait_for("2/28 labelled", "redid")
        assert stored.labels(tmp_path, TRACE) == {3: first, 4: second}

        running.send("g")
        at(running, 0)
        running.send("/RLHF{enter}")
        running.wait_until(lambda _: cursor(running) > 0, "find")
        hit = cursor(running)
        assert "RLHF" in stored.sentence(tmp_path, TRACE, hit)
        running.send("n")
        running.wait_until(lambda _: cursor(running) > hit, "go on to the next hit")
        assert "RLHF" in stored.sentence(tmp_path, TRACE, cursor(running))
        running.send("{escape}")
        running.wait_for("search ended")

        running.send("w")
        running.wait_for("write CSVs to:")
        running.send("tables{enter}")
        running.wait_for("wrote", "tables")

        running.send("o")
        running.wait_for("11 traces")
        running.send("/breakup{enter}")
        running.wait_for("holding", " 1 trace")
        running.send("{enter}")
        running.wait_for(OTHER, "0/18 labelled")
        running.send("jj3")
        running.wait_for("1/18 labelled")
        running.send("q")
        assert running.wait_exit() == 0

    rollouts = table(tmp_path / "tables", "rollouts.csv")
    assert len(rollouts) == 12
    assert {row["prefix_idx"] for row in rollouts} == {"3"}
    assert sum(1 for row in table(tmp_path / "tables", "labels.csv") if row["trace_id"] == TRACE) == 2
    assert len(table(tmp_path / "tables", "traces.csv")) == 11
    written = table(tmp_path / "tables", "sentences.csv")
    assert (
        len({(row["trace_id"], row["sentence_idx"]) for row in written})
        == len(written)
        == stored.count(tmp_path, "sentences")
    )

    with app(tmp_path) as again:
        # The list of traces stands on the one that was open last.
        again.wait_for("11 traces", f"▌ {OTHER}")
        again.send("{enter}")
        again.wait_for("1/18 labelled")
        at(again, 3)
        again.send("o")
        again.wait_for("11 traces")
        again.send("k" * 11 + "{enter}")
        again.wait_for(TRACE, "2/28 labelled")
        again.send("q")
        assert again.wait_exit() == 0


@pytest.mark.slow
def test_rows_of_another_process_appear_by_themselves(home: Path) -> None:
    with opened(home, trace=OTHER) as running:
        running.wait_for("0 → not sampled")
        done = headless(home, "resample", OTHER, "--prefix", "0", "-n", "6")
        assert done.returncode == 0
        running.wait_for("/6)")
        running.send("V")
        running.wait_for("6/6 shown")
        headless(home, "resample", OTHER, "--prefix", "0", "-n", "9")
        running.wait_for("9/9 shown")


@pytest.mark.slow
def test_traces_imported_by_another_process_appear_in_the_list(home: Path) -> None:
    with app(home) as running:
        running.wait_for("11 traces")
        assert headless(home, "import", SAMPLES / "nasty.jsonl").returncode == 0
        running.wait_for("12 traces", "nasty")


@pytest.mark.slow
def test_two_apps_of_one_annotator_share_what_they_write(home: Path) -> None:
    with opened(home, trace=OTHER) as one, opened(home, trace=OTHER) as other:
        one.send("1")
        other.wait_for("1/18 labelled")
        other.send("jj2")
        one.wait_for("2/18 labelled")
        other.wait_for("2/18 labelled")
        # Undo takes back what the annotator did last, wherever that was.
        one.send("u")
        other.wait_for("1/18 labelled")
        assert set(stored.labels(home, OTHER)) == {0}


@pytest.mark.slow
def test_two_annotators_do_not_see_each_other(home: Path) -> None:
    with opened(home, "--annotator", "ana", trace=OTHER) as ana, opened(home, "--annotator", "ben", trace=OTHER) as ben:
        ana.send("1")
        ana.wait_for("1/18 labelled")
        ben.send("j2")
        ben.wait_for("1/18 labelled")
        ana.send("j")
        at(ana, 2)
        ana.wait_for("1/18 labelled")
        found = stored.rows(home, "SELECT annotator, sentence_idx FROM label_events ORDER BY id")
        assert found == [("ana", 0), ("ben", 1)]
