"""What a merge reads: files of any age and in use, never changed; and that it is done whole or not at all."""

from __future__ import annotations

import hashlib
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from core.clock import now
from core.errors import StoreError
from core.store.database import Store
from core.store.merging import merge
from core.store.merging.other import connect_readonly
from core.store.merging.state import Merging
from core.store.positions import load_position, save_position
from core.store.rows import insert
from core.store.schema import migrations
from tests.core.analysis.stored import complied, sample
from tests.core.store.merging.copies import copied, label, rows, standing, uids


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    here, there = copied(tmp_path, "here", "there")
    with here, there:
        yield here, there


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def older(path: Path) -> Path:
    """A database as the version before this one left it, with one label."""
    connection = sqlite3.connect(path)
    database = Database(connection)
    migrations.apply(database, stop_before="m006_annotation")
    at = "2026-01-31T12:00:00.000Z"
    insert(database, "prompts", [{"id": "p", "messages": "[]", "created_at": at}])
    trace = {"id": "old", "prompt_id": "p", "response": "One.", "reasoning_start": 0, "reasoning_end": 4}
    insert(database, "traces", [trace | {"splitter": "test-1", "created_at": at}])
    insert(database, "sentences", [{"trace_id": "old", "idx": 0, "start": 0, "end": 4, "text": "One."}])
    event = {"annotator": "ana", "trace_id": "old", "sentence_idx": 0, "kind": "label", "category": "planning"}
    insert(database, "label_events", [event | {"created_at": at}])
    connection.commit()
    connection.close()
    return path


def test_a_file_of_an_older_turnpoint_is_read_as_it_would_be_and_stays_as_it_is(
    two: tuple[Store, Store], tmp_path: Path
) -> None:
    here, there = two
    path = older(tmp_path / "old.db")
    before = digest(path)
    merge(here, [path])
    assert standing(here) == {("ana", "old", 0): "planning"}
    assert digest(path) == before
    Store.open(path).close()
    merge(there, [path])
    assert uids(here) == uids(there)
    assert merge(here, [path])[0].n_added == 0


def test_reading_leaves_nothing_behind(two: tuple[Store, Store], tmp_path: Path) -> None:
    here, there = two
    label(there, "ana", 0, "planning")
    there.close()
    before = digest(there.path)
    merge(here, [there.path])
    assert digest(there.path) == before
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith("there.db-")]


def test_a_file_that_is_being_written_is_read_as_of_its_last_commit(two: tuple[Store, Store]) -> None:
    here, there = two
    label(there, "ana", 0, "planning")
    writing = sqlite3.connect(there.path, isolation_level=None)
    writing.execute("BEGIN IMMEDIATE")
    writing.execute("UPDATE label_events SET category = 'monitoring'")
    merge(here, [there.path])
    writing.execute("ROLLBACK")
    writing.close()
    assert standing(here) == {("ana", "first", 0): "planning"}


