"""Any size, at any moment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.store.database import Store
from tests.tui.app_under_test import (
    SIMULATOR,
    TELEMARKETER,
    build_app,
    count_rollouts,
    cursor,
    enter,
    header,
    replace_in_bar,
    rows,
    send,
    status,
    until,
    until_said,
)
from tests.tui.pilot.gate import put_gate

SIZES = [(20, 5), (1, 1), (60, 20), (200, 50), (3, 40), (120, 2), (120, 36)]


@pytest.mark.parametrize("opened", ["", "V", "o", "p", "?", "r", "/"])
async def test_every_screen_at_every_size(store: Store, opened: str) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j", "j", "j", *opened)
        before, at = rows(pilot), cursor(pilot)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert len(rows(pilot)) == size[1]
            assert all(strip.cell_length == size[0] for strip in pilot.app.screen._compositor.render_strips())
        await until(pilot, lambda: (rows(pilot)[0], rows(pilot)[-1]) == (before[0], before[-1]))
        await until(pilot, lambda: any(row.startswith("▌") for row in rows(pilot)))
        assert cursor(pilot) == at


@pytest.mark.parametrize("size", SIZES)
async def test_starting_and_moving_at_that_size(store: Store, size: tuple[int, int]) -> None:
    async with build_app(store).run_test(size=size) as pilot:
        await send(pilot, "j", "pagedown", "G", "pageup", "g", ">", "7", "u", "V")
        await send(pilot, "j", "enter", "escape", "escape", "o")
        await send(pilot, "escape", "?", "escape", "r")
        await send(pilot, "escape")
        await send(pilot, "/")
        await enter(pilot, "e")
        await send(pilot, "n")
        assert cursor(pilot) > 0


async def test_resizing_while_a_run_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = put_gate(monkeypatch, free=2)
    slow = replace(SIMULATOR, n_per_request=2, concurrency=2)
    async with build_app(store, TELEMARKETER, endpoint=slow).run_test(size=(120, 36)) as pilot:
        await send(pilot, "r")
        await replace_in_bar(pilot, "12")
        await send(pilot, "enter")
        await until(pilot, lambda: gate.held == 2)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await send(pilot, "j")
        assert "run " in header(pilot)
        await pilot.resize_terminal(1, 1)
        gate.let_go()
        await until(pilot, lambda: count_rollouts(store, TELEMARKETER) == 12)
        await pilot.resize_terminal(120, 36)
        await until_said(pilot, "run done: 12 of 12")


async def test_the_cursor_stays_in_view(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "G", "k", "k")
        for size in [(60, 20), (40, 16), (200, 50), (80, 24)]:
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: any(row.startswith("▌25 ") for row in rows(pilot)))


async def test_wide_and_narrow_are_laid_out_differently(store: Store) -> None:
    async with build_app(store).run_test(size=(99, 30)) as pilot:
        assert "comply" not in rows(pilot)[5]
        side = next(i for i, row in enumerate(rows(pilot)) if row.startswith("AF "))
        assert side > 10
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: "AF" in rows(pilot)[1])


async def test_the_question_has_room_to_answer_on_a_narrow_terminal(store: Store) -> None:
    async with build_app(store).run_test(size=(40, 12)) as pilot:
        await send(pilot, "r")
        await replace_in_bar(pilot, "250")
        assert "250" in status(pilot)
