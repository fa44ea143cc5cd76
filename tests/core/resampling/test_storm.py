"""A run against servers over HTTP that fail in every way, die, come back, or are only one of several."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.endpoints.endpoint import Endpoint
from core.resampling.progress import Progress
from core.resampling.request import RunRequest, RunResult
from core.resampling.retrying import RetryPolicy
from core.resampling.runner import Run, run
from core.store.database import Store
from tests.core.resampling.fault_server import FAULTS, FaultServer, fault_server
from tests.core.resampling.scene import TRACE, asked, assert_exactly, fresh_store, rows
from tests.patience import PATIENCE
from tests.sizes import sized

HASTY = RetryPolicy(attempts=6, first=0.005, longest=0.05, longest_asked=0.05, patience=2 * PATIENCE)
N = sized(300, 1250)


def endpoint_at(server: FaultServer, **more: Any) -> Endpoint:
    return Endpoint(
        "storm", server.url, "fault-1", **{"n_per_request": 4, "concurrency": 32, "timeout": PATIENCE, **more}
    )


def resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.slow
def test_thousands_of_rollouts_under_every_fault_at_once(tmp_path: Path) -> None:
    """Exactly those asked for or a counted reason, each once, in flat memory, though the server dies on the way."""
    memory: dict[int, float] = {}
    gone = asyncio.Event()

    def watch(progress: Progress) -> None:
        memory[progress.rollouts_done * 5 // (4 * N)] = resident_megabytes()
        if progress.waiting_for:
            gone.set()

    async def storm(store: Store) -> tuple[RunResult, RunResult, FaultServer]:
        async with fault_server(fault_rate=0.3, seed=4, padding=8000) as server:
            request = asked(N, 0, 1, 2, 3, endpoint=endpoint_at(server, timeout=1.0), retrying=HASTY)
            running = asyncio.create_task(run(request, store, watch))
            await server.answered(N // 2)
            await server.die()
            await gone.wait()
            await server.start()
            first = await running
            return first, await run(request, store), server

    with fresh_store(tmp_path) as store:
        first, second, server = asyncio.run(storm(store))
        assert set(server.faults) == set(FAULTS)
        assert sum(server.faults.values()) > 0.25 * server.n_requests
        assert first.status == second.status == "done"
        # Every sample was drawn, or has a reason.
        assert first.progress.rollouts_done + first.progress.n_failed == 4 * N
        (given_up,) = rows(store, "SELECT count(*), count(DISTINCT prefix_idx || '/' || sample_idx) FROM failures")
        assert given_up == (first.progress.n_failed, first.progress.n_failed)
        assert first.progress.n_failed < 0.02 * 4 * N
        assert_exactly(store, N, 0, 1, 2, 3)
        assert rows(store, "PRAGMA integrity_check") == [("ok",)]
    # More than half of all came in between, 8 KB each.
    assert memory[4] - memory[1] < 15


def together(
    store: Store, request: Callable[[FaultServer], RunRequest], **how: Any
) -> tuple[RunResult, FaultServer, list[Progress]]:
    """A run against a server, and all that it reported."""
    seen: list[Progress] = []

    async def work() -> tuple[RunResult, FaultServer, list[Progress]]:
        async with fault_server(**how) as server:
            return await run(request(server), store, seen.append), server, seen

    return asyncio.run(work())


class TestAPrefixThatIsTooLong:
    """The prefix is marked, and the run goes on."""

    def test_nothing_more_is_asked_there(self, tmp_path: Path) -> None:
        long = TRACE.prefix(2)
        with fresh_store(tmp_path) as store:
            result, server, _ = together(
                store,
                lambda server: asked(40, 2, 1, endpoint=endpoint_at(server, concurrency=4)),
                rule=lambda body: "too long" if body["messages"][-1]["content"] == long else None,
            )
            assert result.status == "done"
            assert result.reason.startswith("some were given up (context_length 40)")
            assert_exactly(store, 40, 1)
            kinds = rows(store, "SELECT prefix_idx, sample_idx, kind FROM failures ORDER BY sample_idx")
            assert kinds == [(2, index, "context_length") for index in range(40)]
        assert server.faults["too long"] <= 4

    def test_a_server_that_hangs_up_on_it_is_not_taken_for_dead(self, tmp_path: Path) -> None:
        long = TRACE.prefix(2)
        with fresh_store(tmp_path) as store:
            result, _, seen = together(
                store,
                lambda server: asked(4, 1, 2, endpoint=endpoint_at(server), retrying=HASTY),
                rule=lambda body: "hangs up" if body["messages"][-1]["content"] == long else None,
            )
            assert (result.status, result.progress.failures) == ("done", {"connection": 4})
            assert_exactly(store, 4, 1)
        assert not any(progress.waiting_for for progress in seen)


async def until_gone(seen: list[Progress]) -> None:
    """Wait until the run has said that it waits for the server."""
    while not (seen and seen[-1].waiting_for):  # noqa: ASYNC110
        await asyncio.sleep(0.001)


class TestAServerThatIsGone:
    """It is waited for, within reason, and the wait is said."""

    def test_it_comes_back_and_nothing_is_held_against_the_requests(self, tmp_path: Path) -> None:
        seen: list[Progress] = []

        async def work(store: Store) -> RunResult:
            async with fault_server() as server:
                policy = replace(HASTY, attempts=2)
                running = asyncio.create_task(
                    run(asked(200, 0, 1, endpoint=endpoint_at(server), retrying=policy), store, seen.append)
                )
                await server.answered(50)
                await server.die()
                await until_gone(seen)
                await server.start()
                return await running

        with fresh_store(tmp_path) as store:
            result = asyncio.run(work(store))
            assert (result.status, result.reason) == ("done", "")
            assert_exactly(store, 200, 0, 1)
        assert any(progress.waiting_for.startswith("http://127.0.0.1:") for progress in seen)
        assert seen[-1].waiting_for == ""
        assert result.progress.n_failed == 0

    def test_patience_ends(self, tmp_path: Path) -> None:
        async def work(store: Store) -> RunResult:
            async with fault_server() as server:
                policy = replace(HASTY, patience=0.2)
                running = asyncio.create_task(run(asked(2000, endpoint=endpoint_at(server), retrying=policy), store))
                await server.answered(50)
                await server.die()
                return await running

        with fresh_store(tmp_path) as store:
            result = asyncio.run(work(store))
            assert result.status == "failed"
            assert "nothing has answered at http://127.0.0.1" in result.reason
            assert result.reason.endswith("run it again to go on.")
            assert rows(store, "SELECT status FROM runs") == [("failed",)]

    def test_stopping_does_not_wait_for_it(self, tmp_path: Path) -> None:
        async def work(store: Store) -> RunResult:
            seen: list[Progress] = []
            async with fault_server() as server:
                work = Run(asked(2000, endpoint=endpoint_at(server), retrying=HASTY), store, seen.append)
                running = asyncio.create_task(work.execute())
                await server.answered(50)
                await server.die()
                await until_gone(seen)
                work.stop()
                return await asyncio.wait_for(running, PATIENCE)

        with fresh_store(tmp_path) as store:
            assert asyncio.run(work(store)).status == "cancelled"

    def test_one_that_was_never_there_is_not_waited_for(self, tmp_path: Path) -> None:
        nowhere = Endpoint("off", "http://127.0.0.1:9/v1", "m", concurrency=4)
        with fresh_store(tmp_path) as store:
            result = asyncio.run(run(asked(50, endpoint=nowhere, retrying=HASTY), store))
        assert result.status == "failed"
        assert "nothing answers at http://127.0.0.1:9/v1" in result.reason


def test_an_error_on_the_very_first_requests_is_taken_for_a_wrong_setting(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        result, server, _ = together(
            store,
            lambda server: asked(2000, endpoint=endpoint_at(server), retrying=HASTY),
            rule=lambda body: "500",
        )
        assert result.status == "failed"
        assert "check model, mode and extra of the endpoint storm" in result.reason
        assert rows(store, "SELECT DISTINCT kind FROM failures") == [("server_error",)]
    assert server.n_requests <= 8 * HASTY.attempts
