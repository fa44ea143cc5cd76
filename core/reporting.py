"""Reports that come faster than anybody can read: few are passed on, the newest each time, and the last for certain."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeAlias, TypeVar

Report = TypeVar("Report")


class Timer(Protocol):
    """Something that will be done."""

    def cancel(self) -> object:
        """Do it no more."""


Later: TypeAlias = Callable[[float, Callable[[], None]], Timer]
"""Does something after so many seconds."""


def on_the_loop(seconds: float, work: Callable[[], None]) -> Timer:
    """Do it in the event loop that runs now."""
    return asyncio.get_running_loop().call_later(seconds, work)


def in_a_thread(seconds: float, work: Callable[[], None]) -> Timer:
    """Do it beside whatever this thread is busy with."""
    timer = threading.Timer(seconds, work)
    timer.daemon = True
    timer.start()
    return timer


class Throttled(Generic[Report]):
    """Passes reports on to ``tell`` at most once in so many ``seconds``; one that came too early follows in time."""

    def __init__(
        self,
        tell: Callable[[Report], None],
        seconds: float,
        later: Later = on_the_loop,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell = tell
        self._seconds = seconds
        self._later = later
        self._clock = clock
        self._told_at = float("-inf")
        self._waiting: list[Report] = []
        self._timer: Timer | None = None
        self._lock = threading.RLock()

    def __call__(self, report: Report) -> None:
        """Pass it on, now or as soon as it may be."""
        with self._lock:
            self._waiting = [report]
            left = self._told_at + self._seconds - self._clock()
            if left <= 0:
                self.flush()
            elif self._timer is None:
                self._timer = self._later(left, self.flush)

    def flush(self) -> None:
        """Pass on what still waits."""
        with self._lock:
            waiting = self._waiting
            self.drop()
            for report in waiting:
                self._told_at = self._clock()
                self._tell(report)

    def drop(self) -> None:
        """Forget what still waits: something else is to be said now."""
        with self._lock:
            self._waiting = []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
