"""Large runs from the app: what is typed is counted and not laid out, and asked for twice."""

from __future__ import annotations

import pytest

from core.store.database import Store
from tests.tui.app_under_test import (
    TELEMARKETER,
    build_app,
    count_rollouts,
    query,
    replace_in_bar,
    send,
    until,
    until_said,
)


@pytest.mark.parametrize(
    ("key", "typed"),
    [("r", "99999999"), pytest.param("R", "9" * 5000, id="R-5000 digits"), ("M", "settled n=99999999")],
)
async def test_absurd_numbers_are_refused_in_one_sentence(store: Store, key: str, typed: str) -> None:
    async with build_app(store, TELEMARKETER).run_test(size=(200, 36)) as pilot:
        await send(pilot, key)
        await replace_in_bar(pilot, typed)
        await until_said(pilot, "rollouts; give 1,000,000 or less.")
        await send(pilot, "enter")
        await until_said(pilot, "rollouts; give 1,000,000 or less.")


@pytest.mark.parametrize(
    ("key", "typed", "said"),
    [
        ("r", "20001", "20,001 rollouts: type yes to draw them"),
        ("R", "1000000", "23,000,000 rollouts: type yes"),
        ("M", "settled n=1000", "up to 23,000 rollouts: type yes"),
    ],
)
async def test_a_large_run_is_asked_for_twice(store: Store, key: str, typed: str, said: str) -> None:
    async with build_app(store, TELEMARKETER).run_test(size=(200, 36)) as pilot:
        for answer in ("", "no"):
            await send(pilot, key)
            await replace_in_bar(pilot, typed)
            await send(pilot, "enter")
            await until_said(pilot, said)
            await send(pilot, *answer, "enter")
            await until_said(pilot, "nothing is drawn.")
        await send(pilot, key)
        await replace_in_bar(pilot, typed)
        await send(pilot, "enter")
        await until_said(pilot, said)
        await send(pilot, "escape")
        assert query(store, "SELECT id FROM runs") == []
        await send(pilot, key)
        await replace_in_bar(pilot, typed)
        await send(pilot, "enter")
        await until_said(pilot, said)
        await send(pilot, *"yes", "enter")
        await until(pilot, lambda: query(store, "SELECT id FROM runs"))
        await send(pilot, "c", "c")


async def test_a_cap_makes_it_small(store: Store) -> None:
    async with build_app(store, TELEMARKETER).run_test(size=(200, 36)) as pilot:
        await send(pilot, "M")
        await replace_in_bar(pilot, "settled n=1000 3")
        await send(pilot, "enter")
        await until_said(pilot, "the cap of 3 rollouts is reached")
        assert count_rollouts(store, TELEMARKETER) == 3
