"""The table of gold labels: one row per sentence that was adjudicated, or that all its annotators label alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator

from core.export.table import Row, Scope, Table
from core.store.gold import load_all_gold


def has_gold(connection: sqlite3.Connection, trace_ids: Collection[str]) -> bool:
    """Whether any sentence of these traces has a gold label."""
    return bool(load_all_gold(connection, trace_ids))


def _rows(scope: Scope) -> Iterator[Row]:
    query = "SELECT text FROM sentences WHERE trace_id = ? AND idx = ?"
    for place, label in load_all_gold(scope.connection, scope.trace_ids).items():
        found = scope.connection.execute(query, place).fetchone()
        yield (
            *place,
            label.category,
            label.secondary,
            label.how,
            label.decided_by,
            label.reason,
            label.n_annotators,
            label.n_agree,
            label.codebook_id,
            label.at,
            len(label.changed_since),
            None if found is None else found["text"],
        )


GOLD_LABELS = Table(
    "gold.csv",
    {
        "trace_id": "the trace",
        "sentence_idx": "sentence i, 0-based",
        "category": "the gold label",
        "secondary": "secondary category that was decided, or agreed on as well; empty where there is none",
        "how": "adjudicated, or agreed: all of two or more annotators give this category",
        "decided_by": "who adjudicated; empty where annotators agree",
        "reason": "why it was decided so; empty where nobody said",
        "n_annotators": "people who labelled the sentence",
        "n_agree": "those of them who gave this category",
        "codebook_id": "codebook that defines the category, see provenance.json; empty where annotators used several",
        "created_at": "when it was decided, or the last annotator came to agree, UTC",
        "n_changed_since": "raters whose category became another one after the decision",
        "text": "the raw sentence",
    },
    _rows,
)
GOLD_TABLES = (GOLD_LABELS,)
