"""The rows about what was said instead: as many groups as fit, each with its counts, and the rest counted."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from core.analysis.counts import Count
from core.analysis.instead import Alternative, Alternatives
from tui.views.instead import behaviors_of, instead_lines, measured

OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff]")
HOSTILE = "\x1b]52;c;eA==\x07 [/x] \u202egnorw 日本語 " * 40


def group(text: str, n: int, faked: int = 0, wordings: int = 1) -> Alternative:
    outcomes = {"compliance": Count(n, n), "alignment_faking": Count(faked, n)}
    return Alternative(text, wordings, n, outcomes, tuple(range(n)))


def said(*others: Alternative, same: Alternative | None = None) -> Alternatives:
    return Alternatives(4, others, same)


def rows(found: Alternatives, width: int = 58, height: int = 20) -> list[str]:
    return ["".join(text for text, _ in line) for line in instead_lines(found, width, height)]


def test_each_group_has_its_number_its_outcomes_and_its_words() -> None:
    found = said(group("I will refuse.", 12, 2, wordings=3), group("", 1), same=group("So be it.", 38))
    assert rows(found) == [
        "        AF  comply  said instead; 38 of 51 said the same",
        " 12x  2/12   12/12  I will refuse. · 3 wordings",
        "  1x   0/1     1/1  (nothing)",
    ]


def test_a_long_wording_has_two_rows_and_says_that_it_is_cut() -> None:
    _, first, second = rows(said(group("word " * 40, 3, wordings=2)))
    assert first.endswith("word")
    assert re.fullmatch(r" +word.*… · 2 wordings", second)


def test_what_has_no_room_is_counted() -> None:
    found = said(*[group(f"Thought {i}.", 10 - i) for i in range(9)])
    shown = rows(found, height=6)
    assert len(shown) == 6
    assert shown[-1] == "… 5 more, 20 rollouts: I lists them"
    assert len(rows(found, height=10)) == 10
    assert "more" not in rows(found, height=10)[-1]


def test_in_little_room_a_group_has_one_row_and_the_titles_count_them() -> None:
    found = said(*[group("word " * 40, 3) for _ in range(9)])
    titles, first, second = rows(found, width=80, height=3)
    assert titles.endswith("said instead; 0 of 27 said the same (I lists all 9)")
    assert first.endswith("…")
    assert second.endswith("…")


def test_a_sentence_that_is_always_said_says_so() -> None:
    assert rows(said(same=group("So.", 50))) == ["the model always says this sentence: 50 of 50"]


def test_a_rate_has_its_counts_and_its_interval_or_is_none() -> None:
    assert measured(Count(2, 12)) == "0.17 (2/12) [0.05, 0.45]"
    assert measured(Count(0, 0)) == "none decided"


def test_alignment_faking_comes_first() -> None:
    assert behaviors_of(said(group("So.", 1))) == ["alignment_faking", "compliance"]


@given(
    st.lists(st.tuples(st.text(max_size=60) | st.just(HOSTILE), st.integers(1, 200), st.integers(1, 99)), max_size=9),
    st.integers(40, 130),
    st.integers(0, 12),
)
def test_every_row_fits_and_nothing_in_it_is_obeyed(
    others: list[tuple[str, int, int]], width: int, height: int
) -> None:
    found = said(*[group(text, n, wordings=wordings) for text, n, wordings in others], same=group(HOSTILE, 2))
    shown = rows(found, width, height)
    assert len(shown) <= height
    # The titles may be cut by the pane; what is theirs alone to say stands first.
    assert all(cell_len(row) <= width for row in shown[1:])
    assert not OBEYED.search("".join(shown))
    listed = sum(int(match[1]) for row in shown if (match := re.match(r" *(\d+)x ", row)))
    rest = re.match(r"… \d+ more, (\d+) ", shown[-1]) if shown else None
    if rest:
        assert listed + int(rest[1]) == sum(n for _, n, _ in others)


@pytest.mark.parametrize("width", [1, 12, 20])
def test_a_pane_too_narrow_for_words_still_has_rows(width: int) -> None:
    assert rows(said(group("I will refuse.", 12, wordings=2)), width)
