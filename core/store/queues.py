"""Queues in the database: one at a time for each annotator, there again after a restart."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from core.annotation.place import Place
from core.annotation.queue import Queue, QueueSpec
from core.clock import now
from core.store.rows import PROGRAM, insert, insert_row
from core.store.standing import standing

if TYPE_CHECKING:
    from sqlite_utils import Database

REPLACED = "another queue was started"
_CURRENT = "SELECT id, spec, created_at FROM queues WHERE annotator = ? AND ended_at IS NULL ORDER BY id DESC LIMIT 1"


def start_queue(database: Database, annotator: str, spec: QueueSpec, items: Sequence[Place]) -> int:
    """Start a queue in place of the annotator's current one, and return its id (a job for the writer)."""
    end_queue(database, annotator, REPLACED)
    row = {"annotator": annotator, "spec": spec.canonical, "program": PROGRAM, "created_at": now()}
    queue_id = insert_row(database, "queues", row, text=("annotator",))
    assert queue_id is not None
    placed = [{"queue_id": queue_id, "position": place, **unit._asdict()} for place, unit in enumerate(items)]
    insert(database, "queue_items", placed, text=("trace_id",))
    return queue_id


def end_queue(database: Database, annotator: str, why: str) -> bool:
    """End the annotator's current queue and say why; False: there is none (a job for the writer)."""
    ended = database.conn.execute(
        "UPDATE queues SET ended_at = ?, why = ? WHERE annotator = ? AND ended_at IS NULL", [now(), why, annotator]
    )
    return ended.rowcount > 0


def current_queue_id(connection: sqlite3.Connection, annotator: str) -> int | None:
    """Id of the annotator's current queue; None: there is none."""
    row = connection.execute(_CURRENT, [annotator]).fetchone()
    return None if row is None else int(row["id"])


def current_queue(connection: sqlite3.Connection, annotator: str) -> Queue | None:
    """The annotator's current queue; None: there is none."""
    row = connection.execute(_CURRENT, [annotator]).fetchone()
    if row is None:
        return None
    items = connection.execute(
        "SELECT trace_id, sentence_idx FROM queue_items WHERE queue_id = ? ORDER BY position", [row["id"]]
    )
    spec = QueueSpec.from_json(row["spec"])
    return Queue(row["id"], annotator, spec, tuple(Place(*item) for item in items), row["created_at"])


def load_decisions(
    connection: sqlite3.Connection, annotator: str, trace_ids: Collection[str]
) -> dict[Place, str | None]:
    """The sentences of the traces that the annotator has decided: with their category, or None where skipped."""
    found: dict[Place, str | None] = {}
    theirs = standing("trace_id = ? AND annotator = ?")
    for trace_id in trace_ids:
        rows = connection.execute(
            f"SELECT sentence_idx, category FROM {theirs} WHERE category IS NOT NULL OR skipped",  # noqa: S608 - of ours
            [trace_id, annotator],
        )
        found |= {Place(trace_id, row["sentence_idx"]): row["category"] for row in rows}
    return found


def was_decided(connection: sqlite3.Connection, annotator: str, unit: Place) -> bool:
    """Whether the annotator ever labelled or skipped a sentence, undone or not, and so may have seen its numbers."""
    row = connection.execute(
        """
        SELECT 1 FROM label_events
         WHERE trace_id = ? AND annotator = ? AND sentence_idx = ? AND (category IS NOT NULL OR skipped) LIMIT 1
        """,
        [unit.trace_id, annotator, unit.sentence_idx],
    ).fetchone()
    return row is not None


def count_sentences(connection: sqlite3.Connection, trace_ids: Collection[str]) -> dict[str, int]:
    """How many sentences each of the traces has, in their order; one that is not there, or has none, is left out."""
    query = "SELECT count(*) AS n FROM sentences WHERE trace_id = ?"
    counts = {trace_id: int(connection.execute(query, [trace_id]).fetchone()["n"]) for trace_id in trace_ids}
    return {trace_id: n for trace_id, n in counts.items() if n}
