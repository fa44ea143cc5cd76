"""All traces together: concentration, categories, both behaviors side by side, groups."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Container

from core.errors import TurnpointError
from tui.actions import SUMMARY, bindings_for
from tui.context import context_of
from tui.palette import BOLD, DIM, PLAIN
from tui.screens.reader import ReaderScreen, text_items
from tui.screens.searched import SearchedScreen
from tui.views.chrome import header_line
from tui.views.numbers import how_many
from tui.views.summary import SummaryRow, record_lines, summary_rows, trace_of
from tui.widgets.lines import Line, Lines
from tui.widgets.prompt_bar import PromptBar
from tui.widgets.text_list import TextList
from tui.widgets.wrapping import clip
from tui.workers.summarising import Summarised, summarise_all

NAME_CELLS = 24


class SummaryScreen(SearchedScreen[str]):
    """Lists every table; dismisses with the id of a trace that is to be opened."""

    SCOPE = SUMMARY
    NO_HIT = "no row holds that."
    BINDINGS = bindings_for(SUMMARY)  # Textual's own declaration
    DEFAULT_CSS = """
    SummaryScreen #panes { layout: vertical; height: 1fr; }
    SummaryScreen #panes TextList { height: 1fr; }
    SummaryScreen #record { height: 8; border-top: solid $primary; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._found: Summarised | None = None
        self._shown: Sequence[SummaryRow] = ()

    def compose(self) -> ComposeResult:
        """Header, tables, the row under the cursor in full, status."""
        yield Lines(self._header, id="header").add_class("row")
        with Container(id="panes"):
            yield TextList()
            yield Lines(self._record, id="record")
        yield Lines(self.status_lines, id="status").add_class("row")
        yield PromptBar()

    def on_mount(self) -> None:
        """Begin to compare."""
        self.say(
            "reading the rollouts of all traces; what was said is encoded the first time. Esc leaves, and keeps it."
        )
        self.run_worker(self._summarise(), exit_on_error=False)

    async def _summarise(self) -> None:
        try:
            found = await summarise_all(context_of(self), self._progressed)
        except (TurnpointError, sqlite3.Error) as error:
            self.say(str(error))
            return
        self._found = found
        self._shown = summary_rows(found.summary) if found.study.traces else ()
        self.query_one(TextList).replace([row.item for row in self._shown])
        self.query_one("#header", Lines).repaint()
        self.go(0)
        if not self._shown:
            self.say("no trace has decided rollouts yet: R on a trace draws some.")
        elif found.without:
            self.say(f"{found.without} These are resampling directions.")
        else:
            self.say("")

    def _progressed(self, done: int, of: int) -> None:
        if self._found is None and self.is_attached:
            self.say(f"{done} of {of} traces compared. Esc leaves, and keeps what was encoded.")

    def repaint(self) -> None:
        """Follow the cursor."""
        super().repaint()
        self.query_one("#record", Lines).repaint()

    def _header(self, width: int, height: int) -> list[Line]:
        n = len(self._found.study.traces) if self._found else 0
        kind = f"{self._found.study.kind} directions" if self._found else ""
        return [
            header_line(["turnpoint", "all traces", kind], how_many(n, "trace") if self._found else "comparing", width)
        ]

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
            self.go(min(beyond, key=lambda i: abs(i - self.items.cursor)))
        else:
            self.say("there is no table that way.")

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

    def action_export(self) -> None:
        """Ask where to write the tables."""
        if self._found is None or not self._shown:
            self.say("there is nothing to write yet.")
            return
        self.ask_folder("turnpoint-summary")

    def answer(self, purpose: str, text: str) -> None:
        """Search, or write."""
        super().answer(purpose, text)
        if purpose == "export":
            self.run_worker(self._export(Path(text.strip()).expanduser()), group="export", exit_on_error=False)

    async def _export(self, directory: Path) -> None:
        import asyncio

        from core.export.summary import export_summary

        assert self._found is not None
        store, found = context_of(self).store, self._found
        try:
            report = await asyncio.to_thread(export_summary, store, found.study, found.summary, directory)
        except TurnpointError as error:
            self.say(str(error))
            return
        self.say(f"wrote {len(report.files)} tables to {report.directory}")
