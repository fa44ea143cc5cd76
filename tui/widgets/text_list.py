"""Lists of plain rows: one styled head before wrapped text, for rollouts, traces, keys and long texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.reactive import var
from textual.strip import Strip

from tui.palette import BOLD, CURSOR, HIT, PLAIN
from tui.widgets.line_list import LineList
from tui.widgets.lines import Piece
from tui.widgets.wrapping import Row, clip, wrap


@dataclass(frozen=True)
class TextItem:
    """A head of styled pieces, then text in ``style``; ``max_rows`` of it are shown, None shows all."""

    text: str
    head: tuple[Piece, ...] = ()
    max_rows: int | None = None
    is_heading: bool = False
    style: Style = PLAIN


class TextList(LineList):
    """Shows `TextItem`s; ``pattern`` marks the hits of a search."""

    pattern: var[re.Pattern[str] | None] = var(None)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._items: Sequence[TextItem] = ()
        self._rows: dict[tuple[int, int], list[Row]] = {}

    @property
    def count(self) -> int:
        """Number of items."""
        return len(self._items)

    def replace(self, items: Sequence[TextItem], cursor: int = 0) -> None:
        """Show other items."""
        self._items, self._rows = items, {}
        self.set_reactive(LineList.cursor, max(0, min(cursor, len(items) - 1)))
        self.lay_out()
        self._reveal(self.cursor)

    def update_items(self, items: Sequence[TextItem]) -> None:
        """Take new heads and texts of the same items, and repaint those that changed; a new height costs a layout."""
        changed = [index for index, (old, new) in enumerate(zip(self._items, items, strict=True)) if old != new]
        before = [self.rows_of(index)[1] for index in changed] if self._laid_out.width else []
        self._items = items
        self._rows = {key: rows for key, rows in self._rows.items() if key[0] not in changed}
        if before != [self.height_of(index, self._laid_out.width) for index in changed]:
            self.lay_out()
            return
        for index in changed:
            self.refresh_item(index)

    def change(self, index: int, item: TextItem) -> None:
        """Show another item in the place of one."""
        self.update_items([*self._items[:index], item, *self._items[index + 1 :]])

    def watch_pattern(self) -> None:
        """Show or hide the hits of a search."""
        self.refresh()

    def height_of(self, index: int, width: int) -> int:
        """Rows of an item, as far as it may have them."""
        rows = len(self._wrapped(index, width))
        most = self._items[index].max_rows
        return rows if most is None else min(rows, most)

    def _indent(self, index: int) -> int:
        return 1 + sum(cell_len(text) for text, _ in self._items[index].head)

    def _wrapped(self, index: int, width: int) -> list[Row]:
        key = (index, width)
        if key not in self._rows:
            self._rows[key] = wrap(self._items[index].text, width - self._indent(index))
        return self._rows[key]

    def draw(self, index: int, row: int, width: int, *, at_cursor: bool) -> Strip:
        """One row of an item."""
        item, rows = self._items[index], self._wrapped(index, width)
        segments = [Segment("▌" if at_cursor else " ", CURSOR)]
        if row == 0:
            segments += [Segment(text, style) for text, style in item.head]
        else:
            segments.append(Segment(" " * (self._indent(index) - 1), PLAIN))
        shown = item.text[rows[row].start : rows[row].end]
        if row + 1 == item.max_rows and len(rows) > row + 1:
            shown = clip(item.text[rows[row].start :], max(1, width - self._indent(index)))
        style = BOLD if at_cursor or item.is_heading else item.style
        if self.pattern is None:
            return Strip([*segments, Segment(shown, style)])
        at = 0
        for hit in self.pattern.finditer(shown):
            segments += [Segment(shown[at : hit.start()], style), Segment(hit.group(), style + HIT)]
            at = hit.end()
        return Strip([*segments, Segment(shown[at:], style)])

    def hit(self, step: int) -> bool:
        """Move to the next item that matches the search; False if none does."""
        if self.pattern is None:
            return False
        n = self.count
        for offset in range(1, n + 1):
            index = (self.cursor + step * offset) % n
            item = self._items[index]
            if self.pattern.search(item.text) or self.pattern.search("".join(text for text, _ in item.head)):
                self.cursor = index
                return True
        return False
