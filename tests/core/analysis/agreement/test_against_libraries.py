"""Kappa and alpha equal published worked examples, and libraries that nobody here wrote, on the same data."""

from __future__ import annotations

from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.analysis.agreement.alpha import coincidences, krippendorff_alpha
from core.analysis.agreement.kappa import crossed
from core.analysis.agreement.measures import measure_all, measure_categories, measure_pair, measure_pair_categories
from core.analysis.agreement.units import UNRATED, ReliabilityData
from tests.core.analysis.agreement.tables_of import crossed_rows, data_of
from tests.sizes import examples

FOUR_OBSERVERS = {
    "A": "1 2 3 3 2 1 4 1 2 . . .",
    "B": "1 2 3 3 2 2 4 1 2 5 . 3",
    "C": ". 3 3 3 2 3 4 2 2 5 1 .",
    "D": "1 2 3 3 2 4 4 1 2 5 1 .",
}
"""K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: twelve units, gaps as dots."""

TWO_JUDGES = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
"""J. Cohen, "A coefficient of agreement for nominal scales" (1960), table 2, page 45: two judges, 200 subjects."""

GRANTS = [[20, 5], [10, 15]]
"""Fifty grant proposals, yes or no: the example of Wikipedia, "Cohen's kappa", where kappa is 0.40."""


def ones(n: int) -> NDArray[np.float64]:
    return np.ones((1, n))


def closed_alpha(data: ReliabilityData) -> float:
    return float(coincidences(data).overall()(ones(len(data.shared().trace_ids)))[0])


def closed_kappa(data: ReliabilityData) -> float:
    return float(crossed(data).overall()(ones(len(data.shared().trace_ids)))[0])


def others_alpha(data: ReliabilityData) -> float:
    values = np.where(data.values == UNRATED, np.nan, data.values.astype(float))
    return float(krippendorff.alpha(reliability_data=values, level_of_measurement="nominal"))


def their_kappa(first: Any, second: Any) -> float:
    """Cohen's kappa; imported here, because every worker of the tests reads this file."""
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(first, second))


def test_alpha_is_that_of_krippendorffs_example_and_of_his_coincidence_matrix() -> None:
    data = data_of(FOUR_OBSERVERS)
    (alpha, *_) = measure_all(data)
    assert alpha.value == pytest.approx(0.743, abs=5e-4)
    assert alpha.value == pytest.approx(others_alpha(data))
    assert alpha.value == pytest.approx(closed_alpha(data))
    assert (alpha.n_units, alpha.n_agree) == (11, 8)
    counted = coincidences(data)
    assert counted.matching.sum(axis=0) == pytest.approx([7, 10, 8, 4, 3])
    assert counted.given.sum(axis=0) == pytest.approx([9, 13, 10, 5, 3])


@pytest.mark.parametrize(("table", "published"), [(TWO_JUDGES, 0.492), (GRANTS, 0.400)])
def test_kappa_is_that_of_published_examples(table: list[list[int]], published: float) -> None:
    rows = crossed_rows(table)
    kappa, raw, _ = measure_pair(data_of(rows, per_trace=1000))
    assert kappa.value == pytest.approx(published, abs=5e-4)
    assert kappa.value == pytest.approx(their_kappa(rows["first"].split(), rows["second"].split()))
    diagonal = sum(table[i][i] for i in range(len(table)))
    assert (raw.n_agree, raw.n_units) == (diagonal, sum(map(sum, table)))


words = st.sampled_from([".", "a", "b", "c", "d"])
tables = st.integers(2, 5).flatmap(lambda n: st.lists(st.lists(words, min_size=3, max_size=24), min_size=n, max_size=n))


def table_of(rows: list[list[str]]) -> ReliabilityData:
    length = min(len(row) for row in rows)
    return data_of({f"r{i}": " ".join(row[:length]) for i, row in enumerate(rows)}, per_trace=3)


@settings(max_examples=examples(60))
@given(tables)
def test_alpha_adds_up_from_traces_to_what_two_libraries_say(rows: list[list[str]]) -> None:
    data = table_of(rows)
    value = krippendorff_alpha(data.triples())
    shared = data.shared()
    given_twice = {int(code) for code in shared.values.ravel() if code != UNRATED}
    assert (value is None) == (len(given_twice) < 2)
    assume(value is not None)
    assert value == pytest.approx(others_alpha(shared), abs=1e-9)
    assert value == pytest.approx(closed_alpha(data), abs=1e-9)
    for one in measure_categories(data):
        code = data.categories.index(one.category or "")
        closed = float(coincidences(data).category(code)(ones(len(shared.trace_ids)))[0])
        assert one.value == pytest.approx(closed, abs=1e-9)


@settings(max_examples=examples(60))
@given(tables)
def test_kappa_adds_up_from_traces_to_what_a_library_says(rows: list[list[str]]) -> None:
    data = table_of(rows[:2])
    shared = data.shared()
    assume(len(data.raters) == 2 and shared.units)
    first, second = shared.values
    (kappa, *_) = measure_pair(data)
    if len({*first.tolist(), *second.tolist()}) == 1:
        assert kappa.value is None
        return
    assert kappa.value == pytest.approx(their_kappa(first, second), abs=1e-9)
    assert kappa.value == pytest.approx(closed_kappa(data), abs=1e-9)
    for one in measure_pair_categories(data):
        code = data.categories.index(one.category or "")
        if one.value is not None:
            assert one.value == pytest.approx(their_kappa(first == code, second == code), abs=1e-9)


@settings(max_examples=examples(25))
@given(tables, st.data())
def test_a_trace_drawn_twice_counts_as_two_traces(rows: list[list[str]], data: st.DataObject) -> None:
    """The bootstrap weighs traces instead of copying their ratings: both must be the same study."""
    found = table_of(rows)
    shared = found.shared()
    n = len(shared.trace_ids)
    assume(n > 0)
    times = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    weighed = coincidences(found).overall()(np.array([times], dtype=float))[0]
    copies = (
        (rater, (unit, copy), category)
        for rater, unit, category in shared.triples()
        for copy in range(times[int(shared.trace[unit])])
    )
    copied = krippendorff_alpha(copies)
    assert np.isnan(weighed) if copied is None else weighed == pytest.approx(copied, abs=1e-9)
