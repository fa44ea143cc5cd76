"""Asking a server one question at a time, and keeping all that its answer tells."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.endpoints.blotting import said_without_key, without_key
from core.endpoints.completion import MalformedReplyError, as_written
from core.endpoints.continuation import MODES, PLAIN_PATH, Ask
from core.endpoints.faults import CONNECTION, RATE_LIMIT, SERVER_ERROR, TIMEOUT, Fault, fault_of
from core.endpoints.probe.steps import Step

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

    from core.endpoints.endpoint import Endpoint

LONGEST_WAIT = 120.0
_ATTEMPTS = 3
_LONGEST_PAUSE = 20.0
_WORTH_ASKING_AGAIN = frozenset((RATE_LIMIT, SERVER_ERROR))


@dataclass(frozen=True)
class Heard:
    """One answer: ``written`` are its texts as the server wrote them, ``continuations`` the same without an echo.

    Tokens are those that the server reports (None: it does not say); ``reasoning_apart`` says whether it hands
    reasoning out in a field of its own; ``seconds`` is the time to the whole answer.
    """

    written: tuple[str, ...]
    continuations: tuple[str, ...]
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_apart: bool = False
    model: str | None = None
    seconds: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The first continuation."""
        return self.continuations[0]


class Asker:
    """Asks one endpoint; ``n_requests`` counts what was sent."""

    def __init__(self, endpoint: Endpoint, client: AsyncOpenAI) -> None:
        self.n_requests = 0
        self._endpoint = endpoint
        self._client = client

    async def models(self) -> tuple[str, ...] | Fault:
        """The ids that the server lists at ``/models``."""
        import httpx2

        try:
            async with asyncio.timeout(self._longest):
                self.n_requests += 1
                reply = await self._client.get("/models", cast_to=httpx2.Response)
            listed = reply.json()["data"]
            key = self._client.api_key
            return tuple(said_without_key(card["id"], key) for card in listed if isinstance(card.get("id"), str))
        except (KeyError, TypeError, AttributeError):
            return fault_of(MalformedReplyError("malformed", "the list is none"), self._endpoint, self._client.api_key)
        except Exception as error:
            return fault_of(error, self._endpoint, self._client.api_key)

    async def ask(self, step: Step) -> Heard | Fault:
        """Send one request, again after a refusal for rate or an error of the server."""
        ask = self._ask(step)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                started = time.monotonic()
                reply = await self._send(ask)
                return self._heard(step, reply, time.monotonic() - started)
            except Exception as error:
                fault = fault_of(error, self._endpoint, self._client.api_key)
            if fault.stops or fault.kind not in _WORTH_ASKING_AGAIN or attempt == _ATTEMPTS:
                break
            pause = 0.5 * 2.0**attempt if fault.retry_after is None else fault.retry_after
            await asyncio.sleep(min(pause, _LONGEST_PAUSE))
        return fault

    @property
    def _longest(self) -> float:
        return min(self._endpoint.timeout, LONGEST_WAIT)

    def _ask(self, step: Step) -> Ask:
        endpoint = self._endpoint
        settings = endpoint.settings
        ask = MODES[endpoint.mode].ask(step.messages, step.prefix, settings, step.n, step.seed)
        body = {**ask.body, "max_tokens": step.max_tokens}
        if step.bare and ask.path == PLAIN_PATH:
            body["prompt"] = step.prefix
        return Ask(ask.path, body)

    async def _send(self, ask: Ask) -> httpx2.Response:
        import httpx2

        self.n_requests += 1
        async with asyncio.timeout(self._longest):
            return await self._client.post(
                ask.path,
                content=ask.content,
                cast_to=httpx2.Response,
                options={"headers": {"Content-Type": "application/json"}},
            )

    def _heard(self, step: Step, reply: httpx2.Response, seconds: float) -> Heard:
        body, key = json.loads(reply.content), self._client.api_key
        completion = without_key(MODES[self._endpoint.mode].read(body, step.messages, step.prefix), key)
        written = [as_written(choice) for choice in body["choices"]]
        return Heard(
            written=tuple(said_without_key(text, key) for text, _ in written),
            continuations=tuple(choice.text for choice in completion.choices),
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
            cached_tokens=completion.cached_tokens,
            reasoning_apart=any(reasoning for _, reasoning in written),
            model=completion.model,
            seconds=seconds,
            headers={name.lower(): value for name, value in reply.headers.items()},
        )


def unreachable(fault: Fault) -> bool:
    """Whether a fault says that nobody is there to be asked at all."""
    return fault.stops is not None or fault.kind in (CONNECTION, TIMEOUT)
