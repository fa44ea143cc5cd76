"""`turnpoint merge`: two annotators' copies of one study come together, whichever way round."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from core.export.reader import read_table
from tests.tui.cli.calling import done, turnpoint

HEADER = "trace_id,sentence_idx,annotator,category\n"


def label(db: str, *lines: str) -> None:
    """Label in a copy, as a table has it."""
    Path("labels.csv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    done("--db", db, "import", "labels.csv", "--replace")


def labels(db: str) -> list[tuple[str | None, ...]]:
    """What an export of a copy says, by sentence and annotator."""
    shutil.rmtree("out", ignore_errors=True)
    done("--db", db, "export", "out")
    return [(row["sentence_idx"], row["annotator"], row["category"]) for row in read_table(Path("out/labels.csv"))]


@pytest.fixture(autouse=True)
def _copies(samples: Path) -> None:
    done("resample", "zoo-essay-free", "--prefix", "3", "-n", "3")
    for name in ("ana.db", "ben.db"):
        shutil.copy("turnpoint.db", name)


def test_two_copies_labelled_and_merged_both_ways_hold_the_same_events() -> None:
    label("ana.db", "zoo-essay-free,0,ana,planning", "zoo-essay-free,1,ana,none")
    label("ben.db", "zoo-essay-free,0,ben,monitoring", "zoo-essay-free,1,ana,planning")
    ran = done("--db", "ana.db", "merge", "ben.db")
    assert ran.out.splitlines()[-3:] == [
        "annotator  trace           where       here  in ben.db  kept as",
        "ana        zoo-essay-free  sentence 1  none  planning   ana@ben",
        "merged ben.db into ana.db: 2 rows, 1 conflict kept side by side",
    ]
    assert labels("ana.db") == [
        ("0", "ana", "planning"),
        ("0", "ben", "monitoring"),
        ("1", "ana", "none"),
        ("1", "ana@ben", "planning"),
    ]
    done("--db", "ben.db", "merge", "ana.db")
    ran = done("--db", "ana.db", "merge", "ben.db")
    assert ran.out == "ana.db holds all of ben.db already; nothing was written.\n"
    assert labels("ben.db")[2:] == [("1", "ana", "planning"), ("1", "ana@ana", "none")]
    histories = []
    for db in ("ana.db", "ben.db"):
        labels(db)
        histories.append({row["uid"] for row in read_table(Path("out/label_history.csv"))})
    assert histories[0] == histories[1]


def test_rollouts_of_both_machines_are_counted_together() -> None:
    done("--db", "ana.db", "resample", "zoo-essay-free", "--prefix", "3", "-n", "5")
    done("--db", "ben.db", "resample", "zoo-essay-free", "--prefix", "4", "-n", "4")
    (report,) = done("--db", "ana.db", "merge", "ben.db", "--json").json
    added = {one["table"]: (one["added"], one["already"]) for one in report["rows"]}
    assert added["rollouts"] == (4, 3)
    assert added["traces"] == (0, 12)
    assert (report["source"], report["dry_run"], report["conflicts"]) == ("ben.db", False, [])
    assert done("--db", "ana.db", "resample", "zoo-essay-free", "--prefix", "3-4", "-n", "4").out.count("0 rollouts")


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    label("ben.db", "zoo-essay-free,0,ben,monitoring")
    ran = done("--db", "ana.db", "merge", "--dry-run", "ben.db")
    assert ran.out.splitlines()[-1] == "would merge ben.db into ana.db: 2 rows; nothing was written."
    assert labels("ana.db") == []


def test_several_files_are_merged_at_once() -> None:
    label("ben.db", "zoo-essay-free,0,ben,monitoring")
    label("turnpoint.db", "zoo-essay-free,0,cleo,none")
    done("--db", "ana.db", "merge", "ben.db", "turnpoint.db")
    assert labels("ana.db") == [("0", "ben", "monitoring"), ("0", "cleo", "none")]


def test_what_cannot_be_merged_is_refused_in_one_sentence() -> None:
    ran = turnpoint("--db", "ana.db", "merge", "ana.db")
    assert (ran.code, ran.refusal) == (
        1,
        "ana.db: the database itself, which cannot be merged into itself; name the other file.",
    )
    assert turnpoint("--db", "ana.db", "merge", "gone.db").refusal == "gone.db: no such database; check the path."


def test_a_database_that_is_not_there_is_made_of_the_others() -> None:
    label("ben.db", "zoo-essay-free,0,ben,monitoring")
    ran = done("merge", "ana.db", "ben.db", "--db", "new.db")
    first, *_, last = ran.out.splitlines()
    assert first == "new.db is a new database."
    assert last == "merged ben.db into new.db: 2 rows"
    assert labels("new.db") == [("0", "ben", "monitoring")]
    assert done("--db", "new.db", "merge", "ben.db").out == "new.db holds all of ben.db already; nothing was written.\n"
    (report,) = done("--db", "newer.db", "merge", "ben.db", "--json").json
    assert (report["created"], report["dry_run"]) == (True, False)


def test_a_dry_run_into_a_database_that_is_not_there_leaves_none() -> None:
    before = sorted(Path().iterdir())
    ran = done("--db", "new.db", "merge", "ana.db", "--dry-run")
    assert ran.out.startswith("new.db would be a new database.\n")
    assert re.search(r"would merge ana.db into new.db: \d+ rows; nothing was written.\n$", ran.out)
    (report,) = done("--db", "new.db", "merge", "ana.db", "--dry-run", "--json").json
    assert (report["created"], report["dry_run"]) == (False, True)
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize(
    ("db", "others", "reason"),
    [
        ("new.db", ["gone.db"], "gone.db: no such database; check the path."),
        ("new.db", ["ana.db", "gone.db"], "gone.db: no such database; check the path."),
        ("new.db", ["new.db"], "new.db: no such database; check the path."),
        ("new.db", ["labels.csv"], "labels.csv: this file is not a SQLite database; name another."),
        (
            "no/new.db",
            ["ana.db"],
            "no/new.db: the database cannot be made (No such file or directory); name a folder that is there and can be"
            " written.",
        ),
        ("old.db", ["ana.db"], "old.db-wal: in the way of a new database; move it, and try again."),
    ],
)
@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_a_merge_that_fails_leaves_no_new_database(db: str, others: list[str], reason: str, more: list[str]) -> None:
    Path("labels.csv").write_text(HEADER, encoding="utf-8")
    Path("old.db-wal").write_bytes(b"what another database has left")
    before = sorted(Path().iterdir())
    ran = turnpoint("--db", db, "merge", *others, *more)
    assert (ran.code, ran.refusal) == (1, reason)
    assert sorted(Path().iterdir()) == before
