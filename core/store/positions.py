"""Where each annotator is in each trace."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from core.clock import now
from core.store.rows import table

if TYPE_CHECKING:
    from sqlite_utils import Database


def save_position(database: Database, annotator: str, trace_id: str, sentence_idx: int) -> None:
    """Remember where the annotator is in a trace."""
    row = {"annotator": annotator, "trace_id": trace_id, "sentence_idx": sentence_idx, "updated_at": now()}
    table(database, "positions").upsert(row, pk=("annotator", "trace_id"))


def load_position(connection: sqlite3.Connection, annotator: str, trace_id: str) -> int:
    """Sentence index at which the annotator left this trace; 0 if never seen."""
    row = connection.execute(
        "SELECT sentence_idx FROM positions WHERE annotator = ? AND trace_id = ?", [annotator, trace_id]
    ).fetchone()
    return int(row["sentence_idx"]) if row else 0


def last_trace(connection: sqlite3.Connection, annotator: str) -> str | None:
    """The trace that the annotator had open last."""
    row = connection.execute(
        "SELECT trace_id FROM positions WHERE annotator = ? ORDER BY updated_at DESC LIMIT 1", [annotator]
    ).fetchone()
    return row["trace_id"] if row else None
