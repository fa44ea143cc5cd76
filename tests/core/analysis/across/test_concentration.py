"""Concentration: what the largest sentences hold, and what of it is noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.across.concentration import TOPS, concentration, concentrations, pooled
from core.analysis.across.replication import replicated
from core.behaviors.outcome import COMPLIANCE
from tests.core.analysis.across.studies import plain_trace, random_trace, study_of
from tests.sizes import examples

STEP = [0.1] * 10 + [0.9] * 10
INERT = [0.4] * 20


def test_the_share_of_the_largest_is_theirs_of_the_sum_of_magnitudes() -> None:
    """Directions +0.5, 0, -0.3, +0.2, by hand."""
    trace = plain_trace("t", [(2, 10), (7, 10), (7, 10), (4, 10), (6, 10)])
    found = concentration(trace.importance[COMPLIANCE])
    assert found.total == pytest.approx(1.0)
    assert [found.shares[m].value for m in (1, 2, 3)] == pytest.approx([0.5, 0.8, 1.0])
    assert (found.n_sentences, found.n_undefined) == (4, 0)


def test_all_of_the_sentences_hold_all_of_the_change_which_says_nothing() -> None:
    found = concentration(plain_trace("t", [(2, 10), (7, 10), (4, 10)]).importance[COMPLIANCE])
    assert found.shares[1].value is not None
    assert found.shares[2].value is None
    assert found.shares[5].p is None


def test_where_nothing_changes_there_is_a_total_of_zero_but_no_share() -> None:
    found = concentration(plain_trace("t", [(0, 10)] * 8).importance[COMPLIANCE])
    assert found.total == 0
    assert {share.value for share in found.shares.values()} == {None}


def test_where_no_direction_is_defined_everything_is_a_gap() -> None:
    found = concentration(plain_trace("t", [(1, 3)] * 8).importance[COMPLIANCE])
    assert (found.n_sentences, found.n_undefined, found.total) == (0, 7, None)
    assert {share.value for share in found.shares.values()} == {None}
    assert found.replicated is None
    by_resampling = concentration(plain_trace("t", [(1, 3), (2, 3)] * 4).importance[COMPLIANCE], "resampling")
    assert by_resampling.n_sentences == 7
    assert by_resampling.total == pytest.approx(7 / 3)


def test_an_inert_trace_lies_in_its_null_as_often_as_it_should() -> None:
    found = [
        concentration(random_trace("t", INERT, 30, seed).importance[COMPLIANCE], permutations=99).shares[1]
        for seed in range(60)
    ]
    p = np.array([share.p for share in found])
    # Of 60 uniform p-values 3 lie below 0.05 on average, and more than 7 in one case of a hundred.
    assert (p <= 0.05).sum() <= 7
    assert 0.4 < p.mean() < 0.6


def test_a_turning_point_stands_out_of_the_noise() -> None:
    found = concentration(random_trace("t", STEP, 60, 1).importance[COMPLIANCE])
    share = found.shares[1]
    assert share.value is not None
    assert share.null is not None
    assert share.value > share.null.high
    assert share.p == pytest.approx(1 / 1001)


def test_noise_is_concentrated_too_and_more_so_in_a_short_trace() -> None:
    short, long = (
        concentration(random_trace("t", [0.4] * n, 50, 3).importance[COMPLIANCE]).shares[1].null_mean for n in (6, 40)
    )
    assert short is not None
    assert long is not None
    assert short > 0.3 > 0.1 > long


def test_one_half_names_and_the_other_measures() -> None:
    """With one step of 0.8 all that replicates is that step, though it is a fraction of the sum of magnitudes."""
    totals, tops, observed = [], [], []
    for seed in range(15):
        importance = random_trace("t", STEP, 40, seed).importance[COMPLIANCE]
        found = replicated(importance, "counterfactual", TOPS, splits=20)
        assert found is not None
        totals.append(found.total)
        tops.append(found.top[1])
        observed.append(concentration(importance, permutations=1).total or 0)
    assert np.mean(totals) == pytest.approx(0.8, abs=0.25)
    assert np.mean(tops) == pytest.approx(0.8, abs=0.05)
    assert np.mean(observed) > 1.5


def test_nothing_replicates_in_inert_traces_on_average() -> None:
    found = [
        replicated(random_trace("t", INERT, 40, seed).importance[COMPLIANCE], "counterfactual", TOPS, splits=10)
        for seed in range(40)
    ]
    totals = np.array([one.total for one in found if one is not None])
    assert len(totals) == 40
    assert abs(totals.mean()) < 3 * totals.std() / np.sqrt(40)


def test_a_study_pools_the_excess_and_the_part_that_replicates() -> None:
    turning = study_of(*(random_trace(f"t{seed}", STEP, 40, seed) for seed in range(6)))
    first = next(one for one in pooled(concentrations(turning)) if (one.behavior, one.top) == (COMPLIANCE, 1))
    assert (first.share.n, first.n_above) == (6, 6)
    assert first.excess.interval is not None
    assert first.excess.interval.low > 0
    assert first.share.value is not None
    assert first.replicated.value is not None
    assert first.replicated.value > 0.8 > first.share.value


def test_where_nothing_replicates_there_is_no_share_of_it() -> None:
    inert = study_of(*(random_trace(f"t{seed}", INERT, 40, seed) for seed in range(6)))
    assert {one.replicated.value for one in pooled(concentrations(inert))} == {None}


@settings(max_examples=examples(15))
@given(st.lists(st.tuples(st.integers(0, 8), st.just(8)), min_size=3, max_size=9))
def test_shares_lie_between_0_and_1_and_grow_with_the_number_of_sentences(counts: list[tuple[int, int]]) -> None:
    found = concentration(plain_trace("t", counts).importance[COMPLIANCE], permutations=20)
    values = [share.value for share in found.shares.values() if share.value is not None]
    assert values == sorted(values)
    assert all(0 < value <= 1 for value in values)
    assert all(0 < share.p <= 1 for share in found.shares.values() if share.p is not None)
