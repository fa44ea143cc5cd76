"""What judges made of rollouts: every vote is kept; of two outcomes that differ, this file's stands."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from core.behaviors.outcome import ERROR
from core.store.merging.slots import Entry, match, place
from core.store.merging.state import Mapped, Merging, without_id

_OUTCOME: Final = "SELECT * FROM outcomes WHERE rollout_id = ? AND behavior = ? AND judge_id IS ?"
_SAID: Final = ("outcome", "value", "votes_yes", "votes_cast")
_VOTES: Final = "SELECT * FROM judge_votes WHERE rollout_id = ? AND judge_id = ? ORDER BY vote_idx"


def merge_outcomes(merging: Merging) -> None:
    """Bring over outcomes; one that is decided replaces an ``error``, as it does when a judge is asked again."""
    rows = merging.theirs("SELECT * FROM outcomes ORDER BY rollout_id")
    for rollout_id, group in groupby(rows, key=lambda row: int(row["rollout_id"])):
        ours = merging.rollout(rollout_id).id
        for row in group:
            _merge_outcome(merging, ours, row)


def _merge_outcome(merging: Merging, rollout_id: int, row: sqlite3.Row) -> None:
    key = [rollout_id, row["behavior"], row["judge_id"]]
    own = merging.here.execute(_OUTCOME, key).fetchone()
    if own is not None and own["outcome"] == ERROR != row["outcome"]:
        merging.here.execute("DELETE FROM outcomes WHERE rollout_id = ? AND behavior = ? AND judge_id IS ?", key)
        own = None
    merging.tally.count("outcomes", own is None)
    if own is None:
        merging.add("outcomes", dict(row) | {"rollout_id": rollout_id})
    elif row["outcome"] != ERROR and any(own[name] != row[name] for name in _SAID):
        merging.tally.differing["outcomes"] += 1


def merge_votes(merging: Merging) -> None:
    """Bring over votes; one under a number that another vote has here gets the next free one."""
    rows = merging.theirs("SELECT * FROM judge_votes ORDER BY rollout_id, judge_id, vote_idx")
    for (rollout_id, judge_id), group in groupby(rows, key=lambda row: (int(row["rollout_id"]), row["judge_id"])):
        _merge_votes_on(merging, merging.rollout(rollout_id), judge_id, list(group))


def _merge_votes_on(merging: Merging, rollout: Mapped, judge_id: str, votes: list[sqlite3.Row]) -> None:
    own = [] if rollout.is_new else _entries(merging.here.execute(_VOTES, [rollout.id, judge_id]))
    known = match(own, _entries(votes))
    slots = place({entry.slot for entry in own}, [row["vote_idx"] for row in votes if row["id"] not in known])
    for row in votes:
        merging.tally.count("judge_votes", row["id"] not in known)
        if row["id"] not in known:
            slot = slots[row["vote_idx"]]
            changed = {"rollout_id": rollout.id, "vote_idx": slot, "run_id": merging.run(row["run_id"])}
            merging.add("judge_votes", without_id(row) | changed)
            merging.tally.beside["judge_votes"] += slot != row["vote_idx"]


def _entries(rows: Iterable[sqlite3.Row]) -> list[Entry]:
    return [Entry(row["id"], row["vote_idx"], (row["verdict"], row["reply"]), row["created_at"]) for row in rows]
