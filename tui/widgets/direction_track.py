"""How each sentence moves a rate, drawn under the curves: up promotes, down suppresses, dim is within the noise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.style import Style

from tui.palette import BOLD, DIM, PLAIN, PROMOTES, REVERSE, SUPPRESSES, TURNING_POINT
from tui.widgets.lines import Line, Piece
from tui.widgets.wrapping import clip

BLOCKS = "▁▂▃▄▅▆▇█"
HANGING_NOISE, HALFWAY = "▔▀", 2
"""The two blocks that hang, and up to how many eighths the first stands for."""
TRACK_ROWS = 3
"""A caption, a row for what promotes, a row for what suppresses."""


@dataclass(frozen=True)
class Directions:
    """One behavior's directions: ``values[i]`` in -1..1 is that of sentence i, None where there is none.

    ``beyond`` has the sentences whose direction exceeds the noise floor; ``marks[i]`` is one cell, blank unless
    sentence i is a turning point. ``caption`` says in words what is known at the cursor, ``noise`` the floor there.
    """

    name: str
    values: tuple[float | None, ...]
    beyond: frozenset[int]
    marks: tuple[str, ...]
    caption: str
    noise: str


def track_lines(shown: Directions, sentences: range, scale: int, label_cells: int) -> list[Line]:
    """The three rows of the track for the columns in view, ``scale`` cells per sentence.

    The cursor leaves no mark in the bars, so that a step repaints the caption alone; the ruler's caret stands below.
    """
    caption = [(clip(shown.name, label_cells - 1).ljust(label_cells), BOLD), (shown.caption, PLAIN)]
    rows: list[Line] = [caption]
    for sign, label in ((1, "▲ 1 ┤"), (-1, "▼ 1 ┤")):
        cells = [piece for i in sentences for piece in _column(shown, i, sign, scale)]
        rows.append([(label.rjust(label_cells), DIM), *merged(cells)])
    return rows


def _column(shown: Directions, index: int, sign: int, scale: int) -> list[Piece]:
    """The cells of one sentence in the row of one sign: its bar, or the mark at the other end of it."""
    value = shown.values[index] if index < len(shown.values) else None
    if value is None and sign > 0:
        return [(" " * scale, PLAIN)]
    if value is None or (value >= 0) != (sign > 0):
        mark, style = mark_of(shown, index)
        return [(mark.ljust(scale), style)]
    is_noise = index not in shown.beyond
    style = DIM if is_noise else _signed(value)
    size = min(8, max(1, round(abs(value) * 8)))
    if sign > 0:
        return [(BLOCKS[size - 1] * scale, style)]
    if is_noise:
        # Terminals disagree about what is dim when it is reversed.
        return [(HANGING_NOISE[size > HALFWAY] * scale, style)]
    # There are no blocks that hang: what is left of the cell stands, reversed.
    return [(BLOCKS[7 - size] * scale if size < 8 else " " * scale, style + REVERSE)]


def mark_of(shown: Directions, index: int) -> Piece:
    """The mark of a sentence, blank for most, in the colour of its sign."""
    mark = shown.marks[index] if index < len(shown.marks) else " "
    value = shown.values[index] if mark == TURNING_POINT else None
    return mark, PLAIN if value is None else _signed(value) + BOLD


def _signed(value: float) -> Style:
    return PROMOTES if value > 0 else SUPPRESSES


def merged(cells: Iterable[Piece]) -> list[Piece]:
    """The same with neighbours of one style in one piece."""
    pieces: list[Piece] = []
    for text, style in cells:
        if pieces and pieces[-1][1] == style:
            pieces[-1] = (pieces[-1][0] + text, style)
        else:
            pieces.append((text, style))
    return pieces
