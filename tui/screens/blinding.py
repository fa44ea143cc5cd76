"""Blind mode on the screen: nothing that could sway an annotator is shown of a sentence before it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.annotation.annotation import KEY, Circumstances
from core.annotation.history import LabelEvent
from core.annotation.place import Place
from core.store.queues import was_decided
from core.traces.model import Trace
from tui.actions import OF_ALL, revealed_by
from tui.context import Context
from tui.screens.ordering import OrderingScreen
from tui.views.blind import hidden, refusal
from tui.views.session import TraceView


class BlindingScreen(OrderingScreen):
    """Hides and shows; every pane is given what is left, and keys that would tell more are refused."""

    def __init__(self, context: Context, trace_id: str) -> None:
        self._hidden: tuple[TraceView, TraceView] | None = None
        super().__init__(context, trace_id)

    def _read(self, trace_id: str, trace: Trace | None) -> TraceView:
        return replace(super()._read(trace_id, trace), is_blind=self.context.blind.is_on)

    @property
    def shown(self) -> TraceView:
        """What panes are given: in blind mode nothing about the sentences that are not decided."""
        if self._hidden is None or self._hidden[0] is not self._view:
            self._hidden = (self._view, hidden(self._view))
        return self._hidden[1]

    def modes(self) -> tuple[str, ...]:
        """What the header says of how one works."""
        return (*super().modes(), "blind") if self._view.is_blind else super().modes()

    def take(self, events: Sequence[LabelEvent]) -> None:
        """Show what is on disk now, and in blind mode the numbers of what has been decided by it."""
        super().take(events)
        if self._view.is_blind:
            self.items.update_items(self._items())

    def circumstances(self, index: int, source: str = KEY) -> Circumstances:
        """How a label comes about now: blind only the first time that the sentence is decided.

        Whoever has decided it once, and undone that, has been shown its numbers.
        """
        made = super().circumstances(index, source)
        unit = Place(self.trace_id, index)
        is_hidden = not self._view.is_shown(index)
        is_blind = is_hidden and not was_decided(self.context.store.read, self.context.annotator, unit)
        return replace(made, is_blind=is_blind)

    def refusal(self, action: str) -> str:
        """Why an action would tell what is hidden; of all traces it is asked only for what shows them all."""
        revealed = revealed_by(self.SCOPE, action)
        if revealed == OF_ALL:
            return super().refusal(action)
        return refusal(self._view, self._cursor, revealed)

    def action_blind(self) -> None:
        """Hide what could sway the annotator, or show it."""
        blind = self.context.blind
        if not blind.is_on and (self._comparing or self.context.resampler.is_running):
            self.say("what runs now would tell what it finds: let it end, or stop it with c; then B.")
            return
        blind.is_on = not blind.is_on
        self.reload()
        if blind.is_on:
            self.say("blind: rates, directions and the labels of others are hidden until a sentence is decided.")
        else:
            self.say("no longer blind; labels given from here on say so.")
