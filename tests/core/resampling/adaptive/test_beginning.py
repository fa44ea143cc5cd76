"""What an adaptive run would do first, and what its fresh rollouts come to."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.behaviors.outcome import COMPLIANCE
from core.errors import ConfigError
from core.resampling.adaptive.beginning import JUDGE, beginning, make_policy
from core.resampling.adaptive.confirm import confirmed_directions
from core.resampling.adaptive.fresh import fresh_directions, is_confirmed, largest_confirmed
from core.resampling.adaptive.policy import FIRST_PASS, AdaptivePolicy
from core.resampling.adaptive.stopping import HalfWidth, Settled
from core.resampling.adaptive.sweep import run_adaptive
from core.resampling.request import Spot
from core.resampling.samples import CONFIRM_BASE
from tests.core.analysis.stored import TAGS, WARM, complied, keep, make_trace, sample
from tests.core.fake_server import FakeServer
from tests.core.resampling.scene import FREE, TRACE, asked, fresh_store, go, judged_by, sampled


def test_a_new_trace_begins_with_the_first_pass_and_nothing_is_drawn(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        first = beginning(TRACE, asked(0), AdaptivePolicy(), store)
        assert first is not None
        assert (first.stage, first.plan.rollouts) == (FIRST_PASS, AdaptivePolicy.first * TRACE.n_prefixes)
        assert sampled(store) == []


def test_what_is_not_judged_yet_comes_first(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        go(asked(2, 0), store, FakeServer())
        first = beginning(TRACE, asked(0, judges=(judged_by(FREE, when="always"),)), AdaptivePolicy(), store)
        assert first is not None
        assert (first.stage, first.plan.rollouts, first.plan.judgements) == (JUDGE, 0, 2)


def test_after_the_end_there_is_nothing_to_begin(tmp_path: Path) -> None:
    policy = make_policy(HalfWidth(0.5), most=3)
    with fresh_store(tmp_path) as store:
        server = FakeServer()
        asyncio.run(run_adaptive(TRACE, asked(0), policy, store, clients=server.open))
        assert len(sampled(store)) == 3 * TRACE.n_prefixes
        assert beginning(TRACE, asked(0), policy, store) is None


def test_an_impossible_request_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store, pytest.raises(ConfigError, match="needs prices"):
        beginning(TRACE, asked(0, max_cost=1.0), AdaptivePolicy(), store)


@pytest.mark.parametrize(("most", "first"), [(1, 1), (5, 5), (100, 5)])
def test_no_prefix_has_more_at_first_than_at_most(most: int, first: int) -> None:
    policy = make_policy(Settled(), most)
    assert (policy.first, policy.most, policy.recycle) == (first, most, True)


def test_fresh_directions_are_the_confirmed_ones_and_empty_without_fresh_rollouts(tmp_path: Path) -> None:
    request = asked(5, 0, 1)
    with fresh_store(tmp_path) as store:
        wanted = (store.read, TRACE.id, FREE.settings.id, TRACE.n_prefixes, request.measured)
        go(request, store, FakeServer())
        assert fresh_directions(*wanted) == []
        go(
            replace(request, spots=(Spot(TRACE, 0, 5, CONFIRM_BASE), Spot(TRACE, 1, 5, CONFIRM_BASE))),
            store,
            FakeServer(),
        )
        found = fresh_directions(*wanted)
        assert [one.sentence_idx for one in found] == [0]
        assert found == confirmed_directions(*wanted)


def test_confirmed_are_those_told_from_none_by_fresh_rollouts_alone(tmp_path: Path) -> None:
    trace = make_trace("t", ["One.", " Two.", " Three."])
    judges = {COMPLIANCE: TAGS.id}
    with fresh_store(tmp_path) as store:
        keep(store, trace)
        for prefix, k in enumerate((2, 14, 0, 1)):
            sample(store, "t", prefix, complied(*["complied"] * k, *["refused"] * (20 - k)), first=CONFIRM_BASE)
        found = fresh_directions(store.read, "t", WARM.id, trace.n_prefixes, judges)
    assert [is_confirmed(one) for one in found] == [True, True, False]
    assert [one.sentence_idx for one in largest_confirmed(found)] == [1, 0]
