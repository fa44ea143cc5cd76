"""Writing the tables from the app."""

from __future__ import annotations

import csv
from pathlib import Path

from core.store.database import Store
from tests.tui.app_under_test import build_app, cursor, replace_in_bar, send, status, until, until_said


def written_tables(home: Path) -> list[Path]:
    """Every CSV file below the working directory."""
    return list(home.glob("**/*.csv"))


async def test_the_default_name_is_free(store: Store, home: Path) -> None:
    (home / "turnpoint-export").mkdir()
    (home / "turnpoint-export-2").write_text("a file")
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "w")
        await pilot.pause()
        assert "write CSVs to: turnpoint-export-3 " in status(pilot)


async def test_enter_writes_the_tables(store: Store, home: Path) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "w", "enter")
        await until(pilot, lambda: status(pilot).startswith("wrote "))
        assert status(pilot).endswith("turnpoint-export")
    with (home / "turnpoint-export" / "labels.csv").open(newline="") as file:
        labels = list(csv.DictReader(file))
    assert [(row["annotator"], row["category"]) for row in labels] == [("ana", "monitoring")]
    with (home / "turnpoint-export" / "rollouts.csv").open(newline="") as file:
        assert sum(1 for _ in csv.DictReader(file)) == 540


async def test_a_folder_that_is_there_is_refused(store: Store, home: Path) -> None:
    (home / "mine").mkdir()
    (home / "mine" / "notes.txt").write_text("keep")
    async with build_app(store).run_test(size=(160, 36)) as pilot:
        await send(pilot, "w")
        await replace_in_bar(pilot, "mine")
        await send(pilot, "enter")
        await until_said(pilot, "mine is there already; w again, and name a new folder.")
        assert not status(pilot).startswith("wrote")
        await send(pilot, "j")
        assert cursor(pilot) == 1
    assert [path.name for path in (home / "mine").iterdir()] == ["notes.txt"]


async def test_a_folder_that_cannot_be_made_is_said(store: Store, home: Path) -> None:
    (home / "file").write_text("")
    async with build_app(store).run_test(size=(160, 36)) as pilot:
        await send(pilot, "w")
        await replace_in_bar(pilot, "file/below")
        await send(pilot, "enter")
        await until_said(pilot, "file")
        await send(pilot, "j")
        assert cursor(pilot) == 1


async def test_nothing_typed_writes_nothing(store: Store, home: Path) -> None:
    async with build_app(store).run_test(size=(160, 36)) as pilot:
        await send(pilot, "w")
        await replace_in_bar(pilot, "  ")
        await send(pilot, "enter")
        await pilot.app.workers.wait_for_complete()
        assert not status(pilot).startswith("wrote")
        await send(pilot, "j")
        assert cursor(pilot) == 1
    assert written_tables(home) == []


async def test_escape_writes_nothing(store: Store, home: Path) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await pilot.press("w", "escape", "j")
        assert cursor(pilot) == 1
    assert not (home / "turnpoint-export").exists()
