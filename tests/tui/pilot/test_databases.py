"""Databases of unusual content, and one that fails under the app."""

from __future__ import annotations

import sqlite3
from concurrent.futures import Future
from typing import Any

import pytest

from core.errors import StoreError
from core.store.database import Store
from core.store.deleting import delete, rollouts_under, weigh, whole
from core.store.traces import add_traces
from core.traces.build import make_trace
from tests.tui.app_under_test import (
    LANDLORD,
    TELEMARKETER,
    build_app,
    cursor,
    enter,
    header,
    rows,
    sample_trace,
    send,
    status,
    stored_labels,
    text,
    until,
    until_said,
)


async def test_a_trace_of_one_sentence(empty_store: Store) -> None:
    trace = make_trace("short", "<think>So be it.</think>Yes.", prompt=sample_trace(LANDLORD).prompt)
    assert len(trace.sentences) == 1
    empty_store.write(lambda db: add_traces(db, [trace])).result()
    async with build_app(empty_store, None).run_test(size=(120, 36)) as pilot:
        assert "0/1 labelled" in header(pilot)
        for key in ("j", "k", "G", "g", "pagedown", "pageup", "]", "[", ">", "<", "V", "t", "b"):
            await send(pilot, key)
            assert cursor(pilot) == 0
        await send(pilot, "2")
        assert stored_labels(empty_store, "short") == {0: "decision_comply"}
        await send(pilot, "r", *"4 0-1", "enter")
        await until_said(pilot, "run done: 8 of 8")
        await until(pilot, lambda: "after" in text(pilot) and "importance" in text(pilot))


async def test_a_trace_of_a_thousand_sentences(empty_store: Store) -> None:
    reasoning = " ".join(f"This is step number {i} of the plan." for i in range(1000))
    trace = make_trace("long", f"<think>{reasoning}</think>Done.")
    assert len(trace.sentences) == 1000
    empty_store.write(lambda db: add_traces(db, [trace])).result()
    async with build_app(empty_store, None).run_test(size=(120, 36)) as pilot:
        assert "0/1000 labelled" in header(pilot)
        await send(pilot, "G")
        assert any(row.startswith("▌999 ") and "step number 999" in row for row in rows(pilot))
        await send(pilot, "7", "k", "k", "7", "]")
        assert cursor(pilot) == 998
        await send(pilot, "g", ":")
        await enter(pilot, "500")
        assert any(row.startswith("▌500 ") for row in rows(pilot))
        await send(pilot, "/")
        await enter(pilot, "number 777 ")
        assert cursor(pilot) == 777


class Refuses:
    """Stands in for `Store.write` on a disk that is full."""

    def __init__(self, store: Store) -> None:
        self.refused = 0
        self._sentence = f"{store.path}: the disk is full; free some space and run it again, what was stored is kept."

    def __call__(self, job: Any) -> Future[Any]:
        self.refused += 1
        failed: Future[Any] = Future()
        failed.set_exception(StoreError(self._sentence))
        return failed


@pytest.mark.parametrize("keys", [("7",), ("u",), ("U",)])
async def test_a_label_that_cannot_be_written(store: Store, monkeypatch: pytest.MonkeyPatch, keys: tuple[str]) -> None:
    async with build_app(store).run_test(size=(200, 36)) as pilot:
        await send(pilot, "8")
        with monkeypatch.context() as broken:
            refuses = Refuses(store)
            broken.setattr(store, "write", refuses)
            await send(pilot, *keys)
            assert "the disk is full; free some space" in status(pilot)
            assert cursor(pilot) == 1
            assert "1/28 labelled" in header(pilot)
            await send(pilot, "j", "j", "o", "escape")
            # The position cannot be stored either.
            await until(pilot, lambda: refuses.refused > 1)
        await send(pilot, "g", "7")
        assert stored_labels(store)[0] == "monitoring"


async def test_a_run_that_cannot_be_recorded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with build_app(store, TELEMARKETER).run_test(size=(200, 36)) as pilot:
        monkeypatch.setattr(store, "write", Refuses(store))
        await send(pilot, "r", "5", "enter")
        await until_said(pilot, "the disk is full; free some space")
        await send(pilot, "j")
        assert cursor(pilot) == 1


class Unreadable:
    """Stands in for a connection to a file that has been damaged."""

    def execute(self, *args: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")


@pytest.mark.parametrize(
    "keys", [("V",), ("o",), ("r",), ("R",), ("t", "b"), ("7",), ("r", "5", "enter"), ("w", "enter")]
)
async def test_a_file_that_cannot_be_read_any_more(
    store: Store, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...]
) -> None:
    async with build_app(store).run_test(size=(200, 36)) as pilot:
        with monkeypatch.context() as broken:
            broken.setattr(Store, "read", property(lambda self: Unreadable()))
            await send(pilot, *keys)
            await until(pilot, lambda: "database disk image is malformed" in text(pilot))
            assert keys[0] in ("r", "R") or str(store.path) in text(pilot)
        await send(pilot, "escape")
        await send(pilot, "j")
        assert LANDLORD in header(pilot)
        assert cursor(pilot) >= 1


@pytest.mark.parametrize("opens", ["V", "o"])
async def test_a_file_that_fails_under_an_open_list(store: Store, monkeypatch: pytest.MonkeyPatch, opens: str) -> None:
    async with build_app(store).run_test(size=(200, 36)) as pilot:
        await send(pilot, opens)
        with monkeypatch.context() as broken:
            broken.setattr(Store, "read", property(lambda self: Unreadable()))
            await until(pilot, lambda: "database disk image is malformed" in text(pilot))
        await send(pilot, "j", "escape")
        assert LANDLORD in header(pilot)


async def test_what_another_process_deletes_goes_from_the_screen(store: Store) -> None:
    async with build_app(store, LANDLORD).run_test(size=(120, 36)) as pilot:
        with Store.open(store.path) as other:
            settings_id = other.read.execute("SELECT settings_id FROM rollouts LIMIT 1").fetchone()[0]
            delete(other, weigh(other.read, rollouts_under(other.read, settings_id)))
            await until(pilot, lambda: "no rollouts yet" in text(pilot))
            delete(other, weigh(other.read, whole(other.read, [LANDLORD])))
            await until(pilot, lambda: f"{LANDLORD} was deleted by another process" in text(pilot))
