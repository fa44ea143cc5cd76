"""Stepping through one trace: what is on the screen, how it stays true, and the ways to move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from textual.app import ComposeResult
from textual.containers import Container

from core.annotation.history import LabelEvent
from core.endpoints.origin import endpoint_name
from core.store.labels import load_held, load_unverified
from core.store.newest import load_newest
from core.store.positions import load_position, save_position
from core.store.traces import is_known
from core.traces.model import Trace
from tui.actions import TRACE, bindings_for
from tui.context import Context
from tui.palette import label_style
from tui.screens.base import ListScreen
from tui.views.annotating import progress
from tui.views.chrome import category_lines, category_rows, header_line
from tui.views.detail import detail_lines
from tui.views.estimates import Estimates
from tui.views.session import (
    TraceView,
    curves,
    directions,
    display_texts,
    load_view,
    next_change,
    next_flagged,
    next_hit,
    next_unlabelled,
    sentence_items,
)
from tui.views.wording import NO_PROMPT
from tui.widgets.direction_track import Directions
from tui.widgets.lines import Line, Lines
from tui.widgets.prompt_bar import PromptBar
from tui.widgets.rate_strip import Curve, RateStrip
from tui.widgets.sentence_list import SentenceItem, SentenceList

POLL_SECONDS = 0.25
SPACIOUS = 100
"""Cells from which on the header says more than names."""
POSITION_TICKS = 4
"""Ticks without a move after which the position is worth a write."""


class SteppingScreen(ListScreen[None]):
    """Steps through one trace; every number is read from the store, also what other processes wrote."""

    SCOPE = TRACE
    BINDINGS = bindings_for(TRACE)  # Textual's own declaration
    DEFAULT_CSS = """
    #panes { layout: vertical; height: 1fr; }
    #panes SentenceList { height: 1fr; }
    #side { height: 10; border-top: solid $primary; }
    #strip { height: 3; }
    #detail { height: 1fr; }
    SteppingScreen.-wide #panes { layout: horizontal; }
    SteppingScreen.-wide #panes SentenceList { width: 1fr; height: 100%; }
    SteppingScreen.-wide #side { width: 1fr; height: 100%; border-top: none; }
    SteppingScreen.-wide #side { border-left: solid $primary; padding-left: 1; }
    SteppingScreen.-wide #strip { height: 11; }
    SteppingScreen.-compared #side { height: 60%; min-height: 10; max-height: 12; }
    SteppingScreen.-wide.-compared #side { height: 100%; max-height: 100%; }
    SteppingScreen.-wide.-compared #strip { height: 40%; min-height: 11; max-height: 14; }
    """

    def __init__(self, context: Context, trace_id: str) -> None:
        super().__init__()
        self.context = context
        self._behavior = "alignment_faking"
        self._settings_id = context.settings_id
        self._version = -1
        self._estimates: dict[str, Estimates] = {}
        self._comparing = ""
        self._ticks_still = 0
        self._category_rows = 1
        # At hand: every key asks for the list a dozen times.
        self._sentences = SentenceList({c.tag: label_style(c.colour) for c in context.codebook.categories})
        self._load(trace_id)

    def _load(self, trace_id: str) -> None:
        self._view = self._read(trace_id, None)
        self._texts = display_texts(self._view.trace)
        self._saved_position = load_position(self.context.store.read, self.context.annotator, trace_id)

    def _read(self, trace_id: str, trace: Trace | None) -> TraceView:
        context = self.context
        self._version = context.store.data_version()
        self._newest = load_newest(context.store.read)
        view = load_view(context.store, trace_id, context.annotator, self._settings_id, context.judges, trace)
        estimates = self._estimates.get(trace_id)
        if estimates is not None and estimates.holds(view.settings):
            view = replace(view, estimates=estimates)
        return self.suggested(view)

    def suggested(self, view: TraceView) -> TraceView:
        """The view with what is suggested for its sentences now."""
        return view

    @property
    def trace_id(self) -> str:
        """The trace on the screen."""
        return self._view.trace.id

    @property
    def shown(self) -> TraceView:
        """What panes are given: all that is known, unless something is to be hidden."""
        return self._view

    @property
    def items(self) -> SentenceList:
        """The sentences."""
        return self._sentences

    @property
    def _cursor(self) -> int:
        return self.items.cursor

    def compose(self) -> ComposeResult:
        """Header, sentences beside rates and detail, category keys, status."""
        yield Lines(self._header, id="header").add_class("row")
        with Container(id="panes"):
            yield self._sentences
            with Container(id="side"):
                yield RateStrip(self._curves, self._directions, id="strip")
                yield Lines(self._detail, id="detail")
        yield Lines(self._categories, id="categories").add_class("row")
        yield Lines(self.status_lines, id="status").add_class("row")
        yield PromptBar()

    def on_mount(self) -> None:
        """Show the trace where it was left, then watch the store."""
        self._show_trace(self._saved_position)
        self.say(self.context.greeting)
        self.set_interval(POLL_SECONDS, self._tick)

    def open(self, trace_id: str, cursor: int | None = None) -> None:
        """Show another trace on this screen."""
        self._remember_position()
        self._load(trace_id)
        self._show_trace(self._saved_position if cursor is None else cursor)

    def _show_trace(self, cursor: int) -> None:
        self._message = ""
        self.items.pattern = None
        self.items.replace(self._items(), cursor)
        self.repaint()

    @property
    def _shown_behavior(self) -> str:
        """The behavior that was chosen, or the first of a trace that was never judged for it."""
        names = self._view.rates.behaviors
        return self._behavior if self._behavior in names else names[0]

    def _items(self) -> tuple[SentenceItem, ...]:
        return sentence_items(self.shown, self._texts, self.context.codebook, self._shown_behavior)

    def reload(self) -> None:
        """Read labels and rates again, and repaint what is different."""
        self._view = self._read(self.trace_id, self._view.trace)
        self.items.update_items(self._items())
        self.repaint()

    def take(self, events: Sequence[LabelEvent]) -> None:
        """Take what is on disk now of the annotator's own: a label changes no rate, so nothing is read again.

        The list shows it; the other panes do with the next `repaint`, which a key that goes on brings anyway.
        """
        if events[0].id == self._newest.label_events + 1:
            self._newest = self._newest._replace(label_events=events[-1].id)
        changed = {event.sentence_idx: event.after for event in events}
        self._view = self._view.annotated({**self._view.annotations, **changed})
        if not self._view.unverified.isdisjoint(changed) or any(event.target is not None for event in events):
            unverified = load_unverified(self.context.store.read, self.trace_id, self.context.annotator)
            self._view = self._view.confirmed_but(unverified)
        self.items.update_tags({index: self._view.tag_and_flag(index, self.context.codebook) for index in changed})

    def reload_annotations(self) -> None:
        """Read again what annotators and suggesters say, which no rate depends on."""
        held = load_held(self.context.store.read, self.trace_id, self.context.annotator)
        self._view = self.suggested(self._view.annotated(held.annotations).confirmed_but(held.unverified))
        self.items.update_items(self._items())
        self.repaint()

    def repaint(self) -> None:
        """Draw everything that depends on the cursor or the store."""
        super().repaint()
        self.set_class(self._view.estimates is not None, "-compared")
        for row in ("#header", "#strip", "#detail", "#categories"):
            self.query_one(row, Lines).repaint()

    def _tick(self) -> None:
        with self.reading():
            self._follow()
        moved = self._cursor != self._saved_position
        self._ticks_still = self._ticks_still + 1 if moved else 0
        if self._ticks_still >= POSITION_TICKS:
            self._remember_position()

    def _follow(self) -> None:
        """Take what other connections have written, this app's own included."""
        version = self.context.store.data_version()
        if version == self._version:
            return
        newest, seen = load_newest(self.context.store.read), self._newest
        if newest.samples != seen.samples:
            self.reload()
        elif newest != seen:
            self.reload_annotations()
        self._version, self._newest = version, newest
        if not is_known(self.context.store.read, self.trace_id):
            self.say(f"{self.trace_id} was deleted by another process; o opens another trace.")

    def _remember_position(self) -> None:
        self._saved_position, self._ticks_still = self._cursor, 0
        job = partial(
            save_position, annotator=self.context.annotator, trace_id=self.trace_id, sentence_idx=self._cursor
        )
        self.context.store.write(job)

    def _curves(self) -> tuple[tuple[Curve, ...], int]:
        return curves(self.shown, self._cursor, self._shown_behavior), self._cursor

    def _directions(self) -> Directions | None:
        return directions(self.shown, self._shown_behavior, self._cursor)

    def _header(self, width: int, height: int) -> list[Line]:
        trace = self._view.trace
        status = self.context.resampler.status
        run = f"adaptive, {status.why}: {status.text}" if status.why and width >= SPACIOUS else status.text
        labelled = progress(self._view.annotations, len(trace.sentences), brief=width < SPACIOUS)
        right = "  ".join(part for part in (labelled, *self.modes(), self._comparing, run) if part)
        place = endpoint_name(self._view.settings) if self._view.settings else self.context.endpoint_label
        unasked = None if trace.prompt.asks else NO_PROMPT
        names = [trace.id, unasked, trace.tier, trace.prompt_variant, place]
        if width >= SPACIOUS:
            tier = f"{trace.tier} tier" if trace.tier else None
            variant = f"{trace.prompt_variant} prompt" if trace.prompt_variant else None
            names = ["turnpoint", trace.id, unasked, tier, variant, place]
        return [header_line(names, right, width)]

    def modes(self) -> tuple[str, ...]:
        """What the header says of how one works, in a few words each."""
        return ()

    def _detail(self, width: int, height: int) -> list[Line]:
        return detail_lines(self.shown, self._cursor, self.context.codebook, width, height, self._shown_behavior)

    def _categories(self, width: int, height: int) -> list[Line]:
        codebook, keys = self.context.codebook, self.context.keys
        shown = {category.name: keys[f"label.{category.name}"][0] for category in codebook.categories}
        return category_lines(codebook, shown, self._view.held(self._cursor), self._view.labels.values(), width)

    def _fit_categories(self) -> None:
        """As many rows as the category keys and their counts take at this width."""
        rows = category_rows(self.context.codebook, self.size.width)
        # To say again what holds already would lay the whole screen out once more.
        if rows != self._category_rows:
            self._category_rows = rows
            self.query_one("#categories").styles.height = rows

    def on_resize(self) -> None:
        """Another width may take another number of rows."""
        self._fit_categories()

    def action_next_unlabelled(self, step: int) -> None:
        """To the nearest sentence without a label."""
        self._jump(next_unlabelled(self._view, self._cursor, step), "no unlabelled sentence that way.")

    def action_next_flagged(self, step: int) -> None:
        """To the nearest sentence that is unsure, skipped or not confirmed."""
        self._jump(next_flagged(self._view, self._cursor, step), "no unsure, skipped or unconfirmed sentence that way.")

    def action_next_change(self, step: int) -> None:
        """To the nearest turning point, or big change of a rate."""
        sought = "big change of a rate" if self._view.estimates is None else "turning point"
        self._jump(next_change(self.shown, self._cursor, step), f"no {sought} that way.")

    def action_next_hit(self, step: int) -> None:
        """To the next hit of the search."""
        pattern = self.items.pattern
        if pattern is None:
            self.say("nothing is searched for; / asks.")
        else:
            self._jump(next_hit(self._texts, pattern, self._cursor, step), "no sentence holds that.")

    def _jump(self, index: int | None, otherwise: str) -> None:
        if index is None:
            self.say(otherwise)
        else:
            self.go(index)

    def action_go_to(self) -> None:
        """Ask for a sentence number."""
        self.bar.ask("go_to", "sentence:", note=f"0 to {len(self._texts) - 1}")
