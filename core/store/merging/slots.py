"""Numbered things of one place, samples of a prefix or votes on a rollout: which are the same, and new numbers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final, NamedTuple

from core.resampling.samples import CONFIRM_BASE

RANGES: Final = (CONFIRM_BASE, 0)
"""Where numbers of a kind begin: fresh samples, which confirm, are told from others by their number."""


class Entry(NamedTuple):
    """One of them: its row, its number, what it says, when it was stored.

    ``repeats`` is true where saying the same under the same number makes it the same draw, whenever it was stored: it
    was sampled with a seed, or read from a file.
    """

    id: int
    slot: int
    content: Hashable
    created_at: str
    repeats: bool = False


def match(here: Sequence[Entry], theirs: Sequence[Entry]) -> dict[int, int]:
    """Which of ``theirs`` are here already, by row: under the same number, or moved to another by an earlier merge.

    No two of them are the same one here, so that of two equal answers none is lost.
    """
    by_slot = {entry.slot: entry for entry in here}
    found: dict[int, int] = {}
    for entry in theirs:
        own = by_slot.get(entry.slot)
        if own is not None and _is_same(own, entry):
            found[entry.id] = own.id
    left: dict[tuple[Hashable, str], list[int]] = {}
    taken = set(found.values())
    for own in here:
        if own.id not in taken:
            left.setdefault((own.content, own.created_at), []).append(own.id)
    for entry in theirs:
        alike = left.get((entry.content, entry.created_at))
        if entry.id not in found and alike:
            found[entry.id] = alike.pop(0)
    return found


def _is_same(own: Entry, entry: Entry) -> bool:
    return own.content == entry.content and (own.created_at == entry.created_at or (own.repeats and entry.repeats))


def place(taken: set[int], wanted: Sequence[int]) -> dict[int, int]:
    """A number for each of the ``wanted`` ones: itself if it is free, else the next free one above it."""
    numbers = {number: number for number in wanted if number not in taken}
    used = taken | numbers.keys()
    free = dict.fromkeys(RANGES, 0)
    for number in sorted(set(wanted) & taken):
        base = next(base for base in RANGES if number >= base)
        at = max(free[base], number + 1)
        while at in used:
            at += 1
        numbers[number] = at
        used.add(at)
        free[base] = at + 1
    return numbers
