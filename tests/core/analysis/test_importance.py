"""Every estimate of a sentence, from counts small enough to check by hand."""

from __future__ import annotations

from fractions import Fraction
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.counts import Count
from core.analysis.importance import Importance, SentenceImportance, analyse
from core.analysis.intervals import newcombe, wilson
from core.analysis.sweep import Sweep, make_sweep
from tests.core.analysis.sweeps import ALIKE, UNLIKE, arm, prefix_of, sweep_of

Arm = tuple[int, int]


def analysed(*prefixes: tuple[Arm, Arm], min_dissimilar: int = 5) -> Importance:
    return analyse(sweep_of(*(prefix_of(*prefix) for prefix in prefixes)), min_dissimilar=min_dissimilar)


def only(*prefixes: tuple[Arm, Arm], min_dissimilar: int = 5) -> SentenceImportance:
    (row,) = analysed(*prefixes, min_dissimilar=min_dissimilar).rows
    return row


def test_the_three_contrasts_share_the_kept_arm_and_differ_in_the_other() -> None:
    row = only(((6, 30), (14, 20)), ((0, 0), (35, 50)))
    assert (row.before, row.after) == (Count(20, 50), Count(35, 50))
    assert row.before.interval == wilson(20, 50)
    assert row.resampling.value == pytest.approx(0.7 - 0.4)
    assert row.resampling.interval == newcombe(20, 50, 35, 50)
    assert row.counterfactual is not None
    assert row.counterfactual.without == Count(6, 30)
    assert row.direction == row.counterfactual.value == pytest.approx(0.7 - 0.2)
    assert row.counterfactual.interval == newcombe(6, 30, 35, 50)
    assert row.paraphrase is not None
    assert row.paraphrase.value == pytest.approx(0.0)
    assert row.paraphrase.interval == newcombe(14, 20, 35, 50)
    assert (row.paraphrase.p, row.paraphrase.q) == (None, None)


def test_a_sentence_that_suppresses_has_a_negative_direction_and_the_same_importance() -> None:
    row = only(((27, 30), (2, 20)), ((0, 0), (5, 50)))
    assert row.direction == pytest.approx(-0.8)
    assert row.importance == pytest.approx(0.8)


def test_too_few_dissimilar_rollouts_leave_a_gap_with_their_count() -> None:
    row = only(((1, 4), (10, 46)), ((0, 0), (20, 50)))
    assert row.counterfactual is not None
    assert (row.direction, row.importance, row.counterfactual.interval, row.counterfactual.p) == (None,) * 4
    assert row.counterfactual.without == Count(1, 4)
    assert (row.n_dissimilar, row.kl, row.kl_null) == (4, None, None)
    assert row.resampling.value is not None
    assert only(((1, 4), (10, 46)), ((0, 0), (20, 50)), min_dissimilar=4).direction is not None


def test_undecided_rollouts_are_in_no_rate_but_in_what_was_drawn() -> None:
    before = arm(UNLIKE, 2, 6, undecided=4) + arm(ALIKE, 1, 2, undecided=8)
    (row,) = analyse(sweep_of(before, arm(0, 3, 4, undecided=1))).rows
    assert (row.before, row.after) == (Count(3, 8), Count(3, 4))
    assert (row.n_rollouts, row.n_dissimilar, row.n_similar) == (20, 10, 10)
    assert row.different_trajectories_fraction == 0.5


def test_a_prefix_without_rollouts_makes_gaps_on_both_sides_and_no_zero() -> None:
    first, second = analysed(((2, 10), (3, 5)), ((0, 0), (0, 0)), ((0, 0), (4, 10))).rows
    for row in (first, second):
        assert (row.direction, row.resampling.value, row.kl, row.q, row.turning_point) == (
            None,
            None,
            None,
            None,
            False,
        )
    assert first.overdeterminedness == 0
    assert (second.different_trajectories_fraction, second.overdeterminedness, second.n_dissimilar) == (None, None, 0)
    assert second.paraphrase is not None
    assert second.paraphrase.value is None


