"""Suggested categories beside the sentences: shown where they may be, accepted by a key, kept with every label."""

from __future__ import annotations

from dataclasses import replace

from core.annotation.annotation import KEY, SUGGESTION, Circumstances
from core.store.suggestions import latest_suggester, load_suggestions
from core.traces.model import Trace
from tui.screens.noting import NotingScreen
from tui.views.session import TraceView


class SuggestingScreen(NotingScreen):
    """Reads what the latest suggester with this codebook says; a suggestion is no label until somebody accepts it."""

    def _read(self, trace_id: str, trace: Trace | None) -> TraceView:
        view = super()._read(trace_id, trace)
        read = self.context.store.read
        suggester = latest_suggester(read, trace_id, self.context.codebook.id)
        return view if suggester is None else replace(view, suggestions=load_suggestions(read, trace_id, suggester))

    def circumstances(self, index: int, source: str = KEY) -> Circumstances:
        """A label keeps the suggestion that there was, whether it was shown or not."""
        return replace(super().circumstances(index, source), suggested=self._view.suggestions.get(index))

    def accept_suggestion(self) -> bool:
        """Make the suggestions on all that is selected labels, and go on; False where there is none to accept."""
        last, accepted = self.items.selected[-1], {}
        for index in self.items.selected:
            suggested, held = self._view.suggested(index), self._view.held(index)
            if suggested is not None and not held.is_decided:
                accepted[index] = held.given(suggested.category)
        if not accepted:
            return False
        self.items.select(None)
        if self.annotate("label", accepted, SUGGESTION):
            if self.context.annotation.advance:
                self.go_on(last)
            else:
                self.go(last)
        return True
