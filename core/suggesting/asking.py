"""Asking for suggestions: one job per batch, asked again about what a reply leaves open."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from core.canonical import canonical_json, short_hash
from core.endpoints.completion import Completion, read_answer
from core.endpoints.continuation import Ask
from core.endpoints.faults import CONTEXT_LENGTH
from core.endpoints.question import question_ask
from core.finishing import was_cut
from core.resampling.budget import Budget, bill_of, most_cost
from core.resampling.lanes import Job
from core.resampling.retrying import DrainedError, GivenUpError, Lane
from core.store.database import Store
from core.store.suggestions import AnsweredBatch, add_batch, n_requests, suggested_sentences
from core.suggesting.progress import SuggestingProgress, SuggestingTally
from core.suggesting.prompt import suggestion_messages
from core.suggesting.reply import Guess, Reading, read_suggestions
from core.suggesting.request import Batch, SuggestingPlan, SuggestingRequest, cut

if TYPE_CHECKING:
    from sqlite_utils import Database

MOST_ASKED: Final = 5
"""How often a sentence is asked about in one run, as often as a judge by default votes."""


@dataclass
class SuggestingLedger:
    """What the parts of one run share; ``last_failure`` is what the last request that was given up said."""

    request: SuggestingRequest
    store: Store
    budget: Budget
    tally: SuggestingTally
    on_progress: Callable[[SuggestingProgress], None]
    run_id: int | None = None
    last_failure: str = ""

    def report(self) -> None:
        """Tell how far the run is; to be called after a commit."""
        self.on_progress(self.tally.picture())

    def write(self, batch: Batch, answered: AnsweredBatch, found: Mapping[int, Guess]) -> asyncio.Future[None]:
        """Queue a request's row and what was found in its reply; yields at the commit."""
        suggester, trace_id, run_id = self.request.suggester, batch.trace.id, self.run_id

        def job(database: Database) -> None:
            add_batch(database, suggester, trace_id, answered, found, run_id)

        return asyncio.wrap_future(self.store.write(job))


