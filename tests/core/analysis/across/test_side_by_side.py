"""Both behaviors side by side: what noise alone makes alike, and what is alike beyond it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.analysis.across.correlation import pearson, ranks, resampled_spearman, spearman
from core.analysis.across.overlap import TwoByTwo, overlap
from core.analysis.across.pairs import count_pairs, dealt_directions, defined_sentences, directions, error_moments
from core.analysis.across.side_by_side import Correlation, SideBySide, side_by_side
from core.analysis.across.study import StudyTrace
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from tests.core.analysis.across.studies import (
    plain_trace,
    random_trace,
    rollouts,
    study_of,
    sweeps_of_pairs,
    trace_of,
)
from tests.sizes import examples

integers = st.integers(2, 12).flatmap(lambda n: arrays(np.float64, n, elements=st.integers(-3, 3).map(float)))


def measure(found: SideBySide, name: str) -> Correlation:
    (one,) = (c for c in found.correlations if c.measure == name)
    return one


def test_both_directions_are_those_of_the_rollouts_decided_for_both() -> None:
    sweeps = sweeps_of_pairs(rollouts(2, 0, 10), [*rollouts(8, 6, 10), None, None], rollouts(8, 6, 10))
    pairs = count_pairs(sweeps[COMPLIANCE], sweeps[ALIGNMENT_FAKING], 0.8)
    assert pairs.everything.tolist() == [[8, 0, 2, 0], [2, 0, 2, 6], [2, 0, 2, 6]]
    defined = defined_sentences(pairs, 5)
    found = directions(pairs, defined)
    assert found.first.tolist() == pytest.approx([0.6, 0.0])
    assert found.second.tolist() == pytest.approx([0.6, 0.0])
    assert defined_sentences(pairs, 11).tolist() == [False, False]


def test_the_error_moments_are_the_sample_covariances_of_both_arms() -> None:
    sweeps = sweeps_of_pairs(rollouts(6, 2, 10), rollouts(5, 4, 8))
    pairs = count_pairs(sweeps[COMPLIANCE], sweeps[ALIGNMENT_FAKING], 0.8)
    found = error_moments(pairs, np.array([True]))
    arms = [np.array(rollouts(6, 2, 10)).T, np.array(rollouts(5, 4, 8)).T]
    by_hand = sum(np.cov(arm) / arm.shape[1] for arm in arms)
    assert [found.first[0], found.second[0], found.both[0]] == pytest.approx(
        [by_hand[0, 0], by_hand[1, 1], by_hand[0, 1]]
    )


def test_dealing_keeps_every_rollout_whole_and_every_arm_its_size() -> None:
    trace = random_trace("t", [0.2, 0.8, 0.5, 0.5], 20, 1)
    assert trace.pairs is not None
    everything = np.array([True] * 3)
    dealt = dealt_directions(trace.pairs, everything, 400, seed=0)
    assert dealt.first.shape == (400, 3)
    assert abs(dealt.first.mean()) < 0.02
    # A rollout that fakes has complied: the two directions stay as alike as the outcomes of a rollout are.
    assert 0.3 < np.corrcoef(dealt.first.ravel(), dealt.second.ravel())[0, 1] < 0.9


def test_noise_alone_makes_the_directions_of_inert_traces_alike() -> None:
    """Nothing is promoted, and yet both directions correlate; the null says so, and nothing is left without noise."""
    found = side_by_side(study_of(*(random_trace(f"t{s}", [0.4] * 15, 30, s) for s in range(6))), permutations=200)
    pooled = measure(found, "pearson")
    assert pooled.estimate.value is not None
    assert pooled.estimate.value > 0.4
    assert pooled.null.null is not None
    assert not pooled.null.null.excludes(pooled.estimate.value)
    signal = measure(found, "signal_compliance").estimate.value
    assert signal is not None
    assert signal < 0.25


def separate(seed: int) -> StudyTrace:
    """Sentence 4 promotes complying only, sentence 9 the faking of those who comply only."""
    draws = np.random.default_rng(seed)

    def prefixes() -> Iterator[list[tuple[int, int]]]:
        for prefix in range(15):
            complied = int(draws.binomial(60, 0.3 if prefix < 5 else 0.9))
            yield rollouts(complied, int(draws.binomial(complied, 0.05 if prefix < 10 else 0.9)), 60)

    return trace_of(f"t{seed}", sweeps_of_pairs(*prefixes()))


def test_what_different_sentences_carry_is_not_alike_once_the_noise_is_gone() -> None:
    found = side_by_side(study_of(*(separate(seed) for seed in range(5))), permutations=200)
    cleared = measure(found, "pearson_cleared").estimate
    assert cleared.value == pytest.approx(-0.03, abs=0.12)
    assert found.overlap.table == TwoByTwo(0, 5, 5, 60)
    assert found.overlap.faking_shared.value == 0
    (odds,) = {one.table.odds_ratio for one in found.traces}
    assert odds is not None
    assert odds < 10


def test_what_the_same_sentence_carries_is_alike() -> None:
    together = [[0.1] * 8 + [0.9] * 7, [0.1] * 3 + [0.8] * 12, [0.1] * 5 + [0.9] * 10]
    found = side_by_side(study_of(*(random_trace(f"t{i}", r, 60, i, faking=0.9) for i, r in enumerate(together))))
    cleared = measure(found, "pearson_cleared").estimate.value
    assert cleared is not None
    assert cleared > 0.97
    assert found.overlap.table.both == 3
    assert found.overlap.odds_ratio.value is not None
    assert found.overlap.odds_ratio.value > 50


def test_a_trace_of_one_behavior_has_no_other_side() -> None:
    found = side_by_side(study_of(plain_trace("t", [(3, 10)] * 4)))
    assert (found.n_sentences, found.correlations, found.traces) == (0, (), ())
    assert (found.overlap.odds_ratio.value, found.overlap.odds_ratio.n) == (None, 0)


def test_where_one_behavior_never_shows_nothing_correlates() -> None:
    found = side_by_side(study_of(*(random_trace(f"t{s}", [0.4] * 6, 20, s, faking=0) for s in range(2))))
    assert {one.estimate.value for one in found.correlations if one.measure != "signal_compliance"} == {None}
    assert found.traces[0].pearson.value is None
    assert found.traces[0].table.p is None


def test_the_odds_of_a_table_by_hand() -> None:
    """(3.5 x 20.5) / (1.5 x 2.5), and Fisher's tea: 3 of 4 against 1 of 4 is 0.486."""
    assert TwoByTwo(3, 1, 2, 20).odds_ratio == pytest.approx(3.5 * 20.5 / (1.5 * 2.5))
    assert TwoByTwo(3, 1, 1, 3).p == pytest.approx(34 / 70)
    assert TwoByTwo(0, 0, 4, 20).odds_ratio is None
    assert TwoByTwo(4, 0, 0, 20).odds_ratio == pytest.approx(4.5 * 20.5 / 0.25)


