"""Suggested categories beside the sentences: shown where they may be, accepted by a key, kept with every label."""

from __future__ import annotations

from dataclasses import replace

from core.annotation.annotation import KEY, SUGGESTION, Circumstances
from core.store.suggestions import latest_suggester, load_suggestions
from tui.screens.noting import NotingScreen
from tui.views.session import TraceView


class SuggestingScreen(NotingScreen):
    """Shows suggestions; none of them is a label until somebody accepts it."""

    def suggested(self, view: TraceView) -> TraceView:
        """The view with what the latest suggester with this codebook suggests now."""
        read, trace_id = self.context.store.read, view.trace.id
        suggester = latest_suggester(read, trace_id, self.context.codebook.id)
        return replace(view, suggestions={} if suggester is None else load_suggestions(read, trace_id, suggester))

    def circumstances(self, index: int, source: str = KEY) -> Circumstances:
        """A label keeps the suggestion that there was, whether it was shown or not."""
        return replace(super().circumstances(index, source), suggested=self._view.suggestions.get(index))

    def accept_suggestion(self) -> bool:
        """Make the suggestions on all that is selected labels, and go on; False where there is none to accept."""
        accepted = {}
        for index in self.items.selected:
            suggested, held = self._view.suggested(index), self._view.held(index)
            if suggested is not None and not held.is_decided:
                accepted[index] = held.given(suggested.category)
        if accepted:
            self.annotate_and_go_on("label", accepted, SUGGESTION)
        return bool(accepted)