def test_a_file_in_a_folder_that_cannot_be_written_is_read_from_a_copy(
    two: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    label(there, "ana", 0, "planning")
    there.close()

    def beside_no_log(path: Path) -> sqlite3.Connection:
        # What SQLite says where it may put no log beside the file; who runs as root may put one anywhere.
        if path == there.path:
            raise sqlite3.OperationalError("unable to open database file")
        return connect_readonly(path)

    monkeypatch.setattr("core.store.merging.other.connect_readonly", beside_no_log)
    merge(here, [there.path])
    assert standing(here) == {("ana", "first", 0): "planning"}


def test_what_cannot_be_merged_is_refused(two: tuple[Store, Store], tmp_path: Path) -> None:
    here, there = two
    (tmp_path / "notes.txt").write_text("Not a database at all, only some lines of text.\n" * 40)
    (tmp_path / "empty.db").touch()
    (tmp_path / "link.db").symlink_to(here.path)
    other = sqlite3.connect(tmp_path / "cookies.db")
    other.execute("CREATE TABLE cookies (name)")
    other.close()
    newer = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('turnpoint', 'm999_dreams', '')"
    there.write(lambda db: db.execute(newer)).result()
    for name, reason in [
        ("gone.db", "no such database; check the path."),
        ("notes.txt", "this file is not a SQLite database; name another."),
        ("empty.db", "not a turnpoint database; name one that turnpoint made."),
        ("cookies.db", "not a turnpoint database; name one that turnpoint made."),
        ("link.db", "the database itself, which cannot be merged into itself; name the other file."),
        ("there.db", "written by a newer turnpoint (unknown step m999_dreams); upgrade turnpoint to merge it."),
        (".", "a directory, not a database file; name the file in it."),
    ]:
        with pytest.raises(StoreError) as refusal:
            merge(here, [tmp_path / name])
        assert str(refusal.value) == f"{tmp_path / name}: {reason}"


COUNTS = "SELECT (SELECT count(*) FROM rollouts), (SELECT count(*) FROM label_events), (SELECT count(*) FROM merges)"


def fail() -> None:
    raise RuntimeError


def press_ctrl_c() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


@pytest.mark.parametrize(("end", "error"), [(fail, RuntimeError), (press_ctrl_c, KeyboardInterrupt)])
def test_a_merge_that_fails_or_is_interrupted_leaves_the_database_as_it_was(
    two: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch, end: Callable[[], None], error: type[BaseException]
) -> None:
    here, there = two
    # A shell starts what it puts into the background with SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    sample(there, "first", 1, complied("complied", "refused"))
    label(there, "ana", 0, "planning")
    end_rollouts = Merging.end_rollouts

    def ending(self: Merging) -> None:
        end()
        while not self.watch.has_left:
            time.sleep(0.001)
        list(self.theirs("SELECT * FROM traces"))
        end_rollouts(self)

    with monkeypatch.context() as patch:
        patch.setattr(Merging, "end_rollouts", ending)
        with pytest.raises(error):
            merge(here, [there.path])
    signal.signal(signal.SIGINT, before)
    assert rows(here, COUNTS) == [(0, 0, 0)]
    merge(here, [there.path])
    assert rows(here, COUNTS) == [(2, 1, 1)]


def test_of_several_files_one_that_is_broken_costs_all(two: tuple[Store, Store], tmp_path: Path) -> None:
    here, there = two
    label(there, "ana", 0, "planning")
    (broken,) = copied(tmp_path, "broken")
    broken.write(lambda db: db.execute("DROP TABLE suggestions")).result()
    with pytest.raises(StoreError, match=r"broken\.db: the database cannot be read .*, so nothing was merged"):
        merge(here, [there.path, broken.path])
    broken.close()
    assert standing(here) == {}


def test_how_far_it_is_can_be_watched(two: tuple[Store, Store]) -> None:
    here, there = two
    sample(there, "first", 1, complied(*["complied"] * 100))
    read: list[int] = []
    merge(here, [there.path], read.append)
    assert read
    assert read == [100 * (i + 1) for i in range(len(read))]


def test_suggestions_verdicts_and_places_come_along(two: tuple[Store, Store]) -> None:
    here, there = two
    (mine,) = sample(here, "first", 1, complied("complied"), texts=["mine"])
    (theirs,) = sample(there, "first", 1, complied("complied"), texts=["theirs"])
    at = now()
    suggester = {"id": "s", "canonical": "{}", "kind": "model", "name": "m", "created_at": at}
    batch = {"suggester_id": "s", "trace_id": "first", "first_idx": 0, "end_idx": 3, "reply": "[]", "created_at": at}
    suggestion = {"suggester_id": "s", "trace_id": "first", "sentence_idx": 1, "batch_id": 1, "created_at": at}
    verdict = {"annotator": "ana", "behavior": "compliance", "kind": "label", "created_at": at}
    for store, category, rollout in ((here, "planning", mine), (there, "none", theirs)):
        for table, row in [
            ("suggesters", suggester),
            ("suggestion_batches", batch),
            ("suggestions", suggestion | {"category": category}),
            ("verdict_events", verdict | {"uid": f"v-{category}", "rollout_id": rollout, "verdict": "yes"}),
        ]:
            store.write(lambda db, table=table, row=row: insert(db, table, [row])).result()  # type: ignore[misc]
    there.write(lambda db: save_position(db, "ben", "second", 2)).result()
    (report,) = merge(here, [there.path])
    assert rows(here, "SELECT category FROM suggestions") == [("planning",)]
    assert [one.differing for one in report.rows if one.table == "suggestions"] == [1]
    verdicts = "SELECT r.text, v.annotator, v.verdict FROM verdict_events v JOIN rollouts r ON r.id = v.rollout_id"
    assert rows(here, verdicts) == [("mine", "ana", "yes"), ("theirs", "ana", "yes")]
    assert load_position(here.read, "ben", "second") == 2
    assert merge(here, [there.path])[0].n_added == 0


def test_a_verdict_that_differs_stands_beside_the_one_here(two: tuple[Store, Store]) -> None:
    here, there = two
    (mine,) = sample(here, "first", 1, complied("complied"))
    verdict = {"annotator": "ana", "rollout_id": mine, "behavior": "compliance", "kind": "label", "created_at": now()}
    merge(there, [here.path])
    for store, said in ((here, "yes"), (there, "no")):
        row = verdict | {"uid": said, "verdict": said}
        store.write(lambda db, row=row: insert(db, "verdict_events", [row])).result()  # type: ignore[misc]
    (report,) = merge(here, [there.path])
    (conflict,) = report.conflicts
    assert (conflict.rollout_id, conflict.behavior, conflict.here, conflict.there) == (mine, "compliance", "yes", "no")
    assert rows(here, "SELECT annotator, verdict FROM verdict_events") == [("ana", "yes"), ("ana@there", "no")]
