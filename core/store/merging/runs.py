"""Runs, what they gave up, and checks of endpoints: rows that have nothing but a time to be known by."""

from __future__ import annotations

from core.store.merging.state import Merging, without_id

_RUN = ("kind", "started_at", "request", "settings_id", "program")
_FAILURE = """
SELECT 1 FROM failures
 WHERE trace_id = ? AND settings_id IS ? AND prefix_idx = ? AND sample_idx IS ? AND stage = ? AND kind = ?
   AND attempts IS ? AND created_at = ?
"""
_CHECK = "SELECT 1 FROM endpoint_checks WHERE settings_id = ? AND base_url IS ? AND report = ? AND created_at = ?"


def merge_runs(merging: Merging) -> None:
    """Bring over runs; one that began at the same moment with the same request is the same."""
    known = {tuple(row[name] for name in _RUN): row["id"] for row in merging.here.execute("SELECT * FROM runs")}
    for row in merging.theirs("SELECT * FROM runs ORDER BY id"):
        ours = known.get(tuple(row[name] for name in _RUN))
        merging.tally.count("runs", ours is None)
        # Whoever carries it out writes to the other file.
        moved = without_id(row) | {"process": None}
        merging.runs[row["id"]] = ours if ours is not None else merging.add("runs", moved) or 0


def merge_failures(merging: Merging) -> None:
    """Bring over what was given up."""
    for row in merging.theirs("SELECT * FROM failures ORDER BY id"):
        trace_id = merging.trace(row["trace_id"])
        names = ("settings_id", "prefix_idx", "sample_idx", "stage", "kind", "attempts", "created_at")
        is_known = merging.here.execute(_FAILURE, [trace_id, *(row[name] for name in names)]).fetchone() is not None
        merging.tally.count("failures", not is_known)
        if not is_known:
            merging.add("failures", without_id(row) | {"trace_id": trace_id, "run_id": merging.run(row["run_id"])})


def merge_checks(merging: Merging) -> None:
    """Bring over checks of endpoints."""
    for row in merging.theirs("SELECT * FROM endpoint_checks ORDER BY id"):
        values = [row["settings_id"], row["base_url"], row["report"], row["created_at"]]
        is_known = merging.here.execute(_CHECK, values).fetchone() is not None
        merging.tally.count("endpoint_checks", not is_known)
        if not is_known:
            merging.add("endpoint_checks", without_id(row))
