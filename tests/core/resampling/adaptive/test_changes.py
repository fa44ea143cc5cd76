"""The probability that a sentence changes the rate by as much as matters."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.counts import Count
from core.resampling.adaptive.changes import beliefs, change_probabilities
from core.resampling.adaptive.curve import AWAY, JUMP, model_of
from tests.sizes import examples

count = st.integers(0, 12).flatmap(lambda n: st.integers(0, n).map(lambda k: Count(k, n)))
some_counts = st.lists(count, min_size=2, max_size=6)


def by_every_curve(counts: list[Count], at_least: float) -> list[float]:
    """The same for three prefixes, by summing over every curve and over which prefixes lie off it."""
    model = model_of(at_least)
    n_rates = len(model.rates)
    along = (1 - JUMP - AWAY) * model.go_on + JUMP / n_rates
    likely = [model.rates**k * (1 - model.rates) ** (n - k) for k, n in counts]
    same = np.eye(n_rates)
    total, changed = 0.0, np.zeros(2)
    for off in product((False, True), repeat=3):
        if (off[0] and off[1]) or (off[1] and off[2]):
            continue
        # Axes a, b, c are the curve at the three prefixes, x, y, z the rates there.
        start = np.full(n_rates, AWAY if off[0] else 1.0)
        moves = [AWAY * same if off[i + 1] else model.go_on if off[i] else along for i in (0, 1)]
        shown = [np.full((n_rates, n_rates), 1 / n_rates) if is_off else same for is_off in off]
        shown = [rate * likely[i] for i, rate in enumerate(shown)]
        arguments = (start, *moves, *shown)
        total += np.einsum("a,ab,bc,ax,by,cz->", *arguments, optimize=True)
        changed[0] += np.einsum("a,ab,bc,ax,by,cz,xy->", *arguments, model.is_change, optimize=True)
        changed[1] += np.einsum("a,ab,bc,ax,by,cz,yz->", *arguments, model.is_change, optimize=True)
    return list(changed / total)


@given(st.lists(count, min_size=3, max_size=3), st.sampled_from([0.1, 0.15, 0.3]))
@settings(max_examples=examples(25))
def test_every_curve_is_weighed(counts: list[Count], at_least: float) -> None:
    assert change_probabilities(counts, at_least) == pytest.approx(by_every_curve(counts, at_least), abs=1e-9)


@given(some_counts, st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=examples(60))
def test_a_larger_change_is_never_likelier(counts: list[Count], one: float, other: float) -> None:
    smaller, larger = (change_probabilities(counts, at_least) for at_least in sorted((one, other)))
    assert all(0 <= b <= a + 1e-9 <= 1 + 2e-9 for a, b in zip(smaller, larger, strict=True))


@given(some_counts)
@settings(max_examples=examples(60))
def test_yes_and_no_are_alike_and_so_are_both_ends(counts: list[Count]) -> None:
    found = change_probabilities(counts, 0.15)
    assert change_probabilities([Count(c.n - c.k, c.n) for c in counts], 0.15) == pytest.approx(found)
    assert change_probabilities(counts[::-1], 0.15) == pytest.approx(found[::-1])


@given(some_counts, some_counts)
@settings(max_examples=examples(25))
def test_each_behavior_is_taken_by_itself(one: list[Count], other: list[Count]) -> None:
    size = min(len(one), len(other))
    both = beliefs({"one": one[:size], "other": other[:size]}, 0.15)
    alone = beliefs({"other": other[:size]}, 0.15)["other"]
    assert both["other"].changes == pytest.approx(alone.changes)
    assert both["other"].stakes == pytest.approx(alone.stakes)
    assert both["other"].spreads == pytest.approx(alone.spreads)


def test_a_jump_is_certain_where_it_is_and_nowhere_else() -> None:
    found = change_probabilities([Count(1, 20)] * 5 + [Count(19, 20)] * 5, 0.15)
    assert found[4] > 0.95
    assert max(*found[:4], *found[5:]) < 0.05


def test_a_dip_of_one_sentence_has_two_sides() -> None:
    found = change_probabilities([Count(9, 10)] * 8 + [Count(2, 10)] + [Count(9, 10)] * 8, 0.15)
    assert sorted(range(len(found)), key=lambda i: -found[i])[:2] in ([7, 8], [8, 7])
    assert min(found[7:9]) > 0.9


def test_neighbours_of_one_rate_rule_a_change_out_together() -> None:
    alone = change_probabilities([Count(5, 10)] * 2, 0.15)[0]
    among = change_probabilities([Count(5, 10)] * 10, 0.15)[4]
    assert among < alone / 2


def test_at_stake_is_more_where_a_large_change_is_as_likely_as_a_small_one() -> None:
    small, large = (
        beliefs({"": [Count(10 * k, 1000)] * 3 + [Count(90, 100)] * 3}, 0.15)[""].stakes[2] for k in (65, 30)
    )
    assert large > 10 * small


def test_the_odd_prefix_out_is_the_least_certain() -> None:
    spreads = beliefs({"": [Count(8, 10)] * 6 + [Count(5, 10)] + [Count(8, 10)] * 6}, 0.15)[""].spreads
    assert int(np.argmax(spreads)) == 6
    assert 0 <= spreads.min() <= spreads.max() <= 0.25


def test_without_rollouts_only_the_prior_is_left() -> None:
    (found,) = change_probabilities([Count(0, 0), Count(0, 0)], 0.15)
    # A jump, or either prefix off the curve, of a size that matters.
    assert 0.5 * (JUMP + 2 * AWAY) < found < JUMP + 2 * AWAY
    assert change_probabilities([Count(0, 0), Count(0, 0)], 0.0)[0] == pytest.approx(1)
    assert change_probabilities([Count(3, 5)], 0.15) == change_probabilities([], 0.15) == ()


def test_a_thousand_prefixes_of_many_rollouts_give_probabilities() -> None:
    found = change_probabilities([Count(0, 1000), Count(1000, 1000)] * 500, 0.15)
    assert len(found) == 999
    assert min(found) > 0.99
    assert max(found) <= 1
