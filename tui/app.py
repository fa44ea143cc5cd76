"""The app: theme, keys, screens, and the worker in which resampling runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from rich.text import Text
from textual.actions import ActionParseResult, parse
from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.driver import Driver

from core.sanitize import visible_line
from core.store.traces import list_traces
from tui.actions import moved_keys
from tui.context import Context
from tui.pasting import parse_pastes_safely
from tui.screens.base import ListScreen
from tui.screens.picker import PickerScreen
from tui.screens.reader import keys_screen
from tui.screens.trace import TraceScreen
from tui.widgets.line_list import LineList
from tui.workers.resampler import RunStatus

THEME = "ansi-dark"
"""The terminal's own sixteen colours: legible on any background, and a third fewer bytes."""


class TurnpointApp(App[None], inherit_bindings=False):
    """Opens a trace, or asks which; or opens with the screen that ``first`` makes."""

    TITLE = "turnpoint"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012  # Textual's own declaration
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "quit", "quit", show=False, priority=True, system=True),
        Binding("ctrl+z", "suspend_process", "suspend", show=False, system=True),
    ]

    def __init__(
        self,
        context: Context,
        trace_id: str | None = None,
        current: str | None = None,
        first: Callable[[], ListScreen[Any]] | None = None,
    ) -> None:
        # Said before the theme is: NO_COLOR would otherwise be answered with shades of grey on black.
        super().__init__(ansi_color=True)
        self.context = context
        self._trace_id = trace_id
        self._current = current
        self._first = first
        self.animation_level = "none"
        self.theme = THEME

    def get_driver_class(self) -> type[Driver]:
        """Textual's own for this terminal, which runs no key of a paste."""
        driver = super().get_driver_class()
        if driver.__module__ == "textual.drivers.linux_driver":
            parse_pastes_safely()
        return driver

    def on_mount(self) -> None:
        """Take the user's keys and show the first screen."""
        moved = moved_keys(self.context.keys, self.context.codebook)
        self.set_keymap({action_id: ",".join(keys) for action_id, keys in moved.items()})
        self.context.resampler.attach(self.run_worker, self._run_changed)
        if self._first is not None:
            self.push_screen(self._first())
            return
        if self._trace_id is not None:
            self.push_screen(TraceScreen(self.context, self._trace_id))
            return
        traces = list_traces(self.context.store.read)
        if len(traces) == 1:
            self.push_screen(TraceScreen(self.context, traces[0].id))
        else:
            self.push_screen(PickerScreen(self.context.store, self._current), self._picked)

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        """Act on a list's key before the next key is looked at.

        Textual would let the key pass through the list first; what is typed right after a key that opens a question,
        which a slow link delivers in one piece, would then be lost.
        """
        acted = await super()._check_bindings(key, priority)
        if acted or not priority or not isinstance(self.focused, LineList):
            return acted
        return await super()._check_bindings(key)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Carry out what a key means; a refusal, or a database that cannot be read, is said."""
        screen = self.screen
        if not isinstance(screen, ListScreen):
            return await super().run_action(action, default_namespace, namespaces)
        with screen.reading():
            whose, name, _ = parse(action) if isinstance(action, str) else action
            # What a field binds, or is the app's, moving and quitting, is no action of the table.
            if default_namespace is screen and whose != "app" and (refusal := screen.refusal(name)):
                screen.say(refusal)
                return True
            return await super().run_action(action, default_namespace, namespaces)
        return True

    def action_keys(self) -> None:
        """Show all keys of the screen, as they are mapped now."""
        if isinstance(self.screen, ListScreen):
            self.push_screen(keys_screen(self.screen.SCOPE, self.context.keys, self.context.codebook))

    def _picked(self, trace_id: str | None) -> None:
        if trace_id is None:
            self.exit()
        else:
            self.push_screen(TraceScreen(self.context, trace_id))

    def _fatal_error(self) -> None:
        # Textual's own report prints local variables, and an API key may be among them.
        if os.environ.get("TURNPOINT_DEBUG"):
            from rich.traceback import Traceback

            self.panic(Traceback(show_locals=False))
        else:
            error = self._exception
            what = f"unexpected {type(error).__name__} ({visible_line(str(error))})"
            saved = "labels and rollouts are saved; TURNPOINT_DEBUG=1 shows where it came from."
            self.panic(Text(f"turnpoint: {what}; {saved}"))

    def _run_changed(self, status: RunStatus) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, ListScreen):
                screen.show_run(status)