def test_tables_add_up_and_traces_are_what_is_resampled() -> None:
    found = overlap([TwoByTwo(1, 1, 0, 8), TwoByTwo(2, 0, 1, 7), TwoByTwo(0, 0, 0, 10)])
    assert found.table == TwoByTwo(3, 1, 1, 25)
    assert found.faking_shared.value == pytest.approx(0.75)
    assert found.faking_shared.n == 2
    assert found.odds_ratio.interval is not None


@settings(max_examples=examples(30))
@given(integers)
def test_ranks_share_the_mean_of_their_places(values: np.ndarray) -> None:
    below = [(values < value).sum() + (np.sum(values == value) + 1) / 2 for value in values]
    assert ranks(values).tolist() == below
    assert ranks(np.stack([values, values])).tolist() == [below, below]


@settings(max_examples=examples(30))
@given(integers, st.integers(0, 5))
def test_a_rank_correlation_with_weights_is_that_of_the_repeated_sentences(values: np.ndarray, seed: int) -> None:
    draws = np.random.default_rng(seed)
    other, trace = draws.permutation(values), np.arange(len(values))
    times = draws.integers(0, 3, len(values)).astype(float)
    repeated = np.repeat(trace, times.astype(int))
    (found,) = resampled_spearman(values, other, trace, times[None, :])
    if len(repeated) >= 3:
        expected = spearman(values[repeated], other[repeated])
        assert np.isnan(found) == np.isnan(expected)
        assert np.isnan(found) or found == pytest.approx(expected)


@settings(max_examples=examples(30))
@given(integers)
def test_a_correlation_is_1_with_itself_and_the_other_way_round_the_same(values: np.ndarray) -> None:
    other = np.roll(values, 1)
    assert np.array_equal(pearson(values, other), pearson(other, values), equal_nan=True)
    own = pearson(values, values)
    assert np.isnan(own) or own == pytest.approx(1)
    assert np.isnan(own) == (len(values) < 3 or bool(np.ptp(values) == 0))
