"""The turning points of a trace with their text, in a column beside the panels, and their numbers above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.figures.lettering import drawable, width, wrapped
from core.figures.page import POINTS, Page, leading
from core.figures.palette import INK, mark, tint
from core.figures.sources import signed
from core.figures.style import SIZE, SMALL
from core.figures.trace_data import SentenceDirection

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LINES: Final = 7
_FEWEST_LINES: Final = 2
_GAP: Final = 0.07
_INSET: Final = 0.05
_BADGE_ROWS: Final = 3


@dataclass(frozen=True)
class Callout:
    """A turning point, its heading, and its text broken into lines."""

    sentence: SentenceDirection
    heading: str
    lines: tuple[str, ...]

    @property
    def height(self) -> float:
        """In inches, without the gap below."""
        return _height(len(self.lines))


def fit_callouts(sentences: Sequence[SentenceDirection], room: float, height: float) -> list[Callout]:
    """Callouts that fit into a column of ``room`` by ``height`` inches, in the order of the trace.

    Texts are cut to as many lines as fit for all; where not even two lines each do, those of largest importance stay.
    """
    needed = {one.sentence_idx: len(_lines(one, room, _MOST_LINES)) for one in sentences}
    chosen = list(sentences)
    while chosen:
        for most in range(_MOST_LINES, _FEWEST_LINES - 1, -1):
            heights = [_height(min(most, needed[one.sentence_idx])) + _GAP for one in chosen]
            if sum(heights) - _GAP <= height:
                return [Callout(one, _heading(one), tuple(_lines(one, room, most))) for one in chosen]
        chosen.remove(min(chosen, key=lambda one: abs(one.value or 0.0)))
    return []


def draw_callouts(page: Page, callouts: Sequence[Callout], n_points: int, left: float, top: float, room: float) -> None:
    """Draw the column; a last line says how many turning points are only among the sentences."""
    step = leading(SMALL)
    for callout in callouts:
        page.box(left, top, room, callout.height, facecolor=tint(callout.sentence.value), alpha=0.45)
        page.box(left, top, 0.025, callout.height, facecolor=INK)
        baseline = top + _INSET + 0.8 * step
        page.write(callout.heading, left + 2 * _INSET, baseline, SMALL, weight="bold")
        for number, line in enumerate(callout.lines, start=1):
            page.write(line, left + 2 * _INSET, baseline + number * step, SMALL)
        top += callout.height + _GAP
    if len(callouts) < n_points:
        page.write(f"and {n_points - len(callouts)} more, framed below", left, top + 0.8 * step, SMALL)


@dataclass(frozen=True)
class Badge:
    """The number of a turning point, above its strip on row 0, 1 or 2, counted from the panel."""

    sentence: SentenceDirection
    label: str
    row: int


def place_badges(points: Sequence[SentenceDirection], spacing: float) -> list[Badge]:
    """Give each number the lowest row on which it touches no other; ``spacing`` is from prefix to prefix, in points.

    A number that fits on no row is left out: its strip and its star stay.
    """
    ends = [float("-inf")] * _BADGE_ROWS
    placed = []
    for point in points:
        label = f"{mark(point.value)}{point.sentence_idx}"
        middle, half = (point.sentence_idx + 0.5) * spacing, width(label, SIZE, bold=True) / 2
        row = next((row for row, end in enumerate(ends) if middle - half > end + 1.5), None)
        if row is not None:
            ends[row] = middle + half
            placed.append(Badge(point, label, row))
    return placed


def badge_room(badges: Sequence[Badge]) -> float:
    """Inches that the numbers above the panel take."""
    return leading(SIZE) * (max((badge.row for badge in badges), default=-1) + 1)


def draw_badges(axes: Axes, badges: Sequence[Badge]) -> None:
    """Write the numbers above the panel of rates."""
    for badge in badges:
        axes.annotate(badge.label, (badge.sentence.sentence_idx + 0.5, 1.0),
                      xytext=(0, 2 + badge.row * leading(SIZE) * POINTS), textcoords="offset points", ha="center",
                      va="bottom", size=SIZE, weight="bold", annotation_clip=False)  # fmt: skip


def _lines(sentence: SentenceDirection, room: float, most: int) -> list[str]:
    return wrapped(drawable(sentence.text.strip()), (room - 3 * _INSET) * POINTS, SMALL, most)


def _heading(sentence: SentenceDirection) -> str:
    interval = sentence.contrast.interval
    bounds = "" if interval is None else f" [{signed(interval.low)}, {signed(interval.high)}]"
    value = "" if sentence.value is None else f" {mark(sentence.value)} {signed(sentence.value)}"
    return f"{sentence.sentence_idx}{value}{bounds}"


def _height(n_lines: int) -> float:
    """Inches of a callout with so many lines of text, without the gap below."""
    return leading(SMALL) * (n_lines + 1) + 2 * _INSET
