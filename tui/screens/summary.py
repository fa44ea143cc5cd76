"""All traces together: concentration, categories, both behaviors side by side, groups."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from core.errors import TurnpointError
from tui.actions import SUMMARY, bindings_for
from tui.context import context_of
from tui.screens.tables import TablesScreen
from tui.views.chrome import header_line
from tui.views.numbers import how_many
from tui.views.summary import summary_rows
from tui.widgets.lines import Line
from tui.workers.summarising import Summarised, summarise_all


class SummaryScreen(TablesScreen):
    """Lists every table; dismisses with the id of a trace that is to be opened."""

    SCOPE = SUMMARY
    BINDINGS = bindings_for(SUMMARY)  # Textual's own declaration

    def __init__(self) -> None:
        super().__init__()
        self._found: Summarised | None = None

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
        self.show_rows(summary_rows(found.summary) if found.study.traces else ())
        if not self._shown:
            self.say("no trace has decided rollouts yet: R on a trace draws some.")
        elif found.without:
            self.say(f"{found.without} These are resampling directions.")
        else:
            self.say("")

    def _progressed(self, done: int, of: int) -> None:
        if self._found is None and self.is_attached:
            self.say(f"{done} of {of} traces compared. Esc leaves, and keeps what was encoded.")

    def _header(self, width: int, height: int) -> list[Line]:
        n = len(self._found.study.traces) if self._found else 0
        kind = f"{self._found.study.kind} directions" if self._found else ""
        return [
            header_line(["turnpoint", "all traces", kind], how_many(n, "trace") if self._found else "comparing", width)
        ]

    def action_export(self) -> None:
        """Ask where to write the tables."""
        if self._found is None or not self._shown:
            self.say("there is nothing to write yet.")
            return
        self.ask_folder("turnpoint-summary")

    def write(self, directory: Path) -> str:
        """Write the tables, and tell."""
        from core.export.summary import export_summary

        assert self._found is not None
        found = self._found
        report = export_summary(context_of(self).store, found.study, found.summary, directory)
        return f"wrote {len(report.files)} tables to {report.directory}"
