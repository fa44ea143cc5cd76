"""Checking an endpoint, each of its servers, and keeping what was found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from core.endpoints.client import ClientOpener, open_client
from core.endpoints.endpoint import SIMULATOR_URL, Endpoint
from core.endpoints.probe.finding import UNREACHABLE, Verdict
from core.endpoints.probe.probing import OnStep, probe, unwatched
from core.endpoints.refusals import refuse_if_it_cannot_continue
from core.errors import StoreError
from core.store.checks import add_check, latest_check
from core.store.database import Store


def needs_no_check(endpoint: Endpoint) -> bool:
    """Whether the endpoint is the simulator in this process, which is known to continue."""
    return endpoint.base_url == SIMULATOR_URL


def servers_of(endpoint: Endpoint) -> tuple[Endpoint, ...]:
    """The endpoint once for each address at which it is served."""
    return tuple(replace(endpoint, base_url=url, replicas=(url,)) for url in endpoint.replicas)


async def check_endpoint(
    endpoint: Endpoint,
    store: Store | None = None,
    on_step: OnStep = unwatched,
    clients: ClientOpener = open_client,
) -> tuple[Verdict, ...]:
    """Check each server of an endpoint, and store what was found where there is a ``store``.

    What cannot be reached has a verdict of its own, and is not stored: it says nothing about the server.

    Raises:
        CannotContinueError: if the endpoint is known to answer anew; nothing is sent to find out.
        EndpointError: if the key is missing.
    """
    refuse_if_it_cannot_continue(endpoint)
    verdicts = []
    for server in servers_of(endpoint):
        async with clients(server) as client:
            verdict = await probe(server, client, on_step)
        verdicts.append(verdict)
        if store is not None and verdict.verdict != UNREACHABLE:
            await _stored(store, endpoint, verdict)
    return tuple(verdicts)


async def known_or_checked(
    endpoint: Endpoint,
    store: Store,
    on_step: OnStep = unwatched,
    clients: ClientOpener = open_client,
    refuses: Callable[[Verdict], bool] = lambda verdict: verdict.refuses,
) -> tuple[Verdict, ...]:
    """The verdicts on each server of an endpoint: those in the store that are younger than 30 days, or new ones.

    A stored one that ``refuses`` is never believed: the server may have been mended since.

    Raises:
        CannotContinueError: if the endpoint is known to answer anew.
        EndpointError: if the key is missing.
    """
    if needs_no_check(endpoint):
        return ()
    known = [latest_check(store.read, endpoint.settings.id, server.base_url) for server in servers_of(endpoint)]
    fresh = [check.verdict for check in known if check is not None and check.is_fresh]
    if len(fresh) == len(known) and not any(map(refuses, fresh)):
        return tuple(fresh)
    return await check_endpoint(endpoint, store, on_step, clients)


async def _stored(store: Store, endpoint: Endpoint, verdict: Verdict) -> None:
    # Where nothing can be written, the run that follows says so; what was found counts all the same.
    with suppress(StoreError):
        await asyncio.wrap_future(store.write(lambda database: add_check(database, endpoint.settings, verdict)))
