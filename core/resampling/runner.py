"""The one runner behind the app and the command line: draws what is missing, judges what is undecided.

Everything is in the store before it is reported, and a run that was cut off at any moment goes on by being run again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from core.endpoints.client import ClientOpener, open_client
from core.errors import NotFoundError
from core.resampling.budget import Budget
from core.resampling.concluding import concluded
from core.resampling.judgements import Judgements
from core.resampling.lanes import Job, Lanes
from core.resampling.ledger import Ledger
from core.resampling.plan import Plan, make_plan
from core.resampling.progress import Progress, Tally
from core.resampling.recording import Record
from core.resampling.remarks import remarked
from core.resampling.request import CANCELLED, DONE, FAILED, STOPPED, RunRequest, RunResult
from core.resampling.retrying import KEPT, Lane
from core.resampling.sampler import Sampler
from core.store.database import Store
from core.store.traces import known_ids


def _unwatched(progress: Progress) -> None:
    """Take no notice."""


async def run(
    request: RunRequest,
    store: Store,
    on_progress: Callable[[Progress], None] = _unwatched,
    clients: ClientOpener = open_client,
) -> RunResult:
    """Carry out a request; see `Run.execute`."""
    return await Run(request, store, on_progress, clients).execute()


class Run:
    """One run, to be executed once.

    ``on_progress`` is called in the run's event loop after every commit and every failure, when the run begins to wait
    for a server, and with its result; whoever draws it limits how often (`core.reporting.Throttled`). Cancelling the
    task that executes it aborts at once; `stop` lets requests in flight finish. Neither loses an answer that has
    arrived.
    """

    def __init__(
        self,
        request: RunRequest,
        store: Store,
        on_progress: Callable[[Progress], None] = _unwatched,
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

    async def execute(self) -> RunResult:
        """Carry out the request.

        Raises:
            ConfigError: if the request cannot be run as it is.
            NotFoundError: if the trace is not in the store.
            asyncio.CancelledError: if the task was cancelled; the run's row says so.
        """
        plan = make_plan(self._store.read, self._request)
        for trace_id in self._request.traces.keys() - known_ids(self._store.read):
            raise NotFoundError(f"trace {trace_id} is not in {self._store.path}; import it first.")
        ledger = self._ledger(plan)
        status, reason = await concluded(lambda: self._work(plan, ledger), ledger.record.close)
        result = RunResult(status, reason, ledger.tally.picture(), ledger.record.run_id)
        self._on_progress(result.progress)
        return remarked(result, self._request, self._store.read)

    def _ledger(self, plan: Plan) -> Ledger:
        request = self._request
        budget = Budget(request.max_cost, request.max_rollouts)
        priced = all(endpoint.has_prices for endpoint in request.endpoints)
        tally = Tally(plan.rollouts, plan.judgements, budget if priced else None)
        return Ledger(request, self._store, Record(self._store, request), budget, tally, self._on_progress)

    async def _work(self, plan: Plan, ledger: Ledger) -> tuple[str, str]:
        """Do what is planned; returns status and reason."""
        await ledger.record.open()
        judgements = Judgements(ledger)
        sampler = Sampler(ledger, plan, judgements)
        ledger.report()
        for prefix_plan in plan.prefixes:
            await judgements.settle_stored(prefix_plan.place)
        if not sampler and not judgements:
            return DONE, ""
        lanes = Lanes(self._draining, ledger.budget, ledger.tally, ledger.report)
        async with lanes.opened(self._request.endpoints, self._request.retrying, self._clients) as opened:
            await lanes.work_off(lambda: self._next(opened, ledger, sampler, judgements))
        return self._ending(ledger, sampler, judgements, lanes.answered)

    def _next(self, lanes: Sequence[Lane], ledger: Ledger, sampler: Sampler, judgements: Judgements) -> Job | None:
        """The next request whose lane has room; verdicts go first, so that whole rollouts arrive early."""
        job = judgements.next(lanes)
        if job is not None or ledger.budget.refused:
            return job
        return sampler.next(lanes[0]) if lanes[0].has_room else None

    def _ending(self, ledger: Ledger, sampler: Sampler, judgements: Judgements, answered: int) -> tuple[str, str]:
        """Status and reason of a run that came to its end by itself."""
        request, failures = self._request, ledger.tally.failures
        if self._stopped and (sampler or judgements):
            return CANCELLED, f"stopped as asked; {KEPT}"
        if ledger.budget.refused:
            return STOPPED, f"the next request could pass the cost cap of ${request.max_cost:g}; {KEPT}"
        if sampler:
            return STOPPED, f"the cap of {request.max_rollouts} rollouts is reached; {KEPT}"
        if not failures:
            return DONE, ""
        counts = ", ".join(f"{kind} {n}" for kind, n in sorted(failures.items()))
        if not answered:
            return FAILED, f"{request.endpoint.base_url} answered no request ({counts}: {ledger.last_failure}); {KEPT}"
        last = ledger.last_failure
        return DONE, f"some were given up ({counts}), the last with: {last}; run it again to try them once more."
