"""What all screens share: a list with a cursor, a header, a status row, and the inline question."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from textual import on
from textual.events import Paste
from textual.screen import Screen

from core.errors import NotFoundError, StoreError
from tui.actions import revealed_by
from tui.context import context_of
from tui.views.blind import refusal_of_all
from tui.views.chrome import hint_line, message_lines
from tui.widgets.exact_update import ExactCompositor
from tui.widgets.line_list import LineList
from tui.widgets.lines import Line, Lines
from tui.widgets.prompt_bar import PromptBar

if TYPE_CHECKING:
    from tui.workers.jobs import Job
    from tui.workers.resampler import RunStatus

Result = TypeVar("Result")

SURE = "sure"
"""The question whether a large run is really meant."""


class ListScreen(Screen[Result], Generic[Result]):
    """Moves through one list, says things in the status row and asks in the bar above it."""

    AUTO_FOCUS = "LineList"
    DEFAULT_CSS = """
    ListScreen { layers: base bar; overflow: hidden; }
    ListScreen .row { height: 1; }
    ListScreen LineList { height: 1fr; }
    """
    SCOPE = ""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = ExactCompositor()
        self._message = ""
        self._status_rows = 1
        self._large: Job | None = None

    @property
    def items(self) -> LineList:
        """The list that the movement keys move through."""
        return self.query_one(LineList)  # type: ignore[type-abstract]  # any subclass is meant

    @property
    def bar(self) -> PromptBar:
        """The inline question."""
        return self.query_one(PromptBar)

    def go(self, index: int) -> None:
        """Put the cursor on an item; in an empty list, what was said stays."""
        if self.items.count == 0:
            return
        self._message = ""
        self.items.cursor = index
        self.repaint()

    def repaint(self) -> None:
        """Draw whatever depends on the cursor."""
        self._show_status()

    def repaint_header(self) -> None:
        """Draw the header again, if the screen is not closing: a worker that is cancelled gets here, too."""
        for header in self.query("#header").results(Lines):
            header.repaint()

    def on_resize(self) -> None:
        """A sentence in the status row may need another number of rows now."""
        self.call_after_refresh(self._show_status)

    def say(self, text: str) -> None:
        """Show one sentence in the status row until the cursor moves."""
        self._message = text
        self._show_status()

    def on_paste(self, event: Paste) -> None:
        """Nothing is done with what is pasted into no question."""
        event.stop()
        self.say("a paste runs no keys: it is passed over here, and goes into a question such as that of / or i.")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Go on when the database cannot be read, and say so."""
        try:
            yield
        except sqlite3.Error as error:
            self.say(f"{context_of(self).store.path}: the database cannot be read now ({error}).")
        except (StoreError, NotFoundError) as error:
            self.say(str(error))

    def refusal(self, action: str) -> str:
        """Why an action, by the name of its method, may not be carried out now, in one sentence; empty where it may.

        In blind mode that is whatever tells of sentences that are not decided, or does not say what it tells.
        """
        context = context_of(self)
        if not context.blind.is_on:
            return ""
        return refusal_of_all(context.store, context.annotator, revealed_by(self.SCOPE, action))

    def status_lines(self, width: int, height: int) -> list[Line]:
        """The last message, or else the first keys one needs."""
        if self._message:
            return message_lines(self._message, width)
        return [hint_line(self.SCOPE, context_of(self).keys, width)]

    def _show_status(self) -> None:
        """Repaint the status row; a sentence too long for one row gets the rows it needs, for as long as it stands."""
        status = self.query_one("#status", Lines)
        rows = len(self.status_lines(self.size.width, 1)) if self._message else 1
        if rows != self._status_rows:
            self._status_rows = rows
            status.styles.height = rows
        status.repaint()

    def action_move(self, step: int) -> None:
        """Move by items; at either end, say so."""
        before = self.items.cursor
        self.go(before + step)
        if self.items.cursor == before and self.items.count > 0:
            self.say("this is the last one." if step > 0 else "this is the first one.")

    def action_page(self, direction: int) -> None:
        """Move by screens."""
        self.items.page(direction)
        self.go(self.items.cursor)

    def action_first(self) -> None:
        """To the first item."""
        self.go(0)

    def action_last(self) -> None:
        """To the last item."""
        self.go(self.items.count - 1)

    def action_find(self) -> None:
        """Ask what to search for."""
        self.bar.ask("find", "find:", note="Enter finds, Esc leaves, n and N go on")

    def ask_folder(self, name: str) -> None:
        """Ask where to write tables, and propose a folder called ``name`` that is not there yet."""
        taken = (Path(f"{name}{suffix}") for suffix in ["", *(f"-{n}" for n in range(2, 1000))])
        free = next(path for path in taken if not path.exists())
        self.bar.ask("export", "write CSVs to:", str(free), "a new folder; Enter writes")

    def launch(self, job: Job) -> None:
        """Start a run, or queue it, and say so; one that is large only once it was asked for twice.

        Raises:
            ConfigError: if it cannot be run as it is.
        """
        if large := context_of(self).resampler.largeness(job):
            self._large = job
            self.bar.ask(SURE, "is that meant?", note=f"{large}: type yes to draw them, Esc leaves")
        else:
            self._begin(job)

    def _begin(self, job: Job) -> None:
        said = context_of(self).resampler.start(job)
        self.started()
        self.say(said)

    def started(self) -> None:
        """Follow a run that was started here."""

    def _answer_sure(self, text: str) -> None:
        job, self._large = self._large, None
        if job is not None and text.strip().lower() in ("yes", "y"):
            self._begin(job)
        else:
            self.say("nothing is drawn.")

    @on(PromptBar.Answered)
    def _answered(self, event: PromptBar.Answered) -> None:
        self.close_bar()
        with self.reading():
            if event.purpose == SURE:
                self._answer_sure(event.text)
            else:
                self.answer(event.purpose, event.text)

    @on(PromptBar.Edited)
    def _edited(self, event: PromptBar.Edited) -> None:
        if isinstance(event, PromptBar.Answered):
            return
        with self.reading():
            self.edited(event.purpose, event.text)

    def show_run(self, status: RunStatus) -> None:
        """Show how a run goes, on the screens that say so."""

    def tell_run(self, status: RunStatus) -> None:
        """Draw the header again and say what the run has to say; it does not wait for a screen to be put together."""
        if self.query("#header"):
            self.repaint_header()
            if status.said:
                self.say(status.said)

    def answer(self, purpose: str, text: str) -> None:
        """Act on what was typed."""

    def edited(self, purpose: str, text: str) -> None:
        """Follow what is being typed."""

    def close_bar(self) -> None:
        """Back to the list."""
        self.bar.close()
        self.set_focus(self.items)

    def action_back(self) -> None:
        """One level back: the question, then the screen."""
        if self.bar.is_open:
            self.close_bar()
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """Leave the screen."""
        self.dismiss()
