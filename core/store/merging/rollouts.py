"""Rollouts: the same continuation is one row; another one in the same place gets the next free number."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from core.store.merging.slots import Entry, match, place
from core.store.merging.state import Merging, without_id

_PREFIXES: Final = "SELECT DISTINCT trace_id, settings_id, prefix_idx FROM rollouts ORDER BY 1, 2, 3"
_SLOTS: Final = "SELECT id, sample_idx FROM rollouts WHERE trace_id = ? AND settings_id = ? AND prefix_idx = ?"
_ENTRIES: Final = """
SELECT r.id, r.sample_idx, r.text, r.seed, r.created_at, u.kind
  FROM rollouts r LEFT JOIN runs u ON u.id = r.run_id
 WHERE r.trace_id = ? AND r.settings_id = ? AND r.prefix_idx = ? ORDER BY r.sample_idx
"""
_ROLLOUTS: Final = """
SELECT * FROM rollouts WHERE trace_id = ? AND settings_id = ? AND prefix_idx = ? ORDER BY sample_idx
"""


class _Prefix(NamedTuple):
    trace_id: str
    settings_id: str
    prefix_idx: int


def merge_rollouts(merging: Merging) -> None:
    """Bring over rollouts, prefix by prefix, holding no more than what identifies those of one."""
    merging.begin_rollouts()
    for row in list(merging.theirs(_PREFIXES)):
        theirs = _Prefix(*row)
        ours = theirs._replace(trace_id=merging.trace(theirs.trace_id))
        taken = {int(row["sample_idx"]) for row in merging.here.execute(_SLOTS, ours)}
        known = _known(merging, ours, theirs) if taken else {}
        _bring(merging, ours, theirs, known, taken)


def _known(merging: Merging, ours: _Prefix, theirs: _Prefix) -> dict[int, int]:
    """The other file's rollouts that are here, by row."""
    return match(_entries(merging.here.execute(_ENTRIES, ours)), _entries(merging.theirs(_ENTRIES, theirs)))


def _entries(rows: Iterable[sqlite3.Row]) -> list[Entry]:
    return [
        Entry(
            row["id"],
            row["sample_idx"],
            (_digest(row["text"]), row["seed"]),
            row["created_at"],
            repeats=row["seed"] is not None or row["kind"] == "import",
        )
        for row in rows
    ]


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _bring(merging: Merging, ours: _Prefix, theirs: _Prefix, known: dict[int, int], taken: set[int]) -> None:
    """Store those that are new here under numbers that are free, and remember what each one is here."""
    for row_id, own in known.items():
        merging.map_rollout(row_id, own, is_new=False)
        merging.tally.count("rollouts", False)
    slots = _new_slots(merging, theirs, known, taken)
    if not slots:
        return
    for row in merging.theirs(_ROLLOUTS, theirs):
        if row["id"] in known:
            continue
        slot = slots[row["sample_idx"]]
        changed: dict[str, Any] = {"trace_id": ours.trace_id, "sample_idx": slot, "run_id": merging.run(row["run_id"])}
        stored = merging.add("rollouts", without_id(row) | changed)
        assert stored is not None
        merging.map_rollout(row["id"], stored, is_new=True)
        merging.tally.count("rollouts", True)
        merging.tally.beside["rollouts"] += slot != row["sample_idx"]


def _new_slots(merging: Merging, theirs: _Prefix, known: dict[int, int], taken: set[int]) -> dict[int, int]:
    rows = merging.theirs(_SLOTS, theirs)
    return place(taken, [row["sample_idx"] for row in rows if row["id"] not in known])
