"""A run behind a check: what does not continue is not sampled, and what is known is not asked again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from openai import AsyncOpenAI

from core.endpoints.client import open_app
from core.endpoints.endpoint import Endpoint, simulator_endpoint
from core.errors import EndpointError
from core.resampling.checked import CheckedRun, continues_prefixes
from core.resampling.checking import check_endpoint
from core.resampling.progress import Progress
from core.resampling.request import CANCELLED, DONE, RunResult, top_up
from core.store.database import Store
from tests.core.endpoints.flawed_server import FlawedServer
from tests.core.fake_server import FakeServer
from tests.core.resampling.scene import TRACE, asked, fresh_store, go, rows

HERE = Endpoint("here", "http://here/v1", "m")


class Once:
    """A run that only says whether it was carried out."""

    def __init__(self) -> None:
        self.executed = self.stopped = False

    def stop(self) -> None:
        self.stopped = True

    async def execute(self) -> RunResult:
        self.executed = True
        return RunResult(DONE, "", Progress(1, 1))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh_store(tmp_path)


async def checked(store: Store, server: FlawedServer, endpoint: Endpoint = HERE) -> tuple[Once, list[str]]:
    """A run at this server, and the warnings before it."""
    run = Once()
    warnings: list[str] = []
    await CheckedRun(run, asked(3, endpoint=endpoint), store, on_warning=warnings.append, clients=server.open).execute()
    return run, warnings


async def test_a_server_is_checked_once(store: Store) -> None:
    server = FlawedServer()
    for _ in range(3):
        run, warnings = await checked(store, server)
        assert (run.executed, warnings) == (True, [])
    assert len(server.bodies) == 14
    assert rows(store, "SELECT endpoint, verdict FROM endpoint_checks") == [("here", "continues")]


async def test_other_settings_are_checked_anew(store: Store) -> None:
    server = FlawedServer()
    await checked(store, server)
    await checked(store, server, replace(HERE, mode="completions"))
    assert len(rows(store, "SELECT id FROM endpoint_checks")) == 2


@pytest.mark.parametrize("flaw", ["opens a new turn", "always the same"])
async def test_a_server_that_must_not_be_sampled_is_refused_before_the_run(store: Store, flaw: str) -> None:
    run = Once()
    with pytest.raises(EndpointError, match="http://here/v1 in mode chat-prefill"):
        await CheckedRun(run, asked(3, endpoint=HERE), store, clients=FlawedServer(flaw).open).execute()
    assert not run.executed


async def test_a_refusal_is_forgotten_as_soon_as_the_server_is_mended(store: Store) -> None:
    with pytest.raises(EndpointError):
        await checked(store, FlawedServer("opens a new turn"))
    assert (await checked(store, FlawedServer()))[0].executed


async def test_what_is_not_proved_goes_on_with_one_warning(store: Store) -> None:
    run, warnings = await checked(store, FlawedServer("no usage"))
    assert run.executed
    (warning,) = warnings
    assert "may or may not continue a prefix" in warning


async def test_a_server_that_is_not_there_is_the_runs_own_affair_and_not_kept(store: Store) -> None:
    run, warnings = await checked(store, FlawedServer("refuses the key"))
    assert (run.executed, warnings) == (True, [])
    assert rows(store, "SELECT id FROM endpoint_checks") == []


async def test_the_simulator_of_this_process_is_never_checked(store: Store) -> None:
    run = Once()
    await CheckedRun(run, asked(3, endpoint=simulator_endpoint()), store).execute()
    assert run.executed
    assert rows(store, "SELECT id FROM endpoint_checks") == []


async def test_a_check_can_be_broken_off(store: Store) -> None:
    reached = asyncio.Event()

    @asynccontextmanager
    async def slow(endpoint: Endpoint) -> AsyncIterator[AsyncOpenAI]:
        async def app(scope: object, receive: object, send: object) -> None:
            reached.set()
            await asyncio.Event().wait()

        async with open_app(app) as client:
            yield client

    run = Once()
    behind = CheckedRun(run, asked(3, endpoint=HERE), store, clients=slow)
    task = asyncio.create_task(behind.execute())
    await reached.wait()
    behind.stop()
    assert (await task).status == CANCELLED
    assert not run.executed


def test_only_drawing_from_a_prefix_needs_a_check(store: Store) -> None:
    assert continues_prefixes(asked(3), store)
    assert not continues_prefixes(asked(0), store)
    bare = replace(TRACE, id="bare", response=TRACE.response.removeprefix("<SCRATCHPAD_REASONING>"))
    assert bare.prefix(0) != ""
    unopened = replace(TRACE, sentences=tuple(replace(s, start=0) for s in TRACE.sentences[:1]))
    assert unopened.prefix(0) == ""
    assert not continues_prefixes(asked(3, spots=top_up(unopened, [0], 3)), store)
    go(asked(3), store, FakeServer())
    assert not continues_prefixes(asked(3), store)


async def test_without_a_store_nothing_is_kept_and_the_verdict_is_the_same() -> None:
    (verdict,) = await check_endpoint(HERE, clients=FlawedServer().open)
    assert verdict.verdict == "continues"