class Batches:
    """The batches that wait to be asked about, in the order of the traces."""

    def __init__(self, ledger: SuggestingLedger, plan: SuggestingPlan) -> None:
        self._ledger = ledger
        self._waiting = deque(plan.batches)

    def __len__(self) -> int:
        """Batches that are neither answered nor being asked about."""
        return len(self._waiting)

    def next(self, lane: Lane) -> Job | None:
        """The next job, or None if the lane is full, nothing is left, or the cost cap is in the way."""
        ledger = self._ledger
        if ledger.budget.refused or not lane.has_room:
            return None
        batch = self._next_open()
        if batch is None:
            return None
        ask, sent = self._question(batch)
        reserved = most_cost(ledger.request.endpoint, sent, 1)
        if not ledger.budget.reserve(reserved):
            self._waiting.appendleft(batch)
            return None
        return Job(lane, reserved, self._ask(batch, ask, sent, lane))

    def _next_open(self) -> Batch | None:
        """The next batch, without what another process has been told meanwhile."""
        request = self._ledger.request
        while self._waiting:
            batch = self._waiting.popleft()
            if request.redo:
                return batch
            present = suggested_sentences(self._ledger.store.read, batch.trace.id, request.suggester.id)
            left = tuple(index for index in batch.sentences if index not in present)
            self._ledger.tally.done += len(batch.sentences) - len(left)
            if left:
                return replace(batch, sentences=left)
        return None

    def _question(self, batch: Batch) -> tuple[Ask, str]:
        """The request about a batch, and the text whose tokens are paid for."""
        request = self._ledger.request
        messages = suggestion_messages(request.codebook, batch.trace, batch.sentences)
        ask = question_ask(request.endpoint, messages, request.endpoint.temperature, self._seed(batch))
        return ask, "".join(turn.content for turn in messages)

    def _seed(self, batch: Batch) -> int | None:
        """A seed of its own for every request: with one seed, a server would fail a second time as the first."""
        request = self._ledger.request
        if request.endpoint.seed is None:
            return None
        asked_before = n_requests(self._ledger.store.read, batch.trace.id, request.suggester.id)
        again = asked_before if batch.attempt or request.redo else 0
        what = [request.endpoint.seed, request.suggester.id, batch.trace.id, batch.sentences[0], again]
        return int(short_hash(canonical_json(what)), 16) % 2**31

    async def _ask(self, batch: Batch, ask: Ask, sent: str, lane: Lane) -> None:
        ledger = self._ledger
        try:
            # Requests about one trace begin alike: the server whose cache has the trace gets them all.
            completion = await lane.post(ask, read_answer, batch.trace.id)
        except GivenUpError as error:
            await self._give_up(batch, error)
            return
        except DrainedError:
            self._waiting.appendleft(batch)
            return
        # Up to the queue of the writer there is no await: no cancellation can lose an answer that is here.
        bill = bill_of(ledger.request.endpoint, completion, sent)
        reading, parts = self._read(batch, completion)
        answered = AnsweredBatch(
            *_span(batch),
            reply=completion.choices[0].text,
            refusal=reading.refusal or None,
            model=completion.model,
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
            cost=bill.cost,
        )
        committed = ledger.write(batch, answered, reading.guesses)
        ledger.budget.spend(bill.cost)
        ledger.tally.bill(bill)
        await committed
        ledger.tally.done += len(reading.guesses)
        self._ask_again(batch, reading, parts)
        ledger.report()

    def _read(self, batch: Batch, completion: Completion) -> tuple[Reading, int]:
        """What a reply says, and in how many parts to ask again about what it leaves open; 0 where that is no use."""
        choice = completion.choices[0]
        if choice.is_filtered:
            word = choice.finish_reason or "refusal"
            return Reading(refusal=f"the server filtered the reply ({word})", is_readable=False), 0
        categories = {category.name for category in self._ledger.request.codebook.categories}
        reading = read_suggestions(choice.text, batch.sentences, categories)
        if reading.is_readable or not was_cut(choice.finish_reason):
            return reading, 1
        max_tokens = self._ledger.request.endpoint.max_tokens
        refusal = f"cut off at {max_tokens} tokens; ask for fewer sentences at once, or allow more max_tokens"
        return replace(reading, refusal=refusal), 2

    def _ask_again(self, batch: Batch, reading: Reading, parts: int) -> None:
        """Take back what a reply leaves open, in so many parts; or give it up."""
        left = tuple(index for index in batch.sentences if index not in reading.guesses)
        if not left:
            return
        if not parts or batch.attempt + 1 >= MOST_ASKED:
            self._ledger.tally.unreadable += len(left)
            self._ledger.last_failure = reading.refusal
            return
        size = -(-len(left) // parts)
        self._waiting.extendleft(Batch(batch.trace, part, batch.attempt + 1) for part in reversed(cut(left, size)))

    async def _give_up(self, batch: Batch, error: GivenUpError) -> None:
        ledger, fault = self._ledger, error.fault
        n_lost = len(batch.sentences)
        if fault.kind == CONTEXT_LENGTH:
            # The whole trace is in every request: what is too long for one is too long for all.
            n_lost += sum(len(other.sentences) for other in self._waiting if other.trace.id == batch.trace.id)
            self._waiting = deque(other for other in self._waiting if other.trace.id != batch.trace.id)
        failed = AnsweredBatch(*_span(batch), reply=None, refusal=f"{fault.kind}: {fault.message}")
        await ledger.write(batch, failed, {})
        ledger.tally.failures[fault.kind] += n_lost
        ledger.last_failure = fault.message
        ledger.report()


def _span(batch: Batch) -> tuple[int, int]:
    return batch.sentences[0], batch.sentences[-1] + 1
