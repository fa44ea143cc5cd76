"""Judging rollouts by key; every verdict is on disk before the next key is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from core.annotation.verdict import SKIPPED, VerdictCircumstances, VerdictEvent
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.store.database import Store
from core.store.rollouts import StoredRollout, load_rollout
from core.store.verdicts import ever_judged, load_verdicts, note_verdict, redo_verdict, set_verdict, undo_verdict
from tui.context import context_of
from tui.screens.browsing import BrowsingScreen
from tui.screens.looking import Looking
from tui.screens.writing import written
from tui.views.rollouts import Verdicts
from tui.widgets.lines import Lines
from tui.widgets.text_list import TextList

if TYPE_CHECKING:
    from sqlite_utils import Database


class JudgingScreen(BrowsingScreen):
    """Says yes, no or skipped of a behavior, takes it back, undoes and redoes; blind, if that is wanted."""

    def __init__(self, store: Store, judges: Mapping[str, str] | None, ordered_by: str | None = None) -> None:
        super().__init__(store)
        self._judges, self._ordered_by = judges, ordered_by
        self._looking = Looking()

    def begin(self) -> None:
        """Begin blind if the app is in blind mode, with alignment faking where it is measured."""
        self._verdicts = replace(self._verdicts, is_blind=context_of(self).blind.is_on)
        super().begin()
        if self._all and self._verdicts.behavior not in self.behaviors():
            self._judge_behavior(self.behaviors()[0])

    def behaviors(self) -> list[str]:
        """What can be judged: alignment faking, unless only others are measured, then these."""
        found = {name for stored in self._all for name in stored.outcomes} | set(self._judges or ())
        others = sorted(found - {COMPLIANCE, ALIGNMENT_FAKING})
        return [ALIGNMENT_FAKING, *others] if ALIGNMENT_FAKING in found or not others else others

    def verdicts_now(self) -> Verdicts:
        """What the annotator says, and on which of these rollouts judges were seen."""
        connection, annotator, behavior = self._store.read, context_of(self).annotator, self._verdicts.behavior
        return replace(
            self._verdicts,
            held=load_verdicts(connection, annotator, behavior),
            seen=self._verdicts.seen | ever_judged(connection, annotator, behavior),
        )

    def repaint(self) -> None:
        """Draw again; the rollout under the cursor is the one that is looked at."""
        super().repaint()
        stored = self.at_cursor
        # While it is read on another screen, it is looked at all the same.
        self._looking.at(None if stored is None else stored.id)

    def action_judge(self, word: str) -> None:
        """Say that the rollout shows the behavior, or not, and go on; the same again takes it back."""
        stored = self.at_cursor
        if stored is None:
            return
        if self._verdicts.of(stored).word == word:
            self.action_clear_verdict()
        elif self._set(stored, word):
            self._go_on()

    def action_skip_rollout(self) -> None:
        """Leave the rollout open and go on; one that is judged stays as it is."""
        stored = self.at_cursor
        if stored is not None and (self._verdicts.of(stored).is_done or self._set(stored, SKIPPED)):
            self._go_on()

    def action_clear_verdict(self) -> None:
        """Take the verdict back."""
        stored = self.at_cursor
        if stored is not None and not self._verdicts.of(stored).is_done:
            self.say("you have said nothing of this rollout.")
        elif stored is not None:
            self._set(stored, None)

    def action_note(self) -> None:
        """Ask for a note."""
        stored = self.at_cursor
        if stored is not None:
            self.bar.ask_lines("note", "note:", self._verdicts.of(stored).note, "Enter keeps, empty removes it")

    def answer(self, purpose: str, text: str) -> None:
        """Keep the note, or search."""
        stored = self.at_cursor
        if purpose != "note":
            super().answer(purpose, text)
        elif stored is not None:
            annotator, behavior = context_of(self).annotator, self._verdicts.behavior
            writing = self._store.write(lambda db: (note_verdict(db, annotator, stored.id, behavior, text),))
            if written(self, writing) is not None:
                self._show(stored.id)

    def action_undo(self) -> None:
        """Undo the last change of a verdict, on whichever rollout."""
        self._replay(undo_verdict, "undid")

    def action_redo(self) -> None:
        """Redo what was undone."""
        self._replay(redo_verdict, "redid")

    def action_next_unjudged(self, step: int) -> None:
        """Go to the next rollout that is neither judged nor skipped."""
        place = self._next_unjudged(step)
        if place is None:
            self.say("you are done with all of them.")
        else:
            self.go(place)

    def action_judged_behavior(self) -> None:
        """Judge the next behavior."""
        names, now = self.behaviors(), self._verdicts.behavior
        chosen = names[(names.index(now) + 1) % len(names)] if now in names else names[0]
        self._judge_behavior(chosen)
        self.say(f"you judge {chosen}: 1 shows it, 0 does not.")

    def action_blind(self) -> None:
        """Hide what judges say until a verdict is given, or show it; what was shown stays shown."""
        verdicts = self._verdicts
        # What stood here until now, or stands here from now on, is not judged blind any more.
        seen = verdicts.seen | {stored.id for stored in self._all}
        self._verdicts = replace(verdicts, is_blind=not verdicts.is_blind, seen=seen)
        self._filter = 0
        self.narrow()
        hidden = (
            "what judges say is hidden until you say yes or no; of these it was shown, and their verdicts record so."
        )
        self.say("what judges say is shown." if verdicts.is_blind else hidden)

    def _judge_behavior(self, behavior: str) -> None:
        self._verdicts = replace(self._verdicts, behavior=behavior)
        self._verdicts = self.verdicts_now()
        self.narrow()

    def _set(self, stored: StoredRollout, word: str | None) -> bool:
        """Write a verdict; it is on disk when this returns."""
        annotator, behavior = context_of(self).annotator, self._verdicts.behavior
        outcome = stored.outcomes.get(behavior)
        made = VerdictCircumstances(
            is_blind=self._verdicts.is_judged_blind(stored),
            seconds=self._looking.seconds(stored.id),
            ordered_by=self._ordered_by,
            judge_id=None if outcome is None else outcome.judge_id,
        )
        writing = self._store.write(lambda db: (set_verdict(db, annotator, stored.id, behavior, word, made),))
        if written(self, writing) is None:
            return False
        self._show(stored.id)
        return True

    def _go_on(self) -> None:
        if not context_of(self).annotation.advance:
            return
        place = self._next_unjudged(1)
        if place is not None:
            self.go(place)
        else:
            self.say(f"you are done with all {len(self._shown)} rollouts.")

    def _next_unjudged(self, step: int) -> int | None:
        n, at = len(self._shown), self.items.cursor
        places = ((at + step * offset) % n for offset in range(1, n + 1))
        return next((place for place in places if not self._verdicts.of(self._shown[place]).is_done), None)

    def _replay(self, job: Callable[[Database, str], VerdictEvent | None], verb: str) -> None:
        annotator = context_of(self).annotator
        found = written(self, self._store.write(lambda db: (job(db, annotator),)))
        if found is None:
            return
        (event,) = found
        if event is None:
            self.say(f"nothing to {'undo' if verb == 'undid' else 'redo'} among your verdicts.")
            return
        if event.behavior != self._verdicts.behavior:
            self._judge_behavior(event.behavior)
        self._show(event.rollout_id)
        if all(stored.id != event.rollout_id for stored in self._shown):
            self._filter = 0
            self.narrow()
        place = next((place for place, stored in enumerate(self._shown) if stored.id == event.rollout_id), None)
        if place is not None:
            self.go(place)
        rollout = load_rollout(self._store.read, event.rollout_id)
        where = f"{rollout.trace_id}, prefix {rollout.prefix_idx}, sample {rollout.sample_idx}"
        change = f"{event.before.word or 'unjudged'} → {event.after.word or 'unjudged'}"
        self.say(f"{verb}: {event.behavior} {change} ({where})")

    def _show(self, rollout_id: int) -> None:
        """Show what has changed on one rollout: its row, its text, the header."""
        told_before = self._verdicts.is_shown(self._all)
        self._verdicts = self.verdicts_now()
        if self._verdicts.is_shown(self._all) != told_before:
            self.narrow()
            return
        for place, stored in enumerate(self._shown):
            if stored.id == rollout_id:
                self._listed = [*self._listed[:place], self.item_at(place), *self._listed[place + 1 :]]
        self.query_one(TextList).update_items(self._listed)
        self.query_one("#header", Lines).repaint()
        self.repaint()
