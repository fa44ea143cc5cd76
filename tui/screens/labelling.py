"""Labelling the sentences of one trace by key; every label is on disk before the next key is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.binding import BindingsMap

from core.annotation.history import LabelEvent
from core.errors import TurnpointError
from core.store.labels import redo, set_label, undo
from tui.actions import TRACE, category_bindings
from tui.context import Context
from tui.screens.stepping import SteppingScreen

if TYPE_CHECKING:
    from sqlite_utils import Database

LONGEST_WAIT = 3.0
"""Seconds that a label key may wait for the disk before the screen goes on."""

BUSY = "another process holds the database; this is written, and shown here, as soon as it lets go."


class LabellingScreen(SteppingScreen):
    """Gives labels, takes them off, undoes and redoes."""

    def __init__(self, context: Context, trace_id: str) -> None:
        super().__init__(context, trace_id)
        self._bindings = BindingsMap.merge([self._bindings, BindingsMap(category_bindings(TRACE, context.codebook))])

    def action_label(self, category: str) -> None:
        """Give the sentence a category and go on; the category it has already is taken off."""
        index = self._cursor
        if self._view.labels.get(index) == category:
            self.action_clear_label()
        elif self._set_label(category):
            if index + 1 < self.items.count:
                self.go(index + 1)
            else:
                self.say(f"sentence {index} is {category}; it is the last sentence.")

    def action_clear_label(self) -> None:
        """Take the label off."""
        if self._cursor not in self._view.labels:
            self.say("this sentence has no label.")
        else:
            self._set_label(None)

    def _set_label(self, category: str | None) -> bool:
        """Write a label; it is on disk when this returns."""
        context, index, trace_id = self.context, self._cursor, self.trace_id
        try:
            context.store.write(
                lambda db: set_label(db, context.annotator, trace_id, index, category, context.codebook)
            ).result(timeout=LONGEST_WAIT)
        except TimeoutError:
            self.say(BUSY)
            return False
        except TurnpointError as error:
            self.say(str(error))
            return False
        self.reload_labels()
        return True

    def action_undo(self) -> None:
        """Undo the last label, wherever it was given."""
        self._replay(undo, "undid", "nothing to undo.")

    def action_redo(self) -> None:
        """Redo what was undone."""
        self._replay(redo, "redid", "nothing to redo.")

    def _replay(self, job: Callable[[Database, str], tuple[LabelEvent, ...]], verb: str, otherwise: str) -> None:
        annotator = self.context.annotator
        try:
            events = self.context.store.write(lambda db: job(db, annotator)).result(timeout=LONGEST_WAIT)
        except TimeoutError:
            self.say(BUSY)
            return
        except TurnpointError as error:
            self.say(str(error))
            return
        if not events:
            self.say(otherwise)
            return
        event = events[0]
        if event.trace_id != self.trace_id:
            self.open(event.trace_id, event.sentence_idx)
        else:
            self.reload()
            self.go(event.sentence_idx)
        change = f"{event.previous or 'unlabelled'} → {event.category or 'unlabelled'}"
        self.say(f"{verb}: sentence {event.sentence_idx} {change}")
