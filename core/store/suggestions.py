"""Suggested categories in the database: who suggests, what was asked and replied, and what is suggested now."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from core.annotation.annotation import Suggested
from core.clock import now
from core.store.codebooks import add_codebook
from core.store.rows import insert, insert_row

if TYPE_CHECKING:
    from sqlite_utils import Database

    from core.suggesting.suggester import Suggester

_TEXT = ("reply", "refusal", "model")


@dataclass(frozen=True)
class AnsweredBatch:
    """One request about sentences from ``first_idx`` up to, not including, ``end_idx``, and what came of it.

    ``reply`` is verbatim, None where there was none; ``refusal`` says what of it was not taken, None where all was.
    Tokens are None where the server does not say, ``cost`` (US dollars) where no price is known.
    """

    first_idx: int
    end_idx: int
    reply: str | None
    refusal: str | None = None
    model: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None


def add_suggester(database: Database, suggester: Suggester) -> None:
    """Store a suggester and its codebook once."""
    add_codebook(database, suggester.codebook)
    row = {
        "id": suggester.id,
        "canonical": suggester.canonical,
        "kind": suggester.kind,
        "name": suggester.name,
        "model": suggester.model,
        "base_url": suggester.base_url,
        "codebook_id": suggester.codebook.id,
        "created_at": now(),
    }
    insert(database, "suggesters", [row], ignore=True, text=("name", "model"))


def add_batch(
    database: Database,
    suggester: Suggester,
    trace_id: str,
    batch: AnsweredBatch,
    found: Mapping[int, tuple[str, float | None]],
    run_id: int | None = None,
) -> None:
    """Store a request with the categories and confidences, by sentence, that were ``found`` in its reply."""
    row = {"suggester_id": suggester.id, "trace_id": trace_id, **asdict(batch), "run_id": run_id, "created_at": now()}
    batch_id = insert_row(database, "suggestion_batches", row, text=_TEXT)
    add_suggestions(database, suggester, trace_id, found, batch_id)


def add_suggestions(
    database: Database,
    suggester: Suggester,
    trace_id: str,
    found: Mapping[int, tuple[str, float | None]],
    batch_id: int | None = None,
) -> None:
    """Store categories and confidences (0..1, None: not said) by sentence, in place of earlier ones of this suggester.

    Replies are never replaced: what was said before is in their table.
    """
    at = now()
    # Looked up before anything is deleted: whoever follows the table by its last row must see one that is new.
    next_id = database.conn.execute("SELECT coalesce(max(id), 0) + 1 FROM suggestions").fetchone()[0]
    for place, (sentence_idx, (category, confidence)) in enumerate(sorted(found.items())):
        where = {"suggester_id": suggester.id, "trace_id": trace_id, "sentence_idx": sentence_idx}
        database.conn.execute(
            "DELETE FROM suggestions WHERE trace_id = :trace_id AND suggester_id = :suggester_id"
            " AND sentence_idx = :sentence_idx",
            where,
        )
        said = {"category": category, "confidence": confidence, "batch_id": batch_id, "created_at": at}
        insert(database, "suggestions", [{"id": next_id + place, **where, **said}])


def suggested_sentences(connection: sqlite3.Connection, trace_id: str, suggester_id: str) -> frozenset[int]:
    """The sentences of a trace that a suggester has suggested a category for."""
    rows = connection.execute(
        "SELECT sentence_idx FROM suggestions WHERE trace_id = ? AND suggester_id = ?", [trace_id, suggester_id]
    )
    return frozenset(row["sentence_idx"] for row in rows)


def n_requests(connection: sqlite3.Connection, trace_id: str, suggester_id: str) -> int:
    """How many requests about a trace were made for a suggester."""
    row = connection.execute(
        "SELECT count(*) FROM suggestion_batches WHERE suggester_id = ? AND trace_id = ?", [suggester_id, trace_id]
    ).fetchone()
    return int(row[0])


def latest_suggester(connection: sqlite3.Connection, trace_id: str, codebook_id: str | None = None) -> str | None:
    """Id of the suggester with the newest suggestion for a trace, of those with this codebook (None: with any).

    A model comes before nearness, which is there to be beaten.
    """
    row = connection.execute(
        """
        SELECT s.suggester_id FROM suggestions s JOIN suggesters g ON g.id = s.suggester_id
         WHERE s.trace_id = :trace AND (:codebook IS NULL OR g.codebook_id = :codebook)
         ORDER BY g.kind = 'model' DESC, s.id DESC LIMIT 1
        """,
        {"trace": trace_id, "codebook": codebook_id},
    ).fetchone()
    return None if row is None else row["suggester_id"]


def load_suggestions(
    connection: sqlite3.Connection, trace_id: str, suggester: str | None = None
) -> dict[int, Suggested]:
    """What a suggester (by id; None: the latest of this trace) suggests for each sentence of a trace."""
    rows = connection.execute(
        """
        SELECT s.sentence_idx, s.category, g.name, s.confidence
          FROM suggestions s JOIN suggesters g ON g.id = s.suggester_id
         WHERE s.trace_id = ? AND s.suggester_id = ? ORDER BY s.sentence_idx
        """,
        [trace_id, suggester or latest_suggester(connection, trace_id)],
    )
    return {row["sentence_idx"]: Suggested(row["category"], row["name"], row["confidence"]) for row in rows}
