"""One request, asked again while that can help; and the lane of requests that share an endpoint."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.endpoints.blotting import without_key
from core.endpoints.completion import WITHHELD, Completion
from core.endpoints.continuation import Ask
from core.endpoints.endpoint import Endpoint
from core.endpoints.faults import (
    BAD_REQUEST,
    CONNECTION,
    CONTEXT_LENGTH,
    MODERATED,
    RATE_LIMIT,
    REFUSED,
    SERVER_ERROR,
    TIMEOUT,
    Fault,
    fault_of,
)
from core.resampling.concurrency import Sent
from core.resampling.pacing import Pace
from core.resampling.replicas import Replica, choose, preference

if TYPE_CHECKING:
    from openai import AsyncOpenAI

KEPT = "what was sampled is kept, run it again to go on."

_JITTER = random.Random()
_JSON = {"Content-Type": "application/json"}
_BYTES_PER_TOKEN = 4
# A router refuses single requests; a key or an address that is no good any more is seen by refusals in a row.
_FEWEST_REFUSED, _MOST_REFUSED = 3, 8
_NO_SIGN_OF_LOAD = (BAD_REQUEST, CONTEXT_LENGTH, MODERATED, REFUSED)


class GivenUpError(Exception):
    """A request that failed for good, after ``attempts``; the run goes on without it."""

    def __init__(self, fault: Fault, attempts: int) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.attempts = attempts


class RunEndedError(Exception):
    """The sentence with which a whole run ends.

    ``answers_expected`` says whether the requests still in flight are worth waiting for.
    """

    def __init__(self, sentence: str, *, answers_expected: bool) -> None:
        super().__init__(sentence)
        self.answers_expected = answers_expected


class DrainedError(Exception):
    """The run is stopping, and this request is not asked again."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often and when a request is asked again; all times in seconds.

    The back-off doubles from ``first`` up to ``longest``, with up to half of it taken off at random, so that
    clients that failed together do not come back together. What a server asks for with ``Retry-After`` is waited
    in full, up to ``longest_asked``. A server that has answered and is gone is waited for, up to ``patience``.
    """

    attempts: int = 5
    first: float = 0.5
    longest: float = 20.0
    longest_asked: float = 120.0
    patience: float = 300.0

    def asked(self, retry_after: float | None) -> float | None:
        """The wait that the server asked for, within reason."""
        return None if retry_after is None else min(retry_after, self.longest_asked)

    def delay(self, attempt: int, retry_after: float | None, jitter: random.Random = _JITTER) -> float:
        """Seconds to wait after failed attempt number ``attempt`` (1-based)."""
        asked = self.asked(retry_after)
        if asked is not None:
            return asked * jitter.uniform(1.0, 1.1)
        return min(self.longest, self.first * 2.0 ** (attempt - 1)) * jitter.uniform(0.5, 1.0)


PATIENT = RetryPolicy()


class Lane:
    """The requests to one endpoint: its servers, how many are in flight, and whether any of them answers at all.

    ``clients`` has a client for each base URL. ``on_waiting`` is called whenever `waiting_for` changes.

    Attributes:
        in_flight: requests that hold a place at present, waiting ones included.
        answered: requests that were answered so far.
        waiting_for: the address where nothing answers at present, while the lane waits for it; else empty.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        clients: Mapping[str, AsyncOpenAI],
        policy: RetryPolicy,
        draining: asyncio.Event,
        on_waiting: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.endpoint = endpoint
        self.in_flight = 0
        self.answered = 0
        self.waiting_for = ""
        share = -(-endpoint.concurrency // len(clients))
        self._replicas = [Replica(url, client, share, clock) for url, client in clients.items()]
        self._policy = policy
        self._draining = draining
        self._on_waiting = on_waiting
        self._pace = Pace(endpoint.requests_per_minute, endpoint.tokens_per_minute, clock)
        self._clock = clock
        self._gone_since: float | None = None
        self._unanswered = 0
        self._refused = 0
        self._useless = ""

    @property
    def has_room(self) -> bool:
        """Whether one more request may be started; after a refusal that may be of all, those in flight must tell."""
        in_doubt = self._refused > 0 or (self._useless and not self.answered)
        if in_doubt and self.in_flight:
            return False
        allowed = sum(replica.concurrency.limit for replica in self._replicas if replica.is_up)
        return self.in_flight < min(allowed, self.endpoint.concurrency)

    def check(self) -> None:
        """End the run if all of the very first requests were given up, or all of late: asking on would not help.

        Raises:
            RunEndedError: with what is to be looked at.
        """
        too_many = min(max(_FEWEST_REFUSED, self.endpoint.concurrency), _MOST_REFUSED)
        if self._useless and not self.in_flight and (not self.answered or self._refused >= too_many):
            raise RunEndedError(self._useless, answers_expected=True)

    async def post(self, ask: Ask, read: Callable[[object], Completion], key: str = "") -> Completion:
        """Send a request until it is answered, and read the answer.

        Requests of one ``key`` go to one server, as long as it is there and has room.

        Raises:
            GivenUpError: if it failed in a way that asking again cannot mend, or too often.
            RunEndedError: if the endpoint refuses everything, or has not answered for a long row of requests.
            DrainedError: if the run began to stop while this request waited to be asked again.
        """
        content = ask.content
        attempt = 1
        while True:
            replica = await self._server(key)
            await self._pause(replica.concurrency.wait)
            taken = await self._allowance(ask, content)
            replica.in_flight += 1
            sent = replica.concurrency.sent(replica.in_flight)
            try:
                completion = read(await self._send(replica, ask.path, content))
            except Exception as error:
                replica.in_flight -= 1
                fault = fault_of(error, self.endpoint, replica.client.api_key)
                if await self._is_gone(replica, fault):
                    continue
                if fault.is_withheld:
                    if ask.n == 1:
                        self._answer(WITHHELD, replica, sent, taken, retried=attempt > 1)
                        return replace(WITHHELD, replica=replica.url)
                    # One answer in many is kept back, and which one can only be told by asking for one at a time.
                    fault = replace(fault, kind=BAD_REQUEST)
                self._note(fault, replica, sent)
                if not fault.may_retry or attempt == self._policy.attempts:
                    raise self._given_up(fault, attempt) from None
                await self._pause(self._policy.delay(attempt, fault.retry_after))
                attempt += 1
            except BaseException:
                replica.in_flight -= 1
                raise
            else:
                replica.in_flight -= 1
                self._answer(completion, replica, sent, taken, retried=attempt > 1)
                return replace(without_key(completion, replica.client.api_key), replica=replica.url)

    async def _send(self, replica: Replica, path: str, content: bytes) -> object:
        # The client limits each read; this limits the whole answer, which may drip in.
        async with asyncio.timeout(self.endpoint.timeout):
            return await replica.client.post(path, content=content, cast_to=object, options={"headers": _JSON})

    def _answer(self, completion: Completion, replica: Replica, sent: Sent, taken: float, *, retried: bool) -> None:
        self.answered += 1
        self._unanswered = self._refused = 0
        tokens = completion.completion_tokens
        if tokens is None:
            tokens = sum(len(choice.text) for choice in completion.choices) // _BYTES_PER_TOKEN
        replica.concurrency.answered(sent, tokens, retried=retried)
        self._pace.used(taken, completion.prompt_tokens or 0, tokens)

    def _note(self, fault: Fault, replica: Replica, sent: Sent) -> None:
        """Draw the consequences of a failed attempt, and end the run where the endpoint is of no use."""
        if fault.stops is not None and not fault.may_be_own:
            raise RunEndedError(fault.stops, answers_expected=True) from None
        if fault.kind == RATE_LIMIT:
            replica.concurrency.rate_limited(sent, self._policy.asked(fault.retry_after))
        elif fault.kind not in _NO_SIGN_OF_LOAD:
            replica.concurrency.failed()
        if fault.kind not in (CONTEXT_LENGTH, MODERATED):
            self._unanswered += 1
        if self._unanswered >= self._policy.attempts * self.endpoint.concurrency:
            raise RunEndedError(silence(self.endpoint, fault), answers_expected=False) from None

    def _given_up(self, fault: Fault, attempts: int) -> GivenUpError:
        if fault.stops is not None:
            self._refused += 1
            self._useless = fault.stops
        elif fault.may_retry and not self.answered:
            self._useless = silence(self.endpoint, fault)
        return GivenUpError(fault, attempts)

    async def _server(self, key: str) -> Replica:
        """The server for a request; waits while there is none."""
        if len(self._replicas) == 1 and self._replicas[0].is_up:
            return self._replicas[0]
        while True:
            # One request looks after the server it would have gone to; the others go elsewhere meanwhile.
            favourite = preference(self._replicas, key)[0]
            if favourite.is_due:
                await self._look(favourite)
            chosen = choose(self._replicas, key)
            if chosen is not None:
                return chosen
            await self._wait_for_any()

    async def _is_gone(self, replica: Replica, fault: Fault) -> bool:
        """Whether a request failed because its server is not there: then that is not held against the request.

        A server that drops a connection because of what was asked is still there, and so is one that never was.
        """
        if not fault.may_be_gone or not (self.answered or len(self._replicas) > 1):
            return False
        if replica.is_up:
            await self._look(replica)
        return not replica.is_up

    async def _look(self, replica: Replica) -> None:
        await replica.look(lambda looks: self._policy.delay(looks, None))
        if any(other.is_up for other in self._replicas):
            self._gone_since = None
            self._waits_for("")

    async def _wait_for_any(self) -> None:
        """Wait until it is time to look again, as long as patience lasts.

        Raises:
            RunEndedError: when it is at its end.
        """
        now = self._clock()
        if self._gone_since is None:
            self._gone_since = now
            self._waits_for(self.endpoint.base_url)
        if not self.answered:
            where = " nor at ".join(replica.url for replica in self._replicas)
            raise RunEndedError(f"nothing answers at {where}; {KEPT}", answers_expected=False)
        left = self._gone_since + self._policy.patience - now
        if left <= 0:
            sentence = f"nothing has answered at {self.endpoint.base_url} for {self._policy.patience:.0f} s; {KEPT}"
            raise RunEndedError(sentence, answers_expected=False)
        soonest = min(self._replicas, key=lambda replica: replica.look_at)
        await self._pause(min(left, max(soonest.look_at - now, 0.001)))
        if not soonest.is_up and self._clock() >= soonest.look_at:
            await self._look(soonest)

    def _waits_for(self, address: str) -> None:
        if address != self.waiting_for:
            self.waiting_for = address
            self._on_waiting()

    async def _allowance(self, ask: Ask, content: bytes) -> float:
        """Wait for the request's share of what the account allows per minute; returns the tokens that it took."""
        most = ask.n * self.endpoint.max_tokens
        seconds, taken = self._pace.take(len(content) // _BYTES_PER_TOKEN, most)
        await self._pause(seconds)
        return taken

    async def _pause(self, seconds: float) -> None:
        """Wait, unless the run is told to stop: what waits is not in flight."""
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self._draining.wait(), seconds)
        except TimeoutError:
            return
        raise DrainedError


def silence(endpoint: Endpoint, fault: Fault) -> str:
    """The sentence about an endpoint that answers nothing."""
    if fault.kind in (CONNECTION, TIMEOUT):
        return f"nothing answers at {endpoint.base_url} ({fault.kind}: {fault.message}); {KEPT}"
    if fault.kind == SERVER_ERROR:
        return (
            f"{endpoint.base_url} fails on every request ({fault.kind}: {fault.message}); check model, mode and extra"
            f" of the endpoint {endpoint.name}, and the server's own log; {KEPT}"
        )
    return f"{endpoint.base_url} does not answer any request ({fault.kind}: {fault.message}); {KEPT}"
