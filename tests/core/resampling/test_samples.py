"""Samples as spans: the same sets of numbers, counted and cut without being laid out."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.resampling.drawing import Draws
from core.resampling.plan import make_plan
from core.resampling.request import top_up
from core.resampling.samples import CONFIRM_BASE, N_SAMPLES, Span, how_many_in, n_groups, united, without
from core.traces.build import make_trace
from tests.core.fake_server import FakeServer
from tests.core.resampling.scene import TRACE, asked, fresh_store, go
from tests.sizes import examples

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6)


def indices(spans: tuple[Span, ...] | list[Span]) -> set[int]:
    return {index for span in spans for index in range(*span)}


@settings(max_examples=examples(100))
@given(SPANS, st.sets(st.integers(0, 70)))
def test_spans_hold_what_sets_of_numbers_would(spans: list[Span], present: set[int]) -> None:
    left = without(spans, present)
    assert indices(united(spans)) == indices(spans)
    assert indices(left) == indices(spans) - present
    assert how_many_in(left) == len(indices(spans) - present)
    for found in (united(spans), left):
        assert all(before[1] < after[0] for before, after in itertools.pairwise(found))
        assert all(start < stop for start, stop in found)


@settings(max_examples=examples(100))
@given(st.sets(st.integers(0, 60)), st.integers(1, 9), st.sets(st.integers(0, 60)))
def test_draws_hand_every_sample_out_once_in_runs_of_neighbours(drawn: set[int], size: int, found: set[int]) -> None:
    missing = without([(0, 61)], drawn)
    draws = Draws({("t", 0): missing}, size, lambda place, among: found.intersection(among))
    taken: list[int] = []
    while group := draws.take(99):
        assert len(group.indices) <= size
        assert list(group.indices) == list(range(group.indices[0], group.indices[-1] + 1))
        taken += group.indices
    assert taken == sorted(set(range(61)) - drawn - found)
    assert draws.found == len(found - drawn)
    if not found:
        whole = Draws({("t", 0): missing}, size, lambda place, among: set())
        assert sum(1 for _ in iter(lambda: whole.take(99), None)) == n_groups(missing, size)


def test_a_plan_takes_the_room_of_its_prefixes_whatever_is_asked_for(tmp_path: Path) -> None:
    long = make_trace("long", "<think>" + " ".join(f"Sentence {i}." for i in range(200)) + "</think>")
    with fresh_store(tmp_path) as store:
        go(asked(4), store, FakeServer())
        spots = (*top_up(TRACE, (1,), CONFIRM_BASE), *top_up(long, range(201), CONFIRM_BASE))
        plan = make_plan(store.read, replace(asked(0), spots=spots, without_prompt=True))
    assert plan.rollouts == 202 * CONFIRM_BASE - 4
    assert [len(prefix.missing) for prefix in plan.prefixes] == [1] * 202
    assert plan.prefixes[0].missing == ((4, CONFIRM_BASE),)


@pytest.mark.parametrize(
    ("n", "first", "said"),
    [
        (CONFIRM_BASE, 0, ""),
        (CONFIRM_BASE + 1, 0, "no prefix can have 1,000,001 rollouts; give 1,000,000 or less."),
        (99_999_999, 0, "no prefix can have 99,999,999 rollouts; give 1,000,000 or less."),
        (10**30, 0, "no prefix can have so many rollouts; give 1,000,000 or less."),
        (N_SAMPLES - CONFIRM_BASE, CONFIRM_BASE, ""),
        (N_SAMPLES - CONFIRM_BASE + 1, CONFIRM_BASE, "no prefix can have 48,577 rollouts; give 48,576 or less."),
    ],
)
def test_more_than_can_be_told_apart_is_refused_in_one_sentence(n: int, first: int, said: str) -> None:
    spots = tuple(replace(spot, first_sample=first) for spot in top_up(TRACE, (1,), n))
    request = replace(asked(0), spots=spots)
    if not said:
        request.check()
        return
    with pytest.raises(ConfigError) as refused:
        request.check()
    assert str(refused.value) == said
