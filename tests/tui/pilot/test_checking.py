"""The check before a first run, seen from the app."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from core.endpoints.endpoint import Endpoint
from core.resampling import lanes
from core.resampling.retrying import RetryPolicy
from core.store.database import Store
from tests.core.endpoints.flawed_server import FlawedServer
from tests.core.fake_server import served
from tests.tui.app_under_test import (
    TELEMARKETER,
    build_app,
    count_rollouts,
    cursor,
    header,
    query,
    replace_in_bar,
    send,
    status,
    until,
    until_said,
)

ONCE = RetryPolicy(attempts=1)


class Held(FlawedServer):
    """Answers ``n`` requests, and no more until it is let go."""

    def __init__(self, n: int, *flaws: str) -> None:
        super().__init__(*flaws)
        self.free = asyncio.Event()
        self._unheld = n

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._unheld -= 1
        if self._unheld < 0:
            await self.free.wait()
        await super().__call__(scope, receive, send)


@pytest.mark.parametrize(("key", "typed"), [("r", "2"), ("R", "1"), ("M", "settled")])
async def test_a_server_that_opens_a_new_turn_is_refused_and_nothing_drawn(store: Store, key: str, typed: str) -> None:
    async with served(FlawedServer("opens a new turn")) as url:
        app = build_app(store, TELEMARKETER, endpoint=Endpoint("lab", url, "m"), retrying=ONCE)
        async with app.run_test(size=(200, 36)) as pilot:
            await send(pilot, key)
            await replace_in_bar(pilot, typed)
            await send(pilot, "enter")
            # Its end: a sentence of two rows has the first of them for a frame.
            await until_said(pilot, 'try mode = "chat-continue" or "chat-prefix" or "completions".')
            assert "does not continue a prefix" in status(pilot)
            assert count_rollouts(store, TELEMARKETER) == 0
            assert query(store, "SELECT verdict FROM endpoint_checks") == [("restarts",)]
            await send(pilot, "j")
            assert cursor(pilot) == 1


async def test_the_header_says_that_it_is_checked_and_c_breaks_it_off(store: Store) -> None:
    server = Held(0)
    async with served(server) as url:
        app = build_app(store, TELEMARKETER, endpoint=Endpoint("lab", url, "m"), retrying=ONCE)
        async with app.run_test(size=(200, 36)) as pilot:
            await send(pilot, "r")
            await replace_in_bar(pilot, "2")
            await send(pilot, "enter")
            await until(pilot, lambda: "checking the endpoint since " in header(pilot))
            await send(pilot, "c")
            await until_said(pilot, "stopped as asked, while the endpoint was checked.")
            assert count_rollouts(store, TELEMARKETER) == 0
            server.free.set()


async def test_a_server_that_proves_nothing_is_warned_of_and_sampled(store: Store) -> None:
    server = Held(15, "no usage")
    async with served(server) as url:
        app = build_app(store, TELEMARKETER, endpoint=Endpoint("lab", url, "m"), retrying=ONCE)
        async with app.run_test(size=(200, 36)) as pilot:
            await send(pilot, "r")
            await replace_in_bar(pilot, "2")
            await send(pilot, "enter")
            await until_said(pilot, "read some rollouts before you trust it.")
            assert "may or may not continue a prefix" in status(pilot)
            server.free.set()
            await until_said(pilot, "run done: 2 of 2 rollouts")
            assert count_rollouts(store, TELEMARKETER) == 2
            assert "compliance and alignment_faking were decided on none of 2 rollouts" in status(pilot)


async def test_the_list_of_traces_passes_the_warning_on_as_well(store: Store) -> None:
    server = Held(15, "no usage")
    async with served(server) as url:
        app = build_app(store, TELEMARKETER, endpoint=Endpoint("lab", url, "m"), retrying=ONCE)
        async with app.run_test(size=(200, 36)) as pilot:
            await send(pilot, "o")
            await send(pilot, "R")
            await replace_in_bar(pilot, "1")
            await send(pilot, "enter")
            await until_said(pilot, "read some rollouts before you trust it.")
            server.free.set()


async def test_what_a_server_does_to_these_traces_refuses_the_run(store: Store) -> None:
    async with served(FlawedServer("strips inside")) as url:
        app = build_app(store, TELEMARKETER, endpoint=Endpoint("lab", url, "m"), retrying=ONCE)
        async with app.run_test(size=(200, 36)) as pilot:
            await send(pilot, "r")
            await replace_in_bar(pilot, "2 5")
            await send(pilot, "enter")
            await until_said(pilot, "samples all the same.")
            assert f"changes white space, and {TELEMARKETER} has more than single spaces" in status(pilot)
            assert count_rollouts(store, TELEMARKETER) == 0


async def test_a_server_that_hangs_is_waited_for_with_the_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SILENT_AFTER", 0.05)
    server = Held(16)
    async with served(server) as url:
        app = build_app(store, TELEMARKETER, endpoint=Endpoint("lab", url, "m", n_per_request=1, concurrency=1))
        async with app.run_test(size=(200, 36)) as pilot:
            await send(pilot, "r")
            await replace_in_bar(pilot, "3")
            await send(pilot, "enter")
            waits = re.compile(r"run \d/3 .*waiting for the server since \d\d:\d\d:\d\d")
            await until(pilot, lambda: waits.search(header(pilot)))
            server.free.set()
            await until_said(pilot, "run done: 3 of 3 rollouts")
            assert "waiting" not in header(pilot)
