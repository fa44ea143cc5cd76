"""The run that asks a model for suggestions: resumed per sentence, retried, within a budget; no reply is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.endpoints.client import ClientOpener, open_client
from core.errors import NotFoundError
from core.resampling.budget import Budget
from core.resampling.concluding import concluded
from core.resampling.lanes import Lanes
from core.resampling.request import CANCELLED, DONE, FAILED, STOPPED
from core.store.database import Store
from core.store.rollouts import end_run, start_run
from core.store.suggestions import add_suggester
from core.store.traces import known_ids
from core.suggesting.asking import Batches, SuggestingLedger
from core.suggesting.progress import SuggestingProgress, SuggestingResult, SuggestingTally
from core.suggesting.request import SuggestingPlan, SuggestingRequest, plan_suggestions

if TYPE_CHECKING:
    from sqlite_utils import Database

_KEPT = "what was suggested is kept, run it again to go on."


def _unwatched(progress: SuggestingProgress) -> None:
    """Take no notice."""


async def suggest(
    request: SuggestingRequest,
    store: Store,
    on_progress: Callable[[SuggestingProgress], None] = _unwatched,
    clients: ClientOpener = open_client,
) -> SuggestingResult:
    """Carry out a request; see `SuggestingRun.execute`."""
    return await SuggestingRun(request, store, on_progress, clients).execute()


class SuggestingRun:
    """One run, to be executed once; it is told to stop, and loses nothing, just as `core.resampling.runner.Run`."""

    def __init__(
        self,
        request: SuggestingRequest,
        store: Store,
        on_progress: Callable[[SuggestingProgress], None] = _unwatched,
        clients: ClientOpener = open_client,
    ) -> None:
        self._request = request
        self._store = store
        self._on_progress = on_progress
        self._clients = clients
        self._draining = asyncio.Event()
        self._stopped = False

    def stop(self) -> None:
        """Start nothing new; what is in flight is awaited and kept. To be called in the run's event loop."""
        self._stopped = True
        self._draining.set()

    async def execute(self) -> SuggestingResult:
        """Carry out the request.

        Raises:
            ConfigError: if the request cannot be run as it is.
            NotFoundError: if a trace is not in the store.
            asyncio.CancelledError: if the task was cancelled; the run's row says so.
        """
        request, store = self._request, self._store
        plan = plan_suggestions(store.read, request)
        for trace_id in {trace.id for trace in request.traces} - known_ids(store.read):
            raise NotFoundError(f"trace {trace_id} is not in {store.path}; import it first.")
        budget = Budget(request.max_cost)
        tally = SuggestingTally(plan.sentences, budget if request.endpoint.has_prices else None)
        ledger = SuggestingLedger(request, store, budget, tally, self._on_progress)
        status, reason = await concluded(lambda: self._work(plan, ledger), lambda status: self._close(ledger, status))
        result = SuggestingResult(status, reason, tally.picture(), ledger.run_id)
        self._on_progress(result.progress)
        return result

    def _open(self, ledger: SuggestingLedger) -> asyncio.Future[None]:
        """Write the suggester and the row of the run."""
        request = self._request

        def job(database: Database) -> None:
            add_suggester(database, request.suggester)
            ledger.run_id = start_run(database, "suggest", request.canonical, None)

        return asyncio.wrap_future(self._store.write(job))

    def _close(self, ledger: SuggestingLedger, status: str) -> asyncio.Future[None]:
        """Close the row of the run."""

        def job(database: Database) -> None:
            if ledger.run_id is not None:
                end_run(database, ledger.run_id, status)

        return asyncio.wrap_future(self._store.write(job))

    async def _work(self, plan: SuggestingPlan, ledger: SuggestingLedger) -> tuple[str, str]:
        """Do what is planned; returns status and reason."""
        await self._open(ledger)
        batches = Batches(ledger, plan)
        ledger.report()
        if not batches:
            return DONE, ""
        lanes = Lanes(self._draining, ledger.budget, ledger.tally, ledger.report)
        async with lanes.opened([self._request.endpoint], self._request.retrying, self._clients) as opened:
            await lanes.work_off(lambda: batches.next(opened[0]))
        return self._ending(ledger, batches, lanes.answered)

    def _ending(self, ledger: SuggestingLedger, batches: Batches, answered: int) -> tuple[str, str]:
        """Status and reason of a run that came to its end by itself."""
        request, tally = self._request, ledger.tally
        if self._stopped and batches:
            return CANCELLED, f"stopped as asked; {_KEPT}"
        if batches:
            return STOPPED, f"the next request could pass the cost cap of ${request.max_cost:g}; {_KEPT}"
        lost = [f"{kind} {n}" for kind, n in sorted(tally.failures.items())]
        lost += [f"no reply to read {tally.unreadable}"] if tally.unreadable else []
        if not lost:
            return DONE, ""
        counts = ", ".join(lost)
        if not answered or not tally.done:
            return FAILED, f"{request.endpoint.base_url} suggested nothing ({counts}: {ledger.last_failure}); {_KEPT}"
        return DONE, f"some sentences were given up ({counts}: {ledger.last_failure}); run it again to try them again."
