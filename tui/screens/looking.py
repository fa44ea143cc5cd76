"""How long each sentence has been looked at."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Hashable


class Looking:
    """A clock that runs for the one place that is looked at; places are whatever names them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._spent: defaultdict[Hashable, float] = defaultdict(float)
        self._place: Hashable | None = None
        self._since = 0.0

    def at(self, place: Hashable | None) -> None:
        """Look at ``place`` from now on, or, with None, away."""
        now = self._clock()
        if self._place is not None:
            self._spent[self._place] += now - self._since
        self._place, self._since = place, now

    def seconds(self, place: Hashable) -> float:
        """Seconds that ``place`` has been looked at, the present look included."""
        running = self._clock() - self._since if place == self._place else 0.0
        return self._spent[place] + running