def test_a_sweep_without_a_rollout_is_all_gaps() -> None:
    importance = analyse(make_sweep(["A.", "B."], [], [], []))
    assert [(row.direction, row.q, row.n_rollouts) for row in importance.rows] == [(None, None, 0)] * 2
    assert importance.final.rate is None
    assert (importance.floor.resampling, importance.floor.counterfactual) == (None, None)


def test_the_divergence_is_that_of_smoothed_rates_of_replaced_from_all_others() -> None:
    row = only(((3, 9), (5, 6)), ((0, 0), (10, 13)))
    p, q = 3.5 / 10, 15.5 / 20
    assert row.kl == pytest.approx(p * log(p / q) + (1 - p) * log((1 - p) / (1 - q)))
    assert row.kl_null is not None
    assert row.kl_null > 0


def test_the_divergence_of_inert_sentences_stays_within_its_null_nineteen_times_in_twenty() -> None:
    draws = np.random.default_rng(2)
    prefixes = [
        ((int(d), 40), (int(e), 20))
        for d, e in zip(draws.binomial(40, 0.3, 400), draws.binomial(20, 0.3, 400), strict=True)
    ]
    rows = analysed(*prefixes).rows
    within = [row.kl <= row.kl_null for row in rows if row.kl is not None and row.kl_null is not None]
    assert len(within) == 399
    assert 0.93 <= np.mean(within) <= 0.99


def test_overdeterminedness_counts_wordings() -> None:
    sweep = make_sweep(["A."], [0, 0, 0, 0, 1], [1, 0, 1, 0, 1], ["x", "x", "x", "y", "z"], cosines=[0] * 5)
    assert analyse(sweep).rows[0].overdeterminedness == 0.5


def test_without_cosines_the_resampling_direction_is_all_there_is() -> None:
    sweep = make_sweep(["A."], [0] * 20 + [1] * 20, [0] * 20 + [1] * 20, ["x"] * 40)
    importance = analyse(sweep)
    (row,) = importance.rows
    assert row.resampling.value == 1
    assert (row.counterfactual, row.paraphrase, row.direction, row.kl) == (None, None, None, None)
    assert (row.n_dissimilar, row.n_similar, row.different_trajectories_fraction) == (None, None, None)
    assert importance.turning_points == [0]
    assert importance.floor.counterfactual is None


def test_turning_points_are_the_sentences_whose_adjusted_p_is_below_alpha() -> None:
    still = ((8, 40), (4, 20))
    importance = analysed(*[still] * 5, ((8, 40), (16, 20)), ((0, 0), (48, 60)), *[((32, 40), (16, 20))] * 4)
    assert importance.turning_points == [5]
    turning = importance.rows[5]
    assert turning.q is not None
    assert turning.counterfactual is not None
    assert turning.counterfactual.p is not None
    assert turning.counterfactual.p < turning.q < 0.05
    assert importance.largest(1) == [turning]


def test_where_the_counterfactual_direction_is_undefined_the_resampling_one_decides() -> None:
    importance = analysed(((0, 2), (0, 48)), ((25, 40), (25, 30)), ((0, 0), (50, 60)))
    first, second = importance.rows
    assert first.deciding is first.resampling
    assert second.deciding is second.counterfactual
    assert [importance.noise(0), importance.noise(1)] == [importance.floor.resampling, importance.floor.counterfactual]
    assert importance.turning_points == [0, 1]
    assert first.importance is None
    assert importance.largest(5) == [second]


