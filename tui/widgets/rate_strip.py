"""The live curve of each behavior's rate by prefix: a fixed scale from 0 to 1, gaps where nothing was sampled."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.style import Style

from tui.palette import AT_CURSOR, BOLD, DIM, PLAIN, behavior_style
from tui.widgets.direction_track import TRACK_ROWS, Directions, mark_of, merged, track_lines
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.wrapping import clip

BLOCKS = "▁▂▃▄▅▆▇█"
UNSAMPLED, UNDECIDED, HIDDEN = "·", "×", "?"
LABEL_CELLS = 8
TALL_ROWS, FEWEST_TALL_ROWS = 3, 2
WHOLE_CAPTION_CELLS = 36
"""Room for a caption with its interval, beside a curve of one row."""


@dataclass(frozen=True)
class Curve:
    """One behavior's rates: ``points[i]`` is the rate at prefix i, or why there is none.

    ``caption`` is what is known at the cursor, in words, and ``interval`` how well. ``half_widths[i]`` is half the
    length of the rate's interval at prefix i, None where there is none.
    """

    behavior: str
    name: str
    points: tuple[float | str, ...]
    caption: str
    interval: str = ""
    half_widths: tuple[float | None, ...] = ()


def bar_cell(point: float | str, row: int, rows: int) -> str:
    """The block for one cell of a curve; row 0 is the lowest of ``rows``."""
    if isinstance(point, str):
        return point if row == 0 else " "
    eighths = max(1, round(point * 8 * rows)) - 8 * row
    if eighths <= 0:
        return " "
    return BLOCKS[min(eighths, 8) - 1]


def half_width_cell(half_widths: Sequence[float | None]) -> str:
    """The widest of some intervals as a block, on a scale to ±0.5; blank where there is none."""
    known = [half_width for half_width in half_widths if half_width is not None]
    return BLOCKS[min(8, max(1, math.ceil(16 * max(known)))) - 1] if known else " "


class RateStrip(Lines):
    """Draws curves over the prefixes around the cursor; the cursor's column stands out, and a caret marks it below.

    Of more curves than there are rows for, the first are drawn, and the ruler says how many are left. Where directions
    are known and there is room, they have a track below the curves; sentence i, which moves the rate
    from prefix i to i + 1, stands in the column of prefix i. In a low strip the ruler has its mark.
    """

    def __init__(
        self,
        source: Callable[[], tuple[Sequence[Curve], int]],
        directions: Callable[[], Directions | None] | None = None,
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        """``source`` gives the curves and the prefix under the cursor, ``directions`` what is known of one behavior."""
        super().__init__(self._rows_at, id=id)
        self._source = source
        self._directions = directions
        self._curves: Sequence[Curve] = ()
        self._cursor = 0
        self._first = 0

    def _rows_at(self, width: int, height: int) -> list[Line]:
        self._curves, self._cursor = self._source()
        if not self._curves or width <= LABEL_CELLS:
            return []
        drawn = self._curves[: max(1, height - 1)]
        # A tall curve has a caption of its own above it.
        tall_rows = min(TALL_ROWS, (height - 1) // len(drawn) - 1)
        tall = tall_rows >= FEWEST_TALL_ROWS
        points = len(self._curves[0].points)
        # Beside the whole curve only: an interval is not worth a prefix that one cannot see.
        whole = not tall and points + WHOLE_CAPTION_CELLS <= width - LABEL_CELLS
        captions = 0 if tall else WHOLE_CAPTION_CELLS if whole else max(len(curve.caption) for curve in drawn) + 1
        room = max(4, width - LABEL_CELLS - captions)
        scale = max(1, min(3, room // points))
        count = self._window(points, room // scale)
        lines: list[Line] = []
        for curve in drawn:
            caption = f"{curve.caption} {curve.interval}".rstrip() if tall or whole else curve.caption
            if tall:
                lines.append([(f"{curve.name:<{LABEL_CELLS}}", self._style(curve) + BOLD), (caption, PLAIN)])
                lines += [self._row(curve, row, tall_rows, scale, count, "") for row in reversed(range(tall_rows))]
            else:
                lines.append(self._row(curve, 0, 1, scale, count, caption))
        shown = self._directions() if self._directions is not None else None
        if shown is not None and tall and height > len(lines) + TRACK_ROWS:
            in_view = range(self._first, self._first + count)
            lines += track_lines(shown, in_view, scale, LABEL_CELLS)
            shown = None
        ruler = self._ruler(scale, count, shown)
        if shown is not None and count * scale + len(shown.noise) < width - LABEL_CELLS:
            ruler += [(" ", PLAIN), (shown.noise, PLAIN)]
        elif len(drawn) < len(self._curves):
            ruler += [(f" +{len(self._curves) - len(drawn)} more (b)", DIM)]
        lines.append(ruler)
        if len(lines) < height:
            lines += self._half_widths(scale, count)
        return lines

    @staticmethod
    def _style(curve: Curve) -> Style:
        return behavior_style(curve.behavior)

    def _window(self, points: int, visible: int) -> int:
        """Choose the first prefix shown, moving far when it moves; return how many are shown."""
        visible = max(1, min(points, visible))
        if not self._first <= self._cursor < self._first + visible:
            self._first = self._cursor - visible // 3
        self._first = max(0, min(self._first, points - visible))
        return visible

    def _row(self, curve: Curve, row: int, rows: int, scale: int, count: int, caption: str) -> Line:
        if rows == 1:
            name = f"{clip(curve.name, LABEL_CELLS - 1):<{LABEL_CELLS}}"
        else:
            name = ("1 ┤" if row == rows - 1 else "0 ┤" if row == 0 else "  │").rjust(LABEL_CELLS)
        style = self._style(curve)
        pieces: list[Piece] = [(name, style if rows == 1 else DIM)]
        run = ""
        for prefix in range(self._first, self._first + count):
            cell = bar_cell(curve.points[prefix], row, rows) * scale
            if prefix == self._cursor:
                pieces += [(run, style), (cell, AT_CURSOR)]
                run = ""
            else:
                run += cell
        pieces.append((run, style))
        if caption:
            pieces += [(" ", PLAIN), (caption, PLAIN)]
        return pieces

    def _half_widths(self, scale: int, count: int) -> list[Line]:
        """A row that says how wide the intervals still are; no cursor in it, so that a step repaints nothing."""
        in_view = slice(self._first, self._first + count)
        columns = zip(*(curve.half_widths[in_view] for curve in self._curves), strict=False)
        cells = "".join(half_width_cell(column) * scale for column in columns)
        return [[("±.5 ┤".rjust(LABEL_CELLS), DIM), (cells, DIM)]] if cells.strip() else []

    def _ruler(self, scale: int, count: int, shown: Directions | None) -> list[Piece]:
        cells: list[Piece] = [(" ", DIM)] * (count * scale)
        for prefix in range(self._first, self._first + count):
            if shown is not None:
                cells[(prefix - self._first) * scale] = mark_of(shown, prefix)
        mark = (self._cursor - self._first) * scale
        marked = {mark, *(at for at, (cell, _) in enumerate(cells) if cell != " ")}
        for prefix in range(self._first, self._first + count):
            at, number = (prefix - self._first) * scale, str(prefix)
            # Half a number would be another number.
            if prefix % 10 == 0 and at + len(number) <= len(cells) and marked.isdisjoint(range(at, at + len(number))):
                cells[at : at + len(number)] = [(digit, DIM) for digit in number]
        cells[mark] = ("^", DIM)
        return [("prefix".ljust(LABEL_CELLS), DIM), *merged(cells)]
