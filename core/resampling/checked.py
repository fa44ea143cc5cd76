"""A run that begins with a look at its server: nothing is sampled where a prefix is not continued."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from core.endpoints.client import ClientOpener, open_client
from core.endpoints.probe.finding import Verdict
from core.endpoints.probe.probing import OnStep, unwatched
from core.errors import EndpointError
from core.resampling.checking import known_or_checked
from core.resampling.heeding import objections
from core.resampling.plan import make_plan
from core.resampling.progress import Progress
from core.resampling.request import CANCELLED, RunRequest, RunResult
from core.store.database import Store


def _unheard(sentence: str) -> None:
    """Take no notice."""


class Stoppable(Protocol):
    """A run, whatever it consists of."""

    def stop(self) -> None:
        """Start nothing new; what is in flight is awaited and kept."""

    async def execute(self) -> RunResult:
        """Carry it out."""


def continues_prefixes(request: RunRequest, store: Store) -> bool:
    """Whether a request has anything left to draw, and from a prefix that is not empty."""
    if not any(spot.n and spot.trace.prefix(spot.prefix_idx) for spot in request.spots):
        return False
    return make_plan(store.read, request).rollouts > 0


class CheckedRun:
    """A run behind a check of its endpoint, to be executed once.

    Its endpoint is checked once per sampling settings and month, and never the simulator in this process.
    What `core.resampling.heeding` has against the spots of ``request`` refuses the run, or ``on_warning`` hears of it,
    a sentence at a time; about a server that cannot be reached the run itself will speak.
    """

    def __init__(
        self,
        run: Stoppable,
        request: RunRequest,
        store: Store,
        on_step: OnStep = unwatched,
        on_warning: Callable[[str], None] = _unheard,
        clients: ClientOpener = open_client,
    ) -> None:
        self._run = run
        self._request = request
        self._store = store
        self._on_step = on_step
        self._on_warning = on_warning
        self._clients = clients
        self._check: asyncio.Task[None] | None = None
        self._stopped = False

    def stop(self) -> None:
        """Break off the check, or stop the run as it stops. To be called in the run's event loop."""
        self._stopped = True
        if self._check is not None:
            self._check.cancel()
        self._run.stop()

    async def execute(self) -> RunResult:
        """Check, and carry out the run where nothing speaks against it.

        Raises:
            EndpointError: if the endpoint must not be sampled; the sentence says why.
            ConfigError: if the run cannot be carried out as it is.
            NotFoundError: if the trace is not in the store.
            asyncio.CancelledError: if the task was cancelled.
        """
        self._check = asyncio.create_task(self._look())
        try:
            await self._check
        except asyncio.CancelledError:
            if not self._stopped:
                self._check.cancel()
                raise
            return RunResult(CANCELLED, "stopped as asked, while the endpoint was checked.", Progress(0))
        finally:
            self._check = None
        return await self._run.execute()

    async def _look(self) -> None:
        """Refuse, warn, or say nothing.

        Raises:
            EndpointError: if the endpoint must not be sampled.
        """

        def refused(verdict: Verdict) -> bool:
            return any(one.refuses for one in objections(verdict, self._request))

        endpoint = self._request.endpoint
        try:
            verdicts = await known_or_checked(endpoint, self._store, self._on_step, self._clients, refused)
        except EndpointError:
            # No key: the run will not get far without one either, and has its own words for it.
            return
        found = [one for verdict in verdicts for one in objections(verdict, self._request)]
        for one in found:
            if one.refuses:
                raise EndpointError(one.sentence)
        for one in found:
            self._on_warning(one.sentence)
