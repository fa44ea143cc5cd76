"""What is paid: prompt tokens that a server had in its cache, and where they are told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.endpoints.completion import read_chat
from core.endpoints.endpoint import Endpoint
from core.resampling.budget import shares
from core.resampling.plan import make_plan
from core.resampling.progress import Progress
from core.resampling.request import DONE, RunResult
from core.resampling.runner import run
from tests.core.fake_server import FakeServer
from tests.core.resampling.fault_server import fault_server
from tests.core.resampling.scene import PRICED, asked, fresh_store, go, judged_by, rows

CACHING = replace(PRICED, price_cached=0.1)


def answer(usage: object) -> dict[str, Any]:
    return {"choices": [{"message": {"content": "x"}}], "usage": usage}


@pytest.mark.parametrize(
    ("usage", "cached"),
    [
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 64}}, 64),
        ({"prompt_tokens": 100, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36}, 64),
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 0}}, 0),
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 900}}, 100),
        ({"prompt_tokens": 100, "prompt_tokens_details": None}, None),
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": "64"}}, None),
        ({"prompt_tokens": 100, "prompt_cache_hit_tokens": -1}, None),
        (None, None),
    ],
)
def test_cached_tokens_are_read_in_both_dialects(usage: object, cached: int | None) -> None:
    assert read_chat(answer(usage)).cached_tokens == cached


def test_cached_tokens_have_their_own_price_where_there_is_one() -> None:
    assert CACHING.cost(1000, 100) == pytest.approx(0.002)
    assert CACHING.cost(1000, 100, 900) == pytest.approx((100 * 1.0 + 900 * 0.1 + 100 * 10.0) / 1e6)
    assert PRICED.cost(1000, 100, 900) == PRICED.cost(1000, 100)
    assert Endpoint("e", "u", "m", price_cached=0.1).cost(1000, 100, 900) is None


@given(st.integers(0, 5000), st.floats(0, 1), st.integers(1, 30))
def test_no_rollout_has_more_cached_tokens_than_tokens(prompt: int, share: float, n: int) -> None:
    read = shares(prompt, [1] * n)
    cached = shares(int(prompt * share), read)
    assert sum(cached) == int(prompt * share)
    assert all(0 <= hit <= tokens for hit, tokens in zip(cached, read, strict=True))


class Caching(FakeServer):
    """A server that had nine tenths of every prompt in its cache."""

    def _reply(self, texts: list[str]) -> Any:
        import json

        reply = super()._reply(texts)
        body = json.loads(reply.body)
        body["usage"]["prompt_tokens_details"] = {"cached_tokens": 90}
        return replace(reply, body=json.dumps(body))


def test_cached_tokens_of_several_choices_are_not_believed(tmp_path: Path) -> None:
    """Some servers count those of the last choice, whose prompt the first has just put there: a cost would be low."""
    usage = {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 90}}
    two = answer(usage)
    two["choices"] = [{"index": j, "message": {"content": "a"}} for j in range(2)]
    assert (read_chat(two).prompt_tokens, read_chat(two).cached_tokens) == (100, None)
    with fresh_store(tmp_path) as store:
        go(asked(4, endpoint=CACHING), store, Caching())
        ((cached, cost),) = rows(store, "SELECT sum(cached_tokens), sum(cost) FROM rollouts")
    assert cached is None
    assert cost == pytest.approx((100 * 1.0 + 40 * 10.0) / 1e6)


def test_rows_progress_and_spend_agree(tmp_path: Path) -> None:
    seen: list[Progress] = []
    with fresh_store(tmp_path) as store:
        one_each = replace(CACHING, n_per_request=1)
        request = asked(12, endpoint=one_each, judges=(judged_by(one_each),))
        result = go(request, store, Caching(), seen.append)
        ((tokens, cached, cost),) = rows(
            store, "SELECT sum(prompt_tokens), sum(cached_tokens), sum(cost) FROM rollouts"
        )
        ((votes, read, vote_cost),) = rows(store, "SELECT count(*), sum(prompt_tokens), sum(cost) FROM judge_votes")
    assert (tokens, cached) == (1200, 1080)
    assert cost == pytest.approx((120 * 1.0 + 1080 * 0.1 + 120 * 10.0) / 1e6)
    assert votes > 0
    assert vote_cost == pytest.approx(votes * (10 * 1.0 + 90 * 0.1 + 10 * 10.0) / 1e6)
    assert result.progress.spend == pytest.approx(cost + vote_cost)
    assert result.progress.prompt_tokens == tokens + read
    assert result.progress.cached_share == pytest.approx(0.9)
    assert seen[-1].spend == result.progress.spend


def test_what_a_run_cost_stays_below_its_estimate(tmp_path: Path) -> None:
    """Judge calls are planned as if every vote were cast; none of them is forgotten."""
    with fresh_store(tmp_path) as store:
        without = make_plan(store.read, asked(12, endpoint=CACHING))
        request = asked(12, endpoint=CACHING, judges=(judged_by(CACHING),))
        plan = make_plan(store.read, request)
        assert plan.cost is not None
        assert without.cost is not None
        assert plan.cost > without.cost
        spent = go(request, store, Caching()).progress.spend
        again = make_plan(store.read, request)
        assert (again.rollouts, again.judgements, again.cost) == (0, 0, 0.0)
    assert spent is not None
    assert 0 < spent < plan.cost


def test_the_server_that_answered_is_in_the_row(tmp_path: Path) -> None:
    async def work() -> tuple[RunResult, set[str]]:
        async with fault_server() as one, fault_server() as other:
            fleet = Endpoint("fleet", one.url, "m", replicas=(one.url, other.url), concurrency=4, n_per_request=2)
            return await run(asked(6, 0, 1, 2, 3, endpoint=fleet), store), {one.url, other.url}

    with fresh_store(tmp_path) as store:
        result, urls = asyncio.run(work())
        found = {url for (url,) in rows(store, "SELECT DISTINCT replica FROM rollouts")}
        assert result.status == DONE
        assert found
        assert found <= urls
        assert rows(store, "SELECT count(*) FROM rollouts") == [(24,)]
