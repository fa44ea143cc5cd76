"""Suggested categories beside the sentences: shown where they may be, accepted by a key, kept with every label."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from core.annotation.annotation import KEY, SUGGESTION, Circumstances
from core.store.labels import Change, load_circumstances, rewrite
from core.store.suggestions import latest_suggester, load_suggestions
from tui.screens.noting import NotingScreen
from tui.screens.writing import written
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

    def confirm_label(self) -> bool:
        """Confirm the labels on all that is selected that nobody has confirmed, and go on; False: there is none.

        A label stays what it was, and how it came about; only that a person has looked at it is new.
        """
        context, trace_id, last = self.context, self.trace_id, self.items.selected[-1]
        confirmed = [index for index in self.items.selected if index in self._view.unverified]
        confirmed = [i for i in confirmed if context.codebook.own(self._view.labels[i]) is not None]
        if not confirmed:
            return False
        made = load_circumstances(context.store.read, trace_id, context.annotator)
        changes = [
            Change(trace_id, i, "label", self._view.held(i), replace(made[i], is_verified=True)) for i in confirmed
        ]
        self.items.select(None)
        job = partial(rewrite, annotator=context.annotator, changes=changes, codebook=context.codebook)
        events = written(self, context.store.write(job))
        if events is not None:
            self.take(events)
            self.go_on(last)
        return True

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
