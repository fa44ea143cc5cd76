"""Categories: counted by hand, and told apart from the headroom that they happen to have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.across.by_category import ByCategory, CategoryEffect, by_category, headroom, stratum
from core.behaviors.outcome import COMPLIANCE
from tests.core.analysis.across.studies import plain_trace, random_trace, study_of


def effect(found: ByCategory, category: str, measure: str = "direction") -> CategoryEffect:
    (one,) = (e for e in found.effects if (e.behavior, e.category, e.measure) == (COMPLIANCE, category, measure))
    return one


def test_means_and_shares_are_over_the_labelled_sentences() -> None:
    """Directions +0.4, 0, -0.2 of which the first two are labelled; and +0.1 in another trace."""
    study = study_of(
        plain_trace("a", [(4, 10), (8, 10), (8, 10), (6, 10)], labels={0: "monitoring", 1: "planning"}),
        plain_trace("b", [(5, 10), (6, 10)], labels={0: "monitoring"}),
        plain_trace("c", [(5, 10), (6, 10)]),
    )
    found = by_category(study)
    assert (found.n_sentences, found.n_traces) == (3, 2)
    assert [(one.category, one.n_sentences, one.n_traces) for one in found.shares] == [
        ("monitoring", 2, 2),
        ("planning", 1, 1),
    ]
    assert found.shares[0].share.value == pytest.approx(2 / 3)
    assert effect(found, "monitoring").mean.value == pytest.approx(0.25)
    assert effect(found, "monitoring").mean.interval is not None
    assert effect(found, "planning").mean.value == pytest.approx(0)
    assert effect(found, "planning").mean.interval is None
    assert effect(found, "monitoring", "headroom").mean.value == pytest.approx((0.96 + 1.0) / 2)


def test_a_category_is_compared_with_others_of_the_same_headroom_only() -> None:
    """At a rate of one half "a" does +0.3 and "b" +0.1; "b" also does nothing in many places without headroom."""
    study = study_of(
        plain_trace("a", [(50, 100), (80, 100)], labels={0: "a"}),
        plain_trace("b", [(50, 100), (60, 100)], labels={0: "b"}),
        plain_trace("c", [(0, 100)] * 9, labels=dict.fromkeys(range(8), "b")),
    )
    found = by_category(study)
    assert effect(found, "a").matched.value == pytest.approx(0.2)
    assert effect(found, "a").n_unmatched == 0
    assert effect(found, "b").mean.value == pytest.approx(0.1 / 9)
    assert effect(found, "b").matched.value == pytest.approx(-0.2)
    assert effect(found, "b").n_unmatched == 8


def test_without_a_like_sentence_there_is_nothing_to_match() -> None:
    found = by_category(study_of(plain_trace("a", [(50, 100), (80, 100)], labels={0: "a"})))
    assert (effect(found, "a").matched.value, effect(found, "a").n_unmatched) == (None, 1)


def test_weights_are_those_of_the_category() -> None:
    """ "a" stands twice at a low rate, where it does +0.1 more, and once at a high one, where it does 0.4 less."""
    study = study_of(
        plain_trace("low", [(1, 100), (11, 100)], labels={0: "a"}),
        plain_trace("low too", [(1, 100), (11, 100)], labels={0: "a"}),
        plain_trace("low other", [(1, 100), (1, 100)], labels={0: "b"}),
        plain_trace("high", [(99, 100), (59, 100)], labels={0: "a"}),
        plain_trace("high other", [(99, 100), (99, 100)], labels={0: "b"}),
    )
    assert effect(by_category(study), "a").matched.value == pytest.approx((2 * 0.1 - 0.4) / 3)


def test_a_category_that_only_stands_where_there_is_headroom_is_no_better_for_it() -> None:
    """Both categories are inert; "early" stands where rates are open and so has the larger, noisy, importances."""
    rates = [0.5] * 10 + [1.0] * 10
    labels = {i: "early" if i < 9 and i % 2 else "late" for i in range(19) if i != 9}
    study = study_of(
        *(
            plain_trace(
                f"t{seed}", [(int(k), 40) for k in np.random.default_rng(seed).binomial(40, rates)], labels=labels
            )
            for seed in range(8)
        )
    )
    importance = effect(by_category(study), "early", "importance")
    late = effect(by_category(study), "late", "importance")
    assert importance.mean.value is not None
    assert late.mean.value is not None
    assert importance.mean.value > 1.5 * late.mean.value
    assert importance.matched.interval is not None
    assert not importance.matched.interval.excludes(0)


def test_categories_keep_the_order_of_the_codebook_and_then_of_the_alphabet() -> None:
    study = study_of(plain_trace("a", [(4, 10)] * 5, labels={0: "zeal", 1: "none", 2: "awe", 3: "planning"}))
    assert [one.category for one in by_category(study, ["planning", "monitoring", "none"]).shares] == [
        "planning",
        "none",
        "awe",
        "zeal",
    ]


def test_without_labels_there_is_nothing() -> None:
    found = by_category(study_of(random_trace("t", [0.4] * 4, 10, 1)))
    assert (found.n_sentences, found.shares, found.effects) == (0, (), ())


def test_the_category_shares_add_up_to_one() -> None:
    labels = {i: "abc"[i % 3] for i in range(8)}
    found = by_category(study_of(*(plain_trace(f"t{j}", [(3, 10)] * 9, labels=labels) for j in range(3))))
    assert sum(one.share.value or 0 for one in found.shares) == pytest.approx(1)


@given(st.floats(0, 1))
def test_a_stratum_is_a_quarter_of_the_headroom_on_one_side(rate: float) -> None:
    at = stratum(rate)
    assert at % 2 == (rate >= 0.5)
    assert at // 2 / 4 <= headroom(rate) <= (at // 2 + 1) / 4 + 1e-12
