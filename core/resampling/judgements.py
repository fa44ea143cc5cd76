"""Judging rollouts: one job per call of a judge, until every rollout has its verdicts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from core.behaviors.behavior import decision_of
from core.behaviors.outcome import ERROR, Outcome
from core.endpoints.completion import read_answer
from core.endpoints.faults import BAD_REQUEST
from core.resampling.budget import bill_of, most_cost
from core.resampling.drawing import Place
from core.resampling.judging import Question, judge_failure, question_of, votes_in
from core.resampling.lanes import Job
from core.resampling.ledger import Ledger
from core.resampling.noticing import of_votes
from core.resampling.request import JudgeSetup
from core.resampling.retrying import DrainedError, GivenUpError, Lane
from core.resampling.sampling import outcomes_without_calls
from core.store.rollouts import load_rollout, undecided_by, votes_of


class Judgements:
    """The rollouts (by row id) that wait for a verdict, one queue per judge.

    What the next call is follows from the votes in the store, read again before each: a judgement that was cut off
    goes on after the last vote that was stored.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._queues: list[tuple[JudgeSetup, deque[int]]] = [(setup, deque()) for setup in ledger.request.judges]
        self._most_votes: dict[str, int] = {}

    def __len__(self) -> int:
        """Verdicts that are neither reached nor being asked for."""
        return sum(len(waiting) for _, waiting in self._queues)

    def add(self, rollout_id: int, outcomes: Sequence[Outcome]) -> None:
        """Take a rollout in for every judge, but those that the outcomes it came with settle."""
        for setup, waiting in self._queues:
            self._enter(setup, waiting, rollout_id, outcomes)

    async def settle_stored(self, place: Place) -> None:
        """Decide a prefix's stored rollouts as far as no call is needed, and take in the others."""
        request, read = self._ledger.request, self._ledger.store.read
        trace_id, prefix_idx = place
        settings_id = request.endpoint.settings.id
        open_for = {
            judge.id: undecided_by(read, trace_id, settings_id, prefix_idx, judge) for judge in request.deciders
        }
        decided = [
            (rollout_id, outcomes_without_calls(request, load_rollout(read, rollout_id)))
            for rollout_id in dict.fromkeys(rollout_id for found in open_for.values() for rollout_id in found)
        ]
        if not decided:
            return
        await self._ledger.record.outcomes(decided)
        for _, outcomes in decided:
            self._ledger.tally.count(outcomes)
        known = dict(decided)
        for setup, waiting in self._queues:
            for rollout_id in open_for[setup.judge.id]:
                self._enter(setup, waiting, rollout_id, known[rollout_id])
        self._ledger.report()

    def next(self, lanes: Iterable[Lane]) -> Job | None:
        """The next job whose lane has room, or None if nothing waits or the cost cap is in the way."""
        open_lanes = {lane.endpoint: lane for lane in lanes if lane.has_room}
        for setup, waiting in self._queues:
            lane = open_lanes.get(setup.endpoint)
            if waiting and lane is not None:
                return self._job(setup, waiting, lane)
        return None

    def _enter(self, setup: JudgeSetup, waiting: deque[int], rollout_id: int, outcomes: Sequence[Outcome]) -> None:
        if any(outcome.judge_id == setup.judge.id for outcome in outcomes):
            self._ledger.tally.judged += 1
        else:
            waiting.append(rollout_id)

    def _job(self, setup: JudgeSetup, waiting: deque[int], lane: Lane) -> Job | None:
        rollout_id = waiting.popleft()
        question = self._question(setup, rollout_id)
        reserved = most_cost(setup.endpoint, question.sent, question.call.n) if question else 0.0
        if not self._ledger.budget.reserve(reserved):
            waiting.appendleft(rollout_id)
            return None
        if question is None:
            return Job(lane, reserved, self._conclude(setup, rollout_id))
        return Job(lane, reserved, self._ask(setup, waiting, rollout_id, question, lane))

    def _question(self, setup: JudgeSetup, rollout_id: int) -> Question | None:
        read, request = self._ledger.store.read, self._ledger.request
        rollout = load_rollout(read, rollout_id)
        judge_id = setup.judge.id
        votes, most_votes = votes_of(read, rollout_id, judge_id), self._most_votes.get(judge_id)
        return question_of(setup, rollout, request.answer(rollout), votes, most_votes)

    async def _ask(
        self, setup: JudgeSetup, waiting: deque[int], rollout_id: int, question: Question, lane: Lane
    ) -> None:
        ledger = self._ledger
        try:
            completion = await lane.post(question.ask, read_answer, f"{setup.judge.id}/{rollout_id}")
        except GivenUpError as error:
            n = question.call.n
            if error.fault.kind != BAD_REQUEST or n == 1:
                await self._give_up(setup, rollout_id, error)
                return
            # Some servers refuse a large n; if the request is bad in another way, one vote alone will tell.
            self._most_votes[setup.judge.id] = min(n // 2, self._most_votes.get(setup.judge.id, n))
            waiting.appendleft(rollout_id)
            return
        except DrainedError:
            waiting.appendleft(rollout_id)
            return
        # Up to the queue of the writer there is no await: no cancellation can lose an answer that is here.
        bill = bill_of(setup.endpoint, completion, question.sent)
        votes = votes_in(setup, question, completion, bill)
        committed = ledger.record.votes(rollout_id, setup.procedure, votes)
        ledger.pay(bill)
        ledger.tally.noticed += of_votes(completion.choices[: len(votes)])
        outcome = await committed
        if outcome is None:
            # In front, so that verdicts are completed one after the other.
            waiting.appendleft(rollout_id)
        else:
            ledger.tally.judged += 1
            ledger.tally.count([outcome])
        ledger.report()

    async def _conclude(self, setup: JudgeSetup, rollout_id: int) -> None:
        """Write the outcome of votes that were all cast before a run was cut off."""
        votes = votes_of(self._ledger.store.read, rollout_id, setup.judge.id)
        outcome = decision_of(setup.procedure, votes)
        await self._ledger.record.outcomes([(rollout_id, [outcome] if outcome else [])])
        self._ledger.tally.count([outcome] if outcome else [])
        self._ledger.tally.judged += 1
        self._ledger.report()

    async def _give_up(self, setup: JudgeSetup, rollout_id: int, error: GivenUpError) -> None:
        rollout = load_rollout(self._ledger.store.read, rollout_id)
        failure = judge_failure(rollout, error.fault.kind, error.fault.message, error.attempts)
        failed = Outcome(setup.judge.behavior, setup.judge.id, ERROR)
        await self._ledger.record.failed_judgement(rollout_id, failure, failed)
        self._ledger.tally.count([failed])
        self._ledger.give_up(error, 1)
