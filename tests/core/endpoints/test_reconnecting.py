"""Kept connections that the server closes: who closes, when, and what becomes of the request that meets it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import select
import socket
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import pytest

from core.endpoints.client import open_client
from core.endpoints.completion import Completion, read_chat
from core.endpoints.continuation import Ask
from core.endpoints.endpoint import Endpoint
from core.endpoints.reconnecting import LONGEST_IDLE
from core.resampling.retrying import GivenUpError, Lane, RetryPolicy
from tests.core.fake_server import whole_body

ASK = Ask("/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "hi"}]})
ONCE = RetryPolicy(attempts=1)

BODY = json.dumps({"choices": [{"message": {"content": "Well."}, "finish_reason": "stop"}]}).encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


class Server:
    """Sends ``says[i]`` for request number i of a connection; what it says last is said with the close.

    It says nothing before there are ``together`` connections.

    Attributes:
        url: its base URL.
        requests: how many requests came on each connection, in the order of connecting.
    """

    def __init__(self, *says: bytes, resets: bool = False, together: int = 1) -> None:
        self.url = ""
        self.requests: list[int] = []
        self.says = says
        self._resets = resets
        self._together = together
        self._are_there = asyncio.Event()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET"):
            # Somebody looks whether there is a server.
            writer.write(ANSWER)
            writer.close()
            return
        number = len(self.requests)
        self.requests.append(0)
        if len(self.requests) >= self._together:
            self._are_there.set()
        await self._are_there.wait()
        try:
            for left, said in reversed([*enumerate(reversed(self.says))]):
                (length,) = re.findall(rb"(?i)content-length: (\d+)", head)
                await reader.readexactly(int(length))
                self.requests[number] += 1
                writer.write(said)
                await writer.drain()
                if left:
                    head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            pass
        if self._resets:
            connection = writer.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[Server]:
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    async with listening:
        yield server


Post = Callable[[], Awaitable[Completion]]


@asynccontextmanager
async def lane_to(url: str, policy: RetryPolicy = ONCE) -> AsyncIterator[Post]:
    """Something that posts a request to this server."""
    endpoint = Endpoint("here", url, "m", concurrency=8)
    async with open_client(endpoint) as client:
        lane = Lane(endpoint, {endpoint.base_url: client}, policy, asyncio.Event())
        yield lambda: lane.post(ASK, read_chat)


@pytest.mark.parametrize("resets", [False, True], ids=["closed", "reset"])
async def test_what_a_kept_connection_loses_is_sent_again_on_a_fresh_one_and_is_no_attempt(resets: bool) -> None:
    async with serving(Server(ANSWER, b"", resets=resets)) as server, lane_to(server.url) as post:
        await post()
        assert (await post()).choices[0].text == "Well."
    assert server.requests == [2, 1]


async def test_the_second_try_takes_no_kept_connection() -> None:
    async with serving(Server(ANSWER, b"", together=5)) as server, lane_to(server.url) as post:
        await asyncio.gather(*(post() for _ in range(5)))
        assert server.requests == [1] * 5
        await post()
    assert sorted(server.requests) == [1, 1, 1, 1, 1, 2]


async def test_a_fresh_connection_that_breaks_is_a_fault_of_its_own() -> None:
    async with serving(Server(b"")) as server, lane_to(server.url) as post:
        with pytest.raises(GivenUpError) as given_up:
            await post()
    assert (given_up.value.fault.kind, server.requests) == ("connection", [1])


async def test_a_request_that_is_lost_on_the_fresh_connection_too_is_given_up() -> None:
    server = Server(ANSWER, b"")
    async with serving(server), lane_to(server.url) as post:
        await post()
        server.says = (b"",)
        with pytest.raises(GivenUpError) as given_up:
            await post()
    assert (given_up.value.fault.kind, server.requests) == ("connection", [2, 1])


@pytest.mark.parametrize("begun", [ANSWER[:1], ANSWER[:20], ANSWER[:-1]], ids=["a byte", "the head", "the body"])
async def test_an_answer_that_has_begun_is_not_asked_for_again(begun: bytes) -> None:
    async with serving(Server(ANSWER, begun)) as server, lane_to(server.url) as post:
        await post()
        with pytest.raises(GivenUpError) as given_up:
            await post()
    assert (given_up.value.fault.kind, server.requests) == ("connection", [2])


async def test_a_proxy_may_close_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with serving(Server(ANSWER, b"")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
        async with lane_to("http://model.invalid/v1") as post:
            await post()
            await post()
    assert proxy.requests == [2, 1]


async def test_no_connection_is_kept_idle_for_as_long_as_uvicorn_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn

    assert uvicorn.Config(None).timeout_keep_alive > LONGEST_IDLE  # type: ignore[arg-type]
    now = 1000.0
    monkeypatch.setattr("aiohttp.connector.monotonic", lambda: now)
    async with serving(Server(ANSWER, ANSWER, ANSWER)) as server, lane_to(server.url) as post:
        await post()
        now += LONGEST_IDLE
        await post()
        now += LONGEST_IDLE + 0.001
        await post()
    assert server.requests == [2, 1]


async def failing(scope: Any, receive: Any, send: Any) -> None:
    """Answers 500 and passes its exception on, as Starlette's outermost layer does."""
    await whole_body(receive)
    await send({"type": "http.response.start", "status": 500, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})
    raise RuntimeError("on purpose")


class NextRequest(logging.Handler):
    """Makes the first traceback take until another request has come on one of the connections."""

    def __init__(self, server: Any) -> None:
        super().__init__()
        self._server = server
        self.logged = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.logged += 1
        if self.logged == 1:
            (connection,) = self._server.server_state.connections
            select.select([connection.transport.get_extra_info("socket")], [], [])


@contextmanager
def uvicorn_in_a_thread() -> Iterator[tuple[int, NextRequest]]:
    """`failing` behind uvicorn, whose log is slow; gives its port."""
    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(failing, log_config=None, log_level="error", lifespan="off"))
        slow, log = NextRequest(server), logging.getLogger("uvicorn.error")
        log.addHandler(slow)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield listening.getsockname()[1], slow
        finally:
            server.should_exit = True
            thread.join()
            log.removeHandler(slow)


def test_uvicorn_closes_after_a_500_without_a_word_once_the_traceback_is_logged() -> None:
    """The proof of who closes, and when: a second request is on its way before the server has closed."""
    request = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}"
    with uvicorn_in_a_thread() as (port, _), socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        answer = b""
        while not answer.endswith(b"{}"):
            answer += connection.recv(1000)
        assert answer.startswith(b"HTTP/1.1 500 ")
        assert b"connection:" not in answer.lower()
        connection.sendall(request)
        with suppress(ConnectionResetError):
            assert connection.recv(1000) == b""


async def test_a_500_of_uvicorn_stays_an_error_of_the_server_however_soon_it_is_asked_again() -> None:
    with uvicorn_in_a_thread() as (port, slow):
        async with lane_to(f"http://127.0.0.1:{port}/v1", RetryPolicy(attempts=2, first=0.0)) as post:
            with pytest.raises(GivenUpError) as given_up:
                await post()
    assert (given_up.value.fault.kind, given_up.value.attempts) == ("server_error", 2)
    assert slow.logged == 2
