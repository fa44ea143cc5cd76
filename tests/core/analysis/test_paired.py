"""The gap within pairs: against published intervals, McNemar's test, and all sign flips one by one."""

from __future__ import annotations

from itertools import product
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.counts import Count
from core.analysis.paired import Pair, newcombe_paired, paired_gap, sign_flip
from tests.sizes import examples

counts = st.integers(1, 4).flatmap(lambda n: st.builds(Count, st.integers(0, n), st.just(n)))
some_pairs = st.lists(st.builds(Pair, counts, counts), min_size=1, max_size=8)


def singles(both: int, first: int, second: int, neither: int) -> list[Pair]:
    kinds = {(1, 1): both, (1, 0): first, (0, 1): second, (0, 0): neither}
    return [Pair(Count(a, 1), Count(b, 1)) for (a, b), n in kinds.items() for _ in range(n)]


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [((36, 12, 2, 0), 0.0569, 0.3404), ((54, 0, 0, 0), -0.0664, 0.0664), ((0, 0, 0, 54), -0.0664, 0.0664)],
)
def test_newcombes_paired_interval_is_the_published_one(
    table: tuple[int, int, int, int], low: float, high: float
) -> None:
    found = newcombe_paired(*table)
    assert found is not None
    assert tuple(found) == pytest.approx((low, high), abs=5e-5)


def test_the_gap_of_single_answers_is_newcombes_and_mcnemars() -> None:
    gap = paired_gap(singles(3, 9, 2, 10))
    assert gap.value == pytest.approx(7 / 24)
    assert gap.method == "newcombe"
    assert gap.interval == newcombe_paired(3, 9, 2, 10)
    assert gap.p == pytest.approx(2 * sum(comb(11, i) for i in range(3)) / 2**11)
    assert (gap.n, gap.n_more, gap.n_less) == (24, 9, 2)


@given(some_pairs)
def test_p_is_the_share_of_sign_flips_that_reach_as_far(pairs: list[Pair]) -> None:
    differences = [pair.difference for pair in pairs]
    reached = abs(sum(differences))
    every_way = product((1, -1), repeat=len(pairs))
    flips = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in every_way]
    assert sign_flip(pairs) == pytest.approx(sum(one >= reached - 1e-9 for one in flips) / len(flips))


def test_flips_of_answers_without_a_common_unit_are_drawn_and_come_near() -> None:
    fine = [Pair(Count(k, n), Count(0, n + 1)) for k, n in zip((1, 2, 3, 2, 1), (97, 101, 103, 107, 109), strict=True)]
    assert sign_flip(fine) == pytest.approx(2 / 2**5, abs=0.01)
    assert sign_flip(fine) == sign_flip(fine)


@settings(max_examples=examples(30))
@given(some_pairs)
def test_the_sides_exchanged_turn_the_gap_round(pairs: list[Pair]) -> None:
    there, back = paired_gap(pairs), paired_gap([Pair(pair.second, pair.first) for pair in pairs])
    assert there.value is not None and back.value is not None
    assert there.value == pytest.approx(-back.value)
    assert there.p == pytest.approx(back.p)
    if there.interval and back.interval and there.method == "newcombe":
        assert there.interval.low == pytest.approx(-back.interval.high)


def test_nothing_is_undefined_and_never_zero() -> None:
    gap = paired_gap([])
    assert (gap.value, gap.interval, gap.p, gap.n) == (None, None, None, 0)
    alike = paired_gap([Pair(Count(1, 2), Count(0, 2))] * 3)
    assert (alike.value, alike.interval, alike.method) == (0.5, None, "bootstrap")
