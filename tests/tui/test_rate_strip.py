"""The curves of the rates: a fixed scale, gaps that are not zeros, and the cursor's column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.palette import AT_CURSOR
from tui.widgets.rate_strip import LABEL_CELLS, UNDECIDED, UNSAMPLED, Curve, RateStrip, bar_cell, half_width_cell

points = st.floats(0, 1) | st.sampled_from([UNSAMPLED, UNDECIDED])


@pytest.mark.parametrize(
    ("rate", "block"),
    [(0.0, "▁"), (0.06, "▁"), (0.125, "▁"), (0.25, "▂"), (0.5, "▄"), (0.75, "▆"), (0.95, "█"), (1.0, "█")],
)
def test_a_rate_is_a_block_on_a_scale_from_0_to_1(rate: float, block: str) -> None:
    assert bar_cell(rate, 0, 1) == block


def test_a_rate_of_zero_is_seen_and_a_gap_is_not_a_bar() -> None:
    assert bar_cell(0.0, 0, 3) == "▁"
    assert bar_cell(UNSAMPLED, 0, 3) == UNSAMPLED
    assert bar_cell(UNSAMPLED, 2, 3) == " "
    assert bar_cell(UNDECIDED, 0, 1) not in "▁▂▃▄▅▆▇█ "


def test_a_tall_bar_fills_from_below() -> None:
    assert [bar_cell(0.5, row, 3) for row in range(3)] == ["█", "▄", " "]
    assert [bar_cell(1.0, row, 3) for row in range(3)] == ["█", "█", "█"]


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 4))
def test_a_higher_rate_is_never_drawn_lower(one: float, other: float, rows: int) -> None:
    def height(rate: float) -> int:
        return sum(" ▁▂▃▄▅▆▇█".index(bar_cell(rate, row, rows)) for row in range(rows))

    low, high = sorted((one, other))
    assert height(low) <= height(high)


def rows_of(curves: list[Curve], cursor: int, width: int, height: int) -> list[list[tuple[str, bool]]]:
    """Each row as its texts, with whether each is styled as the cursor's."""
    strip = RateStrip(lambda: (curves, cursor))
    return [[(text, style == AT_CURSOR) for text, style in line if text] for line in strip._rows_at(width, height)]


def test_the_column_of_the_cursor_at_cursor_and_marked_below() -> None:
    curve = Curve("compliance", "comply", (0.0, 0.5, 1.0, UNSAMPLED), "1 → 0.50 (1/2)")
    bars, ruler = rows_of([curve], 1, 40, 2)
    assert [text for text, _ in bars] == ["comply  ", "▁▁▁", "▄▄▄", "███···", " ", "1 → 0.50 (1/2)"]
    assert [text for text, at_cursor in bars if at_cursor] == ["▄▄▄"]
    assert "".join(text for text, _ in ruler) == "prefix  0  ^        "


def test_a_tall_strip_names_the_ends_of_its_scale() -> None:
    curve = Curve("alignment_faking", "AF", (1.0, 0.0), "0 → 1.00 (9/9)")
    texts = ["".join(text for text, _ in row) for row in rows_of([curve], 0, 30, 5)]
    assert texts[0] == "AF      0 → 1.00 (9/9)"
    assert texts[1].lstrip().startswith("1 ┤███")
    assert texts[3].lstrip().startswith("0 ┤███▁▁▁")


def test_a_tall_caption_has_the_interval_and_a_row_below_says_how_wide_intervals_are() -> None:
    faking = Curve("alignment_faking", "AF", (1.0, 0.0, UNSAMPLED), "0 → 1.00 (9/9)", "[0.70, 1.00]", (0.15, 0.5, None))
    comply = Curve("compliance", "comply", (0.5, 0.0, UNSAMPLED), "0 → 0.50 (5/10)", "[0.24, 0.76]", (0.26, 0.1, None))
    texts = ["".join(text for text, _ in row) for row in rows_of([faking, comply], 0, 30, 10)]
    assert texts[0] == "AF      0 → 1.00 (9/9) [0.70, 1.00]"
    assert texts[-1] == "   ±.5 ┤▅▅▅███   "
    assert texts[:-1] == ["".join(text for text, _ in row) for row in rows_of([faking, comply], 0, 30, 9)]


def test_a_low_caption_has_the_interval_where_the_whole_curve_is_in_view() -> None:
    known = Curve("compliance", "comply", (0.5,) * 20, "0 → 0.50 (5/10)", "[0.24, 0.76]")
    for width, caption in ((64, "0 → 0.50 (5/10) [0.24, 0.76]"), (63, "0 → 0.50 (5/10)")):
        bars, _ = rows_of([known], 0, width, 2)
        assert "".join(text for text, _ in bars) == f"comply  {'▄' * 20} {caption}"


def test_a_row_of_half_widths_is_drawn_only_where_any_are_known() -> None:
    curve = Curve("compliance", "comply", (UNSAMPLED,), "0 → not sampled", "", (None,))
    assert len(rows_of([curve], 0, 30, 10)) == len(rows_of([curve], 0, 30, 5))


@given(st.lists(st.none() | st.floats(0.001, 0.5), min_size=1, max_size=4), st.floats(0.001, 0.5))
def test_the_widest_interval_counts_and_a_wider_one_is_never_drawn_lower(
    known: list[float | None], more: float
) -> None:
    heights = " ▁▂▃▄▅▆▇█"
    assert heights.index(half_width_cell(known)) <= heights.index(half_width_cell([*known, more]))
    assert (half_width_cell(known) == " ") == (known.count(None) == len(known))


def test_nothing_is_drawn_where_there_is_nothing_or_no_room() -> None:
    assert rows_of([], 0, 80, 5) == []
    assert rows_of([Curve("compliance", "comply", (0.5,), "")], 0, LABEL_CELLS, 5) == []


@given(
    st.lists(points, min_size=1, max_size=300),
    st.integers(0, 299),
    st.integers(LABEL_CELLS + 1, 200),
    st.integers(1, 20),
)
def test_the_cursor_is_in_view_and_bars_stand_over_the_ruler(
    rates: list[float | str], cursor: int, width: int, height: int
) -> None:
    cursor = min(cursor, len(rates) - 1)
    curve = Curve("compliance", "comply", tuple(rates), "x")
    *bars, ruler = rows_of([curve], cursor, width, height)
    below = "".join(text for text, _ in ruler)
    cells = cell_len(below)
    assert below.count("^") == 1
    for row in bars:
        cursor_at = [at for at, (_, at_cursor) in enumerate(row) if at_cursor]
        if not cursor_at:
            continue
        before = "".join(text for text, _ in row[: cursor_at[0]])
        assert len(cursor_at) == 1
        assert cell_len(before) == below.index("^")
        assert cells <= max(width, LABEL_CELLS + 4)
