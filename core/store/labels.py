"""Labels in the database: setting one, undo and redo over the whole history, and where an annotator stopped."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.annotation.codebook import Codebook
from core.annotation.history import History, LabelEvent, Step, fold
from core.clock import now
from core.store.rows import PROGRAM, insert, table

if TYPE_CHECKING:
    from sqlite_utils import Database

_CURRENT = """
SELECT category FROM label_events WHERE trace_id = ? AND annotator = ? AND sentence_idx = ? ORDER BY id DESC LIMIT 1
"""


def add_codebook(database: Database, codebook: Codebook) -> None:
    """Store a codebook once."""
    row = {"id": codebook.id, "version": codebook.version, "canonical": codebook.canonical, "created_at": now()}
    insert(database, "codebooks", [row], ignore=True)


def set_label(
    database: Database,
    annotator: str,
    trace_id: str,
    sentence_idx: int,
    category: str | None,
    codebook: Codebook,
) -> LabelEvent | None:
    """Give a sentence a category, or clear it with None; None is returned where that changes nothing."""
    row = database.conn.execute(_CURRENT, [trace_id, annotator, sentence_idx]).fetchone()
    previous = row["category"] if row else None
    if category == previous:
        return None
    add_codebook(database, codebook)
    kind = "clear" if category is None else "label"
    return _append(database, annotator, trace_id, sentence_idx, kind, category, previous, None, codebook.id)


def undo_label(database: Database, annotator: str) -> LabelEvent | None:
    """Take back the annotator's last change that still stands, on whichever trace it was made."""
    return _replay(database, annotator, "undo", load_history(database.conn, annotator).undoable)


def redo_label(database: Database, annotator: str) -> LabelEvent | None:
    """Make again the change that was undone last."""
    return _replay(database, annotator, "redo", load_history(database.conn, annotator).redoable)


def _replay(database: Database, annotator: str, kind: str, candidates: Sequence[int]) -> LabelEvent | None:
    """Write the last of ``candidates`` (event ids) once more, backwards for an undo."""
    if not candidates:
        return None
    event = load_event(database.conn, candidates[-1])
    after, before = (event.previous, event.category) if kind == "undo" else (event.category, event.previous)
    codebook_id = _codebook_of(database.conn, event.id)
    return _append(database, annotator, event.trace_id, event.sentence_idx, kind, after, before, event.id, codebook_id)


def _append(
    database: Database,
    annotator: str,
    trace_id: str,
    sentence_idx: int,
    kind: str,
    category: str | None,
    previous: str | None,
    target: int | None,
    codebook_id: str | None,
) -> LabelEvent:
    events = table(database, "label_events").insert(
        {
            "annotator": annotator,
            "trace_id": trace_id,
            "sentence_idx": sentence_idx,
            "kind": kind,
            "category": category,
            "previous": previous,
            "target": target,
            "codebook_id": codebook_id,
            "program": PROGRAM,
            "created_at": now(),
        }
    )
    assert isinstance(events.last_pk, int)
    return LabelEvent(events.last_pk, annotator, trace_id, sentence_idx, kind, category, previous, target)


def load_history(connection: sqlite3.Connection, annotator: str) -> History:
    """What the annotator can undo and redo."""
    rows = connection.execute("SELECT id, kind, target FROM label_events WHERE annotator = ? ORDER BY id", [annotator])
    return fold(Step(row["id"], row["kind"], row["target"]) for row in rows)


def load_event(connection: sqlite3.Connection, event_id: int) -> LabelEvent:
    """One event by its id."""
    row = connection.execute("SELECT * FROM label_events WHERE id = ?", [event_id]).fetchone()
    return LabelEvent(**{name: row[name] for name in LabelEvent.__dataclass_fields__})


def _codebook_of(connection: sqlite3.Connection, event_id: int) -> str | None:
    row = connection.execute("SELECT codebook_id FROM label_events WHERE id = ?", [event_id]).fetchone()
    codebook_id: str | None = row["codebook_id"]
    return codebook_id


def load_labels(connection: sqlite3.Connection, trace_id: str, annotator: str) -> dict[int, str]:
    """Category of each labelled sentence of a trace, as this annotator has it now."""
    rows = connection.execute(
        "SELECT sentence_idx, category FROM label_events WHERE trace_id = ? AND annotator = ? ORDER BY id",
        [trace_id, annotator],
    )
    latest: Mapping[int, str | None] = {row["sentence_idx"]: row["category"] for row in rows}
    return {index: category for index, category in latest.items() if category is not None}


def count_labels(connection: sqlite3.Connection, trace_id: str) -> dict[str, int]:
    """How many sentences of a trace each annotator has labelled now, the most first; nobody without a label."""
    rows = connection.execute(
        """
        SELECT e.annotator, count(*) AS n
          FROM (SELECT max(id) AS id FROM label_events WHERE trace_id = ? GROUP BY annotator, sentence_idx) last
          JOIN label_events e ON e.id = last.id
         WHERE e.category IS NOT NULL
         GROUP BY e.annotator ORDER BY n DESC, e.annotator
        """,
        [trace_id],
    )
    return {row["annotator"]: row["n"] for row in rows}


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
