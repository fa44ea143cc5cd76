"""Orders: every one gives each sentence once, and the same one on every machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.annotation.order import ORDERS, by_score, check_order, shuffled
from core.annotation.place import Place
from core.errors import ConfigError

UNITS = st.lists(st.builds(Place, st.text(max_size=3), st.integers(0, 30)), unique=True, max_size=20)
SCORES = st.dictionaries(st.builds(Place, st.text(max_size=3), st.integers(0, 30)), st.floats(0, 1), max_size=20)
A = [Place("a", index) for index in range(6)]


@given(UNITS, SCORES)
def test_what_scores_most_comes_first_and_what_is_unknown_last(units: list[Place], scores: dict[Place, float]) -> None:
    ordered = by_score(units, scores)
    assert sorted(ordered) == sorted(units)
    known = [unit for unit in ordered if unit in scores]
    assert ordered[: len(known)] == tuple(known)
    assert [scores[unit] for unit in known] == sorted((scores[unit] for unit in known), reverse=True)


@given(UNITS, st.sampled_from([0.0, 0.5]))
def test_equals_stay_as_they_stand(units: list[Place], score: float) -> None:
    assert by_score(units, {}) == tuple(units)
    assert by_score(units, dict.fromkeys(units, score)) == tuple(units)


@given(UNITS, UNITS, st.integers(0, 10**9))
def test_a_random_order_is_that_of_its_seed_and_not_of_what_else_is_there(
    units: list[Place], more: list[Place], seed: int
) -> None:
    ordered = shuffled(units, seed)
    assert sorted(ordered) == sorted(units)
    assert shuffled(units[::-1], seed) == ordered
    among_more = shuffled([*units, *(unit for unit in more if unit not in units)], seed)
    assert tuple(unit for unit in among_more if unit in units) == ordered


def test_a_seed_means_the_same_everywhere() -> None:
    # As `printf '[0,"a",5]' | sha256sum` sorts them.
    assert [unit.sentence_idx for unit in shuffled(A, 0)] == [5, 4, 2, 0, 1, 3]
    assert [unit.sentence_idx for unit in shuffled(A, 1)] == [5, 3, 2, 0, 4, 1]


def test_an_order_that_does_not_exist_is_refused() -> None:
    assert [check_order(order) for order in ORDERS] == list(ORDERS)
    with pytest.raises(ConfigError, match=r"^'importanse' is no order; there are position, importance, width, .*\.$"):
        check_order("importanse")
