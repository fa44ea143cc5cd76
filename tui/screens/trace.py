"""The main screen: a trace sentence by sentence, its rates live, labels by one key."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from core.errors import TurnpointError
from tui.clipboard import copy
from tui.context import Context
from tui.screens.adaptive import AdaptiveScreen
from tui.screens.instead import InsteadScreen
from tui.screens.links import LinksLeft, LinksScreen
from tui.screens.picker import PickerScreen
from tui.screens.reader import ReaderScreen, text_items
from tui.screens.resampling import preview_note, read_top_up
from tui.screens.rollouts import RolloutsScreen
from tui.screens.summary import SummaryScreen
from tui.views.session import TraceView, search_pattern
from tui.widgets.lines import Lines
from tui.workers.estimating import estimate
from tui.workers.linking import LinkedTrace, comparing, link
from tui.workers.resampler import RunStatus


class TraceScreen(AdaptiveScreen):
    """Resamples, estimates, searches, exports; the rest is the bases'."""

    def __init__(self, context: Context, trace_id: str) -> None:
        super().__init__(context, trace_id)
        self._linked: dict[str, LinkedTrace] = {}

    def show_run(self, status: RunStatus) -> None:
        """Show how the run goes."""
        self.query_one("#header", Lines).repaint()
        if status.ended:
            self.say(status.ended)

    def action_behavior(self) -> None:
        """Show the next behavior's directions in the list."""
        names = self._view.rates.behaviors
        self._behavior = names[(names.index(self._behavior) + 1) % len(names)] if self._behavior in names else names[0]
        self.reload()
        self.say(f"the list shows the directions of {self._behavior}.")

    def action_importance(self) -> None:
        """Estimate the importance of every sentence."""
        if self._view.settings is None:
            self.say("no rollouts yet: R draws some at every prefix.")
            return
        self.say("comparing what was said instead of each sentence; the encoder takes some seconds the first time.")
        self.run_worker(self._estimate(self._view), group="estimate", exclusive=True, exit_on_error=False)

    async def _estimate(self, view: TraceView) -> None:
        assert view.settings is not None
        context = self.context
        try:
            estimates = await estimate(context.store, view.trace, view.settings, view.rates.judges, context.embedding)
        except (TurnpointError, sqlite3.Error) as error:
            self.say(str(error))
            return
        self._estimates[view.trace.id] = estimates
        self.reload()
        self.say(estimates.summary)

    def action_instead(self) -> None:
        """List what was said instead of this sentence."""
        estimates = self._view.estimates
        if estimates is None:
            self.say("C first compares what was said instead.")
        elif (said := estimates.said(self._cursor)) is None:
            self.say(f"no rollouts of prefix {self._cursor} were compared; r draws some, then C compares.")
        else:
            self.app.push_screen(InsteadScreen(self.context.store, self._view, said))

    def action_links(self) -> None:
        """Show what the sentence leads to and comes from; the first time, everything that was said is compared."""
        settings, linked = self._view.settings, self._linked.get(self.trace_id)
        if settings is None:
            self.say("no rollouts yet: R draws some at every prefix.")
        elif linked is not None and linked.holds(settings):
            self._show_links(linked)
        elif self._comparing:
            self.say("still comparing, see above; c stops.")
        else:
            self._show_comparing("comparing")
            self.say("comparing all that the rollouts said; it takes longest the first time, and c stops it.")
            self.run_worker(self._link(self._view), group="links", exit_on_error=False)

    async def _link(self, view: TraceView) -> None:
        assert view.settings is not None
        context, here = self.context, (view.trace.id, self._cursor)
        arguments = (view.trace, view.settings, view.rates.judges, context.embedding, context.tags)
        try:
            linked = await link(
                context.store, *arguments, lambda done, total: self._show_comparing(comparing(done, total))
            )
        except (TurnpointError, sqlite3.Error) as error:
            self.say(str(error))
            return
        finally:
            self._show_comparing("")
        self._linked[view.trace.id] = linked
        # Nobody is taken away from what they have gone on with.
        if self.app.screen is self and not self.bar.is_open and here == (self.trace_id, self._cursor):
            self._show_links(linked)
        else:
            self.say(f"all that the rollouts of {view.trace.id} said is compared; L shows the links.")

    def _show_comparing(self, progress: str) -> None:
        self._comparing = progress
        # The screen may be closing: a worker that is cancelled gets here, too.
        for header in self.query("#header").results(Lines):
            header.repaint()

    def _show_links(self, linked: LinkedTrace) -> None:
        self._message = ""
        screen = LinksScreen(self.context, self._view.trace, linked, self._view.rates.judges, self._cursor)
        self.app.push_screen(screen, self._links_left)

    def _links_left(self, left: LinksLeft | None) -> None:
        if left is not None:
            self._linked[left.linked.links.trace_id] = left.linked
            if left.go_to is not None:
                self.go(left.go_to)

    def action_settings(self) -> None:
        """Show the rates under the next settings that have rollouts."""
        used = self._view.other_settings
        if len(used) < 2:
            self.say("this trace has rollouts under one set of sampling settings only." if used else "no rollouts yet.")
            return
        shown = self._view.settings.id if self._view.settings else used[0]
        self._settings_id = used[(used.index(shown) + 1) % len(used)]
        self.reload()

    def action_rollouts(self) -> None:
        """Browse the rollouts of this prefix."""
        settings = self._view.settings
        if settings is None:
            self.say("no rollouts yet: r draws some at this prefix.")
            return
        judges = self._view.rates.judges
        screen = RolloutsScreen(self.context.store, self._view.trace, settings.id, self._cursor, judges)
        self.app.push_screen(screen)

    def action_resample(self) -> None:
        """Ask how many rollouts this prefix shall have."""
        self._ask_resample(str(self._cursor))

    def action_resample_all(self) -> None:
        """Ask how many rollouts every prefix shall have."""
        self._ask_resample("all")

    def _ask_resample(self, prefixes: str) -> None:
        self.context.resampler.warm_up()
        text = f"{self.context.default_n}"
        self._prefixes = prefixes
        where = "all" if prefixes == "all" else f"prefix {prefixes}"
        self.bar.ask("resample", f"rollouts at {where}:", text)
        self.edited("resample", text)

    def edited(self, purpose: str, text: str) -> None:
        """Show what a resample would take while its size is typed."""
        if purpose == "resample":
            context = self.context
            self.bar.note(preview_note(context.store, context.resampler, self._view.trace, self._prefixes, text))
        else:
            super().edited(purpose, text)

    def action_cancel(self) -> None:
        """Stop the run, or else the comparison."""
        if self._comparing and not self.context.resampler.is_running:
            self.workers.cancel_group(self, "links")
            self.say("stopped comparing; what was compared is kept, and L goes on from there.")
        else:
            self.say(self.context.resampler.cancel())

    def answer(self, purpose: str, text: str) -> None:
        """Act on what was typed into the bar."""
        if purpose == "find":
            self.items.pattern = search_pattern(text)
            if self.items.pattern is not None:
                self.action_next_hit(1)
        elif purpose == "go_to":
            if text.strip().isdecimal() and int(text) < len(self._texts):
                self.go(int(text))
            else:
                self.say(f"no sentence {text.strip()!r}; give a number from 0 to {len(self._texts) - 1}.")
        elif purpose == "resample":
            self._resample(text)
        elif purpose == "export":
            self._start_export(Path(text.strip()).expanduser())
        else:
            super().answer(purpose, text)

    def _start_export(self, directory: Path) -> None:
        if directory.exists():
            self.say(f"{directory} is there already; w again, and name a new folder.")
        else:
            self.run_worker(self._export(directory), group="export", exit_on_error=False)

    def _resample(self, text: str) -> None:
        resampler = self.context.resampler
        try:
            said = resampler.start(read_top_up(resampler, self._view.trace, self._prefixes, text))
        except TurnpointError as error:
            said = str(error)
        else:
            # What is drawn now is what one wants to see.
            self._settings_id = self.context.settings_id
        self.say(said)

    def action_back(self) -> None:
        """Leave the question, then the search."""
        if self.bar.is_open:
            self.close_bar()
        elif self.items.pattern is not None:
            self.items.pattern = None
            self.say("search ended.")

    def action_read(self) -> None:
        """Read the sentence in full."""
        sentence = self._view.trace.sentences[self._cursor]
        title = f"{self.trace_id}  sentence {sentence.index}"
        span = f"characters {sentence.start} to {sentence.end}"
        self.app.push_screen(ReaderScreen(title, text_items([(span, sentence.text.strip())]), sentence.text))

    def action_prompt(self) -> None:
        """Read the prompt and the response as they are."""
        trace = self._view.trace
        sections = [(f"── {role} ──", content) for role, content in trace.prompt.messages]
        sections.append(("── response ──", trace.response))
        self.app.push_screen(ReaderScreen(f"{trace.id}  prompt and response", text_items(sections), trace.response))

    def action_open(self) -> None:
        """Choose another trace."""
        self._remember_position()
        self.app.push_screen(PickerScreen(self.context.store, self.trace_id), self._chosen)

    def action_summary(self) -> None:
        """Analyse all traces together."""
        self.app.push_screen(SummaryScreen(), self._chosen)

    def _chosen(self, trace_id: str | None) -> None:
        if trace_id is not None and trace_id != self.trace_id:
            with self.reading():
                self.open(trace_id)

    def action_copy(self) -> None:
        """Copy the sentence."""
        self.say(copy(self.app, self._view.trace.sentences[self._cursor].text.strip()))

    def action_export(self) -> None:
        """Ask where to write the tables."""
        taken = (Path(f"turnpoint-export{suffix}") for suffix in ["", *(f"-{n}" for n in range(2, 1000))])
        free = next(path for path in taken if not path.exists())
        self.bar.ask("export", "write CSVs to:", str(free), "a new folder; Enter writes")

    async def _export(self, directory: Path) -> None:
        import asyncio

        from core.export.tables import export_csv

        try:
            report = await asyncio.to_thread(export_csv, self.context.store, directory)
        except TurnpointError as error:
            self.say(str(error))
            return
        rows = sum(count for _, count in report.files)
        self.say(f"wrote {rows} rows in {len(report.files)} files to {report.directory}")

    def action_leave(self) -> None:
        """Quit; everything is saved already."""
        self._remember_position()
        self.app.exit()
