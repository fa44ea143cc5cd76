"""The writing thread: groups are one transaction, and each job stands or falls alone."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from core.errors import StoreError
from core.store.database import Store
from core.store.writer import GROUP_LIMIT


def add_run(name: str) -> Any:
    """A job that stores a run under a name."""

    def job(database: Any) -> str:
        database["runs"].insert({"kind": name, "status": "done", "started_at": "now"})
        return name

    return job


def runs(store: Store) -> list[str]:
    return [row["kind"] for row in store.read.execute("SELECT kind FROM runs ORDER BY id")]


class Held:
    """Keeps the writer busy, so that what is queued meanwhile becomes one group."""

    def __init__(self, store: Store) -> None:
        self.statements: list[str] = []
        self._go = threading.Event()
        begun = threading.Event()

        def job(database: Any) -> None:
            database.conn.set_trace_callback(self.statements.append)
            begun.set()
            self._go.wait()

        self._done = store.write(job)
        begun.wait()

    def release(self) -> None:
        self._go.set()
        self._done.result()


def test_what_was_queued_together_is_committed_together(tmp_path: Path) -> None:
    with Store.open(tmp_path / "t.db") as store:
        held = Held(store)
        futures = [store.write(add_run(str(i))) for i in range(GROUP_LIMIT + 10)]
        held.release()
        assert [future.result() for future in futures] == [str(i) for i in range(GROUP_LIMIT + 10)]
        assert runs(store) == [str(i) for i in range(GROUP_LIMIT + 10)]
    assert held.statements.count("COMMIT") == 3


def test_a_future_resolves_only_when_its_row_can_be_read(tmp_path: Path) -> None:
    with Store.open(tmp_path / "t.db") as store:
        for i in range(20):
            store.write(add_run(str(i))).result()
            assert runs(store)[-1] == str(i)


def test_a_job_that_fails_takes_no_other_with_it(tmp_path: Path) -> None:
    def half(database: Any) -> None:
        add_run("half")(database)
        raise ValueError("changed my mind")

    def orphan(database: Any) -> None:
        database["outcomes"].insert(
            {"rollout_id": 99, "behavior": "b", "judge_id": "j", "outcome": "yes", "created_at": "now"}
        )

    with Store.open(tmp_path / "t.db") as store:
        held = Held(store)
        before, failing = store.write(add_run("before")), store.write(half)
        broken, after = store.write(orphan), store.write(add_run("after"))
        held.release()
        assert (before.result(), after.result()) == ("before", "after")
        with pytest.raises(ValueError, match="changed my mind"):
            failing.result()
        with pytest.raises(sqlite3.IntegrityError):
            broken.result()
        assert runs(store) == ["before", "after"]


def test_a_job_whose_waiter_went_away_is_written_all_the_same(tmp_path: Path) -> None:
    async def lose_interest(store: Store) -> None:
        held = await asyncio.to_thread(Held, store)
        waiter = asyncio.ensure_future(asyncio.wrap_future(store.write(add_run("lost"))))
        waiter.cancel()
        await asyncio.wait({waiter})
        assert waiter.cancelled()
        await asyncio.to_thread(held.release)
        await asyncio.wrap_future(store.write(add_run("next")))

    with Store.open(tmp_path / "t.db") as store:
        asyncio.run(lose_interest(store))
        assert runs(store) == ["lost", "next"]


def test_closing_waits_for_what_is_queued_and_refuses_more(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "t.db")
    futures = [store.write(add_run(str(i))) for i in range(50)]
    store.close()
    assert all(future.done() for future in futures)
    with pytest.raises(StoreError, match="closed"):
        store.write(add_run("late"))
    with Store.open(tmp_path / "t.db") as again:
        assert len(runs(again)) == 50


def test_many_threads_may_write_and_read(tmp_path: Path) -> None:
    with Store.open(tmp_path / "t.db") as store:

        def work(name: str) -> None:
            for i in range(25):
                store.write(add_run(f"{name}{i}")).result()
                assert f"{name}{i}" in runs(store)

        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(runs(store))) == 100
