"""Adaptive sampling of one trace: decide, draw, look again, until nothing is left to ask."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from core.endpoints.client import ClientOpener, open_client
from core.errors import ConfigError
from core.resampling.adaptive.deciding import next_round
from core.resampling.adaptive.evidence import Evidence, load_evidence
from core.resampling.adaptive.policy import CONFIRM, AdaptivePolicy, Round
from core.resampling.adaptive.stopping import Spent
from core.resampling.plan import make_plan
from core.resampling.progress import Progress
from core.resampling.recycling import recycled_counts, recycled_rollouts, with_recycled
from core.resampling.remarks import remarked
from core.resampling.request import CANCELLED, DONE, STOPPED, RunRequest, RunResult, Spot, top_up
from core.resampling.retrying import KEPT
from core.resampling.runner import Run
from core.store.database import Store
from core.traces.model import Trace


def _unwatched(_: object) -> None:
    """Take no notice."""


async def run_adaptive(
    trace: Trace,
    request: RunRequest,
    policy: AdaptivePolicy,
    store: Store,
    on_progress: Callable[[Progress], None] = _unwatched,
    on_round: Callable[[Round], None] = _unwatched,
    clients: ClientOpener = open_client,
) -> RunResult:
    """Carry out an adaptive run; see `AdaptiveRun`."""
    return await AdaptiveRun(trace, request, policy, store, on_progress, on_round, clients).execute()


def adaptive_evidence(trace: Trace, request: RunRequest, policy: AdaptivePolicy, store: Store) -> Evidence:
    """What the store holds of a trace under a request's settings, recycled rollouts included if the policy says so."""
    settings_id, judges = request.endpoint.settings.id, request.measured
    evidence = load_evidence(store.read, trace.id, settings_id, trace.n_prefixes, judges)
    if not policy.recycle:
        return evidence
    recycled = recycled_rollouts(store.read, trace, settings_id)
    return with_recycled(evidence, recycled_counts(store.read, recycled, trace, settings_id, judges, request.tags))


def round_request(trace: Trace, request: RunRequest, round_: Round) -> RunRequest:
    """The request for one round."""
    spots = (Spot(trace, prefix_idx, n, round_.first_sample) for prefix_idx, n in round_.targets.items())
    return replace(request, spots=tuple(spots))


def unjudged_request(trace: Trace, request: RunRequest) -> RunRequest:
    """The request that draws nothing, and judges what an earlier run has drawn and not judged."""
    return replace(request, spots=top_up(trace, range(trace.n_prefixes), 0))


