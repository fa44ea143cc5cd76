"""Tables one under the other: moving from table to table, a row in full, the trace that a row is about."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Container

from core.annotation.place import Place
from core.errors import TurnpointError
from tui.palette import BOLD, DIM, PLAIN
from tui.screens.reader import ReaderScreen, text_items
from tui.screens.searched import SearchedScreen
from tui.views.summary import SummaryRow, record_lines, trace_of
from tui.widgets.lines import Line, Lines
from tui.widgets.prompt_bar import PromptBar
from tui.widgets.text_list import TextList
from tui.widgets.wrapping import clip

NAME_CELLS = 24


class TablesScreen(SearchedScreen[str | Place]):
    """Lists tables; dismisses with the id of a trace, or the place of a sentence, that is to be opened."""

    NO_HIT = "no row holds that."
    DEFAULT_CSS = """
    TablesScreen #panes { layout: vertical; height: 1fr; }
    TablesScreen #panes TextList { height: 1fr; }
    TablesScreen #record { height: 8; border-top: solid $primary; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: Sequence[SummaryRow] = ()

    def compose(self) -> ComposeResult:
        """Header, tables, the row under the cursor in full, status."""
        yield Lines(self._header, id="header").add_class("row")
        with Container(id="panes"):
            yield TextList()
            yield Lines(self._record, id="record")
        yield Lines(self.status_lines, id="status").add_class("row")
        yield PromptBar()

    def show_rows(self, rows: Sequence[SummaryRow], cursor: int = 0) -> None:
        """Show these rows, with the cursor on one of them."""
        self._shown = rows
        self.query_one(TextList).replace([row.item for row in rows], cursor)
        self.query_one("#header", Lines).repaint()
        self.go(cursor)

    def repaint(self) -> None:
        """Follow the cursor."""
        super().repaint()
        self.query_one("#record", Lines).repaint()

    def _header(self, width: int, height: int) -> list[Line]:
        return []

    def answer(self, purpose: str, text: str) -> None:
        """Search, or write the tables."""
        super().answer(purpose, text)
        if purpose == "export":
            self.run_worker(self._export(Path(text.strip()).expanduser()), group="export", exit_on_error=False)

    async def _export(self, directory: Path) -> None:
        try:
            self.say(await asyncio.to_thread(self.write, directory))
        except TurnpointError as error:
            self.say(str(error))

    @abstractmethod
    def write(self, directory: Path) -> str:
        """Write the tables into a new folder, in a thread, and tell what was written in one sentence.

        Raises:
            TurnpointError: if they cannot be written.
        """

    @property
    def _row(self) -> SummaryRow | None:
        return self._shown[self.items.cursor] if self._shown else None

    def _record(self, width: int, height: int) -> list[Line]:
        if self._row is None:
            return []
        lines: list[Line] = [
            [
                (clip(name, NAME_CELLS).ljust(NAME_CELLS), DIM),
                (f" {clip(value, NAME_CELLS)}" if value else "", BOLD),
                (f" {meaning}", PLAIN),
            ]
            for name, value, meaning in record_lines(self._row)
        ]
        if len(lines) > height:
            hidden = len(lines) - height + 1
            lines = [*lines[: height - 1], [(f"… {hidden} more columns: Enter reads all of them", DIM)]]
        return lines

    def action_next_table(self, step: int) -> None:
        """To the next table."""
        headings = [i for i, row in enumerate(self._shown) if row.item.is_heading]
        beyond = [i for i in headings if (i - self.items.cursor) * step > 0]
        if beyond:
            self.go_to_table(min(beyond, key=lambda i: abs(i - self.items.cursor)))
        else:
            self.say("there is no table that way.")

    def go_to_table(self, heading: int) -> None:
        """Put the cursor on a heading, with as much of the table below it in view as can be."""
        self.go(heading)
        items = self.items
        after = (i for i in range(heading + 1, items.count) if self._shown[i].item.is_heading)
        last = next(after, items.count) - 1
        start, end = items.rows_of(heading)[0], sum(items.rows_of(last))
        if end > items.scroll_y + items.size.height:
            items.scroll_to(y=start, animate=False, immediate=True)

    def action_read(self) -> None:
        """Read a row with all its columns."""
        row = self._row
        if row is None or row.record is None:
            self.say("this is no row of a table; j and k move, Tab goes to the next table.")
            return
        sections = [(f"{name}: {value}", meaning) for name, value, meaning in record_lines(row)]
        raw = "\n".join(f"{name}\t{value}" for name, value, _ in record_lines(row))
        self.app.push_screen(ReaderScreen(row.table.title, text_items(sections), raw))

    def action_open(self) -> None:
        """Open the trace that the row is about."""
        trace_id = trace_of(self._row) if self._row else None
        if trace_id is None:
            self.say("this row is about no single trace; those of the tables by trace are.")
        else:
            self.dismiss(trace_id)
