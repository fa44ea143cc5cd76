"""Work in a thread beside the screen: it says how far it is, and ends soon after nobody waits for it any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeAlias, TypeVar

Result = TypeVar("Result")

Tell: TypeAlias = Callable[[int, int], None]
"""Told how much is done, and of how much."""


class _Stopped(Exception):  # noqa: N818  # no error: nobody wants the answer any more
    """Ends the work in its thread, which cannot be cancelled from outside."""


async def beside(work: Callable[[Tell, Tell], Result], tell: Tell) -> Result:
    """Run ``work`` in a thread, cancellable wherever it says how far it is.

    ``work`` gets two functions. The first passes what it is told on to ``tell``, which is called on the event loop; the
    second tells nobody. Either ends the thread, by raising, once the task that awaits this was cancelled.
    """
    loop = asyncio.get_running_loop()
    stopped = threading.Event()

    def go_on(*_: int) -> None:
        if stopped.is_set():
            raise _Stopped

    def pass_on(done: int, total: int) -> None:
        go_on()
        loop.call_soon_threadsafe(tell, done, total)

    try:
        return await asyncio.to_thread(work, pass_on, go_on)
    finally:
        stopped.set()