def test_what_the_numbers_rest_on_comes_with_them() -> None:
    sweep = make_sweep(["A."], [0], [1], ["x"], trace_id="t", settings_id="s", behavior="b", judge_id="j")
    importance = analyse(sweep, 0.7, 3, alpha=0.1, seed=9)
    assert (importance.trace_id, importance.settings_id, importance.behavior, importance.judge_id) == tuple("tsbj")
    assert (importance.threshold, importance.min_dissimilar, importance.alpha, importance.seed) == (0.7, 3, 0.1, 9)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"threshold": 1.5}, "threshold"),
        ({"min_dissimilar": 0}, "at least 1"),
        ({"alpha": 0.0}, "alpha"),
    ],
)
def test_settings_that_make_no_sense_are_refused(arguments: dict[str, float], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        analyse(make_sweep(["A."], [0], [1], ["x"]), **arguments)  # type: ignore[arg-type]


counts = st.integers(0, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
sweeps = st.lists(st.tuples(counts, counts), min_size=2, max_size=8).map(
    lambda prefixes: sweep_of(*(prefix_of(*prefix) for prefix in prefixes))
)


@given(sweeps)
def test_the_rate_of_a_prefix_is_its_arms_weighted(sweep: Sweep) -> None:
    """First identity of METHODS, section 2, exactly."""
    for row in analyse(sweep, min_dissimilar=1, permutations=10).rows:
        assert row.counterfactual is not None
        assert row.paraphrase is not None
        other, alike = row.counterfactual.without, row.paraphrase.without
        if row.before.n:
            weighted = sum(Fraction(part.n) * Fraction(part.k, part.n) for part in (other, alike) if part.n)
            assert Fraction(row.before.k, row.before.n) == weighted / row.before.n


@given(sweeps)
def test_the_resampling_directions_sum_to_the_last_rate_less_the_first(sweep: Sweep) -> None:
    """Second identity of METHODS, section 2, exactly."""
    importance = analyse(sweep, min_dissimilar=1, permutations=10)
    if all(row.resampling.value is not None for row in importance.rows):
        directions = [
            Fraction(row.after.k, row.after.n) - Fraction(row.before.k, row.before.n) for row in importance.rows
        ]
        first, last = importance.rows[0].before, importance.final
        assert sum(directions) == Fraction(last.k, last.n) - Fraction(first.k, first.n)
        assert [row.resampling.value for row in importance.rows] == pytest.approx([float(d) for d in directions])


@given(sweeps)
def test_turning_every_outcome_around_turns_every_direction_around(sweep: Sweep) -> None:
    turned = make_sweep(
        sweep.sentences,
        sweep.prefix_idx.tolist(),
        [1 - value for value in sweep.values.tolist()],
        sweep.firsts,
        cosines=sweep.cosines.tolist() if sweep.cosines is not None else None,
    )
    for row, opposite in zip(analyse(sweep).rows, analyse(turned).rows, strict=True):
        assert (row.direction is None) == (opposite.direction is None)
        assert row.importance == pytest.approx(opposite.importance)
        assert row.q == pytest.approx(opposite.q)
        if row.direction is not None and opposite.direction is not None:
            assert row.direction == pytest.approx(-opposite.direction)


def test_neighbouring_resampling_errors_correlate_at_minus_a_half() -> None:
    draws = np.random.default_rng(4).binomial(50, 0.4, 2_001)
    rows = analyse(sweep_of(*(prefix_of((int(k), 50)) for k in draws)), permutations=1).rows
    errors = np.array([row.resampling.value for row in rows], dtype=float)
    assert np.corrcoef(errors[:-1], errors[1:])[0, 1] == pytest.approx(-0.5, abs=0.05)


def test_neighbouring_counterfactual_errors_correlate_by_the_share_of_dissimilar_rollouts() -> None:
    draws = np.random.default_rng(6)
    pairs = zip(draws.binomial(30, 0.4, 2_001).tolist(), draws.binomial(60, 0.4, 2_001).tolist(), strict=True)
    rows = analyse(sweep_of(*(prefix_of((d, 30), (e, 60)) for d, e in pairs)), permutations=1).rows
    errors = np.array([row.direction for row in rows], dtype=float)
    assert np.corrcoef(errors[:-1], errors[1:])[0, 1] == pytest.approx(-30 / (30 + 90), abs=0.06)
