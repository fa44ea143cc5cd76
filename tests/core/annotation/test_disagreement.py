"""Disagreements told apart, put in order, and counted as they are decided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.annotation.deciding import GoldCounts, count_gold, decided, next_open
from core.annotation.disagreement import FULL, NONE, PARTIAL, Disagreement, Opinion, find_disagreements
from core.annotation.disagreement import widest_first as widest
from core.annotation.gold import ADJUDICATED, AGREED, GoldLabel, agreed_label, is_gold
from core.annotation.place import Place
from core.store.ratings import HUMAN, IMPORTED, MODEL

HERE = Place("t", 0)


def says(rater: str, category: str, secondary: str | None = None, kind: str = HUMAN, place: Place = HERE) -> Opinion:
    return Opinion(place, rater, kind, category, secondary, codebook_id="book", at=f"at-{rater}")


def adjudicated(category: str = "x", *changed: str) -> GoldLabel:
    return GoldLabel(category, None, ADJUDICATED, "cai", changed_since=changed)


def extent_of(*opinions: Opinion) -> str | None:
    found = find_disagreements(opinions, {}, (HUMAN,))
    return found[0].extent if found else None


def test_other_categories_disagree_and_other_secondary_ones_disagree_in_part() -> None:
    assert extent_of(says("ana", "x"), says("ben", "y")) == FULL
    assert extent_of(says("ana", "x", "z"), says("ben", "y", "z")) == FULL
    assert extent_of(says("ana", "x", "z"), says("ben", "x", "y")) == PARTIAL
    assert extent_of(says("ana", "x", "z"), says("ben", "x")) == PARTIAL
    assert extent_of(says("ana", "x", "z"), says("ben", "x", "z")) is None
    assert extent_of(says("ana", "x")) is None


def test_models_and_imports_disagree_only_where_they_are_compared() -> None:
    opinions = [says("ana", "x"), says("ben", "x"), says("llm", "y", kind=MODEL), says("tags", "z", kind=IMPORTED)]
    assert find_disagreements(opinions, {}, (HUMAN,)) == ()
    (found,) = find_disagreements(opinions, {}, (HUMAN, MODEL))
    assert [one.rater for one in found.opinions] == ["ana", "ben", "llm"]
    assert [one.rater for one in found.beside] == ["tags"]
    (named,) = find_disagreements(opinions, {}, (HUMAN, MODEL), raters=("ben", "llm"))
    assert [one.rater for one in named.opinions] == ["ben", "llm"]


def test_what_was_adjudicated_is_listed_though_nobody_disagrees_any_more() -> None:
    alone = Place("t", 7)
    found = find_disagreements(
        [says("ana", "x"), says("ben", "x")], {HERE: adjudicated(), alone: adjudicated()}, (HUMAN,)
    )
    assert [(one.place, one.extent, one.is_open) for one in found] == [(HERE, NONE, False), (alone, NONE, False)]


def test_the_category_of_most_raters_comes_first() -> None:
    (found,) = find_disagreements([says("ana", "b"), says("ben", "a"), says("cai", "b")], {}, (HUMAN,))
    assert {name: [one.rater for one in held] for name, held in found.by_category.items()} == {
        "b": ["ana", "cai"],
        "a": ["ben"],
    }
    assert found.entropy == pytest.approx(0.9182958)


def test_most_raters_come_first_and_among_them_the_most_even_split() -> None:
    def split(index: int, *categories: str) -> list[Opinion]:
        return [says(f"r{n}", category, place=Place("t", index)) for n, category in enumerate(categories)]

    opinions = [*split(0, "a", "b"), *split(1, "a", "a", "a", "b"), *split(2, "a", "a", "b", "b"), *split(3, "b", "c")]
    assert [one.place.sentence_idx for one in widest(find_disagreements(opinions, {}, (HUMAN,)))] == [2, 1, 0, 3]


@given(st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "d", "e"])), max_size=4), max_size=8))
def test_each_sentence_with_two_categories_is_listed_once_and_sorting_loses_none(
    said: list[list[tuple[str, str]]],
) -> None:
    opinions = [
        says(f"r{n}", category, second or None, place=Place("t", index))
        for index, of_one in enumerate(said)
        for n, (category, second) in enumerate(of_one)
    ]
    found = find_disagreements(opinions, {}, (HUMAN,))
    full = [one.place.sentence_idx for one in found if one.extent == FULL]
    assert full == [i for i, of_one in enumerate(said) if len({category for category, _ in of_one}) > 1]
    partial = [one.place.sentence_idx for one in found if one.extent == PARTIAL]
    assert not set(full) & set(partial)
    assert full + partial == sorted({*full, *partial}, key=lambda i: (i in partial, i))
    assert set(widest(found)) == set(found)
    for one in found:
        assert 0 <= one.entropy <= 2
        assert (one.entropy == 0) == (one.extent == PARTIAL)
        # A sentence cannot be agreed on and be disagreed on in full.
        assert (agreed_label(one.opinions) is None) == (one.extent == FULL)


def test_agreement_takes_two_and_keeps_what_they_share() -> None:
    assert agreed_label([says("ana", "x")]) is None
    assert agreed_label([says("ana", "x"), says("ben", "y")]) is None
    both = agreed_label([says("ana", "x", "y"), says("ben", "x", "y")])
    assert both == GoldLabel("x", "y", AGREED, n_annotators=2, n_agree=2, codebook_id="book", at="at-ben")
    other = agreed_label([says("ana", "x", "y"), says("ben", "x")])
    assert other is not None
    assert other.secondary is None


def test_the_names_of_adjudicated_labels_are_no_annotators() -> None:
    assert [is_gold(name) for name in ("gold", "gold@other", "golda", "ana@gold")] == [True, True, False, False]


def walk(*states: str) -> list[Disagreement]:
    """An open disagreement, a decided one or a partial one for each letter."""
    opinions = {"o": FULL, "d": FULL, "p": PARTIAL}
    return [
        Disagreement(Place("t", i), (), opinions[s], (), adjudicated("x", "ana") if s == "d" else None)
        for i, s in enumerate(states)
    ]


def test_the_next_open_one_is_found_going_round() -> None:
    found = walk("o", "d", "p", "o")
    assert [next_open(found, i) for i in range(4)] == [3, 3, 3, 0]
    assert [next_open(found, i, -1) for i in range(4)] == [3, 0, 0, 0]
    assert next_open(walk("o", "d"), 0) is None
    assert next_open([], 0) is None
    assert decided(found) == (1, 3)


def test_gold_labels_are_counted_by_where_they_come_from() -> None:
    found = walk("o", "d", "p", "o")
    gold = {one.place: one.gold for one in found if one.gold is not None}
    agreed = GoldLabel("x", None, AGREED, n_annotators=2, n_agree=2)
    counts = count_gold(gold | {Place("t", 2): agreed, Place("u", 0): agreed}, found)
    assert counts == {"t": GoldCounts(1, 1, 2, 1, 1), "u": GoldCounts(0, 1, 0, 0, 0)}
