"""The OpenAI-compatible server: a plain ASGI callable, so that it runs in process or under any ASGI server."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from uuid import uuid4

from core.endpoints.simulator import LABEL, MODEL
from core.endpoints.simulator.judging import is_judging, verdict
from core.endpoints.simulator.reasoner import sample
from core.endpoints.simulator.requests import BadRequestError, Generation, parse_chat, parse_completion
from core.endpoints.simulator.suggesting import is_suggesting, suggestions
from core.endpoints.simulator.tokens import count_tokens, first_tokens

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CHAT, COMPLETIONS, MODELS = "/v1/chat/completions", "/v1/completions", "/v1/models"
_ALLOWED = {CHAT: ("POST",), COMPLETIONS: ("POST",), MODELS: ("GET", "HEAD"), f"{MODELS}/{MODEL}": ("GET", "HEAD")}
# A batch of choices gives way to the event loop after this many.
_CHOICES_AT_A_TIME = 8


def create_app(latency: float = 0.0) -> App:
    """The simulator as an ASGI application.

    Args:
        latency: seconds that each generation waits before it answers, 0 or more.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"the simulator speaks HTTP, not {scope['type']}")
        method, headers = scope["method"], []
        try:
            answer, status = await _respond(scope["path"], method, receive, latency), 200
        except BadRequestError as error:
            answer, status = _error(error), error.status
            if status == 405:
                headers = [(b"allow", ", ".join(_ALLOWED[scope["path"]]).encode())]
        # ASCII only: a lone surrogate in the text has no UTF-8 form.
        body = json.dumps(answer).encode("ascii")
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

    return app


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _respond(path: str, method: str, receive: Receive, latency: float) -> dict[str, Any]:
    if path not in _ALLOWED:
        raise BadRequestError(f"There is nothing at {path[:200]}; try {MODELS}.", status=404, code="not_found")
    if method not in _ALLOWED[path]:
        raise BadRequestError(f"{path} does not take {method}.", status=405, code="method_not_allowed")
    if path == MODELS:
        return {"object": "list", "data": [_MODEL_CARD]}
    if path not in (CHAT, COMPLETIONS):
        return _MODEL_CARD
    body = await _body(receive)
    asked = parse_chat(body) if path == CHAT else parse_completion(body)
    await asyncio.sleep(latency)
    return await (_chat(asked) if path == CHAT else _completion(asked))


_MODEL_CARD = {"id": MODEL, "object": "model", "created": 0, "owned_by": LABEL}


async def _body(receive: Receive) -> bytes:
    chunks = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


Choice = tuple[str, str, int]


async def _choices(asked: Generation) -> list[Choice]:
    """Text, finish reason and token count of each choice."""
    if is_judging(asked.messages):
        return [_cut(verdict(asked.messages), asked)] * asked.n
    if is_suggesting(asked.messages):
        return [_cut(suggestions(asked.messages, _seed(asked, j)), asked) for j in range(asked.n)]
    made = []
    for j in range(asked.n):
        if j % _CHOICES_AT_A_TIME == _CHOICES_AT_A_TIME - 1:
            await asyncio.sleep(0)
        made.append(_cut(sample(asked.messages, _seed(asked, j), asked.temperature, asked.top_p), asked))
    return made


def _seed(asked: Generation, choice: int) -> int | None:
    return None if asked.seed is None else asked.seed + choice


def _cut(text: str, asked: Generation) -> Choice:
    stops = [at for at in (text.find(stop) for stop in asked.stop) if at >= 0]
    wanted = text[: min(stops)] if stops else text
    kept, count = first_tokens(wanted, asked.max_tokens)
    return kept, "stop" if len(kept) == len(wanted) else "length", count


async def _chat(asked: Generation) -> dict[str, Any]:
    choices = await _choices(asked)
    return _envelope("chat.completion", "chatcmpl", asked, choices) | {
        "choices": [
            {
                "index": j,
                "message": {"role": "assistant", "content": text, "refusal": None},
                "finish_reason": reason,
                "logprobs": None,
            }
            for j, (text, reason, _) in enumerate(choices)
        ]
    }


async def _completion(asked: Generation) -> dict[str, Any]:
    choices = await _choices(asked)
    return _envelope("text_completion", "cmpl", asked, choices) | {
        "choices": [
            {"index": j, "text": text, "finish_reason": reason, "logprobs": None}
            for j, (text, reason, _) in enumerate(choices)
        ]
    }


def _envelope(kind: str, prefix: str, asked: Generation, choices: list[Choice]) -> dict[str, Any]:
    read = sum(count_tokens(text) for _, text in asked.messages)
    written = sum(count for _, _, count in choices)
    return {
        "id": f"{prefix}-{uuid4().hex[:24]}",
        "object": kind,
        "created": int(time.time()),
        "model": MODEL,
        "system_fingerprint": LABEL,
        "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
    }


def _error(error: BadRequestError) -> dict[str, Any]:
    kind = "invalid_request_error"
    return {"error": {"message": str(error), "type": kind, "param": error.param, "code": error.code}}
