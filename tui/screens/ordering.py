"""Labelling in an order: the queue that says which sentence comes next, in this trace or another."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from core.annotation.annotation import KEY, Circumstances
from core.annotation.history import LabelEvent
from core.annotation.place import Place
from core.annotation.queue import QueueProgress, QueueSpec
from core.errors import TurnpointError
from core.store.queues import current_queue, current_queue_id, end_queue, load_decisions, start_queue
from core.traces.model import Trace
from tui.context import Context
from tui.screens.queueing import DEFAULT, OFF, begun, queue_note, read_queue, typed
from tui.screens.suggesting import SuggestingScreen
from tui.screens.writing import written
from tui.views.estimates import Estimates
from tui.views.session import TraceView

if TYPE_CHECKING:
    from core.analysis.importance import Importance
    from core.store.database import Store

PURPOSE = "queue"
ASKED_TO = "ended by its annotator"


class OrderingScreen(SuggestingScreen):
    """Goes on along a queue, as long as there is one; without it, from sentence to sentence."""

    def __init__(self, context: Context, trace_id: str) -> None:
        self._work: QueueProgress | None = None
        self._given: Place | None = None
        super().__init__(context, trace_id)

    def _read(self, trace_id: str, trace: Trace | None) -> TraceView:
        view = super()._read(trace_id, trace)
        self._work = self._read_work()
        return view

    def _read_work(self) -> QueueProgress | None:
        """The queue as it is in the store; the sentences of one that is known are not read again."""
        store, annotator = self.context.store, self.context.annotator
        known = self._work.queue if self._work is not None else None
        if known is None or known.id != current_queue_id(store.read, annotator):
            known, self._given = current_queue(store.read, annotator), None
        if known is None:
            return None
        categories = tuple(category.name for category in self.context.codebook.categories)
        return QueueProgress(known, load_decisions(store.read, annotator, known.spec.trace_ids), categories)

    def take(self, events: Sequence[LabelEvent]) -> None:
        """Show what is on disk now, in the queue, too."""
        if self._work is not None:
            decisions = dict(self._work.decisions)
            for event in events:
                unit = Place(event.trace_id, event.sentence_idx)
                decisions.pop(unit, None)
                if event.after.is_decided:
                    decisions[unit] = event.after.category
            self._work = replace(self._work, decisions=decisions)
        super().take(events)

    def reload_annotations(self) -> None:
        """Read again what stands, also in the other traces of the queue."""
        self._work = self._read_work()
        super().reload_annotations()

    def _follow(self) -> None:
        """Take what other connections have written: they may have started or ended a queue."""
        seen, work = self._version, self._work
        super()._follow()
        current = None if work is None else work.queue.id
        if self._version != seen and current_queue_id(self.context.store.read, self.context.annotator) != current:
            self._work = self._read_work()
            self.repaint_header()

    def modes(self) -> tuple[str, ...]:
        """What the header says of how one works."""
        work = self._work
        told = () if work is None else (f"queue {work.queue.spec.name} {work.n_decided}/{work.n}",)
        return (*super().modes(), *told)

    def circumstances(self, index: int, source: str = KEY) -> Circumstances:
        """How a label comes about now: in the order of the queue, where the sentence is in one."""
        made, work = super().circumstances(index, source), self._work
        if work is None or Place(self.trace_id, index) not in work.queue.places:
            return made
        return replace(made, ordered_by=work.queue.spec.name)

    def go_on(self, index: int) -> None:
        """To the next sentence of the queue that is open, after one that is done; where that was enough, say so."""
        work = self._work
        if work is None:
            super().go_on(index)
        elif work.ending:
            self.go(index)
            self._end(work.ending)
        else:
            self._to(work.following(Place(self.trace_id, index), self._given))

    def action_next_unlabelled(self, step: int) -> None:
        """To the nearest sentence of the queue that is open, or without one of the trace."""
        work = self._work
        if work is None:
            super().action_next_unlabelled(step)
        elif work.ending:
            self._end(work.ending)
        else:
            self._to(work.following(Place(self.trace_id, self._cursor), self._given, step))

    def _to(self, unit: Place | None) -> None:
        self._given = unit or self._given
        if unit is None:
            self.say("no other sentence of the queue is open.")
        elif unit.trace_id == self.trace_id:
            self.go(unit.sentence_idx)
        else:
            self.open(unit.trace_id, unit.sentence_idx)

    def action_queue(self) -> None:
        """Ask for an order; the one that runs is proposed."""
        work = self._work
        text = DEFAULT if work is None else typed(self.context.store.read, work.queue.spec, self.trace_id)
        self.bar.ask(PURPOSE, "order:", text)
        self.edited(PURPOSE, text)
        if work is not None:
            told = f", {work.told}" if work.told else ""
            self.bar.note(f"runs: {work.n_decided}/{work.n}{told}; {OFF} ends it")

    def edited(self, purpose: str, text: str) -> None:
        """Show what the queue would hold while it is typed."""
        if purpose == PURPOSE:
            self.bar.note(queue_note(self.context.store.read, self.context.annotator, self.trace_id, text))
        else:
            super().edited(purpose, text)

    def answer(self, purpose: str, text: str) -> None:
        """Start the queue that was typed, or end the one that runs."""
        if purpose != PURPOSE:
            super().answer(purpose, text)
        elif text.strip() == OFF:
            self._end(ASKED_TO)
        else:
            try:
                spec = read_queue(self.context.store.read, self.trace_id, text)
            except TurnpointError as error:
                self.say(str(error))
                return
            self.say("putting the sentences in order.")
            self.run_worker(self._start(spec), group="queue", exclusive=True, exit_on_error=False)

    async def _start(self, spec: QueueSpec) -> None:
        """Rank in a thread: all rollouts of the traces are counted."""
        context, known = self.context, dict(self._estimates)
        try:
            await asyncio.to_thread(_start_queue, context, spec, self._settings_id, known)
        except (TurnpointError, sqlite3.Error) as error:
            self.say(str(error))
            return
        with self.reading():
            self.reload()
            work = self._work
            if work is None:
                return
            # Nobody is taken away from what they have gone on with.
            if self.app.screen is self and not self.bar.is_open:
                self._to(work.next_open())
            self.say(begun(work))

    def _end(self, why: str) -> None:
        """End the queue, and say how it ended."""
        work, annotator = self._work, self.context.annotator
        if work is None:
            self.say("no queue is under way; Q starts one.")
            return
        if written(self, self.context.store.write(lambda db: end_queue(db, annotator, why))) is None:
            return
        self._work = None
        self.repaint_header()
        reason = "" if why == ASKED_TO else f": {why}"
        self.say(f"queue ended{reason}; {work.n_decided} of its {work.n} sentences are decided.")


def _start_queue(context: Context, spec: QueueSpec, settings_id: str | None, known: Mapping[str, Estimates]) -> None:
    from core.analysis.ranking import Evidence, rank

    store, annotator = context.store, context.annotator
    evidence = Evidence(settings_id, context.judges, _still_true(store, settings_id, known))
    ranked, items = rank(store.read, annotator, spec, evidence)
    store.write(lambda db: start_queue(db, annotator, ranked, items)).result()


def _still_true(
    store: Store, settings_id: str | None, known: Mapping[str, Estimates]
) -> Mapping[str, Mapping[str, Importance]]:
    """The estimates of traces to which no rollout was added since."""
    from core.analysis.rates import choose_settings

    return {
        trace_id: estimates.by_behavior
        for trace_id, estimates in known.items()
        if estimates.holds(choose_settings(store.read, trace_id, settings_id))
    }
