"""Groups of traces: means by hand, and pairs where both groups were asked the same."""

from __future__ import annotations

import numpy as np
import pytest

from core.analysis.across.groups import Comparison, Difference, compare, compare_traces, difference_of_means, values_of
from core.behaviors.outcome import COMPLIANCE
from tests.core.analysis.across.studies import plain_trace, random_trace, study_of


def of(comparison: Comparison, measure: str, behavior: str = COMPLIANCE) -> Difference:
    (one,) = (d for d in comparison.differences if (d.behavior, d.measure) == (behavior, measure))
    return one


def test_the_first_and_the_final_rate_of_both_tiers() -> None:
    study = study_of(
        plain_trace("a", [(4, 10), (8, 10)], tier="free"),
        plain_trace("b", [(6, 10), (10, 10)], tier="free"),
        plain_trace("c", [(1, 10), (0, 10)], tier="paid"),
        plain_trace("d", [(3, 10), (0, 10)], tier="paid"),
    )
    (found,) = compare(study, "tier")
    assert (found.first, found.second, found.n_first, found.n_second, found.n_unpaired) == ("free", "paid", 2, 2, 4)
    rate = of(found, "first_rate")
    assert [rate.first.value, rate.second.value, rate.difference.value] == pytest.approx([0.5, 0.2, 0.3])
    assert of(found, "final_rate").difference.value == pytest.approx(0.9)
    assert (rate.paired.value, rate.paired.n) == (None, 0)


def test_within_a_query_both_groups_are_compared_and_the_rest_is_counted() -> None:
    study = study_of(
        plain_trace("a", [(4, 10), (8, 10)], tier="free", query="zoo"),
        plain_trace("b", [(6, 10), (8, 10)], tier="free", query="essay"),
        plain_trace("c", [(9, 10), (8, 10)], tier="free", query="alone"),
        plain_trace("d", [(3, 10), (8, 10)], tier="paid", query="zoo"),
        plain_trace("e", [(1, 10), (8, 10)], tier="paid", query="zoo"),
        plain_trace("f", [(2, 10), (8, 10)], tier="paid", query="essay"),
        plain_trace("g", [(2, 10), (8, 10)], tier="paid"),
    )
    (found,) = compare(study, "tier")
    rate = of(found, "first_rate")
    assert rate.paired.n == 2
    assert rate.paired.value == pytest.approx((0.2 + 0.4) / 2)
    assert rate.difference.value == pytest.approx(19 / 30 - 0.2)
    assert found.n_unpaired == 2


def test_a_pair_agrees_in_all_but_the_field_that_is_compared() -> None:
    study = study_of(
        plain_trace("a", [(4, 10), (8, 10)], tier="free", prompt_variant="original", query="zoo"),
        plain_trace("b", [(1, 10), (8, 10)], tier="paid", prompt_variant="ablated", query="zoo"),
    )
    assert {d.paired.n for one in compare(study, "tier") for d in one.differences} == {0}
    by_hand = compare_traces(study, study.traces[:1], study.traces[1:])
    assert of(by_hand, "first_rate").paired.n == 1


def test_below_two_traces_or_pairs_there_is_no_difference() -> None:
    study = study_of(
        plain_trace("a", [(4, 10), (8, 10)], tier="free", query="zoo"),
        plain_trace("b", [(4, 10), (8, 10)], tier="free"),
        plain_trace("c", [(1, 10), (8, 10)], tier="paid", query="zoo"),
    )
    rate = of(compare(study, "tier")[0], "first_rate")
    assert (rate.second.value, rate.second.interval) == (0.1, None)
    assert (rate.difference.value, rate.difference.interval) == (None, None)
    assert (rate.paired.value, rate.paired.n) == (None, 1)


def test_turning_points_and_the_largest_importance_are_those_of_the_traces() -> None:
    rates = [[0.1] * 4 + [0.9] * 4, [0.5] * 8]
    study = study_of(
        *(random_trace(f"t{i}", r, 60, i) for i, r in enumerate(rates)), plain_trace("p", [(1, 10)] * 3, tier="paid")
    )
    (found,) = compare(study, "tier")
    points = [len(trace.importance[COMPLIANCE].turning_points) for trace in study.traces[:2]]
    largest = [trace.importance[COMPLIANCE].largest(1)[0].importance for trace in study.traces[:2]]
    assert points[0] >= 1
    assert of(found, "n_turning_points").first.value == np.mean(points)
    assert of(found, "any_turning_point").first.value == np.mean([point > 0 for point in points])
    assert of(found, "max_importance").first.value == pytest.approx(np.mean([size or 0 for size in largest]))
    assert of(found, "top_1_share").second.n == 0


def test_every_two_values_are_compared_or_the_two_that_are_named() -> None:
    study = study_of(*(plain_trace(model, [(1, 10)] * 3, model=model) for model in "abc"))
    assert values_of(study, "model") == ("a", "b", "c")
    assert [(one.first, one.second) for one in compare(study, "model")] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [(one.first, one.second) for one in compare(study, "model", ("c", "a"))] == [("c", "a")]
    assert compare(study, "tier") == ()
    with pytest.raises(ValueError, match="not by 'colour'"):
        compare(study, "colour")


def test_a_trace_without_the_field_is_in_no_group() -> None:
    study = study_of(plain_trace("a", [(1, 10)] * 3, tier=None), *(plain_trace(t, [(1, 10)] * 3, tier=t) for t in "fp"))
    (found,) = compare(study, "tier")
    assert (found.n_first, found.n_second) == (1, 1)


def test_groups_of_one_size_are_resampled_independently() -> None:
    values = np.array([0.1, 0.2, 0.4, 0.7, 0.8, 0.9])
    found = difference_of_means(values, values)
    assert found.value == 0
    assert found.interval is not None
    assert found.interval.high > 0.3
