"""Labelling the sentences of one trace by key; every label is on disk before the next key is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.binding import BindingsMap

from core.annotation.annotation import KEY, Annotation, Circumstances
from core.annotation.history import LabelEvent
from core.store.labels import Change, annotate, redo, undo
from tui.actions import TRACE, category_bindings
from tui.context import Context
from tui.screens.looking import Looking
from tui.screens.stepping import SteppingScreen
from tui.screens.writing import written
from tui.views.annotating import replayed, said
from tui.views.session import next_unlabelled

if TYPE_CHECKING:
    from sqlite_utils import Database


@dataclass(frozen=True)
class Turn:
    """How a key changes what is held of a sentence; ``kind`` is that of the event it makes."""

    kind: str
    of: Callable[[Annotation], Annotation]


class LabellingScreen(SteppingScreen):
    """Gives labels, takes them off, skips, doubts, undoes and redoes: at the cursor, or on all that is selected."""

    def __init__(self, context: Context, trace_id: str) -> None:
        self._looking = Looking()
        self._is_secondary = False
        super().__init__(context, trace_id)
        self._bindings = BindingsMap.merge([self._bindings, BindingsMap(category_bindings(TRACE, context.codebook))])

    def repaint(self) -> None:
        """Draw again; the sentence under the cursor is the one that is looked at."""
        super().repaint()
        self._looking.at((self.trace_id, self._cursor))

    def on_screen_suspend(self) -> None:
        """Nothing is looked at below another screen."""
        self._looking.at(None)

    def on_screen_resume(self) -> None:
        """Go on looking."""
        self._looking.at((self.trace_id, self._cursor))

    def circumstances(self, index: int, source: str = KEY) -> Circumstances:
        """How a label of this sentence comes about now."""
        return Circumstances(source, seconds=self._looking.seconds((self.trace_id, index)))

    def go_on(self, index: int) -> None:
        """To the next sentence, after one that is done; at the last one, say so."""
        if index + 1 < self.items.count:
            self.go(index + 1)
        else:
            self.repaint()
            left = next_unlabelled(self._view, index + 1, -1)
            done = "all of this trace is done; o opens another, Q leads through all"
            then = done if left is None else "[ goes back to what is open"
            self.say(f"sentence {index} is {said(self._view.held(index))}; it is the last sentence, {then}.")

    def action_label(self, category: str) -> None:
        """Give a category and go on; where it is the label already, take it off."""
        if self._is_secondary:
            self.action_label_too(category)
        elif all(self._view.held(index).category == category for index in self.items.selected):
            self.action_clear_label()
        else:
            self._turn_and_go_on(Turn("label", lambda held: held.given(category)))

    def action_label_too(self, category: str) -> None:
        """Give a secondary category, or take it off; the label may come after it."""
        self._is_secondary = False
        index = self._cursor
        if not self._turn(Turn("secondary", lambda held: held.given_too(category))):
            self.say(f"{category} is the label itself; a secondary category is another one.")
        elif self._view.held(index).category is None:
            self.say(f"{category} stands second; now the key of the label.")

    def action_secondary(self) -> None:
        """Take the next category key as that of a secondary category."""
        self._is_secondary = True
        self.say("secondary category: its key; Esc leaves.")

    def action_skip(self) -> None:
        """Leave it open and go on; a label that is there stays."""
        index = self.items.selected[-1]
        if all(self._view.held(index).is_decided for index in self.items.selected):
            self.items.select(None)
            self.go_on(index)
        else:
            self._turn_and_go_on(Turn("skip", Annotation.skipped))

    def action_unsure(self) -> None:
        """Mark as unsure, or no longer."""
        doubted = not all(self._view.held(index).is_unsure for index in self.items.selected)
        self._turn(Turn("unsure", lambda held: held if held.is_unsure == doubted else held.doubted()))

    def action_clear_label(self) -> None:
        """Take label, skip and doubt off."""
        if not self._turn(Turn("clear", Annotation.cleared)):
            self.say("this sentence has no label.")

    def action_select(self) -> None:
        """Begin a selection here, or end it."""
        if self.leave_selection():
            self.say("")
        else:
            self.items.select(self._cursor)
            self.say("selecting: move, then a category key labels all of it; v or Esc ends.")

    def leave_selection(self) -> bool:
        """Leave the selection, or the wait for a secondary category; False where there is neither."""
        was_on = self._is_secondary or self.items.is_selecting
        self._is_secondary = False
        self.items.select(None)
        return was_on

    def _turn_and_go_on(self, turn: Turn) -> None:
        self.annotate_and_go_on(turn.kind, self._turned(turn))

    def annotate_and_go_on(self, kind: str, changed: Mapping[int, Annotation], source: str = KEY) -> None:
        """Write what is held of sentences of the selection now, and go on after it if that is the setting."""
        last = self.items.selected[-1]
        self.items.select(None)
        if self.annotate(kind, changed, source):
            if self.context.annotation.advance:
                self.go_on(last)
            else:
                self.go(last)

    def _turn(self, turn: Turn) -> bool:
        """Turn all that is selected, and stay; False where nothing was to change, or could be written."""
        changed = self._turned(turn)
        self.items.select(None)
        is_written = self.annotate(turn.kind, changed)
        if is_written:
            self.repaint()
        return is_written

    def _turned(self, turn: Turn) -> dict[int, Annotation]:
        """What would be held of all that is selected."""
        return {index: turn.of(self._view.held(index)) for index in self.items.selected}

    def annotate(self, kind: str, changed: Mapping[int, Annotation], source: str = KEY) -> bool:
        """Write what is held of these sentences now as one step; it is on disk when this returns, and in the list.

        False where nothing was to change, or it could not be written, which is then said.
        """
        context, trace_id = self.context, self.trace_id
        changes = [
            Change(trace_id, index, kind, after, self.circumstances(index, source))
            for index, after in changed.items()
            if after != self._view.held(index)
        ]
        if not changes:
            return False
        writing = context.store.write(lambda db: annotate(db, context.annotator, changes, context.codebook))
        events = written(self, writing)
        if events is None:
            return False
        self.take(events)
        return True

    def action_undo(self) -> None:
        """Undo the last step, wherever it was made."""
        self._replay(undo, "undid", "nothing to undo.")

    def action_redo(self) -> None:
        """Redo what was undone."""
        self._replay(redo, "redid", "nothing to redo.")

    def _replay(self, job: Callable[[Database, str], tuple[LabelEvent, ...]], verb: str, otherwise: str) -> None:
        annotator = self.context.annotator
        events = written(self, self.context.store.write(lambda db: job(db, annotator)))
        if events is None:
            return
        if not events:
            self.say(otherwise)
            return
        trace_id, index = events[0].trace_id, events[0].sentence_idx
        if trace_id != self.trace_id:
            self.open(trace_id, index)
        else:
            self.take(events)
            self.go(index)
        self.say(replayed(verb, events))
