"""Sending a request once more that met a kept connection just as the server was closing it.

A server may close a kept connection whenever it likes, and the close is all that tells. uvicorn, which vLLM and
transformers serve with, does it after 5 s without a request, and right after a 500 where the application passes its
exception on, as those of Starlette do: the answer is out, with no word of closing, and the connection lasts until the
traceback is logged. What is sent in that moment is lost unread, and says nothing about the server or the request.
"""

from __future__ import annotations

from contextvars import ContextVar
from copy import copy
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import httpx2
    from aiohttp.client import ClientSession
    from openai._vendor.httpx_aiohttp import AiohttpTransport

LONGEST_IDLE: Final = 3.0
"""Seconds for which a connection is kept without a request: less than the 5 s of uvicorn, llama.cpp and Node."""

_is_kept: ContextVar[bool] = ContextVar("_is_kept", default=False)


def reconnect(http: httpx2.AsyncClient) -> None:
    """Let a client over aiohttp send again, on a connection of its own, what a kept connection has lost."""
    http._transport = _reconnecting(http._transport)
    # One for each proxy that the environment names.
    http._mounts = {pattern: _reconnecting(proxy) for pattern, proxy in http._mounts.items()}


def _reconnecting(transport: Any) -> Any:
    # openai does not promise which transport it brings: any other works as well, but for the second try.
    return Reconnecting(transport) if hasattr(transport, "get_client") else transport


class Reconnecting:
    """The aiohttp transport of openai, but for requests that a kept connection has lost.

    Those are sent once more, on a connection that was never used. A client that knows a request to be safe to repeat
    may do so unasked after such a close (RFC 9112, sections 9.3.1 and 9.6), and all that is asked here is: sampling
    changes nothing at the server, and one that closes without a byte of answer has in all likelihood read nothing.
    """

    def __init__(self, kept: AiohttpTransport) -> None:
        import httpx2

        self._kept = kept
        self._fresh = copy(kept)
        self._fresh.limits = httpx2.Limits(max_connections=kept.limits.max_connections, keepalive_expiry=0.0)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, twice if need be; raises what the last try raises."""
        import httpx2

        if self._kept.client is None:
            self._kept.client = _watched(self._kept.get_client())
        _is_kept.set(False)
        try:
            response = await self._kept.handle_async_request(request)
        except httpx2.TransportError as error:
            if not _is_kept.get() or not _is_unanswered(error.__cause__):
                raise
        else:
            return response
        request.headers["Connection"] = "close"
        return await self._fresh.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._kept.aclose()
        await self._fresh.aclose()


def _watched(session: ClientSession) -> ClientSession:
    """A session that notes in ``_is_kept`` which kind of connection the request of this task is given."""
    from aiohttp import TraceConfig

    async def kept(*_: object) -> None:
        _is_kept.set(True)

    async def opened(*_: object) -> None:
        _is_kept.set(False)

    config = TraceConfig()
    config.on_connection_reuseconn.append(kept)
    config.on_connection_create_start.append(opened)
    config.freeze()
    session.trace_configs.append(config)
    return session


def _is_unanswered(error: BaseException | None) -> bool:
    """Whether a connection was closed or reset with nothing of an answer on it."""
    import aiohttp

    if isinstance(error, aiohttp.ServerDisconnectedError):
        # Of an answer that has begun, its head is given instead of words.
        return isinstance(error.message, str)
    return isinstance(error, aiohttp.ClientOSError | aiohttp.ClientConnectionResetError)
