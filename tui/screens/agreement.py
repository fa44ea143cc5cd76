"""How far annotators agree: all together, in pairs, by category, by trace, and against models."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from core.annotation.place import Place
from core.errors import TurnpointError
from tui.actions import AGREEMENT, bindings_for
from tui.context import context_of
from tui.screens.tables import TablesScreen
from tui.views.agreement import agreement_rows, first_row_of, pair_of
from tui.views.chrome import header_line
from tui.views.numbers import how_many
from tui.widgets.lines import Line
from tui.workers.agreeing import agreement_of

if TYPE_CHECKING:
    from core.analysis.agreement.agreement import Agreement
    from core.analysis.agreement.units import Rater


class AgreementScreen(TablesScreen):
    """Lists every table of agreement; dismisses with the trace, or the sentence, that is to be opened."""

    SCOPE = AGREEMENT
    BINDINGS = bindings_for(AGREEMENT)  # Textual's own declaration

    def __init__(self, *, is_blind: bool) -> None:
        super().__init__()
        self._is_blind = is_blind
        self._found: Agreement | None = None
        self._pair: tuple[Rater, Rater] | None = None

    def on_mount(self) -> None:
        """Begin to measure, unless that would show a blind annotator what others gave."""
        with self.reading():
            why_not = self._why_not()
            if why_not:
                self.say(why_not)
                return
            self.say("comparing what the annotators gave.")
            self.run_worker(self._measure(), exit_on_error=False)

    def _why_not(self) -> str:
        from core.analysis.agreement.unfinished import unfinished

        context = context_of(self)
        left = unfinished(context.store.read, context.annotator) if self._is_blind else {}
        if not left:
            return ""
        trace_id, n = next(iter(left.items()))
        elsewhere = f", and some of {how_many(len(left) - 1, 'other trace')}" if len(left) > 1 else ""
        return (
            f"you work blind and {how_many(n, 'sentence')} of {trace_id} {'is' if n == 1 else 'are'} undecided"
            f"{elsewhere}; label or skip what is left, then agreement is shown."
        )

    async def _measure(self) -> None:
        try:
            self._found = await agreement_of(context_of(self))
        except (TurnpointError, sqlite3.Error) as error:
            self.say(str(error))
            return
        self._pair = next(iter(self._found.rater_pairs), None)
        self._list()

    def _list(self, cursor: int = 0) -> None:
        if self._found is not None:
            codebook = context_of(self).codebook
            self.show_rows(agreement_rows(self._found, self._pair, codebook, self.size.width), cursor)

    def _header(self, width: int, height: int) -> list[Line]:
        names = ["turnpoint", "agreement"]
        if self._found is None:
            return [header_line(names, "", width)]
        shared = self._found.group.shared()
        names.append(", ".join(rater.label for rater in shared.raters))
        return [header_line(names, how_many(len(shared.units), "shared sentence"), width)]

    def action_read(self) -> None:
        """Show what the two raters of a pair gave, or read a row with all its columns."""
        pair = pair_of(self._row, self._found) if self._row and self._found else None
        if pair is None:
            super().action_read()
            return
        from core.analysis.agreement.tables import CONFUSION

        self._pair = pair
        self._list(self.items.cursor)
        self.go_to_table(first_row_of(self._shown, CONFUSION))

    def action_disagreements(self) -> None:
        """List the sentences on which annotators disagree, and decide."""
        why_not = self._why_not()
        if why_not:
            self.say(why_not)
            return
        from tui.screens.adjudication import AdjudicationScreen

        self.app.push_screen(AdjudicationScreen(context_of(self)), self._opened)

    def _opened(self, place: Place | None) -> None:
        if place is not None:
            self.dismiss(place)

    def action_export(self) -> None:
        """Ask where to write the tables."""
        if self._found is None:
            self.say("there is nothing to write yet.")
        else:
            self.ask_folder("turnpoint-agreement")

    def write(self, directory: Path) -> str:
        """Write the tables, and tell."""
        from core.export.agreement_tables import export_agreement

        assert self._found is not None
        names = export_agreement(context_of(self).store, self._found, directory)
        return f"wrote {how_many(len(names), 'file')} to {directory}"
