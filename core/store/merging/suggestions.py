"""Suggestions of categories, and the requests that yielded them."""

from __future__ import annotations

from typing import Final

from core.store.merging.state import Merging, without_id

_BATCH: Final = ("suggester_id", "trace_id", "first_idx", "end_idx", "created_at")
_SUGGESTION: Final = "SELECT category FROM suggestions WHERE trace_id = ? AND suggester_id = ? AND sentence_idx = ?"


def merge_suggestions(merging: Merging) -> None:
    """Bring over requests and what they suggested.

    A suggester suggests once for a sentence: where both files have a suggestion, that of this file stays. What the
    model said there is in the reply of its request, which is kept.
    """
    _merge_batches(merging)
    for row in merging.theirs("SELECT * FROM suggestions ORDER BY id"):
        trace_id = merging.trace(row["trace_id"])
        batch_id = None if row["batch_id"] is None else merging.batches.get(row["batch_id"])
        if merging.keep("suggestions", without_id(row) | {"trace_id": trace_id, "batch_id": batch_id}):
            continue
        own = merging.here.execute(_SUGGESTION, [trace_id, row["suggester_id"], row["sentence_idx"]]).fetchone()
        merging.tally.differing["suggestions"] += own["category"] != row["category"]


def _merge_batches(merging: Merging) -> None:
    rows = merging.here.execute("SELECT * FROM suggestion_batches")
    known = {tuple(row[name] for name in _BATCH): row["id"] for row in rows}
    for row in merging.theirs("SELECT * FROM suggestion_batches ORDER BY id"):
        new = without_id(row) | {"trace_id": merging.trace(row["trace_id"]), "run_id": merging.run(row["run_id"])}
        ours = known.get(tuple(new[name] for name in _BATCH))
        merging.tally.count("suggestion_batches", ours is None)
        merging.batches[row["id"]] = ours if ours is not None else merging.add("suggestion_batches", new) or 0
