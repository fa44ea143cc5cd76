"""Comparing what rollouts said: importance, what was said instead, and links, each beside the screen."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from core.errors import TurnpointError
from tui.context import Context
from tui.screens.coding import CodingScreen
from tui.views.session import TraceView
from tui.views.wording import compared
from tui.workers.estimating import estimate
from tui.workers.linking import LinkedTrace, link

if TYPE_CHECKING:
    from tui.screens.links import LinksLeft

GROUP = "comparing"


class ComparingScreen(CodingScreen):
    """Estimates the importance of sentences, and links them; one comparison at a time."""

    def __init__(self, context: Context, trace_id: str) -> None:
        super().__init__(context, trace_id)
        self._linked: dict[str, LinkedTrace] = {}

    def action_importance(self) -> None:
        """Estimate the importance of every sentence."""
        if self._view.settings is None:
            self.say("no rollouts yet: R draws some at every prefix.")
            return
        if self._is_comparing():
            return
        self._show_comparing("comparing")
        self.say("comparing what was said instead of each sentence; it takes longest the first time, and c stops it.")
        self.run_worker(self._estimate(self._view), group=GROUP, exit_on_error=False)

    async def _estimate(self, view: TraceView) -> None:
        assert view.settings is not None
        context = self.context
        try:
            estimates = await estimate(
                context.store, view.trace, view.settings, view.rates.judges, context.embedding, self._progressed
            )
        except (TurnpointError, sqlite3.Error) as error:
            self.say(str(error))
            return
        finally:
            self._show_comparing("")
        self._estimates[view.trace.id] = estimates
        self.reload()
        self.say(estimates.summary)

    def action_instead(self) -> None:
        """List what was said instead of this sentence."""
        estimates = self._view.estimates
        if estimates is None:
            if not self._is_comparing():
                self.say("C first compares what was said instead.")
        elif (said := estimates.said(self._cursor)) is None:
            self.say(f"no rollouts of prefix {self._cursor} were compared; r draws some, then C compares.")
        else:
            from tui.screens.instead import InsteadScreen

            self.app.push_screen(InsteadScreen(self.context.store, self._view, said))

    def action_links(self) -> None:
        """Show what the sentence leads to and comes from; the first time, everything that was said is compared."""
        settings, linked = self._view.settings, self._linked.get(self.trace_id)
        if settings is None:
            self.say("no rollouts yet: R draws some at every prefix.")
        elif linked is not None and linked.holds(settings):
            self._show_links(linked)
        elif not self._is_comparing():
            self._show_comparing("comparing")
            self.say("comparing all that the rollouts said; it takes longest the first time, and c stops it.")
            self.run_worker(self._link(self._view), group=GROUP, exit_on_error=False)

    async def _link(self, view: TraceView) -> None:
        assert view.settings is not None
        context, here = self.context, (view.trace.id, self._cursor)
        arguments = (view.trace, view.settings, view.rates.judges, context.embedding, context.tags)
        try:
            linked = await link(context.store, *arguments, self._progressed)
        except (TurnpointError, sqlite3.Error) as error:
            self.say(str(error))
            return
        finally:
            self._show_comparing("")
        self._linked[view.trace.id] = linked
        # Nobody is taken away from what they have gone on with.
        if self.app.screen is self and not self.bar.is_open and here == (self.trace_id, self._cursor):
            self._show_links(linked)
        else:
            self.say(f"all that the rollouts of {view.trace.id} said is compared; L shows the links.")

    def _is_comparing(self) -> bool:
        """Whether something is being compared already, which is then said."""
        if self._comparing:
            self.say("still comparing, see above; c stops.")
        return bool(self._comparing)

    def stop_comparing(self) -> None:
        """Stop it; what has been encoded is kept."""
        self.workers.cancel_group(self, GROUP)
        self.say("stopped comparing; what was compared is kept, and the same key goes on from there.")

    def _progressed(self, done: int, total: int) -> None:
        if self._comparing:
            self._show_comparing(compared(done, total))

    def _show_comparing(self, progress: str) -> None:
        self._comparing = progress
        self.repaint_header()

    def _show_links(self, linked: LinkedTrace) -> None:
        from tui.screens.links import LinksScreen

        self._message = ""
        screen = LinksScreen(self.context, self._view.trace, linked, self._view.rates.judges, self._cursor)
        self.app.push_screen(screen, self._links_left)

    def _links_left(self, left: LinksLeft | None) -> None:
        if left is not None:
            self._linked[left.linked.links.trace_id] = left.linked
            if left.go_to is not None:
                self.go(left.go_to)
