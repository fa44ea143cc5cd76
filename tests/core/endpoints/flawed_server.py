"""A server that does everything right, but for the flaws it is given: each is one that real servers have."""

from __future__ import annotations

import asyncio
import json
import random
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

from openai import AsyncOpenAI

from core.endpoints.client import open_app
from core.endpoints.endpoint import Endpoint
from tests.core.fake_server import served, whole_body

WORDS = ("tide", "lamp", "gull", "rope", "salt", "keel", "mast", "foam", "reef", "buoy", "crab", "dune", "cove", "surf")
_TOKEN = re.compile(r"\n|[^\S\n]|\w{1,7}|[^\w\s]")
FLAWS = frozenset((
    "opens a new turn", "closes with one token", "repeats the tag", "repeats the first sentence", "echoes",
    "drops the prefix", "drops think", "reopens think", "strips inside", "strips the end", "refuses the end",
    "ignores n", "refuses n", "same choices", "ignores seed", "refuses seed", "leaves the seed", "always the same",
    "caches", "parses reasoning", "no usage", "constant usage", "no models", "other models", "refuses a prefix",
    "wraps plain text", "adds tokens and goes on", "cannot spell", "says nothing", "refuses for rate once",
    "refuses the key", "white space is free",
))  # fmt: skip


class FlawedServer:
    """An ASGI app around a toy model whose texts follow from prompt and seed."""

    def __init__(self, *flaws: str, headers: Mapping[str, str] | None = None) -> None:
        assert FLAWS.issuperset(flaws)
        self.bodies: list[dict[str, Any]] = []
        self._flaws = frozenset(flaws)
        self._headers = dict(headers or {})
        self._left = random.Random(0)
        self._refused = False

    def open(self, endpoint: Endpoint) -> AbstractAsyncContextManager[AsyncOpenAI]:
        """Open a client into this app."""
        return open_app(self)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raw = await whole_body(receive)
        status, answer = self._answer(scope["path"], json.loads(raw) if raw else {})
        headers = {"content-type": "application/json", **self._headers}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _has(self, flaw: str) -> bool:
        return flaw in self._flaws

    def _answer(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if self._has("refuses the key"):
            return 401, {"error": {"message": "no such key"}}
        if path.endswith("/models"):
            if self._has("no models"):
                return 404, {"error": {"message": "nothing here"}}
            return 200, {"data": [{"id": "another" if self._has("other models") else "m"}]}
        self.bodies.append(body)
        if self._has("refuses for rate once") and not self._refused:
            self._refused = True
            return 429, {"error": {"message": "slow down"}}
        turns = body.get("messages", [{"role": "user", "content": body.get("prompt")}])
        prefix = turns[-1]["content"] if turns[-1]["role"] == "assistant" else ""
        refused = (
            (self._has("refuses a prefix") and prefix)
            or (self._has("refuses n") and body.get("n", 1) > 1)
            or (self._has("refuses seed") and "seed" in body)
            or (self._has("refuses the end") and prefix != prefix.rstrip())
        )
        if refused:
            return 400, {"error": {"message": "this is not supported"}}
        prompt = self._plain(body["prompt"]) if "prompt" in body else self._rendered(turns[:-1] if prefix else turns)
        prompt += self._kept(prefix)
        return 200, self._reply(prompt, prefix, body)

    def _plain(self, prompt: str) -> str:
        return f"<|user|>{prompt}<|end|><|assistant|>" if self._has("wraps plain text") else prompt

    def _rendered(self, turns: list[dict[str, str]]) -> str:
        return "".join(f"<|{turn['role']}|>{turn['content']}<|end|>" for turn in turns) + "<|assistant|>"

    def _kept(self, prefix: str) -> str:
        """The prefix as it reaches the model, and what is put behind it."""
        if not prefix or self._has("drops the prefix"):
            return ""
        if self._has("drops think"):
            prefix = prefix.replace("<think>\n", "")
        if self._has("strips the end"):
            prefix = prefix.rstrip()
        if self._has("strips inside"):
            prefix = re.sub(r"\s+", " ", prefix[: len(prefix.rstrip())]) + prefix[len(prefix.rstrip()) :]
        if self._has("opens a new turn"):
            return f"{prefix}<|end|><|assistant|>"
        if self._has("closes with one token"):
            return f"{prefix}."
        return f"<<>>{prefix}" if self._has("adds tokens and goes on") else prefix

    def _reply(self, prompt: str, prefix: str, body: dict[str, Any]) -> dict[str, Any]:
        n = 1 if self._has("ignores n") else body.get("n", 1)
        texts = [self._text(prompt, prefix, body, j) for j in range(n)]
        choices = []
        for j, text in enumerate(texts):
            message: dict[str, Any] = {"role": "assistant", "content": text}
            if self._has("parses reasoning"):
                message |= {"content": "", "reasoning_content": text}
            choices.append({"index": j, "text": text, "message": message, "finish_reason": "length"})
        reply: dict[str, Any] = {"model": "m", "choices": choices}
        if not self._has("no usage"):
            count = 100 if self._has("constant usage") else self._count(prompt)
            reply["usage"] = {"prompt_tokens": count, "completion_tokens": sum(map(self._count, texts))}
        return reply

    def _count(self, text: str) -> int:
        tokens = _TOKEN.findall(text)
        return sum(not token.isspace() for token in tokens) if self._has("white space is free") else len(tokens)

    def _text(self, prompt: str, prefix: str, body: dict[str, Any], choice: int) -> str:
        if self._has("says nothing"):
            return ""
        words = " ".join(self._random(prompt, body, choice).choices(WORDS, k=body["max_tokens"]))
        text = f" {words}"
        goes_on = not self._flaws & {"opens a new turn", "drops the prefix", "closes with one token", "cannot spell"}
        if prompt.endswith("Bartholom") and goes_on:
            text = f"ew, and {words}"
        if prefix.startswith("<SCRATCHPAD") and self._has("repeats the tag"):
            text = f"<SCRATCHPAD_REASONING>\nOh, {words}"
        if prefix.startswith("<SCRATCHPAD") and self._has("repeats the first sentence"):
            text = f"\nThe keeper of the lighthouse was christened Bartholomew. Oh, {words}"
        if prefix.startswith("<think>") and self._has("reopens think"):
            text = f"<think>\n{words}"
        return (prefix or body.get("prompt", "")) + text if self._has("echoes") else text

    def _random(self, prompt: str, body: dict[str, Any], choice: int) -> random.Random:
        seed = body.get("seed")
        if self._has("always the same"):
            return random.Random(prompt)
        if seed is None or self._has("ignores seed"):
            return random.Random(f"{prompt}/cached") if self._has("caches") else self._left
        found = random.Random(f"{prompt}/{seed + (0 if self._has('same choices') else choice)}")
        if self._has("leaves the seed"):
            self._left = random.Random(found.random())
        return found


@contextmanager
def served_aside(server: FlawedServer) -> Iterator[str]:
    """Serve it on a loopback port from a thread of its own; gives its base URL."""
    loop, ready, addresses = asyncio.new_event_loop(), threading.Event(), list[str]()
    done = asyncio.Event()

    async def serve() -> None:
        async with served(server) as url:
            addresses.append(url)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield addresses[0]
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
        loop.close()
