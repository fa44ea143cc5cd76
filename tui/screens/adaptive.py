"""Adaptive sampling on the screen: asking for a run, what fresh rollouts confirm, recycled ones in or out."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from core.errors import TurnpointError
from core.traces.model import Trace
from tui.screens.comparing import ComparingScreen
from tui.screens.spending import DEFAULT, beginning_note, read_adaptive
from tui.views.session import TraceView, with_recycled_rates
from tui.widgets.lines import Lines

if TYPE_CHECKING:
    from core.resampling.adaptive.confirm import ConfirmedDirection
    from core.store.database import Store

PURPOSE = "adaptive"


@dataclass(frozen=True)
class Confirmed:
    """What fresh rollouts said of one trace under one set of sampling settings when last looked at."""

    trace_id: str
    settings_id: str
    found: Sequence[ConfirmedDirection]


def _fresh(store: Store, view: TraceView) -> Sequence[ConfirmedDirection]:
    from core.resampling.adaptive.fresh import fresh_directions

    rates = view.rates
    return fresh_directions(store.read, view.trace.id, rates.settings_id, view.trace.n_prefixes, rates.judges)


class AdaptiveScreen(ComparingScreen):
    """Samples where the answer is open; confirmed directions and recycled rollouts are part of its view."""

    _confirmed: Confirmed | None = None
    _is_confirming = False
    _recycle = False

    def _read(self, trace_id: str, trace: Trace | None) -> TraceView:
        view = super()._read(trace_id, trace)
        if self._recycle:
            view = with_recycled_rates(self.context.store, view, self.context.tags)
        return self._with_confirmed(view)

    def _with_confirmed(self, view: TraceView) -> TraceView:
        known = self._confirmed
        if known is None or view.settings is None:
            return view
        if (known.trace_id, known.settings_id) != (view.trace.id, view.settings.id):
            return view
        return replace(view, confirmed={(one.behavior, one.sentence_idx): one for one in known.found})

    def on_mount(self) -> None:
        """Look for fresh rollouts once the screen is there."""
        self._confirm()

    def reload(self) -> None:
        """Read everything again; what fresh rollouts say follows."""
        super().reload()
        self._confirm()

    def open(self, trace_id: str, cursor: int | None = None) -> None:
        """Show another trace on this screen."""
        super().open(trace_id, cursor)
        self._confirm()

    def _confirm(self) -> None:
        if self._view.settings is not None and not self._is_confirming:
            self._is_confirming = True
            self.run_worker(self._look_for_fresh(), group="confirm", exit_on_error=False)

    async def _look_for_fresh(self) -> None:
        """Compare fresh rollouts in a thread, and once more if the store has changed meanwhile."""
        store, looked_at = self.context.store, None
        try:
            while looked_at != (self._version, self._view.trace.id, self._view.settings):
                view = self._view
                looked_at = (self._version, view.trace.id, view.settings)
                if view.settings is None:
                    return
                found = await asyncio.to_thread(_fresh, store, view)
                self._confirmed = Confirmed(view.trace.id, view.settings.id, found)
                self._view = self._with_confirmed(self._view)
                self.query_one("#detail", Lines).repaint()
        except sqlite3.Error as error:
            self.say(f"{store.path}: the database cannot be read now ({error}).")
        finally:
            self._is_confirming = False

    def action_adaptive(self) -> None:
        """Ask when adaptive sampling shall stop."""
        self.context.resampler.warm_up()
        self.bar.ask(PURPOSE, "adaptive until:", DEFAULT)
        self.edited(PURPOSE, DEFAULT)

    def edited(self, purpose: str, text: str) -> None:
        """Show how the run would begin while its end is typed; a long trace takes a moment to decide."""
        if purpose == PURPOSE:
            # A partial, not a coroutine: the next key may come before this one's worker has begun.
            work = partial(self._note, text)
            self.run_worker(work, group="note", exclusive=True, exit_on_error=False)  # type: ignore[arg-type]  # ambiguous
        else:
            super().edited(purpose, text)

    async def _note(self, text: str) -> None:
        context = self.context
        note = await asyncio.to_thread(beginning_note, context.store, context.resampler, self._view.trace, text)
        if self.bar.purpose == PURPOSE:
            self.bar.note(note)

    def answer(self, purpose: str, text: str) -> None:
        """Start what was typed into the bar."""
        if purpose != PURPOSE:
            super().answer(purpose, text)
            return
        try:
            self.launch(read_adaptive(self.context.resampler, self._view.trace, text))
        except TurnpointError as error:
            self.say(str(error))

    def started(self) -> None:
        """Show the rates under the settings of the run: what is drawn now is what one wants to see."""
        self._settings_id = self.context.settings_id

    def action_recycled(self) -> None:
        """Count recycled rollouts in the rates, or leave them out again."""
        self._recycle = not self._recycle
        self.reload()
        if not self._recycle:
            self.say("rates now count only what was drawn at the prefix itself.")
            return
        at = self._view.rates.recycled_at
        if not at:
            self._recycle = False
            self.reload()
            self.say("there is nothing to recycle: no rollout goes on with exactly the next sentence.")
            return
        where = "1 prefix" if len(at) == 1 else f"{len(at)} prefixes"
        self.say(f"rates now count recycled rollouts: {sum(at.values())} at {where}; directions do not.")
