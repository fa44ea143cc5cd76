"""Deleting: what goes, what stays, and that nothing is left of what went."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.annotation.codebook import Category, Codebook
from core.annotation.place import Place
from core.annotation.queue import QueueSpec
from core.behaviors.judge import Judge
from core.behaviors.outcome import ALIGNMENT_FAKING, Outcome, Vote
from core.canonical import canonical_json
from core.endpoints.settings import SamplingSettings
from core.errors import NotFoundError, StoreError
from core.resampling.rollout import Failure, Rollout
from core.store.backup import backup_path
from core.store.database import Store
from core.store.deleting import Doomed, delete, labels_of, queue_of, rollouts_under, weigh, whole
from core.store.labels import load_labels, set_label, undo
from core.store.merging import merge
from core.store.positions import save_position
from core.store.queues import start_queue
from core.store.rollouts import (
    add_failures,
    add_judge,
    add_rollouts,
    add_settings,
    add_vote,
    end_run,
    start_run,
)
from core.store.suggestions import AnsweredBatch, add_batch, add_suggester
from core.store.traces import add_traces, find_in_sentences, known_ids
from core.store.verdicts import set_verdict
from core.suggesting.suggester import Suggester
from tests.core.analysis.stored import COLD, WARM, make_trace
from tests.sizes import examples

NAMES = ("pear", "plum", "quince", "rowan")
BOOKS = (
    Codebook("one", (Category("1", "doubt", "dou", "Doubts."),)),
    Codebook("two", (Category("1", "plan", "pla", "Plans."),)),
)
JUDGES = (Judge(ALIGNMENT_FAKING, "first", "1"), Judge(ALIGNMENT_FAKING, "second", "1"))
HOW: tuple[SamplingSettings, ...] = (COLD, WARM)


def fill(store: Store, name: str) -> None:
    """A trace with something in every table that can hold something of it; some definitions are shared by names."""
    place = NAMES.index(name)
    book, judge, how = BOOKS[place % 2], JUDGES[place // 2], HOW[place % 2]
    suggester = Suggester("model", f"by {place % 2}", book, canonical_json({"n": place % 2}))

    def job(database: Any) -> None:
        add_traces(database, [make_trace(name, [f"A {name} falls.", " It rots."], query=name)])
        add_settings(database, how)
        add_judge(database, judge)
        run_id = start_run(database, "resample", canonical_json({"traces": {name: {}}}), how.id)
        outcome = Outcome(ALIGNMENT_FAKING, judge.id, "yes", 1, 1)
        ids = add_rollouts(
            database,
            run_id,
            [(Rollout(name, how.id, 1, i, f" rollout {i}", "stop", "m", cost=0.5), [outcome]) for i in range(2)],
        )
        add_vote(database, run_id, ids[0], judge.id, Vote(0, "yes", (None,) * 5, "yes", "m", 1, 1, 0.25))
        add_failures(database, run_id, [Failure(name, how.id, 0, 5, "sample", "timeout", "late", 2)])
        end_run(database, run_id, "done")
        set_label(database, "ana", name, 0, book.categories[0].name, book)
        set_label(database, "ben", name, 1, book.categories[0].name, book)
        undo(database, "ben")
        set_verdict(database, "ben", ids[1], ALIGNMENT_FAKING, "no")
        save_position(database, "ana", name, 1)
        add_suggester(database, suggester)
        asked = start_run(database, "suggest", canonical_json({"traces": [name]}), None)
        batch = AnsweredBatch(0, 2, "reply", None, "m", 1, 1, 0.125)
        add_batch(database, suggester, name, batch, {1: (book.categories[0].name, 0.5)}, asked)
        end_run(database, asked, "done")
        start_queue(database, f"of {name}", QueueSpec(trace_ids=(name,)), [Place(name, 0), Place(name, 1)])

    store.write(job).result()


UNSTEADY = {"id", "uid", "step", "target", "run_id", "rollout_id", "batch_id", "queue_id", "process"}
"""Columns that say when a row came and as which one, and no more."""


def tables(store: Store) -> dict[str, Counter[tuple[Any, ...]]]:
    """All that a database holds, but for the order in which it came."""
    names = store.read.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    found = {}
    for (table,) in names.fetchall():
        if table in ("deletions", "_sqlite_migrations") or "fts" in table or table.startswith("sqlite"):
            continue
        info = store.read.execute(f"PRAGMA table_info({table})").fetchall()
        kept = [
            row["name"]
            for row in info
            if not (row["name"] in UNSTEADY and row["type"] == "INTEGER")
            and row["name"] not in ("uid", "step", "process")
            and not row["name"].endswith("_at")
        ]
        rows = store.read.execute(f"SELECT {', '.join(f'{chr(34)}{name}{chr(34)}' for name in kept)} FROM {table}")
        found[table] = Counter(tuple(row) for row in rows)
    return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "orchard.db") as opened:
        for name in NAMES:
            fill(opened, name)
        yield opened


def gone(store: Store, doomed: Doomed, backup: Path | None = None) -> None:
    delete(store, weigh(store.read, doomed), backup)


@given(st.sets(st.sampled_from(NAMES)), st.permutations(NAMES))
@settings(max_examples=examples(60), deadline=None)
def test_a_database_from_which_traces_were_deleted_is_one_that_never_had_them(left: set[str], order: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, other = Store.open(Path(folder) / "one.db"), Store.open(Path(folder) / "other.db")
        with one, other:
            for name in order:
                fill(one, name)
            for name in NAMES:
                if name in left:
                    fill(other, name)
            if len(left) < len(NAMES):
                gone(one, whole(one.read, [name for name in order if name not in left]))
            assert tables(one) == tables(other)
            assert one.read.execute("PRAGMA foreign_key_check").fetchall() == []
            for name in NAMES:
                assert bool(find_in_sentences(one.read, name)) == (name in left)
            check = "INSERT INTO sentences_fts(sentences_fts) VALUES ('integrity-check')"
            one.write(lambda database: database.execute(check)).result()


def test_a_deletion_is_weighed_before_it_is_made(store: Store) -> None:
    found = weigh(store.read, whole(store.read, ["pear", "plum"]))
    assert found.rows == {
        "traces": 2,
        "sentences": 4,
        "rollouts": 4,
        "outcomes": 4,
        "judge_votes": 2,
        "verdict_events": 2,
        "failures": 2,
        "label_events": 6,
        "positions": 2,
        "suggestions": 2,
        "suggestion_batches": 2,
        "queue_items": 4,
    }
    assert found.labelled == {"ana": 2, "ben": 4}
    assert found.cost == 2 * (2 * 0.5 + 0.25 + 0.125)
    assert found.is_precious
    assert known_ids(store.read) == set(NAMES)


def test_rollouts_under_some_settings_go_and_labels_stay(store: Store) -> None:
    gone(store, rollouts_under(store.read, WARM.id[:6]))
    assert {row[0] for row in store.read.execute("SELECT settings_id FROM rollouts")} == {COLD.id}
    assert {row[0] for row in store.read.execute("SELECT id FROM sampling_settings")} == {COLD.id}
    assert load_labels(store.read, "plum", "ana") == {0: "plan"}
    gone(store, rollouts_under(store.read, COLD.id, ["pear"]))
    assert {row[0] for row in store.read.execute("SELECT trace_id FROM rollouts")} == {"quince"}


def test_the_labels_of_one_annotator_go_and_those_of_others_stay(store: Store) -> None:
    gone(store, labels_of(store.read, "ben"))
    assert store.read.execute("SELECT count(*) FROM verdict_events").fetchone()[0] == 0
    assert load_labels(store.read, "pear", "ana") == {0: "doubt"}
    gone(store, labels_of(store.read, "ana", ["pear"]))
    assert load_labels(store.read, "pear", "ana") == {}
    assert load_labels(store.read, "plum", "ana") == {0: "plan"}


def test_the_queue_under_way_goes_and_labels_stay(store: Store) -> None:
    gone(store, queue_of(store.read, "of rowan"))
    assert {row[0] for row in store.read.execute("SELECT annotator FROM queues")} == {"of pear", "of plum", "of quince"}
    assert load_labels(store.read, "rowan", "ana") == {0: "plan"}
    with pytest.raises(NotFoundError, match="'ben' has no queue"):
        queue_of(store.read, "ben")


def test_a_queue_over_several_traces_goes_on_without_the_one_that_went(store: Store) -> None:
    spec = QueueSpec(trace_ids=("pear", "plum"))
    store.write(lambda db: start_queue(db, "zoe", spec, [Place("pear", 0), Place("plum", 1)])).result()
    gone(store, whole(store.read, ["pear"]))
    row = store.read.execute("SELECT id, spec FROM queues WHERE annotator = 'zoe'").fetchone()
    assert QueueSpec.from_json(row["spec"]).trace_ids == ("plum",)
    items = store.read.execute("SELECT trace_id FROM queue_items WHERE queue_id = ?", [row["id"]])
    assert [item["trace_id"] for item in items] == ["plum"]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda c: whole(c, ["peer"]), "no trace 'peer' in this database; did you mean pear?"),
        (lambda c: rollouts_under(c, "zzz"), "no sampling settings 'zzz'; there are: "),
        (lambda c: rollouts_under(c, ""), "several sampling settings begin with"),
        (lambda c: labels_of(c, "eve"), "'eve' has labelled nothing here; labels there are of: ana, ben."),
    ],
)
def test_what_is_not_there_is_not_deleted(store: Store, make: Any, reason: str) -> None:
    with pytest.raises(NotFoundError) as refused:
        make(store.read)
    assert reason in str(refused.value)


def under_way(store: Store, trace_id: str, process: str | None) -> None:
    def job(database: Any) -> None:
        run_id = start_run(database, "resample", canonical_json({"traces": {trace_id: {}}}), WARM.id)
        if process is not None:
            database.execute("UPDATE runs SET process = ? WHERE id = ?", [process, run_id])

    store.write(job).result()


def test_what_a_run_is_drawing_is_not_deleted(store: Store) -> None:
    under_way(store, "pear", None)
    for doomed in (whole(store.read, ["plum", "pear"]), rollouts_under(store.read, WARM.id)):
        with pytest.raises(StoreError, match=r"is at work on what is to be deleted; stop it, or wait"):
            weigh(store.read, doomed)
    gone(store, whole(store.read, ["plum"]))
    gone(store, rollouts_under(store.read, COLD.id))
    gone(store, labels_of(store.read, "ana"))


def test_the_record_of_a_run_that_was_killed_does_not_protect_anything(store: Store) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "from core.store.alive import this_process; print(this_process())"],
        capture_output=True,
        check=True,
        text=True,
    )
    here = ended.stdout.strip().split(" ")[0]
    for process in (ended.stdout.strip(), f"{here} {os.getpid()} 12.00", f"elsewhere {os.getpid()} 1.0", "rubbish", ""):
        under_way(store, "pear", process)
    gone(store, whole(store.read, ["pear"]))
    assert known_ids(store.read) == {"plum", "quince", "rowan"}


def test_more_than_was_agreed_to_is_not_deleted(store: Store) -> None:
    agreed = weigh(store.read, whole(store.read, ["pear"]))
    store.write(lambda db: set_label(db, "zoe", "pear", 0, "doubt", BOOKS[0])).result()
    with pytest.raises(StoreError, match="changed meanwhile, so nothing was deleted"):
        delete(store, agreed)
    assert load_labels(store.read, "pear", "zoe") == {0: "doubt"}


def test_a_copy_is_whole_and_takes_the_place_of_nothing(store: Store, tmp_path: Path) -> None:
    copy = backup_path(store.path)
    before = tables(store)
    gone(store, whole(store.read, ["pear"]), copy)
    with Store.open(copy) as kept:
        assert tables(kept) == before
    with pytest.raises(StoreError, match="in the way of a copy"):
        gone(store, whole(store.read, ["plum"]), copy)
    with pytest.raises(StoreError, match="no copy of the database can be written"):
        gone(store, whole(store.read, ["plum"]), tmp_path / "nowhere" / "copy.db")
    assert known_ids(store.read) == {"plum", "quince", "rowan"}


def test_a_merge_says_what_it_brings_back(store: Store, tmp_path: Path) -> None:
    store.write(lambda db: None).result()
    copy = tmp_path / "other.db"
    gone(store, whole(store.read, ["pear"]), copy)
    (report,) = merge(store, [copy])
    (back,) = report.brought_back
    assert (back.kind, back.trace_ids) == ("traces", ("pear",))
    assert known_ids(store.read) == set(NAMES)
    (again,) = merge(store, [copy])
    assert again.brought_back == ()


def test_a_database_of_before_can_be_deleted_from(store: Store, tmp_path: Path) -> None:
    store.close()
    old = Path(shutil.copy(store.path, tmp_path / "old.db"))
    with sqlite3.connect(old) as connection:
        for index in ("idx_label_events_target", "idx_verdict_events_target"):
            connection.execute(f"DROP INDEX {index}")
        connection.execute("ALTER TABLE runs DROP COLUMN process")
        connection.execute("DROP TABLE deletions")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'm007_deleting'")
    connection.close()
    with Store.open(old) as opened:
        gone(opened, whole(opened.read, ["pear"]))
        assert known_ids(opened.read) == {"plum", "quince", "rowan"}