class AdaptiveRun:
    """Round after round of `Run`, to be executed once.

    Of ``request``, endpoint, judges, rules, tags and caps are used; its spots are not. ``on_progress`` gets the whole
    run so far, ``on_round`` each round before it is drawn. What to draw follows from the store alone: a run that was
    cut off goes on by being run again.
    """

    def __init__(
        self,
        trace: Trace,
        request: RunRequest,
        policy: AdaptivePolicy,
        store: Store,
        on_progress: Callable[[Progress], None] = _unwatched,
        on_round: Callable[[Round], None] = _unwatched,
        clients: ClientOpener = open_client,
    ) -> None:
        self._trace = trace
        self._request = request
        self._policy = policy
        self._store = store
        self._on_progress = on_progress
        self._on_round = on_round
        self._clients = clients
        priced = all(endpoint.has_prices for endpoint in request.endpoints)
        self._past = Progress(0, spend=0.0 if priced else None)
        self._run: Run | None = None
        self._stopped = False
        self._given_up = ""
        self._asked: dict[bool, dict[int, int]] = {False: {}, True: {}}

    def stop(self) -> None:
        """Start nothing new; what is in flight is awaited and kept. To be called in the run's event loop."""
        self._stopped = True
        if self._run is not None:
            self._run.stop()

    async def execute(self) -> RunResult:
        """Carry out the request.

        Raises:
            ConfigError: if the request cannot be run as it is, or is to spend a budget that it does not have.
            NotFoundError: if the trace is not in the store.
            asyncio.CancelledError: if the task was cancelled.
        """
        result = await self._rounds()
        self._on_progress(result.progress)
        return remarked(result, unjudged_request(self._trace, self._request), self._store.read)

    async def _rounds(self) -> RunResult:
        request = self._request
        if isinstance(self._policy.until, Spent) and request.max_rollouts is None and request.max_cost is None:
            raise ConfigError("to stop at a budget, say which: --max-rollouts or --max-cost.")
        result = await self._unjudged()
        while result is None or result.status == DONE:
            if self._stopped:
                return self._ended(CANCELLED, f"stopped as asked; {KEPT}", result)
            evidence, left = self._evidence(), self._left()
            round_ = await asyncio.to_thread(next_round, evidence, self._policy, left)
            if round_ is None:
                if left is not None and next_round(evidence, self._policy) is not None:
                    return self._ended(STOPPED, _capped(request), result)
                return self._ended(DONE, self._given_up, result)
            self._on_round(round_)
            result = await self._draw(round_request(self._trace, request, round_))
            self._asked[round_.stage == CONFIRM].update(round_.targets)
            self._given_up = result.reason or self._given_up
        return replace(result, progress=self._past)

    def _evidence(self) -> Evidence:
        """What is stored; samples that this run gave up count as drawn and undecided, lest they be asked for again."""
        evidence = adaptive_evidence(self._trace, self._request, self._policy, self._store)
        drawn, fresh = (
            tuple(max(n, self._asked[is_fresh].get(prefix, 0)) for prefix, n in enumerate(stored))
            for is_fresh, stored in ((False, evidence.drawn), (True, evidence.fresh_drawn))
        )
        return replace(evidence, drawn=drawn, fresh_drawn=fresh)

    async def _unjudged(self) -> RunResult | None:
        """Judge what an earlier run has drawn and not judged, for the decisions rest on it."""
        asked = unjudged_request(self._trace, self._request)
        return None if make_plan(self._store.read, asked).is_empty else await self._draw(asked)

    async def _draw(self, asked: RunRequest) -> RunResult:
        past, request = self._past, self._request
        spent = past.spend or 0.0
        asked = replace(
            asked,
            max_rollouts=self._left(),
            max_cost=None if request.max_cost is None else max(0.0, request.max_cost - spent),
        )
        self._run = Run(asked, self._store, lambda now: self._on_progress(together(past, now)), self._clients)
        if self._stopped:  # while it was decided what to draw
            self._run.stop()
        try:
            result = await self._run.execute()
        finally:
            self._run = None
        self._past = together(past, result.progress)
        return result

    def _left(self) -> int | None:
        cap = self._request.max_rollouts
        return None if cap is None else max(0, cap - self._past.rollouts_done)

    def _ended(self, status: str, reason: str, last: RunResult | None) -> RunResult:
        return RunResult(status, reason, self._past, last.run_id if last else None)


def _capped(request: RunRequest) -> str:
    return f"the cap of {request.max_rollouts} rollouts is reached; {KEPT}"


def together(past: Progress, now: Progress) -> Progress:
    """Two stretches of one run as one; what is in flight, and the pace, are those of the later."""
    return Progress(
        rollouts_total=past.rollouts_total + now.rollouts_total,
        rollouts_done=past.rollouts_done + now.rollouts_done,
        judgements_total=past.judgements_total + now.judgements_total,
        judgements_done=past.judgements_done + now.judgements_done,
        failures=dict(Counter(past.failures) + Counter(now.failures)),
        in_flight=now.in_flight,
        spend=None if past.spend is None or now.spend is None else past.spend + now.spend,
        prompt_tokens=past.prompt_tokens + now.prompt_tokens,
        completion_tokens=past.completion_tokens + now.completion_tokens,
        rollouts_per_second=now.rollouts_per_second,
        elapsed=past.elapsed + now.elapsed,
        cached_tokens=_sum(past.cached_tokens, now.cached_tokens),
        waiting_for=now.waiting_for,
        waiting_since=now.waiting_since,
        outcomes={
            behavior: dict(Counter(past.outcomes.get(behavior, {})) + Counter(now.outcomes.get(behavior, {})))
            for behavior in {**past.outcomes, **now.outcomes}
        },
        noticed=dict(Counter(past.noticed) + Counter(now.noticed)),
    )


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one + (other or 0)
