"""Reading a long text, or the list of keys, on a screen of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult

from core.annotation.codebook import Codebook
from core.sanitize import visible
from tui.actions import HELP, READER, bindings_for, in_scope, shown
from tui.clipboard import copy
from tui.palette import BOLD
from tui.screens.base import ListScreen
from tui.views.chrome import header_line
from tui.widgets.lines import Line, Lines
from tui.widgets.prompt_bar import PromptBar
from tui.widgets.text_list import TextItem, TextList


class ReaderScreen(ListScreen[None]):
    """A text under a title, line by line."""

    SCOPE = READER
    BINDINGS = bindings_for(READER)  # Textual's own declaration

    def __init__(self, title: str, items: Sequence[TextItem], raw: str = "") -> None:
        super().__init__()
        self._heading = title
        self._content = items
        self._raw = raw

    def compose(self) -> ComposeResult:
        """Header, text, status."""
        yield Lines(self._header, id="header").add_class("row")
        yield TextList()
        yield Lines(self.status_lines, id="status").add_class("row")
        yield PromptBar()

    def on_mount(self) -> None:
        """Fill the list."""
        self.query_one(TextList).replace(self._content)

    def _header(self, width: int, height: int) -> list[Line]:
        return [header_line([self._heading], "", width)]

    def action_move(self, step: int) -> None:
        """Move by lines, and through a line that is higher than the screen."""
        if not self.items.scroll_within(step):
            super().action_move(step)

    def action_page(self, direction: int) -> None:
        """Move by screens, also within one line."""
        if not self.items.scroll_within(direction * max(1, self.items.size.height - 1)):
            super().action_page(direction)

    def action_last(self) -> None:
        """To the end of the last line."""
        super().action_last()
        self.items.scroll_within(self.items.virtual_size.height)

    def action_copy(self) -> None:
        """Copy the whole text."""
        self.say(copy(self.app, self._raw))


class KeysScreen(ReaderScreen):
    """All keys of the screen below, from the registry."""

    SCOPE = HELP
    BINDINGS = bindings_for(HELP)


def text_items(sections: Sequence[tuple[str, str]]) -> list[TextItem]:
    """Headed sections of hostile text as items, one per line."""
    items: list[TextItem] = []
    for heading, text in sections:
        items.append(TextItem(visible(heading), is_heading=True))
        items += [TextItem(line) for line in visible(text).split("\n")]
    return items


def keys_screen(scope: str, keys: Mapping[str, tuple[str, ...]], codebook: Codebook) -> KeysScreen:
    """The keys of a screen, as they are mapped now."""
    items = [TextItem(a.help, ((f"{shown(keys[a.id]):>16}  ", BOLD),)) for a in in_scope(scope, codebook)]
    return KeysScreen("keys", items)
