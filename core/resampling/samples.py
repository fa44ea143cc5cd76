"""Which samples a prefix shall have: numbers from 0 on, kept as spans, so that ten million take the room of ten."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final, TypeAlias

CONFIRM_BASE: Final = 1_000_000
"""Sample indices from here on are fresh rollouts: drawn to confirm what the exploratory ones, below it, had shown."""

N_SAMPLES: Final = 2**20
"""Indices that one prefix has in all; the seeds of two prefixes are told apart by as many."""

Span: TypeAlias = tuple[int, int]
"""Indices from the first number up to, not including, the second."""


def united(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same indices in increasing spans, none empty, none touching another."""
    found: list[Span] = []
    for start, stop in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        elif start < stop:
            found.append((start, stop))
    return tuple(found)


def without(spans: Iterable[Span], present: Iterable[int]) -> tuple[Span, ...]:
    """The indices of ``spans`` that are not ``present``, in increasing spans."""
    ordered = sorted(present)
    gaps = [(before + 1, after) for before, after in pairwise([-1, *ordered]) if after > before + 1]
    gaps.append((ordered[-1] + 1 if ordered else 0, N_SAMPLES))
    return tuple(_common(united(spans), gaps))


def _common(spans: Iterable[Span], others: Iterable[Span]) -> Iterable[Span]:
    """Indices in both of two increasing rows of spans."""
    rest = iter(others)
    other = next(rest, None)
    for start, stop in spans:
        while other is not None and other[1] <= start:
            other = next(rest, None)
        while other is not None and other[0] < stop:
            yield max(start, other[0]), min(stop, other[1])
            if other[1] >= stop:
                break
            other = next(rest, None)


def how_many_in(spans: Iterable[Span]) -> int:
    """How many indices the spans hold."""
    return sum(stop - start for start, stop in spans)


def n_groups(spans: Iterable[Span], size: int) -> int:
    """Into how many runs of neighbours, none longer than ``size``, the spans can be cut."""
    return sum(-(-(stop - start) // size) for start, stop in spans)
