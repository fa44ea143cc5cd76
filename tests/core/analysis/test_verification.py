"""Verification bias taken out: against a published example, and against what all verdicts together would give."""

from __future__ import annotations

import random
from math import sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.analysis.counts import Count
from core.analysis.validation import Estimate, auroc, cohens_kappa
from core.analysis.verification import MEASURES, Stratum, Weighted, verify, weighted_auroc

# 650 liver scans, of which 344 were verified by pathology: J. S. Drum and I. Christacopoulos, "Hepatic scintigraphy in
# clinical decision making", Journal of Nuclear Medicine 13 (1972); the example of Begg and Greenes (1983).
SCANS = [Stratum(True, 429, Count(231, 263)), Stratum(False, 221, Count(27, 81))]


def test_the_liver_scans_come_out_as_published() -> None:
    found = verify(SCANS)
    # Of the verified scans alone: 231 / 258 and 54 / 86.
    assert (round(231 / 258, 3), round(54 / 86, 3)) == (0.895, 0.628)
    for name, value, low, high in (("sensitivity", 0.836, 0.788, 0.884), ("specificity", 0.738, 0.662, 0.815)):
        one = found[name]
        assert one.value == pytest.approx(value, abs=0.0006)
        assert one.interval is not None
        # Published is the interval of the delta method; ours joins Wilson intervals.
        assert list(one.interval) == pytest.approx([low, high], abs=0.007)
    assert found["ppv"].value == pytest.approx(231 / 263)
    assert found["npv"].value == pytest.approx(54 / 81)


def test_the_published_interval_is_that_of_the_delta_method() -> None:
    """The formula of Begg and Greenes gives the published bounds, so that these are the same data."""
    share, yes, no = 429 / 650, 231 / 263, 27 / 81
    value = share * yes / (share * yes + (1 - share) * no)
    spread = 650 / (429 * 221) + (1 - yes) / (yes * 263) + (1 - no) / (no * 81)
    half = 1.96 * value * (1 - value) * sqrt(spread)
    assert (round(value - half, 3), round(value + half, 3)) == (0.788, 0.884)


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_where_everything_was_judged_the_numbers_are_the_counts(a: int, b: int, c: int, d: int) -> None:
    assume(a + b + c + d)
    found = verify([Stratum(shows, n, Count(k, n)) for shows, k, n in ((True, a, a + b), (False, c, c + d)) if n])
    expected = {
        "sensitivity": Count(a, a + c).rate,
        "specificity": Count(d, b + d).rate,
        "accuracy": Count(a + d, a + b + c + d).rate,
        "ppv": Count(a, a + b).rate,
        "npv": Count(d, c + d).rate,
        "kappa": cohens_kappa(Count(a, a + c), Count(d, b + d)).value,
    }
    assert {name: one.value for name, one in found.items()} == {
        name: None if value is None else pytest.approx(value, abs=1e-9) for name, value in expected.items()
    }


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(1, 9), st.integers(0, 90)), min_size=1, max_size=4)
)
def test_every_interval_holds_its_value_and_stays_in_range(found: list[tuple[bool, int, int, int]]) -> None:
    strata = [Stratum(shows, n + more, Count(min(k, n), n)) for shows, k, n, more in found]
    for name, one in verify(strata).items():
        assert (one.value is None) == (one.interval is None)
        if one.value is not None and one.interval is not None:
            least = -1 if name == "kappa" else 0
            assert least <= one.interval.low <= one.value + 1e-12
            assert one.value - 1e-12 <= one.interval.high <= 1


def test_more_of_the_same_stratum_narrow_the_interval() -> None:
    few = verify([Stratum(True, 100, Count(9, 10)), Stratum(False, 900, Count(1, 10))])["sensitivity"].interval
    many = verify([Stratum(True, 100, Count(90, 100)), Stratum(False, 900, Count(90, 900))])["sensitivity"].interval
    assert few is not None
    assert many is not None
    assert many.half_width < few.half_width


def test_a_side_that_nobody_judged_leaves_the_other_value_alone() -> None:
    found = verify([Stratum(True, 10, Count(4, 5)), Stratum(False, 90, Count(0, 0))])
    assert found["ppv"].value == pytest.approx(0.8)
    assert {name for name, one in found.items() if one.value is not None} == {"ppv"}
    assert set(verify([]).values()) == {Estimate(None, None)}
    assert list(verify([])) == list(MEASURES)


def test_a_judge_that_never_says_yes_has_a_sensitivity_of_nothing() -> None:
    found = verify([Stratum(False, 100, Count(3, 10))])
    assert (found["sensitivity"].value, found["specificity"].value, found["ppv"].value) == (0, 1, None)


def test_a_stratum_that_nobody_judged_stands_for_nothing() -> None:
    whole = [Stratum(True, 10, Count(4, 5)), Stratum(False, 90, Count(1, 5))]
    assert verify([*whole, Stratum(True, 50, Count(0, 0))]) == verify(whole)


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=8),
    st.lists(st.integers(0, 5), min_size=1, max_size=8),
    st.integers(1, 9),
)
def test_rollouts_that_stand_for_equally_many_give_the_plain_area(yes: list[int], no: list[int], weight: int) -> None:
    found = weighted_auroc([Weighted(score, weight) for score in yes], [Weighted(score, weight) for score in no])
    plain = auroc(yes, no)
    assert found.value == pytest.approx(plain.value)
    assert found.interval is not None
    assert plain.interval is not None
    assert list(found.interval) == pytest.approx(list(plain.interval))


def test_a_rollout_counts_for_as_many_as_it_stands_for() -> None:
    once = weighted_auroc([Weighted(0.9, 1), Weighted(0.1, 3)], [Weighted(0.5, 1)])
    assert once.value == pytest.approx(auroc([0.9, 0.1, 0.1, 0.1], [0.5]).value)
    assert weighted_auroc([], [Weighted(0.5, 1)]) == Estimate(None, None)


def test_intervals_of_balanced_samples_hold_the_truth() -> None:
    """Of 400 rollouts the judge says yes to about 80, 80% of them rightly; of its no 10% are wrong; 40 are judged."""
    chance = random.Random(5)
    truth = {"sensitivity": 0.16 / 0.24, "specificity": 0.72 / 0.76, "accuracy": 0.88}
    held = dict.fromkeys(truth, 0)
    for _ in range(200):
        n_yes = sum(chance.random() < 0.2 for _ in range(400))
        right, missed = (sum(chance.random() < rate for _ in range(20)) for rate in (0.8, 0.1))
        found = verify([Stratum(True, n_yes, Count(right, 20)), Stratum(False, 400 - n_yes, Count(missed, 20))])
        for name, value in truth.items():
            bounds = found[name].interval
            held[name] += bounds is not None and not bounds.excludes(value)
    assert all(185 <= times <= 200 for times in held.values()), held
