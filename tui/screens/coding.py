"""The codebook beside the trace, while every key goes on labelling."""

from __future__ import annotations

from tui.context import Context
from tui.screens.blinding import BlindingScreen
from tui.views.coding import Page, Place, pages, panel_lines, turned
from tui.widgets.lines import Line, Lines


class CodingScreen(BlindingScreen):
    """Shows the codebook where rates and detail stand: at the sentence's own category, until a page is turned."""

    DEFAULT_CSS = """
    CodingScreen.-coding #strip { display: none; }
    CodingScreen.-coding #side { height: 65%; min-height: 6; max-height: 20; }
    CodingScreen.-wide.-coding #side { height: 100%; max-height: 100%; }
    """

    def __init__(self, context: Context, trace_id: str) -> None:
        super().__init__(context, trace_id)
        self._turned_to: Place | None = None
        self._pages: tuple[Page, ...] = ()
        self._paged_for = (0, 0)

    def action_codebook(self) -> None:
        """Show the codebook, or hide it."""
        self._turned_to = None
        self.toggle_class("-coding")
        self.repaint()

    def action_codebook_page(self, step: int) -> None:
        """Turn to another page, which stays until the codebook is hidden."""
        if self.has_class("-coding") and self._pages:
            self._turned_to = turned(self._pages, self._place, step)
            self.query_one("#detail", Lines).repaint()
        else:
            self.action_codebook()

    @property
    def _place(self) -> Place:
        """The page that was turned to, else that of the sentence's category."""
        return self._turned_to or Place(self._view.held(self._cursor).category)

    def _detail(self, width: int, height: int) -> list[Line]:
        if not self.has_class("-coding"):
            return super()._detail(width, height)
        codebook, keys = self.context.codebook, self.context.keys
        if self._paged_for != (width, height):
            self._paged_for, self._pages = (width, height), pages(codebook, keys, width, height - 1)
        return panel_lines(codebook, keys, self._pages, self._place, width)
