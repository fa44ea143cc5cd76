"""The track of directions: up promotes, down suppresses, dim is within the noise, a mark at each turning point."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.palette import DIM, PROMOTES, REVERSE, SUPPRESSES, TURNING_POINT, TURNING_POINT_ELSEWHERE
from tui.widgets.direction_track import BLOCKS, Directions, track_lines
from tui.widgets.lines import Line
from tui.widgets.rate_strip import LABEL_CELLS, Curve, RateStrip

VALUES = (0.78, -0.5, 0.1, None, -0.04, 0.0)
SHOWN = Directions(
    "AF",
    VALUES,
    frozenset({0, 1}),
    (TURNING_POINT, " ", " ", " ", TURNING_POINT_ELSEWHERE, " "),
    "+0.78",
    "AF noise ±0.19",
)


def cells(line: Line) -> list[tuple[str, object]]:
    """Each cell of a row behind its label, with its style."""
    return [(cell, style) for text, style in line[1:] for cell in text]


def track(shown: Directions, scale: int = 1) -> Sequence[Line]:
    return track_lines(shown, range(len(shown.values) + 1), scale, LABEL_CELLS)


def test_what_promotes_stands_and_what_suppresses_hangs() -> None:
    _, up, down = (cells(line) for line in track(SHOWN))
    assert [cell for cell, _ in up] == ["▆", " ", "▁", " ", TURNING_POINT_ELSEWHERE, "▁", " "]
    # A reversed block is what is left of a bar that hangs.
    assert [cell for cell, _ in down] == [TURNING_POINT, "▄", " ", " ", "▔", " ", " "]
    assert down[1][1] == SUPPRESSES + REVERSE
    assert down[4][1] == DIM


def test_a_full_bar_hangs_over_the_whole_cell() -> None:
    _, _, down = track(Directions("AF", (-1.0,), frozenset({0}), (" ",), "", ""))
    assert cells(down)[0] == (" ", SUPPRESSES + REVERSE)


def test_only_what_is_beyond_the_noise_has_a_colour() -> None:
    _, up, _ = (cells(line) for line in track(SHOWN))
    assert up[0][1] == PROMOTES
    assert up[2][1] == DIM


def test_the_caption_says_whose_directions_these_are_and_what_is_known_at_the_cursor() -> None:
    assert "".join(text for text, _ in track(SHOWN)[0]) == "AF      +0.78"


@given(
    st.lists(st.none() | st.floats(-1, 1), min_size=1, max_size=60),
    st.integers(1, 3),
)
def test_each_sentence_has_a_column_and_one_bar_at_most(values: list[float | None], scale: int) -> None:
    shown = Directions("AF", tuple(values), frozenset(range(0, len(values), 2)), (" ",) * len(values), "", "")
    _, up, down = (cells(line) for line in track(shown, scale))
    assert len(up) == len(down) == (len(values) + 1) * scale
    for index, value in enumerate(values):
        above, below = up[index * scale], down[index * scale]
        hangs = below[0] in "▔▀" or below[1] == SUPPRESSES + REVERSE
        assert (above[0] in BLOCKS, hangs) == ((False, False) if value is None else (value >= 0, value < 0))


CURVES = tuple(Curve(name, name[:6], (0.2,) * 7, "0 → 0.20 (10/50)") for name in ("alignment_faking", "compliance"))


def strip_rows(shown: Directions | None, cursor: int, width: int, height: int) -> list[str]:
    strip = RateStrip(lambda: (CURVES, cursor), lambda: shown)
    return ["".join(text for text, _ in line) for line in strip._rows_at(width, height)]


def test_a_tall_strip_has_the_track_between_the_curves_and_the_ruler() -> None:
    rows = strip_rows(SHOWN, 2, 60, 12)
    assert len(rows) == 12
    assert rows[8:11] == ["".join(text for text, _ in line) for line in track(SHOWN, 3)]
    assert rows[11].index("^") == LABEL_CELLS + 2 * 3
    assert TURNING_POINT not in rows[11]


@pytest.mark.parametrize("height", [3, 10])
def test_a_lower_strip_has_the_marks_and_the_noise_in_its_ruler(height: int) -> None:
    ruler = strip_rows(SHOWN, 2, 70, height)[-1]
    assert ruler[LABEL_CELLS] == TURNING_POINT
    assert ruler[LABEL_CELLS + 4 * 3] == TURNING_POINT_ELSEWHERE
    assert ruler.endswith(" AF noise ±0.19")
    assert cell_len(ruler) <= 70


def test_before_the_comparison_the_ruler_is_as_it_was() -> None:
    assert strip_rows(None, 2, 60, 12)[-1] == "prefix  0     ^              "


@given(st.sets(st.integers(0, 29)), st.integers(0, 29), st.integers(LABEL_CELLS + 5, 60))
def test_a_mark_leaves_no_number_cut_in_two(marked: set[int], cursor: int, width: int) -> None:
    marks = tuple(TURNING_POINT if index in marked else " " for index in range(30))
    shown = Directions("AF", (0.1,) * 30, frozenset(), marks, "", "")
    strip = RateStrip(lambda: ((Curve("compliance", "comply", (0.5,) * 31, ""),), cursor), lambda: shown)
    ruler = "".join(text for text, _ in strip._rows_at(width, 2)[-1])[LABEL_CELLS:]
    numbers = ruler.replace("^", " ").replace(TURNING_POINT, " ").split()
    assert set(numbers) <= {"0", "10", "20", "30"}
    assert ruler.count("^") == 1


def test_a_turning_point_of_another_behavior_is_marked_where_this_one_has_no_direction() -> None:
    shown = Directions("AF", (None,), frozenset(), (TURNING_POINT_ELSEWHERE,), "", "")
    _, up, down = (cells(line) for line in track(shown))
    assert (up[0][0], down[0][0]) == (" ", TURNING_POINT_ELSEWHERE)
