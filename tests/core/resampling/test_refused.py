"""Refusals of one request and refusals of all: the first are kept as rows, the second end the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.behaviors.outcome import ERROR, FILTERED
from core.resampling.request import DONE, FAILED
from core.store.database import Store
from tests.core.fake_server import FakeServer, Reply, error
from tests.core.resampling.scene import (
    FREE,
    TRACE,
    asked,
    assert_exactly,
    fresh_store,
    go,
    judged_by,
    outcomes,
    rows,
    sampled,
)

FLAGGED = error(403, 'Your input was flagged for "harassment". No credits were charged.')
NO_ROUTE = error(404, "No endpoints found matching your data policy")
SINGLY = replace(FREE, n_per_request=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh_store(tmp_path)


def at(prefix: int, reply: Reply) -> FakeServer:
    """A server that answers so at one prefix."""

    def fault(number: int, body: Mapping[str, Any]) -> Reply | None:
        return reply if body["messages"][-1]["content"] == TRACE.prefix(prefix) else None

    return FakeServer(fault)


def kinds(store: Store) -> list[tuple[Any, ...]]:
    return rows(store, "SELECT prefix_idx, stage, kind, message, count(*) FROM failures GROUP BY 1, 2, 3, 4")


def test_a_moderated_request_is_a_row_and_the_run_goes_on(store: Store) -> None:
    server = at(2, FLAGGED)
    result = go(asked(20, 2, 1), store, server)
    words = '403: Your input was flagged for "harassment". No credits were charged'
    assert result.status == DONE
    assert result.reason == (
        f"some were given up (moderated 20), the last with: {words}; run it again to try them once more."
    )
    assert_exactly(store, 20, 1)
    assert kinds(store) == [(2, "sample", "moderated", words, 20)]
    assert server.n_requests == 10


def test_when_all_are_moderated_the_run_says_so_in_the_server_s_words(store: Store) -> None:
    result = go(asked(12), store, FakeServer(lambda number, body: FLAGGED))
    assert result.status == FAILED
    assert 'answered no request (moderated 12: 403: Your input was flagged for "harassment".' in result.reason


@pytest.mark.parametrize("refusal", [NO_ROUTE, error(403, "This provider denies you")])
@pytest.mark.parametrize("concurrency", [1, 4, 16])
def test_a_refusal_now_and_then_is_the_request_s_own(store: Store, refusal: Reply, concurrency: int) -> None:
    """The very first is refused already, while others are in flight that will be answered."""
    server = FakeServer(lambda number, body: refusal if number % 5 == 0 and number else None)
    result = go(asked(40, endpoint=replace(SINGLY, concurrency=concurrency)), store, server)
    assert result.status == DONE
    assert result.progress.failures == {"refused": 7}
    assert len(rows(store, "SELECT id FROM rollouts")) == 33
    assert server.n_requests == 40


def test_the_first_request_may_be_the_one_that_is_refused(store: Store) -> None:
    server = FakeServer(lambda number, body: NO_ROUTE if number == 0 else None)
    result = go(asked(40, endpoint=SINGLY), store, server)
    assert (result.status, result.progress.failures) == (DONE, {"refused": 1})


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405])
def test_a_refusal_of_all_ends_the_run_at_once_in_the_server_s_words(store: Store, status: int) -> None:
    server = FakeServer(lambda number, body: error(status, "This is why."))
    result = go(asked(1000), store, server)
    assert result.status == FAILED
    assert f"({status}: This is why);" in result.reason
    assert server.n_requests <= FREE.concurrency
    assert rows(store, "SELECT id FROM rollouts") == []


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_a_key_that_is_used_up_on_the_way_ends_the_run(store: Store, status: int) -> None:
    server = FakeServer(lambda number, body: error(status, "Key limit exceeded") if number >= 10 else None)
    result = go(asked(1000), store, server)
    assert result.status == FAILED
    assert f"{status}: Key limit exceeded" in result.reason
    assert server.n_requests <= 10 + FREE.concurrency


def test_a_judge_s_refused_request_leaves_an_error_that_the_next_run_mends(store: Store) -> None:
    judges = (judged_by(FREE, when="always", max_votes=1),)
    judged = FakeServer(lambda number, body: FLAGGED if number == 5 else None)
    result = go(asked(8, judges=judges, endpoint=SINGLY), store, judged)
    assert result.progress.failures == {"moderated": 1}
    go(asked(8, judges=judges, endpoint=SINGLY), store, FakeServer())
    assert outcomes(store)[ERROR] == 0
    assert outcomes(store).total() == 8


BLOCKED = error(400, "Output blocked by content filtering policy")


def test_an_answer_kept_back_by_an_error_is_filtered_and_never_drawn_again(store: Store) -> None:
    def fault(number: int, body: Mapping[str, Any]) -> Reply | None:
        return BLOCKED if number % 3 == 0 else None

    result = go(asked(12, endpoint=SINGLY), store, FakeServer(fault))
    assert (result.status, result.reason, result.progress.n_failed) == (DONE, "", 0)
    assert outcomes(store, "compliance")[FILTERED] == 4
    again = FakeServer()
    go(asked(12, endpoint=SINGLY), store, again)
    assert again.n_requests == 0


def test_one_of_several_answers_kept_back_takes_none_of_the_others_along(store: Store) -> None:
    def fault(number: int, body: Mapping[str, Any]) -> Reply | None:
        return BLOCKED if body.get("n", 1) > 1 or body["seed"] % 4 == 0 else None

    result = go(asked(16), store, FakeServer(fault))
    assert (result.status, result.reason) == (DONE, "")
    assert sampled(store) == [(1, index) for index in range(16)]
    assert outcomes(store, "compliance")[FILTERED] == 4


def test_a_judge_s_reply_that_is_kept_back_so_is_an_unclear_vote(store: Store) -> None:
    judges = (judged_by(FREE, when="always", max_votes=1),)

    def fault(number: int, body: Mapping[str, Any]) -> Reply | None:
        return BLOCKED if body["messages"][0]["content"].startswith("turnpoint judge:") else None

    go(asked(4, judges=judges, endpoint=SINGLY), store, FakeServer(fault))
    assert outcomes(store) == {"unclear": 4}
