"""Drawing rollouts for people to judge: by a seed, the same everywhere, and nothing of it tells the judge's verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.annotation.verdict_sample import BALANCED, ORDERS, RANDOM, UNSURE, draw_verdict_sample
from core.store.judges import JudgedRollout


def rollouts(n_yes: int, n_no: int) -> list[JudgedRollout]:
    return [
        JudgedRollout(i, f"trace {i % 3}", "settings", i % 7, i // 7, i < n_yes, (i * 13 % 11) / 10)
        for i in range(n_yes + n_no)
    ]


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 40), st.sampled_from(ORDERS), st.integers(0, 5))
def test_a_sample_is_as_large_as_it_can_be_and_a_larger_one_holds_it(
    n_yes: int, n_no: int, n: int, order: str, seed: int
) -> None:
    there = rollouts(n_yes, n_no)
    drawn = draw_verdict_sample(there, order, n, seed)
    assert len(set(drawn)) == len(drawn) == min(n, len(there))
    assert set(drawn) <= set(draw_verdict_sample(there, order, n + 1, seed))
    assert draw_verdict_sample(there[::-1], order, n, seed) == drawn


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 40))
def test_a_balanced_sample_has_as_many_yes_as_no_as_far_as_there_are(n_yes: int, n_no: int, n: int) -> None:
    drawn = draw_verdict_sample(rollouts(n_yes, n_no), BALANCED, n)
    yes = sum(one.shows for one in drawn)
    no = len(drawn) - yes
    assert abs(yes - no) <= 1 or yes == n_yes or no == n_no


def test_another_seed_draws_others() -> None:
    there = rollouts(50, 50)
    assert set(draw_verdict_sample(there, RANDOM, 10, 1)) != set(draw_verdict_sample(there, RANDOM, 10, 2))


def test_what_is_drawn_does_not_depend_on_row_ids() -> None:
    there = rollouts(10, 10)
    moved = [replace(one, rollout_id=one.rollout_id + 1000) for one in there]
    places = [(one.trace_id, one.prefix_idx, one.sample_idx) for one in draw_verdict_sample(there, BALANCED, 8)]
    assert [(o.trace_id, o.prefix_idx, o.sample_idx) for o in draw_verdict_sample(moved, BALANCED, 8)] == places


def test_the_order_of_a_balanced_sample_does_not_tell_the_verdict() -> None:
    shown = "".join("y" if one.shows else "n" for one in draw_verdict_sample(rollouts(200, 200), BALANCED, 100))
    assert shown.count("y") == 50
    assert "yyy" in shown
    assert "nnn" in shown
    assert 30 < shown[:50].count("y") + shown[50:].count("n") < 70


def test_the_judge_is_least_sure_of_what_comes_first() -> None:
    drawn = draw_verdict_sample(rollouts(30, 30), UNSURE, 20)
    distances = [abs((one.share or 0) - 0.5) for one in drawn]
    assert distances == sorted(distances)
    assert distances[0] == 0


def test_another_order_is_refused() -> None:
    with pytest.raises(ValueError, match="one of balanced, random, unsure"):
        draw_verdict_sample(rollouts(1, 1), "alphabetical", 1)
