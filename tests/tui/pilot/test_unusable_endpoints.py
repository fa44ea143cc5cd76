"""Endpoints that refuse, or are not there: one sentence, and the app goes on."""

from __future__ import annotations

import socket

import pytest

from core.endpoints.endpoint import Endpoint
from core.resampling.retrying import RetryPolicy
from core.store.database import Store
from tests.core.fake_server import FakeServer, error
from tests.tui.app_under_test import (
    TELEMARKETER,
    build_app,
    cursor,
    enter,
    header,
    replace_in_bar,
    send,
    status,
    text,
    until_said,
)

ONCE = RetryPolicy(attempts=1)


@pytest.mark.parametrize(
    ("status_code", "sentence"),
    [
        (401, "refused the API key (401: nothing for you here); check the environment variable OPENAI_API_KEY."),
        (402, "asks for payment (402: nothing for you here); top up the account"),
        (403, "denied access (403: nothing for you here); check the rights of the key in OPENAI_API_KEY."),
        (405, "does not take requests at that address (405: nothing for you here); check base_url"),
    ],
)
async def test_an_endpoint_that_refuses(
    store: Store, monkeypatch: pytest.MonkeyPatch, status_code: int, sentence: str
) -> None:
    server = FakeServer(lambda number, body: error(status_code, "nothing for you here"))
    monkeypatch.setattr("core.endpoints.simulator.app.create_app", lambda: server)
    async with build_app(store, TELEMARKETER, retrying=ONCE).run_test(size=(200, 36)) as pilot:
        await send(pilot, "r")
        await replace_in_bar(pilot, "5")
        await send(pilot, "enter")
        await until_said(pilot, "run failed: 0 of 5 rollouts")
        assert sentence in status(pilot)
        assert "Traceback" not in text(pilot)
        await send(pilot, "j", "7")
        assert cursor(pilot) == 2
        assert "1/22 labelled" in header(pilot)


async def test_nobody_answers(store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    closed = Endpoint("closed", f"http://127.0.0.1:{port}/v1", "small-model")
    async with build_app(store, TELEMARKETER, endpoint=closed, retrying=ONCE).run_test(size=(200, 36)) as pilot:
        await send(pilot, "r")
        await replace_in_bar(pilot, "5")
        await send(pilot, "enter")
        await until_said(pilot, "run failed: 0 of 5 rollouts")
        assert f"127.0.0.1:{port}" in status(pilot)
        await send(pilot, "j")
        assert cursor(pilot) == 1


async def test_a_missing_key_is_said_by_its_name(store: Store) -> None:
    far = Endpoint("far", "https://models.example/v1", "large-model", api_key_env="FAR_KEY")
    async with build_app(store, TELEMARKETER, endpoint=far, retrying=ONCE).run_test(size=(200, 36)) as pilot:
        await send(pilot, "r")
        await enter(pilot, "5")
        await until_said(pilot, "set the environment variable FAR_KEY")
        await send(pilot, "j")
        assert cursor(pilot) == 1


@pytest.mark.parametrize("key", ["r", "R", "M"])
async def test_an_endpoint_that_cannot_continue_is_refused_before_anything_is_sent(store: Store, key: str) -> None:
    chat = Endpoint("chat", "https://api.openai.com/v1", "gpt-4o")
    async with build_app(store, TELEMARKETER, endpoint=chat, retrying=ONCE).run_test(size=(200, 36)) as pilot:
        await send(pilot, "j", key, "enter")
        assert "the endpoint chat cannot continue a prefix: OpenAI's chat begins a new message" in status(pilot)
        await send(pilot, "j")
        assert cursor(pilot) == 2
