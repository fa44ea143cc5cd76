"""The main screen: a trace sentence by sentence, its rates live, labels by one key."""

from __future__ import annotations

from pathlib import Path

from core.annotation.place import Place
from core.errors import TurnpointError
from tui.clipboard import copy
from tui.screens.adaptive import AdaptiveScreen
from tui.screens.picker import PickerScreen
from tui.screens.reader import ReaderScreen, text_items
from tui.screens.resampling import preview_note, read_top_up, whole
from tui.views.session import search_pattern
from tui.workers.resampler import RunStatus


class TraceScreen(AdaptiveScreen):
    """Resamples, estimates, searches, exports; the rest is the bases'."""

    def show_run(self, status: RunStatus) -> None:
        """Show how the run goes."""
        self.tell_run(status)

    def action_behavior(self) -> None:
        """Show the next behavior's directions in the list."""
        names = self._view.rates.behaviors
        self._behavior = names[(names.index(self._shown_behavior) + 1) % len(names)]
        self.reload()
        self.say(f"the list shows the directions of {self._behavior}.")

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
        from tui.screens.rollouts import RolloutsScreen

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
            note = preview_note(context.store, context.resampler, [self._view.trace], self._prefixes, text)
            shown = self._view.settings
            elsewhere = shown is not None and shown.id != context.settings_id
            self.bar.note(f"{note}, at {context.endpoint_label}" if elsewhere else note)
        else:
            super().edited(purpose, text)

    def action_cancel(self) -> None:
        """Stop the run, or else the comparison."""
        if self._comparing and not self.context.resampler.is_running:
            self.stop_comparing()
        else:
            self.say(self.context.resampler.cancel())

    def answer(self, purpose: str, text: str) -> None:
        """Act on what was typed into the bar."""
        if purpose == "find":
            self.items.pattern = search_pattern(text)
            if self.items.pattern is not None:
                self.action_next_hit(1)
        elif purpose == "go_to":
            number = text.strip()
            if number.isdecimal() and whole(number) < len(self._texts):
                self.go(whole(number))
            else:
                self.say(f"no sentence {number[:40]!r}; give a number from 0 to {len(self._texts) - 1}.")
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
        try:
            self.launch(read_top_up(self.context.resampler, [self._view.trace], self._prefixes, text))
        except TurnpointError as error:
            self.say(str(error))

    def action_back(self) -> None:
        """Leave the question, then the selection, then the search."""
        if self.bar.is_open:
            self.close_bar()
        elif self.leave_selection():
            self.say("")
        elif self.items.pattern is not None:
            self.items.pattern = None
            self.say("search ended.")

    def action_accept(self) -> None:
        """Take what is suggested as the label, or confirm the one that is there; else read the sentence in full."""
        if not self.accept_suggestion() and not self.confirm_label():
            self.action_read()

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
        from tui.screens.summary import SummaryScreen

        self.app.push_screen(SummaryScreen(), self._chosen)

    def action_agreement(self) -> None:
        """Show how far annotators agree."""
        from tui.screens.agreement import AgreementScreen

        self.app.push_screen(AgreementScreen(is_blind=self.context.blind.is_on), self._chosen)

    def action_disagreements(self) -> None:
        """List where annotators disagree, from this sentence on."""
        from tui.screens.adjudication import AdjudicationScreen

        self.app.push_screen(AdjudicationScreen(self.context, Place(self.trace_id, self._cursor)), self._chosen)

    def _chosen(self, chosen: str | Place | None) -> None:
        """Open a trace that was chosen elsewhere, at the sentence if one was."""
        trace_id, index = chosen if isinstance(chosen, Place) else (chosen, None)
        with self.reading():
            if trace_id is not None and trace_id != self.trace_id:
                self.open(trace_id, index)
            elif index is not None:
                self.go(index)

    def action_copy(self) -> None:
        """Copy the sentence."""
        self.say(copy(self.app, self._view.trace.sentences[self._cursor].text.strip()))

    def action_export(self) -> None:
        """Ask where to write the tables."""
        self.ask_folder("turnpoint-export")

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
