"""A run says what it comes to, and that it waits: whoever watches it sees its last state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from core.endpoints.client import open_app
from core.endpoints.endpoint import Endpoint
from core.resampling import lanes
from core.resampling.adaptive.beginning import make_policy
from core.resampling.adaptive.stopping import Settled
from core.resampling.adaptive.sweep import AdaptiveRun
from core.resampling.progress import Progress
from core.resampling.runner import Run
from core.store.database import Store
from core.suggesting.progress import SuggestingProgress
from core.suggesting.runner import SuggestingRun
from tests.core.fake_server import FakeServer, Reply, error
from tests.core.resampling.scene import FREE, QUICK, TRACE, asked, fresh_store, judged_by
from tests.core.suggesting import scene


class Held(FakeServer):
    """Answers so many requests, and the others once it is let go."""

    def __init__(self, n: int, **more: Any) -> None:
        super().__init__(**more)
        self.free = asyncio.Event()
        self._left = n

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._left -= 1
        if self._left < 0:
            await self.free.wait()
        await super().__call__(scope, receive, send)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh_store(tmp_path)


def broken(k: int, body: Mapping[str, Any]) -> Reply | None:
    """A server that refuses every other request for good."""
    return error(400, "no") if k % 2 else None


@pytest.mark.parametrize("faults", [None, broken])
@pytest.mark.parametrize("kind", ["draw", "judge", "adaptive"])
async def test_the_last_report_is_what_the_run_came_to(store: Store, kind: str, faults: Any) -> None:
    server, seen = FakeServer(faults), list[Progress]()
    judge = judged_by(FREE, when="always")
    if kind == "adaptive":
        run: Run | AdaptiveRun = AdaptiveRun(
            TRACE, asked(0), make_policy(Settled()), store, seen.append, clients=server.open
        )
    else:
        if kind == "judge":
            await Run(asked(6, 0, 1), store, clients=FakeServer().open).execute()
        request = asked(0 if kind == "judge" else 6, 0, 1, judges=(judge,), retrying=QUICK)
        run = Run(request, store, seen.append, server.open)
    result = await run.execute()
    assert seen[-1] == result.progress
    assert seen[-1].in_flight == 0


async def test_the_last_report_of_suggestions_is_what_they_came_to(tmp_path: Path) -> None:
    seen = list[SuggestingProgress]()
    with scene.fresh_store(tmp_path) as store:
        result = await SuggestingRun(scene.wanted(), store, seen.append, scene.model().open).execute()
    assert seen[-1] == result.progress


@pytest.mark.parametrize("n_answered", [0, 2])
async def test_a_server_that_hangs_is_told_once_with_the_time_and_so_is_its_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch, n_answered: int
) -> None:
    # Long enough for a busy machine to bring what is answered, so that the silence is the server's.
    monkeypatch.setattr(lanes, "SILENT_AFTER", 0.5)
    server, seen, waits = Held(n_answered), list[Progress](), asyncio.Event()

    def watch(progress: Progress) -> None:
        seen.append(progress)
        decided = sum(progress.outcomes.get("compliance", {}).values())
        if progress.waiting_since is not None and decided == n_answered * FREE.n_per_request:
            waits.set()

    running = asyncio.create_task(Run(asked(12), store, watch, server.open).execute())
    await waits.wait()
    n_told = len(seen)
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(seen) == n_told, "nothing is told again while nothing happens"
    server.free.set()
    result = await running
    assert result.progress.rollouts_done == 12
    assert seen[-1].waiting_since is None


async def test_suggestions_wait_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SILENT_AFTER", 0.01)
    waits, free = asyncio.Event(), asyncio.Event()
    model = scene.model()

    @asynccontextmanager
    async def held(endpoint: Endpoint) -> AsyncIterator[AsyncOpenAI]:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await free.wait()
            await model(scope, receive, send)

        async with open_app(app) as client:
            yield client

    seen = list[SuggestingProgress]()

    def watch(progress: SuggestingProgress) -> None:
        seen.append(progress)
        if progress.waiting_since is not None:
            waits.set()

    with scene.fresh_store(tmp_path) as store:
        running = asyncio.create_task(SuggestingRun(scene.wanted(), store, watch, held).execute())
        await waits.wait()
        free.set()
        result = await running
    assert seen[-1] == result.progress
    assert seen[-1].waiting_since is None
