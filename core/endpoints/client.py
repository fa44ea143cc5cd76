"""Opening the openai client for an endpoint, over the network or into the simulator in this process."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from core.endpoints.blotting import blotted_logs
from core.endpoints.endpoint import SIMULATOR_URL, Endpoint
from core.endpoints.presets import preset_headers
from core.errors import EndpointError

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

NO_KEY = "-"

ClientOpener: TypeAlias = "Callable[[Endpoint], AbstractAsyncContextManager[AsyncOpenAI]]"


@asynccontextmanager
async def open_client(endpoint: Endpoint, base_url: str | None = None) -> AsyncIterator[AsyncOpenAI]:
    """Open a client that makes no retries of its own and keeps one connection per request in flight.

    ``base_url`` is that of one of the endpoint's replicas (None: the first).

    Raises:
        EndpointError: if the server wants a key and its environment variable holds none that can be sent, or the
            environment names a proxy or certificates that cannot be used.
    """
    import httpx2
    from openai import DefaultAioHttpClient

    from core.endpoints.certificates import ssl_context
    from core.endpoints.proxies import check_proxies
    from core.endpoints.reconnecting import LONGEST_IDLE, reconnect

    url = endpoint.base_url if base_url is None else base_url
    if url == SIMULATOR_URL:
        from core.endpoints.simulator.app import create_app

        async with open_app(create_app()) as client:
            yield client
        return
    key = api_key(endpoint)
    address = endpoint.served_at or url
    check_proxies(address)
    # openai's default pool works in time proportional to its connections on every request; this one does not.
    http = DefaultAioHttpClient(
        timeout=httpx2.Timeout(
            endpoint.timeout,
            connect=min(endpoint.connect_timeout, endpoint.timeout),
            read=min(endpoint.read_timeout or endpoint.timeout, endpoint.timeout),
        ),
        limits=httpx2.Limits(max_connections=endpoint.concurrency, keepalive_expiry=LONGEST_IDLE),
        verify=ssl_context(address),
    )
    reconnect(http)
    with blotted_logs(key):
        async with _client(address, key, http, preset_headers(endpoint.preset)) as client:
            yield client


@asynccontextmanager
async def open_app(app: Any) -> AsyncIterator[AsyncOpenAI]:
    """Open a client whose requests go straight into an ASGI application of this process."""
    import httpx2

    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), timeout=None)
    async with _client("http://simulator/v1", NO_KEY, http) as client:
        yield client


def _client(base_url: str, key: str, http: httpx2.AsyncClient, headers: Mapping[str, str] | None = None) -> AsyncOpenAI:
    from openai import AsyncOpenAI

    # Timeouts are given twice: openai takes those of an http client that equal httpx2's own for none at all.
    return AsyncOpenAI(
        base_url=base_url,
        api_key=key,
        http_client=http,
        max_retries=0,
        timeout=http.timeout,
        default_headers=headers,
    )


def api_key(endpoint: Endpoint) -> str:
    """Read the endpoint's key from the environment, now; a local server needs none.

    Raises:
        EndpointError: if there is none, or it cannot be sent in a header; the sentence never shows it.
    """
    key = os.environ.get(endpoint.api_key_env, "").strip()
    if not key:
        if endpoint.is_local:
            return NO_KEY
        raise EndpointError(
            f"{endpoint.name}: no API key for {endpoint.base_url}; set the environment variable {endpoint.api_key_env}."
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise EndpointError(
            f"{endpoint.name}: the variable {endpoint.api_key_env} holds characters no key has; set it again."
        )
    return key
