"""Browsing rollouts: outcome and beginning of each on the left, its text on the right."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container

from core.sanitize import visible, visible_line
from core.store.database import Store
from core.store.rollouts import StoredRollout
from core.traces.model import Trace
from tui.clipboard import copy
from tui.palette import DIM, PLAIN
from tui.screens.reader import ReaderScreen, text_items
from tui.screens.searched import SearchedScreen
from tui.views.chrome import header_line
from tui.views.rollouts import (
    Verdicts,
    counts_of,
    filters_of,
    item_of,
    outcomes_in_words,
    own_behaviors,
    passes,
    progress_of,
    verdict_lines,
)
from tui.widgets.lines import Line, Lines
from tui.widgets.prompt_bar import PromptBar
from tui.widgets.text_list import TextItem, TextList
from tui.widgets.wrapping import clip, wrap

POLL_SECONDS = 0.5
WIDE_HEADER = 110


class BrowsingScreen(SearchedScreen[None]):
    """A list of rollouts beside the text of one; rows that land, here or elsewhere, appear by themselves."""

    NO_HIT = "no rollout holds that."
    DEFAULT_CSS = """
    #panes { layout: horizontal; height: 1fr; }
    #panes TextList { width: 1fr; height: 1fr; }
    #text { width: 1fr; height: 1fr; border-left: solid $primary; padding-left: 1; }
    BrowsingScreen.-narrow #panes { layout: vertical; }
    BrowsingScreen.-narrow #text { border-left: none; border-top: solid $primary; padding-left: 0; }
    """

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._all: Sequence[StoredRollout] = ()
        self._shown: Sequence[StoredRollout] = ()
        self._listed: Sequence[TextItem] = ()
        self._own: Sequence[str] = ()
        self._verdicts = Verdicts()
        self._filter = 0
        self._version = -1
        self._text_from = 0

    @abstractmethod
    def stored(self) -> Sequence[StoredRollout]:
        """The rollouts of this screen, as the database has them now."""

    @abstractmethod
    def trace_of(self, stored: StoredRollout) -> Trace:
        """The trace whose prefix a rollout continues."""

    @abstractmethod
    def title_parts(self) -> list[str]:
        """What the header says these rollouts are."""

    @abstractmethod
    def empty(self) -> str:
        """What is said where there are none."""

    def number_of(self, place: int, stored: StoredRollout) -> int:
        """The number that a row of the list has."""
        return stored.rollout.sample_idx

    def verdicts_now(self) -> Verdicts:
        """What the annotator says of these rollouts."""
        return self._verdicts

    def compose(self) -> ComposeResult:
        """Header, list and text, status."""
        yield Lines(self._header, id="header").add_class("row")
        with Container(id="panes"):
            yield TextList()
            yield Lines(self._text, id="text")
        yield Lines(self.status_lines, id="status").add_class("row")
        yield PromptBar()

    def on_mount(self) -> None:
        """Show what is there, and what lands."""
        with self.reading():
            self.begin()
        self.set_interval(POLL_SECONDS, self._poll)

    def begin(self) -> None:
        """Read for the first time; Textual calls every base's own ``on_mount``, so that a base extends this."""
        self.load()

    def _poll(self) -> None:
        with self.reading():
            if self._store.data_version() != self._version:
                self.load()

    def load(self) -> None:
        """Read what has changed, and show it."""
        self._version = self._store.data_version()
        found, verdicts = self.stored(), self.verdicts_now()
        if found == self._all and found and verdicts == self._verdicts:
            return
        self._all, self._verdicts = found, verdicts
        self.narrow()

    def narrow(self) -> None:
        """Show what passes the filter, the cursor where it was."""
        self._own = own_behaviors(self._all)
        self._shown = [stored for stored in self._all if passes(stored, self._wanted)]
        self._listed = [self.item_at(place) for place in range(len(self._shown))]
        self.query_one(TextList).replace(self._listed, self.items.cursor)
        self.query_one("#header", Lines).repaint()
        self.repaint()
        if not self._all:
            self.say(self.empty())

    def item_at(self, place: int) -> TextItem:
        """The row of a rollout."""
        stored, tells = self._shown[place], self._verdicts.is_shown(self._all)
        return item_of(stored, self.number_of(place, stored), self._own, self._verdicts, tells=tells)

    @property
    def at_cursor(self) -> StoredRollout | None:
        """The rollout under the cursor."""
        return self._shown[min(self.items.cursor, len(self._shown) - 1)] if self._shown else None

    def go(self, index: int) -> None:
        """Put the cursor on a rollout, and begin its text."""
        if index != self.items.cursor:
            self._text_from = 0
        super().go(index)

    def repaint(self) -> None:
        """Follow the cursor with the text."""
        super().repaint()
        self.query_one("#text", Lines).repaint()

    def _header(self, width: int, height: int) -> list[Line]:
        progress = progress_of(self._all, self._verdicts, width >= WIDE_HEADER)
        shown = f"{progress}{len(self._shown)}/{len(self._all)} shown: {self._wanted}"
        parts = [*self.title_parts(), *counts_of(self._all, self._own, self._verdicts)]
        return [header_line(parts, shown, width)]

    @property
    def _wanted(self) -> str:
        filters = filters_of(self._own, self._verdicts)
        return filters[self._filter % len(filters)]

    def above_text(self, stored: StoredRollout) -> list[str]:
        """What is said over the text of a rollout: the sentence that it follows."""
        rollout = stored.rollout
        if not rollout.prefix_idx:
            return []
        sentence = self.trace_of(stored).sentences[rollout.prefix_idx - 1]
        return [f"after: {visible_line(sentence.text.strip())}"]

    def _text(self, width: int, height: int) -> list[Line]:
        stored = self.at_cursor
        if stored is None:
            return []
        lines: list[Line] = verdict_lines(stored, self._verdicts) if self._verdicts.is_shown(self._all) else []
        lines += [[(clip(line, width), DIM)] for line in self.above_text(stored)]
        text = visible(stored.rollout.text.strip())
        rows = [[(text[row.start : row.end], PLAIN)] for row in wrap(text, width)]
        room = max(1, height - len(lines))
        self._text_from = max(0, min(self._text_from, len(rows) - room))
        part = rows[self._text_from : self._text_from + room]
        if self._text_from + room < len(rows):
            part = [*part[:-1], [("… Enter reads all of it", DIM)]]
        return [*lines, *part]

    def action_scroll_text(self, direction: int) -> None:
        """On in the text of the rollout, or back, by half of what is in view."""
        pane = self.query_one("#text", Lines)
        self._text_from = max(0, self._text_from + direction * max(1, pane.size.height // 2))
        pane.repaint()

    def action_cycle_filter(self) -> None:
        """Show the rollouts of the next outcome."""
        self._filter = (self._filter + 1) % len(filters_of(self._own, self._verdicts))
        self.narrow()

    def action_read(self) -> None:
        """Read the rollout in full."""
        stored = self.at_cursor
        if stored is not None:
            rollout = stored.rollout
            self._open_reader(stored, [self._made(stored), ("continuation", rollout.text)], rollout.text)

    def action_case(self) -> None:
        """Read all that a judge might: the prompt, the reasoning that was kept, and the rollout."""
        stored = self.at_cursor
        if stored is None:
            return
        trace, rollout = self.trace_of(stored), stored.rollout
        prefix = trace.prefix(rollout.prefix_idx)
        sections = [(f"── {role} ──", content) for role, content in trace.prompt.messages]
        sections += [("── reasoning that was kept ──", prefix), ("── continuation ──", rollout.text)]
        self._open_reader(stored, sections, prefix + rollout.text)

    def _made(self, stored: StoredRollout) -> tuple[str, str]:
        rollout = stored.rollout
        made = f"{rollout.model} · seed {rollout.seed} · {rollout.completion_tokens} tokens · {rollout.finish_reason}"
        return f"sample {rollout.sample_idx}: {outcomes_in_words(stored, self._verdicts)}", made

    def _open_reader(self, stored: StoredRollout, sections: Sequence[tuple[str, str]], raw: str) -> None:
        rollout = stored.rollout
        title = f"{rollout.trace_id}  prefix {rollout.prefix_idx}  sample {rollout.sample_idx}"
        self.app.push_screen(ReaderScreen(title, text_items(sections), raw))

    def action_copy(self) -> None:
        """Copy the rollout's text."""
        stored = self.at_cursor
        if stored is not None:
            self.say(copy(self.app, stored.rollout.text))
