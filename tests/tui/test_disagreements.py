"""Disagreements as rows and panes: nothing is wider or higher than its place, and each state has a sign of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from core.annotation.codebook import load_codebook
from core.annotation.disagreement import FULL, NONE, PARTIAL, Disagreement, Opinion
from core.annotation.gold import ADJUDICATED, GoldLabel
from core.annotation.place import Place
from core.store.ratings import HUMAN, MODEL
from tui.views.disagreements import deciding_lines, disagreement_items, sign, state, tags_by_rater

CODEBOOK = load_codebook()
HERE = Place("a-trace-with-a-long-name", 1)
GOLD_LABEL = GoldLabel("monitoring", "planning", ADJUDICATED, "cai", "it names the tier " * 9, changed_since=("ana",))


def says(rater: str, category: str, kind: str = HUMAN, note: str = "") -> Opinion:
    return Opinion(HERE, rater, kind, category, "planning", is_unsure=True, note=note, is_blind=True, seconds=3.4)


def one(extent: str = FULL, gold: GoldLabel | None = None, note: str = "") -> Disagreement:
    opinions = (says("ana", "monitoring", note=note), says("böb", "of another codebook"))
    return Disagreement(HERE, opinions, extent, (says("llm", "none", MODEL),), gold)


@pytest.mark.parametrize(
    ("extent", "gold", "expected"),
    [
        (FULL, None, ("≠", "open")),
        (PARTIAL, None, ("~", "partial")),
        (FULL, GoldLabel("x", None, ADJUDICATED), ("✓", "decided")),
        (NONE, GoldLabel("x", None, ADJUDICATED), ("✓", "decided")),
        (FULL, GOLD_LABEL, ("!", "changed since")),
    ],
)
def test_each_state_has_a_sign_and_a_word(extent: str, gold: GoldLabel | None, expected: tuple[str, str]) -> None:
    assert (sign(one(extent, gold)), state(one(extent, gold))) == expected


def test_raters_stand_with_their_tags_and_categories_of_other_codebooks_are_cut() -> None:
    assert tags_by_rater(one().opinions, CODEBOOK) == "ana mon+pla  böb of +pla"
    assert tags_by_rater([says("somebody", "none")], CODEBOOK, 5) == "some… non+pla"


def test_a_category_that_the_codebook_does_not_have_says_so() -> None:
    shown = ["".join(text for text, _ in line) for line in deciding_lines(one(), ["A.", "B."], CODEBOOK, 90, 30)]
    assert "of   of another codebook: not in this codebook." in shown
    assert "  ana  + planning  unsure  blind  3 s" in shown


@given(
    st.integers(20, 120),
    st.integers(1, 30),
    st.text(max_size=300),
    st.text(max_size=80),
    st.sampled_from([None, GOLD_LABEL]),
)
def test_the_pane_fits_its_place_whatever_is_said(
    width: int, height: int, text: str, note: str, gold: GoldLabel | None
) -> None:
    lines = deciding_lines(one(gold=gold, note=note), ["Before.", text, "After."], CODEBOOK, width, height)
    assert 1 <= len(lines) <= height
    shown = ["".join(piece for piece, _ in line) for line in lines]
    assert max(map(cell_len, shown)) <= width
    assert not any(character < " " for line in shown for character in line)


def test_columns_of_the_list_stand_below_each_other() -> None:
    short = Disagreement(Place("t", 100), (says("ana", "none"),), FULL)
    first, second = disagreement_items([one(), short], ["One.", "Two."], CODEBOOK)
    assert len({sum(cell_len(text) for text, _ in item.head) for item in (first, second)}) == 1
