"""Several servers behind one endpoint: which one a prefix goes to, and what becomes of a dead one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.endpoints.client import open_client
from core.endpoints.completion import read_chat
from core.endpoints.continuation import Ask
from core.endpoints.endpoint import Endpoint
from core.resampling.replicas import Replica, choose, preference
from core.resampling.retrying import Lane, RetryPolicy, RunEndedError
from tests.core.resampling.fault_server import FaultServer, fault_server
from tests.patience import PATIENCE

POLICY = RetryPolicy(attempts=3, first=0.005, longest=0.02, patience=PATIENCE)
ASK = Ask("/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "hi"}]})
KEYS = [f"trace/{prefix}" for prefix in range(40)]

# No request is sent in the tests of choosing.
CLIENT: Any = None


def replicas(n: int) -> list[Replica]:
    return [Replica(f"http://127.0.0.1:{8000 + number}/v1", CLIENT, ceiling=4) for number in range(n)]


@given(st.integers(2, 9), st.data())
def test_one_server_less_moves_only_its_own_prefixes(n: int, data: st.DataObject) -> None:
    servers = replicas(n)
    lost = data.draw(st.sampled_from(servers))
    before = {key: preference(servers, key)[0] for key in KEYS}
    after = {key: preference([server for server in servers if server is not lost], key)[0] for key in KEYS}
    assert all(after[key] is before[key] for key in KEYS if before[key] is not lost)


def test_prefixes_are_spread_over_all_servers() -> None:
    servers = replicas(4)
    shares = Counter(preference(servers, f"trace/{prefix}")[0].url for prefix in range(2000))
    assert len(shares) == 4
    assert min(shares.values()) > 400


def test_a_full_server_leaves_a_request_to_the_least_loaded() -> None:
    servers = replicas(3)
    first, second, third = preference(servers, "a")
    assert choose(servers, "a") is first
    first.in_flight = first.concurrency.limit
    second.in_flight, third.in_flight = 3, 1
    assert choose(servers, "a") is third
    second.in_flight = third.in_flight = 4
    assert choose(servers, "a") is first


def test_a_server_that_is_down_or_told_us_to_wait_is_passed_over() -> None:
    servers = replicas(3)
    first, second, third = preference(servers, "a")
    first.concurrency.rate_limited(first.concurrency.sent(1), 60.0)
    second.is_up = False
    assert choose(servers, "a") is third
    third.is_up = False
    assert choose(servers, "a") is first
    first.is_up = False
    assert choose(servers, "a") is None


@asynccontextmanager
async def lane_of(*servers: FaultServer) -> AsyncIterator[Lane]:
    """A lane to some servers that are up."""
    endpoint = Endpoint("fleet", servers[0].url, "m", concurrency=4 * len(servers))
    async with AsyncExitStack() as stack:
        clients = {
            server.url: await stack.enter_async_context(open_client(replace(endpoint, base_url=server.url)))
            for server in servers
        }
        yield Lane(endpoint, clients, POLICY, asyncio.Event())


@asynccontextmanager
async def fleet(n: int) -> AsyncIterator[list[FaultServer]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(fault_server()) for _ in range(n)]


async def answered_by(lane: Lane, keys: list[str]) -> dict[str, str | None]:
    """Which server answers each key, one after the other."""
    return {key: (await lane.post(ASK, read_chat, key)).replica for key in keys}


async def test_a_dead_server_is_left_alone_and_tried_again() -> None:
    async with fleet(3) as servers, lane_of(*servers) as lane:
        before = await answered_by(lane, KEYS)
        assert set(before.values()) == {server.url for server in servers}
        assert await answered_by(lane, KEYS) == before

        dead = servers[1]
        await dead.die()
        without = await answered_by(lane, KEYS)
        assert dead.url not in without.values()
        assert all(without[key] == url for key, url in before.items() if url != dead.url)
        assert lane.waiting_for == ""

        await dead.start()
        # It is looked at again after a while.
        async with asyncio.timeout(PATIENCE):
            while await answered_by(lane, KEYS) != before:
                pass


async def test_many_at_once_fill_every_server() -> None:
    async with fleet(2) as servers, lane_of(*servers) as lane:
        await asyncio.gather(*(lane.post(ASK, read_chat, "one/prefix") for _ in range(8)))
        assert all(server.n_answers > 0 for server in servers)


@pytest.mark.parametrize("n", [1, 3])
async def test_all_dead_and_one_comes_back(n: int) -> None:
    async with fleet(n) as servers, lane_of(*servers) as lane:
        await answered_by(lane, KEYS)
        for server in servers:
            await server.die()
        waiting = asyncio.create_task(lane.post(ASK, read_chat, "a"))
        while not lane.waiting_for:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        assert lane.waiting_for == servers[0].url
        assert not lane.has_room
        await servers[-1].start()
        assert (await waiting).replica == servers[-1].url
        assert lane.waiting_for == ""


async def test_servers_that_were_never_there_end_the_run_at_once_and_are_all_named() -> None:
    async with fleet(2) as servers, lane_of(*servers) as lane:
        for server in servers:
            await server.die()
        first, second = (server.url for server in servers)
        with pytest.raises(RunEndedError, match=f"^nothing answers at {first} nor at {second}; "):
            await lane.post(ASK, read_chat, "a")
