"""The lanes of one run together: opened, and kept full with jobs until none is left or nothing may be started."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from core.endpoints.client import ClientOpener
from core.endpoints.endpoint import Endpoint
from core.resampling.budget import Budget
from core.resampling.retrying import Lane, RetryPolicy, RunEndedError

SILENT_AFTER: Final = 10.0
"""Seconds without any answer after which a run says that it waits."""


@dataclass(frozen=True)
class Job:
    """One request to be made: in which lane, what it may cost at most (US dollars), and the work itself."""

    lane: Lane
    reserved: float
    work: Coroutine[Any, Any, None]


class Counted(Protocol):
    """What the lanes keep up to date of a run's count."""

    in_flight: int
    waiting_for: str
    waiting_since: float | None


class Lanes:
    """Starts jobs as long as there are any; each has reserved its most in ``budget``, and gives that back at its end.

    ``report`` is called when ``tally.waiting_since`` changes: a server is gone, or has answered nothing for
    `SILENT_AFTER` seconds, or is there again. Setting ``draining`` starts nothing new.
    """

    def __init__(self, draining: asyncio.Event, budget: Budget, tally: Counted, report: Callable[[], None]) -> None:
        self._draining = draining
        self._budget = budget
        self._tally = tally
        self._report = report
        self._open: list[Lane] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished: asyncio.Queue[asyncio.Task[None]] = asyncio.Queue()

    @property
    def answered(self) -> int:
        """Requests that were answered so far."""
        return sum(lane.answered for lane in self._open)

    @asynccontextmanager
    async def opened(
        self, endpoints: Sequence[Endpoint], policy: RetryPolicy, clients: ClientOpener
    ) -> AsyncIterator[Sequence[Lane]]:
        """Open a lane for each endpoint, in that order; at the end, whatever is still in flight is cancelled."""
        async with AsyncExitStack() as stack:
            for endpoint in endpoints:
                self._open.append(await self._lane(endpoint, policy, clients, stack))
            try:
                yield self._open
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _lane(
        self, endpoint: Endpoint, policy: RetryPolicy, clients: ClientOpener, stack: AsyncExitStack
    ) -> Lane:
        """Open the endpoint's servers."""
        opened = {}
        for url in endpoint.replicas:
            one = replace(endpoint, base_url=url, replicas=(url,))
            opened[url] = await stack.enter_async_context(clients(one))

        def waiting() -> None:
            self._tally.waiting_for = next((lane.waiting_for for lane in self._open if lane.waiting_for), "")
            self._waits(self._tally.waiting_since or time.time() if self._tally.waiting_for else None)

        return Lane(endpoint, opened, policy, self._draining, waiting)

    async def work_off(self, next_job: Callable[[], Job | None]) -> None:
        """Keep the lanes full until ``next_job`` gives none, or nothing may be started any more.

        Raises:
            RunEndedError: with what ended the run before.
        """
        ended: RunEndedError | None = None
        while True:
            self._budget.refused = False
            while not self._draining.is_set() and (job := next_job()):
                self._launch(job)
            if not self._tasks:
                break
            # All that has finished, before anything is launched into its place: one of them may have ended the run.
            for task in [await self._next_finished(), *self._finished_besides()]:
                self._tasks.discard(task)
                try:
                    task.result()
                    for lane in self._open:
                        lane.check()
                except RunEndedError as end:
                    if not end.answers_expected:
                        raise
                    ended = ended or end
                    self._draining.set()
        if ended is not None:
            raise ended

    async def _next_finished(self) -> asyncio.Task[None]:
        """The next task that is done with; where none is for a while, that is reported once."""
        since = time.time()
        try:
            async with asyncio.timeout(SILENT_AFTER):
                return await self._finished.get()
        except TimeoutError:
            self._waits(self._tally.waiting_since or since)
        task = await self._finished.get()
        if not self._tally.waiting_for:
            self._waits(None)
        return task

    def _waits(self, since: float | None) -> None:
        self._tally.waiting_since = since
        self._report()

    def _finished_besides(self) -> Iterator[asyncio.Task[None]]:
        while not self._finished.empty():
            yield self._finished.get_nowait()

    def _launch(self, job: Job) -> None:
        def finish(task: asyncio.Task[None]) -> None:
            job.lane.in_flight -= 1
            self._tally.in_flight -= 1
            self._budget.settle(job.reserved)
            self._finished.put_nowait(task)

        job.lane.in_flight += 1
        self._tally.in_flight += 1
        task = asyncio.create_task(job.work)
        self._tasks.add(task)
        task.add_done_callback(finish)
