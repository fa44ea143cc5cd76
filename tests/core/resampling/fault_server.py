"""A server over real HTTP that does everything wrong that servers do, by seeded chance, and can die and come back."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from tests.core.fake_server import text_for

FAULTS = (
    "429",
    "429 with Retry-After",
    "429 with an allowance",
    "500",
    "502",
    "503 with Retry-After",
    "529",
    "408",
    "hangs up",
    "hangs up in the head",
    "hangs up in the body",
    "truncated JSON",
    "malformed JSON",
    "a page",
    "no choices",
    "null choices",
    "a choice that is an error",
    "hangs",
)
_STATUS = {"429": 429, "500": 500, "502": 502, "529": 529, "408": 408}
_EXTRA = {
    "429 with Retry-After": (429, "Retry-After: 0.01\r\n"),
    "429 with an allowance": (429, "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 10ms\r\n"),
    "503 with Retry-After": (503, "retry-after-ms: 10\r\n"),
}
_BODIES = {
    "malformed JSON": "{'choices': [}",
    "a page": "<html>It works!</html>",
    "no choices": '{"choices": []}',
    "null choices": '{"choices": null}',
    "a choice that is an error": '{"choices": [{"error": {"message": "upstream"}, "finish_reason": "error"}]}',
}

Rule = Callable[[dict[str, Any]], str | None]


class FaultServer:
    """Answers as `tests.core.fake_server.text_for` says, except for a share ``fault_rate`` of the requests.

    ``rule`` sees a request first and may name the fault that it always gets: one of `FAULTS`, or ``too long``.
    ``padding`` makes each continuation longer by so many characters; ``latency`` is in seconds.
    """

    def __init__(
        self,
        *,
        fault_rate: float = 0.0,
        seed: int = 0,
        rule: Rule = lambda body: None,
        padding: int = 0,
        latency: float = 0.0,
    ) -> None:
        self.n_requests = 0
        self.n_answers = 0
        self.faults: Counter[str] = Counter()
        self.authorization: set[str] = set()
        self._fault_rate = fault_rate
        self._dice = random.Random(seed)
        self._rule = rule
        self._padding = "x" * padding
        self._latency = latency
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Its base URL, which stays the same when it comes back."""
        return f"http://127.0.0.1:{self._port}/v1"

    async def start(self) -> None:
        """Listen; at the port where it was before."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self._port, backlog=512)
        self._port = self._server.sockets[0].getsockname()[1]

    async def answered(self, n: int) -> None:
        """Wait until it has answered so many requests."""
        while self.n_answers < n:  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    async def die(self) -> None:
        """Drop every connection, and listen no more."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            # One that was being accepted while the server died is dead as well.
            while self._server is not None and await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; says whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n"))}
        raw = await reader.readexactly(int(fields.get("content-length", 0)))
        self.authorization.add(fields.get("authorization", ""))
        if head.startswith("GET"):
            _write(writer, 200, '{"data": []}')
            return True
        body = json.loads(raw)
        self.n_requests += 1
        fault = self._rule(body)
        if fault is None and self._dice.random() < self._fault_rate:
            fault = self._dice.choice(FAULTS)
        if fault is not None:
            self.faults[fault] += 1
            if fault == "hangs":
                # Until the client has had enough.
                await reader.read(1)
                return False
            return await self._fail(fault, writer, fields.get("authorization", ""))
        if self._latency:
            await asyncio.sleep(self._latency)
        self.n_answers += 1
        _write(writer, 200, self._completion(body))
        await writer.drain()
        return True

    async def _fail(self, fault: str, writer: asyncio.StreamWriter, authorization: str) -> bool:
        said = json.dumps({"error": {"message": f"no, said the server to {authorization}", "code": None}})
        if fault == "too long":
            said = json.dumps({"error": {"message": "maximum context length is 10 tokens", "code": None}})
            _write(writer, 400, said)
        elif fault in _STATUS:
            _write(writer, _STATUS[fault], said)
        elif fault in _EXTRA:
            status, fields = _EXTRA[fault]
            _write(writer, status, said, fields)
        elif fault in _BODIES:
            _write(writer, 200, _BODIES[fault])
        elif fault == "truncated JSON":
            whole = self._completion({"messages": [], "n": 1})
            _write(writer, 200, whole[: len(whole) // 2])
        elif fault == "hangs up in the head":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-")
            return False
        elif fault == "hangs up in the body":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{")
            return False
        else:
            return False
        return True

    def _completion(self, body: dict[str, Any]) -> str:
        prompt = json.dumps(body["messages"])
        texts = [text_for(prompt, body.get("seed", 0) + j) + self._padding for j in range(body.get("n", 1))]
        choices = [
            {"index": j, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            for j, text in enumerate(texts)
        ]
        usage = {
            "prompt_tokens": 100,
            "completion_tokens": 10 * len(texts),
            "prompt_tokens_details": {"cached_tokens": 92},
        }
        return json.dumps({"model": "fault-1", "choices": choices, "usage": usage})


@contextmanager
def in_a_thread(server: FaultServer) -> Iterator[FaultServer]:
    """The server in a thread of its own, for tests of other processes."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.die(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _write(writer: asyncio.StreamWriter, status: int, body: str, fields: str = "") -> None:
    content = body.encode()
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n{fields}Content-Length: {len(content)}\r\n\r\n"
    writer.write(head.encode() + content)


@asynccontextmanager
async def fault_server(**how: Any) -> AsyncIterator[FaultServer]:
    """A served `FaultServer`, gone at the end."""
    server = FaultServer(**how)
    await server.start()
    try:
        yield server
    finally:
        await server.die()
