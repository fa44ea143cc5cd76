"""A question of turnpoint's own to a model, such as a judge's or one for suggestions, as a chat request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.endpoints.continuation import CHAT_PATH, Ask
from core.endpoints.endpoint import Endpoint
from core.traces.model import Message


def question_ask(
    endpoint: Endpoint, messages: Sequence[Message], temperature: float | None, seed: int | None = None, n: int = 1
) -> Ask:
    """Ask the endpoint's model for ``n`` answers, over chat whatever the endpoint's continuation mode.

    What is None is left out, and so is an ``n`` of 1: not every server knows these fields.
    """
    body: dict[str, Any] = {
        **endpoint.extra,
        "model": endpoint.model,
        **({} if temperature is None else {"temperature": temperature}),
        **({} if endpoint.top_p is None else {"top_p": endpoint.top_p}),
        "max_tokens": endpoint.max_tokens,
        "messages": [{"role": turn.role, "content": turn.content} for turn in messages],
    }
    if n > 1:
        body["n"] = n
    if seed is not None:
        body["seed"] = seed
    return Ask(CHAT_PATH, body)
