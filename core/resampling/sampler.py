"""Drawing rollouts: one job per group of missing samples, until none is missing."""

from __future__ import annotations

from dataclasses import replace

from core.endpoints.faults import BAD_REQUEST, CONTEXT_LENGTH
from core.resampling.budget import bill_of, most_cost
from core.resampling.drawing import Draws, Group, Place
from core.resampling.judgements import Judgements
from core.resampling.lanes import Job
from core.resampling.ledger import Ledger
from core.resampling.noticing import of_rollouts
from core.resampling.plan import Plan
from core.resampling.restarts import Restarts, sentence_about
from core.resampling.retrying import DrainedError, GivenUpError, Lane, RunEndedError
from core.resampling.sampling import Draw, draw_of, failures_of, read_draw, rollouts_of
from core.store.rollouts import sampled_indices


def key_of(place: Place) -> str:
    """What the requests of one prefix have in common: they go to the server whose cache holds it."""
    return f"{place[0]}/{place[1]}"


class Sampler:
    """Hands out jobs that draw rollouts, and passes what has to be judged on to ``judgements``."""

    def __init__(self, ledger: Ledger, plan: Plan, judgements: Judgements) -> None:
        self._ledger = ledger
        self._judgements = judgements
        self._restarts = Restarts()
        request = ledger.request
        self._draws = Draws(
            {prefix.place: prefix.missing for prefix in plan.prefixes},
            request.endpoint.n_per_request,
            lambda place, among: sampled_indices(
                ledger.store.read, place[0], request.endpoint.settings.id, place[1], among
            ),
        )

    def __len__(self) -> int:
        """Samples that are neither drawn nor being drawn."""
        return len(self._draws)

    def next(self, lane: Lane) -> Job | None:
        """The next job, or None if nothing is missing or a cap is in the way."""
        ledger = self._ledger
        endpoint = ledger.request.endpoint
        group = self._draws.take(ledger.budget.rollouts_allowed(endpoint.n_per_request))
        ledger.tally.found = self._draws.found
        if group is None:
            return None
        draw = draw_of(ledger.request, group)
        reserved = most_cost(endpoint, draw.sent, len(group.indices))
        if not ledger.budget.reserve(reserved):
            self._draws.put_back(group.place, group.indices)
            return None
        ledger.budget.take_rollouts(len(group.indices))
        return Job(lane, reserved, self._draw(draw, lane))

    async def _draw(self, draw: Draw, lane: Lane) -> None:
        group = draw.group
        left, n_found = set(group.indices), 0
        try:
            n_found = await self._ask(draw, lane, left)
        except GivenUpError as error:
            if error.fault.kind == BAD_REQUEST and len(group.indices) > 1:
                # Some servers refuse n itself; if the request is bad in another way, one alone will tell.
                self._draws.ask_singly()
            else:
                left.clear()
                # A prefix that is too long for one request is too long for all.
                rest = self._draws.drop(group.place) if error.fault.kind == CONTEXT_LENGTH else ()
                await self._give_up(replace(group, indices=(*group.indices, *rest)), error)
        except DrainedError:
            pass
        finally:
            self._ledger.budget.take_rollouts(n_found - len(group.indices))
            self._draws.put_back(group.place, left)

    async def _ask(self, draw: Draw, lane: Lane, left: set[int]) -> int:
        """Draw, store, and take what was drawn out of ``left``; returns how many that are."""
        ledger, request = self._ledger, self._ledger.request
        completion = await lane.post(draw.ask, lambda body: read_draw(request, draw, body), key_of(draw.group.place))
        # Up to the queue of the writer there is no await: no cancellation can lose an answer that is here.
        bill = bill_of(request.endpoint, completion, draw.sent)
        found = rollouts_of(request, draw, completion, bill)
        committed = ledger.record.rollouts(found)
        left.difference_update(rollout.sample_idx for rollout, _ in found)
        ledger.pay(bill)
        self._draws.learn(len(draw.group.indices), len(found))
        row_ids = await committed
        ledger.tally.drawn += len(found)
        ledger.tally.noticed += of_rollouts(rollout for rollout, _ in found)
        for row_id, (_, outcomes) in zip(row_ids, found, strict=True):
            ledger.tally.count(outcomes)
            self._judgements.add(row_id, outcomes)
        ledger.report()
        if self._restarts.too_many_with([rollout for rollout, _ in found]):
            endpoint = request.endpoint
            raise RunEndedError(sentence_about(endpoint.base_url, endpoint.mode), answers_expected=True)
        return len(found)

    async def _give_up(self, group: Group, error: GivenUpError) -> None:
        fault = error.fault
        failures = failures_of(self._ledger.request, group, fault.kind, fault.message, error.attempts)
        await self._ledger.record.failures(failures)
        self._ledger.give_up(error, len(failures))
