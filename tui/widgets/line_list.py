"""A list of wrapped items with a cursor, drawn row by row; a move repaints two items, not the list."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from rich.style import Style
from textual.events import Blur, Focus
from textual.geometry import Region, Size
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip


class LineList(ScrollView, can_focus=True, inherit_bindings=False):
    """Base of the lists: a subclass says how many items there are, how high each is, and draws one.

    The arrow and page keys of Textual's own scrolling are left to the screen, where they move the cursor.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    LineList { scrollbar-size-vertical: 0; scrollbar-size-horizontal: 0; }
    """

    cursor: var[int] = var(0)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._offsets: list[int] = [0]
        self._laid_out = Size(0, 0)

    def on_focus(self, event: Focus) -> None:
        """Take the focus without the repaint that is Textual's default: the list looks the same with and without."""
        event.prevent_default()
        self.has_focus = True

    def on_blur(self, event: Blur) -> None:
        """Lose the focus without a repaint."""
        event.prevent_default()
        self.has_focus = False

    @property
    @abstractmethod
    def count(self) -> int:
        """Number of items."""

    @abstractmethod
    def height_of(self, index: int, width: int) -> int:
        """Rows that an item takes at this width; at least 1."""

    @abstractmethod
    def draw(self, index: int, row: int, width: int, *, at_cursor: bool) -> Strip:
        """Draw row ``row`` of an item."""

    def lay_out(self) -> None:
        """Measure every item again; call it when the items have changed."""
        width = self.size.width
        if width <= 0:
            # What was measured belongs to other items; a size will come.
            self._offsets, self._laid_out = [0], Size(0, 0)
            return
        self._laid_out = self.size
        self._offsets = [0, *accumulate(self.height_of(index, width) for index in range(self.count))]
        self.virtual_size = Size(width, self._offsets[-1])
        self.refresh()

    def on_resize(self) -> None:
        """Keep the item at the top in place while rows are broken anew."""
        if self.size != self._laid_out:
            top = self.item_at(int(self.scroll_y))
            self.lay_out()
            if top < len(self._offsets) - 1:
                self.scroll_to(y=self._offsets[top], animate=False, immediate=True)
        # The new height limits scrolling only once the layout is through.
        self.call_after_refresh(self._reveal_cursor)

    def _reveal_cursor(self) -> None:
        self._reveal(self.cursor)

    def item_at(self, y: int) -> int:
        """Index of the item on row ``y`` of the whole list."""
        return bisect_right(self._offsets, y) - 1

    def rows_of(self, index: int) -> tuple[int, int]:
        """First row and height of an item."""
        return self._offsets[index], self._offsets[index + 1] - self._offsets[index]

    def validate_cursor(self, index: int) -> int:
        """Stay within the list."""
        return max(0, min(index, self.count - 1))

    def watch_cursor(self, before: int, after: int) -> None:
        """Repaint the item left and the item reached."""
        if before == after or len(self._offsets) <= after + 1:
            return
        self.refresh_item(before)
        self.refresh_item(after)
        self._reveal(after)

    def refresh_item(self, index: int) -> None:
        """Repaint one item, as far as it is in view."""
        if not 0 <= index < len(self._offsets) - 1:
            return
        start, height = self.rows_of(index)
        # Textual clips to the parent only: an unclipped region would repaint the rows below this widget.
        viewport = Region(0, 0, *self.size)
        region = Region(0, start - int(self.scroll_y), self.size.width, height).intersection(viewport)
        if region:
            self.refresh(region)

    def _reveal(self, index: int) -> None:
        """Scroll seldom and far: any scroll repaints the whole list."""
        view = self.size.height
        if not 0 <= index < len(self._offsets) - 1 or view <= 0:
            return
        start, height = self.rows_of(index)
        top = int(self.scroll_y)
        if start >= top and start + min(height, view) <= top + view:
            return
        step = view // 3
        target = start - step if start < top else start + height - view + step
        target = min(target, start)
        self.scroll_to(y=max(0, target), animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        """One row of the viewport.

        Textual may ask before it tells the new size: until then the rows are the ones that were measured.
        """
        width = self._laid_out.width
        row = y + int(self.scroll_y)
        index = self.item_at(row)
        if not 0 <= index < self.count or row >= self._offsets[-1]:
            return Strip.blank(self.size.width, self.blank_style)
        strip = self.draw(index, row - self._offsets[index], width, at_cursor=index == self.cursor)
        return strip.crop_extend(0, self.size.width, self.blank_style)

    @cached_property
    def blank_style(self) -> Style:
        """Style of the cells without text; worked out once, as the theme stays and every row asks for it."""
        return self.rich_style

    def move(self, step: int) -> None:
        """Move the cursor by ``step`` items."""
        self.cursor += step

    def scroll_within(self, rows: int) -> bool:
        """Scroll inside an item that is higher than the view; False where there is nothing more of it that way."""
        if self.cursor >= len(self._offsets) - 1:
            return False
        start, height = self.rows_of(self.cursor)
        top = int(self.scroll_y)
        target = max(start, min(top + rows, start + height - self.size.height))
        if height <= self.size.height or target == top:
            return False
        self.scroll_to(y=target, animate=False, immediate=True)
        return True

    def page(self, direction: int) -> None:
        """Move the cursor by about a screen."""
        if self.cursor >= len(self._offsets) - 1:
            return
        start, _ = self.rows_of(self.cursor)
        row = max(0, min(start + direction * max(1, self.size.height - 1), self._offsets[-1] - 1))
        target = self.item_at(row)
        self.cursor = target if target != self.cursor else self.cursor + direction
