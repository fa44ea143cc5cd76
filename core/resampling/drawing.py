"""Which samples are still to be drawn, and how many may be asked for in one request."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from core.resampling.samples import Span, how_many_in, united, without

Place: TypeAlias = tuple[str, int]
"""A prefix of a trace: the trace's id, and the prefix's index."""


@dataclass(frozen=True)
class Group:
    """Neighbouring sample indices of one prefix that one request draws: choice j has the seed of ``indices[0]`` + j."""

    place: Place
    indices: tuple[int, ...]


class Draws:
    """The samples that nobody has drawn yet, as spans, place by place in the order asked for.

    Before a group is handed out, ``present`` (place and indices to those of them that are stored) is asked again:
    another process may have drawn them meanwhile, and ``found`` counts those.
    """

    def __init__(
        self,
        missing: Mapping[Place, Sequence[Span]],
        n_per_request: int,
        present: Callable[[Place, Sequence[int]], set[int]],
    ) -> None:
        self.found = 0
        self._missing = {place: deque(united(spans)) for place, spans in missing.items()}
        self._order = {place: position for position, place in enumerate(self._missing)}
        self._places = list(self._missing)
        self._at = 0
        self._n_per_request = n_per_request
        self._present = present
        self._full_replies = 0
        self._short_replies = 0
        self._single = n_per_request == 1

    def __len__(self) -> int:
        return sum(map(how_many_in, self._missing.values()))

    def take(self, limit: int) -> Group | None:
        """Hand out the next group, of at most ``limit`` samples; None if there is none."""
        size = min(limit, 1 if self._single else self._n_per_request)
        if size < 1:
            return None
        while self._at < len(self._places):
            place = self._places[self._at]
            spans = self._missing[place]
            if not spans:
                self._at += 1
                continue
            start, stop = spans.popleft()
            wanted = tuple(range(start, min(stop, start + size)))
            if wanted[-1] + 1 < stop:
                spans.appendleft((wanted[-1] + 1, stop))
            present = self._present(place, wanted)
            self.found += len(present)
            left = without([(start, wanted[-1] + 1)], present)
            if left:
                self._missing[place] = deque(united([*left[1:], *spans]))
                return Group(place, tuple(range(*left[0])))
        return None

    def put_back(self, place: Place, indices: Iterable[int]) -> None:
        """Take samples back that were handed out but not drawn."""
        back = [(index, index + 1) for index in indices]
        if back:
            self._missing[place] = deque(united([*self._missing[place], *back]))
            self._at = min(self._at, self._order[place])

    def drop(self, place: Place) -> tuple[int, ...]:
        """Draw nothing more at a place; returns the samples that it still lacked."""
        lacking, self._missing[place] = self._missing[place], deque()
        return tuple(index for span in lacking for index in range(*span))

    def learn(self, asked: int, got: int) -> None:
        """Note how many choices a request yielded; a server that never gives all is asked for one at a time."""
        if asked > 1:
            self._full_replies += got >= asked
            self._short_replies += got < asked
            self._single = self._single or (self._full_replies == 0 and self._short_replies >= 2)

    def ask_singly(self) -> None:
        """Ask for one at a time from now on."""
        self._single = True
