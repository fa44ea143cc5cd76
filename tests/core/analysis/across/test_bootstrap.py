"""Intervals over traces: they hold the truth for many traces, and admit it where there are few."""

from __future__ import annotations

from math import isclose

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.analysis.across.bootstrap import DIRECTION, bootstrap, mean_of, ratio_of, student_quantile
from tests.sizes import examples


@pytest.mark.parametrize(("freedom", "quantile"), [(1, 12.706), (2, 4.303), (5, 2.571), (10, 2.228), (60, 2.000)])
def test_students_quantiles_are_those_of_the_printed_table(freedom: int, quantile: float) -> None:
    assert student_quantile(freedom) == pytest.approx(quantile, abs=5e-4)


def test_a_ratio_weighs_each_trace_by_its_sentences() -> None:
    found = ratio_of(np.array([1.0, 6.0]), np.array([2.0, 8.0]))
    assert (found.value, found.n) == (0.7, 2)


def test_a_trace_without_the_sentences_has_no_part() -> None:
    assert ratio_of(np.array([1.0, 0.0]), np.array([2.0, 0.0])).n == 1
    assert mean_of(np.array([0.5, np.nan, 0.7])).n == 2


def test_one_trace_has_no_interval_and_none_has_no_number() -> None:
    assert mean_of(np.array([0.4])).interval is None
    nothing = mean_of(np.array([np.nan]))
    assert (nothing.value, nothing.interval, nothing.n) == (None, None, 0)


def test_traces_that_do_not_differ_give_no_interval_rather_than_one_of_no_width() -> None:
    found = mean_of(np.zeros(30))
    assert (found.value, found.interval) == (0.0, None)


def test_two_traces_know_next_to_nothing() -> None:
    """Student's t at one degree of freedom: the mean and 12.7 standard errors, cut to what a direction can be."""
    near = mean_of(np.array([0.10, 0.12]), DIRECTION).interval
    assert near is not None
    assert list(near) == pytest.approx([0.11 - 0.127, 0.11 + 0.127], abs=0.005)
    far = mean_of(np.array([-0.2, 0.3]), DIRECTION).interval
    assert far is not None
    assert list(far) == [-1, 1]


@pytest.mark.parametrize("n", [2, 3, 5, 8, 20])
def test_an_interval_over_few_traces_holds_the_truth_as_often_as_one_over_many(n: int) -> None:
    draws = np.random.default_rng(n)
    held = []
    for _ in range(200):
        interval = mean_of(draws.normal(0.3, 0.1, n)).interval
        assert interval is not None
        held.append(not interval.excludes(0.3))
    # 200 trials: one standard error is 1.5%; the plain percentile interval would hold 49% and 76% for 2 and 3.
    assert np.mean(held) > 0.9


def test_draws_in_which_a_number_is_undefined_are_left_out() -> None:
    found = bootstrap(lambda times: np.where(times[:, 0] > 0, times[:, 0], np.nan), 6)
    assert found.interval is not None
    assert found.interval.low >= 1


@settings(max_examples=examples(30))
@given(arrays(np.float64, st.integers(2, 12), elements=st.floats(0, 1)))
def test_the_interval_holds_the_mean_is_repeatable_and_stays_in_bounds(values: np.ndarray) -> None:
    found = mean_of(values)
    assert found == mean_of(values)
    assert found.value is not None
    assert isclose(found.value, float(values.mean()), abs_tol=1e-12)
    if found.interval is not None:
        assert 0 <= found.interval.low <= found.value + 1e-12
        assert found.value - 1e-12 <= found.interval.high <= 1
