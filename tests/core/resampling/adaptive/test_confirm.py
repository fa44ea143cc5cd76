"""What fresh rollouts confirm, and that it is unbiased."""

from __future__ import annotations

from math import sqrt

from core.analysis.counts import Count
from core.resampling.adaptive.confirm import directions_of
from core.resampling.adaptive.evidence import Evidence
from core.resampling.adaptive.policy import AdaptivePolicy
from tests.core.resampling.adaptive.curves import BEHAVIOR, JUMP, Sampled, expected

DIP = (0.8,) * 12 + (0.3,) + (0.8,) * 12


def evidence(explored: list[Count], fresh: list[Count]) -> Evidence:
    return Evidence(
        {BEHAVIOR: tuple(explored)}, {BEHAVIOR: tuple(fresh)}, tuple(c.n for c in explored), tuple(c.n for c in fresh)
    )


def test_only_fresh_rollouts_count_and_only_where_both_sides_have_them() -> None:
    explored, none = [Count(1, 10), Count(9, 10), Count(9, 10)], Count(0, 0)
    (one,) = directions_of(evidence(explored, [Count(10, 50), Count(30, 50), none]))
    assert (one.sentence_idx, one.behavior) == (0, BEHAVIOR)
    assert one.fresh.value == 0.6 - 0.2
    assert (one.fresh.without, one.fresh.kept) == (Count(10, 50), Count(30, 50))
    assert one.fresh.interval is not None
    assert 0.1 < one.fresh.interval.low < 0.4 < one.fresh.interval.high
    assert (one.pooled.without, one.pooled.kept) == (Count(11, 60), Count(39, 60))


def test_without_fresh_rollouts_nothing_is_confirmed() -> None:
    assert directions_of(expected(JUMP, 100)) == []


def test_a_jump_that_does_not_come_back_is_no_change_and_no_turning_point() -> None:
    explored = [Count(2, 10)] * 5 + [Count(7, 10)] + [Count(2, 10)] * 5
    fresh = [Count(20, 100) if 4 <= i <= 6 else Count(0, 0) for i in range(11)]
    for one in directions_of(evidence(explored, fresh)):
        assert not one.is_change
        assert one.fresh.value == 0
        assert one.fresh.q is not None
        assert one.fresh.q > 0.5


def test_a_jump_that_comes_back_is_a_change() -> None:
    (one,) = directions_of(evidence([Count(1, 10), Count(5, 10)], [Count(10, 100), Count(50, 100)]))
    assert one.is_change
    assert one.fresh.q is not None
    assert one.fresh.q < 0.001


def test_what_is_reported_is_unbiased_where_what_was_explored_is_not() -> None:
    curve = (0.4,) * 10 + (0.6,) * 10
    fresh_errors, explored_errors = [], []
    for seed in range(60):
        sampled = Sampled(curve, seed)
        sampled.to_the_end(AdaptivePolicy())
        explored = sampled.evidence.counts[BEHAVIOR]
        for one in directions_of(sampled.evidence):
            i = one.sentence_idx
            true = curve[i + 1] - curve[i]
            before, after = explored[i].rate, explored[i + 1].rate
            assert None not in (one.fresh.value, before, after)
            assert one.fresh.value is not None
            assert before is not None
            assert after is not None
            sign = 1 if after > before else -1
            fresh_errors.append(sign * (one.fresh.value - true))
            explored_errors.append(sign * (after - before - true))
    n = len(fresh_errors)
    mean = sum(fresh_errors) / n
    error = sqrt(sum((e - mean) ** 2 for e in fresh_errors)) / n
    assert n > 60
    assert abs(mean) < 3 * error
    assert sum(explored_errors) / n > 0.1


def test_a_dip_of_one_sentence_is_found_with_a_quarter_of_the_rollouts() -> None:
    found, spent = 0, 0
    for seed in range(60):
        sampled = Sampled(DIP, seed)
        sampled.to_the_end(AdaptivePolicy())
        spent += sampled.n
        found += {11, 12} <= {one.sentence_idx for one in directions_of(sampled.evidence) if one.is_change}
    assert found >= 57
    assert spent / 60 < 100 * len(DIP) / 4
