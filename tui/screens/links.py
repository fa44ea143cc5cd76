"""The links of one sentence: what it leads to, what it comes from, and whether it comes back when it is replaced."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from textual.app import ComposeResult

from core.analysis.rates import preferred_settings
from core.analysis.resilience import rollouts_wanted
from core.errors import TurnpointError
from core.sanitize import visible_line
from core.store.rates import SettingsInUse, settings_in_use
from core.traces.model import Trace
from tui.actions import LINKS, bindings_for
from tui.clipboard import copy
from tui.context import Context
from tui.screens.base import ListScreen
from tui.screens.resampling import preview_note, read_top_up
from tui.views.chrome import header_line
from tui.views.links import LinkRow, about_lines, link_rows
from tui.views.wording import compared
from tui.widgets.lines import Line, Lines
from tui.widgets.prompt_bar import PromptBar
from tui.widgets.text_list import TextList
from tui.workers.linking import LinkedTrace, link
from tui.workers.resampler import RunStatus

MOST_AT_ONCE = 500
"""Rollouts that the question proposes to add at most; more can be typed."""


@dataclass(frozen=True)
class LinksLeft:
    """How the screen was left: with the links as they are known now, for a sentence to go to or for none."""

    linked: LinkedTrace
    go_to: int | None = None


class LinksScreen(ListScreen[LinksLeft]):
    """Walks from sentence to sentence along their links; asks for more rollouts where survivors are too few."""

    SCOPE = LINKS
    BINDINGS = bindings_for(LINKS)  # Textual's own declaration
    DEFAULT_CSS = """
    LinksScreen #about { height: 8; }
    LinksScreen TextList { border-top: solid $primary; }
    """

    def __init__(
        self, context: Context, trace: Trace, linked: LinkedTrace, judges: Mapping[str, str], sentence: int
    ) -> None:
        super().__init__()
        self.context = context
        self._trace, self._linked, self._judges = trace, linked, judges
        self._texts = tuple(visible_line(sentence.text.strip()) for sentence in trace.sentences)
        self._path: tuple[int, ...] = (sentence,)
        self._rows: list[LinkRow] = []
        self._progress = ""
        self._about_rows = 0

    def compose(self) -> ComposeResult:
        """Header, the sentence with what becomes of it, its links, status."""
        yield Lines(self._header, id="header").add_class("row")
        yield Lines(self._about, id="about")
        yield TextList()
        yield Lines(self.status_lines, id="status").add_class("row")
        yield PromptBar()

    def on_mount(self) -> None:
        """Show the sentence that was asked for."""
        self._show()

    @property
    def sentence(self) -> int:
        """The sentence whose links are shown."""
        return self._path[-1]

    def _show(self, cursor: int = 0) -> None:
        """Draw another sentence, or other numbers of the same one."""
        self._message = ""
        self._rows = link_rows(self._linked.links.influence, self._texts, self.sentence)
        self.query_one(TextList).replace([row.item for row in self._rows], self._stop_near(cursor))
        self._fit()
        self.repaint()
        for row in ("#header", "#about"):
            self.query_one(row, Lines).repaint()

    def on_resize(self) -> None:
        """The lines about the sentence may need another number of rows now."""
        super().on_resize()
        self._fit()

    def _fit(self) -> None:
        width, height = self.app.size
        rows = min(len(self._about(width, height)), max(1, height // 2))
        if rows != self._about_rows:
            self._about_rows = rows
            self.query_one("#about", Lines).styles.height = rows

    def _header(self, width: int, height: int) -> list[Line]:
        path = " → ".join(str(index) for index in self._path[-4:])
        parts = [self._trace.id, f"links of sentence {self.sentence}", path if len(self._path) > 1 else None]
        return [header_line(parts, self._progress or self.context.resampler.status.text, width)]

    def _about(self, width: int, height: int) -> list[Line]:
        rows_of_text = 1 if self.app.size.height < 20 else 3
        return about_lines(self._linked.links, self._texts[self.sentence], self.sentence, width, rows_of_text)

    def _stop_near(self, index: int) -> int:
        """The nearest row that is a link, on from the cursor; headings are stepped over."""
        stops = [at for at, row in enumerate(self._rows) if row.sentence is not None]
        if index < self.items.cursor:
            stops.reverse()
            return next((at for at in stops if at <= index), stops[-1] if stops else 0)
        return next((at for at in stops if at >= index), stops[-1] if stops else 0)

    def go(self, index: int) -> None:
        """Put the cursor on a link."""
        super().go(self._stop_near(index))

    def _at_cursor(self) -> int | None:
        other = self._rows[self.items.cursor].sentence
        if other is None:
            self.say("there is no link to go along.")
        return other

    def action_jump(self) -> None:
        """Go to the other sentence in the trace."""
        other = self._at_cursor()
        if other is not None:
            self.dismiss(LinksLeft(self._linked, other))

    def action_follow(self) -> None:
        """Show the links of the other sentence."""
        other = self._at_cursor()
        if other is not None:
            self._path = (*self._path, other)
            self._show()

    def action_leave(self) -> None:
        """Back to the trace, to where it was."""
        self.dismiss(LinksLeft(self._linked))

    def action_back(self) -> None:
        """One level back: the question, the sentence that one came from, the trace."""
        if self.bar.is_open or len(self._path) == 1:
            super().action_back()
            return
        left = self.sentence
        self._path = self._path[:-1]
        self._show()
        came_along = next((at for at, row in enumerate(self._rows) if row.sentence == left), 0)
        self.go(came_along)

    def action_copy(self) -> None:
        """Copy the sentence whose links are shown."""
        self.say(copy(self.app, self._trace.sentences[self.sentence].text.strip()))

    def action_resample(self) -> None:
        """Ask how many rollouts the prefix of this sentence shall have: as many as enough survivors take."""
        if self.context.settings_id != self._linked.settings.id:
            self.say(f"these rollouts were not drawn at {self.context.endpoint_label}: it cannot add to them.")
            return
        self.context.resampler.warm_up()
        self.bar.ask("resample", f"rollouts at prefix {self.sentence}:", text := str(self._proposed()))
        self.edited("resample", text)

    def _proposed(self) -> int:
        entries = [found[self.sentence] for found in self._linked.links.resilience.values()]
        wanted = rollouts_wanted(entries)
        if wanted is None:
            return self.context.default_n
        return min(wanted, entries[0].n_drawn + MOST_AT_ONCE)

    def edited(self, purpose: str, text: str) -> None:
        """Show what the rollouts would cost while their number is typed."""
        self.bar.note(preview_note(self.context.store, self.context.resampler, [self._trace], str(self.sentence), text))

    def answer(self, purpose: str, text: str) -> None:
        """Draw what was asked for."""
        try:
            self.launch(read_top_up(self.context.resampler, [self._trace], str(self.sentence), text))
        except TurnpointError as error:
            self.say(str(error))

    def action_cancel(self) -> None:
        """Stop the run, or else the comparison."""
        if self._progress and not self.context.resampler.is_running:
            self.workers.cancel_group(self, "links")
            self.say("stopped comparing; these are the numbers without the new rollouts.")
        else:
            self.say(self.context.resampler.cancel())

    def show_run(self, status: RunStatus) -> None:
        """Show how the run goes; once it has ended, count in what it drew."""
        self.tell_run(status)
        if not (status.ended and self.query("#header")):
            return
        with self.reading():
            in_use = settings_in_use(self.context.store.read, self._trace.id)
            settings = preferred_settings(in_use, self._linked.settings.id)
            if settings is not None and not self._linked.holds(settings):
                work = self._count_in(settings, status.ended)
                self.run_worker(work, group="links", exclusive=True, exit_on_error=False)

    async def _count_in(self, settings: SettingsInUse, ended: str) -> None:
        context = self.context
        arguments = (self._trace, settings, self._judges, context.embedding, context.tags)
        try:
            self._linked = await link(
                context.store, *arguments, lambda done, total: self._show_progress(compared(done, total))
            )
        except (TurnpointError, sqlite3.Error) as error:
            self.say(str(error))
            return
        finally:
            self._show_progress("")
        self._show(self.items.cursor)
        self.say(f"{ended.rstrip('.')}; counted in.")

    def _show_progress(self, text: str) -> None:
        self._progress = text
        self.repaint_header()
