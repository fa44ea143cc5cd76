"""The sentences of a trace: gutter with index, category and direction on the left, wrapped text on the right."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rich.segment import Segment
from rich.style import Style
from textual.reactive import var
from textual.strip import Strip

from tui.palette import BOLD, CURSOR, DIM, HIT, LABEL, PLAIN, PROMOTES, SUGGESTED, SUPPRESSES
from tui.widgets.line_list import LineList
from tui.widgets.wrapping import Row, wrap

MIN_ROWS_SHOWN = 4


@dataclass(frozen=True)
class SentenceItem:
    """What the list shows of a sentence; ``text`` has been made fit for a terminal.

    ``tag`` is its category in up to three cells, ``flag`` one cell: a doubt, a note, a second category, or
    that the tag is only suggested.
    ``direction`` is None where a neighbouring prefix is unsampled; ``is_big`` marks a change that stands out, and
    ``mark``, one cell, a turning point.
    """

    index: int
    text: str
    tag: str | None = None
    direction: float | None = None
    is_big: bool = False
    mark: str = " "
    flag: str = " "


def signed(direction: float | None) -> tuple[str, Style]:
    """Five cells that tell sign and size of a direction, and their style."""
    if direction is None:
        return "  ·  ", DIM
    size = f"{abs(direction):.2f}"
    size = " " + size[1:] if size.startswith("0") else size
    if float(f"{direction:.2f}") == 0:
        return f"={size}", DIM
    return (f"▲{size}", PROMOTES) if direction > 0 else (f"▼{size}", SUPPRESSES)


class SentenceList(LineList):
    """Sentences with a cursor; a very long one is cut here and can be opened in full."""

    pattern: var[re.Pattern[str] | None] = var(None)

    def __init__(self, tag_styles: Mapping[str, Style] | None = None, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._tag_styles = tag_styles or {}
        self._items: Sequence[SentenceItem] = ()
        self._rows: dict[tuple[int, int], list[Row]] = {}
        self._anchor: int | None = None

    @property
    def count(self) -> int:
        """Number of sentences."""
        return len(self._items)

    def replace(self, items: Sequence[SentenceItem], cursor: int) -> None:
        """Show another trace."""
        self._items, self._rows, self._anchor = items, {}, None
        self.set_reactive(LineList.cursor, max(0, min(cursor, len(items) - 1)))
        self.scroll_to(y=0, animate=False, immediate=True)
        self.lay_out()
        self._reveal(self.cursor)

    def update_items(self, items: Sequence[SentenceItem]) -> None:
        """Take new labels and directions of the same trace, and repaint the sentences that changed."""
        changed = [new.index for old, new in zip(self._items, items, strict=True) if old != new]
        self._items = items
        for index in changed:
            self.refresh_item(index)

    def update_tags(self, tags: Mapping[int, tuple[str | None, str]]) -> None:
        """Take the new tag and flag of the sentences that changed."""
        items = list(self._items)
        for index, (tag, flag) in tags.items():
            items[index] = replace(items[index], tag=tag, flag=flag)
        self._items = items
        for index in tags:
            self.refresh_item(index)

    @property
    def selected(self) -> range:
        """The sentences that a category key labels: those from where the selection began to the cursor, or this one."""
        ends = sorted((self.cursor, self.cursor if self._anchor is None else self._anchor))
        return range(ends[0], ends[1] + 1)

    @property
    def is_selecting(self) -> bool:
        """Whether a selection has begun."""
        return self._anchor is not None

    def select(self, anchor: int | None) -> None:
        """Begin a selection at ``anchor``, or end it."""
        before = self.selected
        self._anchor = anchor
        for index in before if len(before) > len(self.selected) else self.selected:
            self.refresh_item(index)

    def watch_cursor(self, before: int, after: int) -> None:
        """Repaint what the selection gains or loses, too."""
        super().watch_cursor(before, after)
        if self._anchor is not None:
            for index in range(min(before, after), max(before, after) + 1):
                self.refresh_item(index)

    def watch_pattern(self) -> None:
        """Show or hide the hits of a search."""
        self.refresh()

    def _gutter(self) -> int:
        return 1 + self._digits() + 1 + 3 + 1 + 5 + 1

    def _digits(self) -> int:
        return max(2, len(str(max(0, self.count - 1))))

    def height_of(self, index: int, width: int) -> int:
        """Rows of a sentence, at most about half the view."""
        most = max(MIN_ROWS_SHOWN, self.size.height // 2)
        return min(len(self._wrapped(index, width)), most)

    def _wrapped(self, index: int, width: int) -> list[Row]:
        key = (index, width)
        if key not in self._rows:
            # One column stays free, so that text does not touch the pane beside it.
            self._rows[key] = wrap(self._items[index].text, width - self._gutter() - 1)
        return self._rows[key]

    def draw(self, index: int, row: int, width: int, *, at_cursor: bool) -> Strip:
        """One row of a sentence."""
        item, rows = self._items[index], self._wrapped(index, width)
        is_selected = self._anchor is not None and index in self.selected
        bar = Segment("▌" if at_cursor else "│" if is_selected else " ", CURSOR)
        base = BOLD if at_cursor else PLAIN
        if row == 0:
            arrow, arrow_style = signed(item.direction)
            gutter = [
                bar,
                Segment(f"{item.index:>{self._digits()}}{item.flag}", CURSOR if at_cursor else DIM),
                *self._tag(item, arrow_style),
                Segment(f"{arrow} ", arrow_style + BOLD if item.is_big else arrow_style),
            ]
        else:
            gutter = [bar, Segment(" " * (self._gutter() - 1), PLAIN)]
        hidden = len(rows) - self.rows_of(index)[1]
        if hidden and row == self.rows_of(index)[1] - 1:
            return Strip([*gutter, Segment(f"… {hidden + 1} more rows: z reads it in full", DIM)])
        return Strip([*gutter, *self._text(item.text, rows[row], base)])

    def _tag(self, item: SentenceItem, arrow_style: Style) -> list[Segment]:
        """The category, and the mark of a turning point in the cell that else is blank."""
        tag = f"{item.tag or '':<3}"
        style = DIM if item.flag == SUGGESTED else self._tag_styles.get(item.tag or "", LABEL)
        if item.mark == " ":
            return [Segment(f"{tag} ", style)]
        return [Segment(tag, style), Segment(item.mark, arrow_style + BOLD)]

    def _text(self, text: str, row: Row, base: Style) -> list[Segment]:
        if self.pattern is None:
            return [Segment(text[row.start : row.end], base)]
        segments, at = [], row.start
        for hit in self.pattern.finditer(text):
            first, last = max(hit.start(), row.start), min(hit.end(), row.end)
            if first < last:
                segments += [Segment(text[at:first], base), Segment(text[first:last], base + HIT)]
                at = last
        return [*segments, Segment(text[at : row.end], base)]
