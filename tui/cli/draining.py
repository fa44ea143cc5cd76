"""Carrying out a run from the command line: progress on one row, and a Ctrl-C that keeps what is in flight."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import click

from tui.cli.output import warn
from tui.cli.terminal_line import TerminalLine


class Watched(Protocol):
    """A count that says which server is gone and waited for."""

    @property
    def waiting_for(self) -> str:
        """Its address; else empty."""


Shown = TypeVar("Shown", bound=Watched)
Result_co = TypeVar("Result_co", covariant=True)


class Drainable(Protocol[Result_co]):
    """A run that can be told to stop and keep what is in flight."""

    def stop(self) -> None:
        """Start nothing new."""

    async def execute(self) -> Result_co:
        """Carry it out."""


def drained(
    build: Callable[[TerminalLine, Callable[[Shown], None]], Drainable[Result_co]], words: Callable[[Shown], str]
) -> Result_co:
    """Execute the run that ``build`` makes; the first Ctrl-C keeps what is in flight, the second aborts.

    ``build`` is given the row on standard error, and the callback that shows progress there in ``words``. Where that is
    no terminal, it is only said when a server is gone, and when it is there again.
    """
    line = TerminalLine()
    gone = ""

    def show(progress: Shown) -> None:
        nonlocal gone
        if line.is_shown:
            line.show(words(progress))
        elif progress.waiting_for != gone:
            gone, was = progress.waiting_for, gone
            warn(f"nothing answers at {gone} any more; waiting for it." if gone else f"{was} answers again.")

    async def work() -> Result_co:
        run = build(line, show)
        with drained_by_interrupt(run.stop):
            return await run.execute()

    try:
        return asyncio.run(work())
    except asyncio.CancelledError:
        raise click.Abort from None
    finally:
        line.end()


@contextmanager
def drained_by_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Make the first SIGINT (and SIGTERM) ``stop`` the run of this task, and the next one abort it."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    asked = False

    def interrupted() -> None:
        nonlocal asked
        if asked and task is not None:
            task.cancel()
            return
        asked = True
        stop()
        warn("stopping: what is in flight is kept; Ctrl-C again aborts at once.")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
