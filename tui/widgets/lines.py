"""A widget of ready-made rows that repaints only the cells that changed.

Textual sends every cell of a refreshed region again, so the region is what decides the bytes on the link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

_NARROW = frozenset(map(chr, range(0x20, 0x7F))) | frozenset(map(chr, range(0x2500, 0x25A0))) | frozenset("·→▲▼◆◇±")
"""Characters that take one cell and stand by themselves: all that most rows are made of."""

Piece = tuple[str, Style]
Line = Sequence[Piece]


def strip_of(line: Line) -> Strip:
    """Turn styled pieces into a strip."""
    return Strip([Segment(text, style) for text, style in line if text])


def changed_columns(old: Strip, new: Strip, width: int) -> tuple[int, int] | None:
    """Cells ``[first, last)`` in which two rows differ, None if they look alike."""
    one, other = list(old), list(new)
    if one == other:
        return None
    alike = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    # One segment less is taken as alike: what combines with its last character stands in the next one.
    alike = max(0, alike - 1)
    start = min(width, sum(segment.cell_length for segment in one[:alike]))
    room = width - start
    before, after = _cells(one[alike:], room), _cells(other[alike:], room)
    if before == after:
        return None
    first = next(x for x in range(room) if before[x] != after[x])
    last = next(x for x in range(room, 0, -1) if before[x - 1] != after[x - 1])
    return start + first, start + last


def _cells(segments: Iterable[Segment], width: int) -> list[tuple[str, Style | None, int]]:
    """One entry per cell; both halves of a wide character carry it, so that no region cuts one in two."""
    cells: list[tuple[str, Style | None, int]] = []
    for text, style, _ in segments:
        if _NARROW.issuperset(text):
            own = style or Style.null()
            cells.extend([(character, own, 0) for character in text])
            continue
        for character in text:
            size = get_character_cell_size(character)
            if size == 0 and cells:
                base, base_style, half = cells[-1]
                cells[-1] = (base + character, base_style, half)
            for half in range(size):
                cells.append((character, style or Style.null(), half if size == 1 else 2))
    del cells[width:]
    cells.extend([(" ", Style.null(), 0)] * (width - len(cells)))
    return cells


Paint = Callable[[int, int], Iterable[Line]]
"""Gives the rows to show at a width and height."""


class Lines(Widget):
    """Shows rows of styled text; `show` replaces them and repaints the difference.

    With ``paint``, the rows are asked for whenever the size changes or `repaint` is called.
    """

    ALLOW_SELECT = False

    def __init__(self, paint: Paint | None = None, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._paint = paint
        self._strips: list[Strip] = []

    def repaint(self) -> None:
        """Ask for the rows again, and send what is different."""
        width, height = self.size
        if self._paint is not None and width > 0 and height > 0:
            self.show(self._paint(width, height))

    def on_resize(self) -> None:
        """Use the room there is now."""
        self.repaint()

    def show(self, lines: Iterable[Line]) -> None:
        """Show these rows from now on."""
        old, new = self._strips, [strip_of(line) for line in lines]
        self._strips = new
        width, height = self.size
        if not height:
            # Hidden, without a place in the layout: rows rendered before must not come back.
            self.refresh()
        blank = Strip([])
        for y in range(min(max(len(old), len(new)), height)):
            columns = changed_columns(old[y] if y < len(old) else blank, new[y] if y < len(new) else blank, width)
            if columns is not None:
                self.refresh(Region(columns[0], y, columns[1] - columns[0], 1))

    def render_line(self, y: int) -> Strip:
        """One row, cut and padded to the widget's width."""
        strip = self._strips[y] if y < len(self._strips) else Strip([])
        return strip.crop_extend(0, self.size.width, self.blank_style)

    @cached_property
    def blank_style(self) -> Style:
        """Style of the cells without text; worked out once, as the theme stays and every row asks for it."""
        return self.rich_style
