"""The ratings of sentences with all that raters said beside them: notes, doubts, and how they came to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Final

from core.annotation.annotation import GOLD
from core.annotation.disagreement import Opinion
from core.annotation.place import Place
from core.store.labels import load_annotations
from core.store.ratings import KINDS, MODEL, Rating, load_ratings
from core.store.standing import ADJUDICATED, RATED, of_traces, standing

_BESIDE_LABELS = """
SELECT trace_id, sentence_idx, annotator AS rater, category, secondary, unsure, note, blind, seconds,
       NULL AS confidence, codebook_id, created_at
  FROM {standing} WHERE {whose}
"""
_BESIDE_SUGGESTIONS = """
SELECT s.trace_id, s.sentence_idx, g.name AS rater, 0 AS unsure, NULL AS note, 0 AS blind, NULL AS seconds,
       s.confidence, g.codebook_id, s.created_at
  FROM suggestions s JOIN suggesters g ON g.id = s.suggester_id WHERE {of_traces} ORDER BY s.id
"""


ADJUDICATION: Final = "adjudication"
"""The kind of what another database had adjudicated, which is none of `core.store.ratings.KINDS`."""


def load_opinions(
    connection: sqlite3.Connection, trace_ids: Collection[str] | None = None, kinds: Collection[str] = KINDS
) -> tuple[Opinion, ...]:
    """All ratings of the traces (None: of all) as `load_ratings` chooses them, in the order of the store's traces."""
    ratings = load_ratings(connection, trace_ids, kinds)
    condition = of_traces(trace_ids)
    labels = _BESIDE_LABELS.format(standing=standing(condition), whose=RATED)
    suggestions = _BESIDE_SUGGESTIONS.format(of_traces=condition)
    beside = {
        (row["trace_id"], row["sentence_idx"], row["rater"], is_model): row
        for is_model, query in ((False, labels), (True, suggestions))
        for row in connection.execute(query, tuple(trace_ids or ()))
    }
    order = {row["id"]: n for n, row in enumerate(connection.execute("SELECT id FROM traces ORDER BY rowid"))}
    in_order = sorted(ratings, key=lambda rating: (order[rating.trace_id], rating.sentence_idx))
    return tuple(_opinion(r, beside[r.trace_id, r.sentence_idx, r.rater, r.kind == MODEL]) for r in in_order)


def load_adjudications_beside(
    connection: sqlite3.Connection, trace_ids: Collection[str] | None = None
) -> dict[Place, tuple[Opinion, ...]]:
    """What was adjudicated otherwise in databases that were merged into this one: nobody's rating, and no gold label.

    By sentence; their kind is `ADJUDICATION`.
    """
    whose = f"category IS NOT NULL AND annotator <> '{GOLD}' AND {ADJUDICATED}"
    query = _BESIDE_LABELS.format(standing=standing(of_traces(trace_ids)), whose=whose)
    found: dict[Place, tuple[Opinion, ...]] = {}
    for row in connection.execute(f"{query} ORDER BY rater", tuple(trace_ids or ())):
        said = (row["rater"], ADJUDICATION, row["category"], row["secondary"])
        place = Place(row["trace_id"], row["sentence_idx"])
        found[place] = (*found.get(place, ()), _opinion(Rating(*place, *said), row))
    return found


def _opinion(rating: Rating, row: sqlite3.Row) -> Opinion:
    return Opinion(
        place=Place(rating.trace_id, rating.sentence_idx),
        rater=rating.rater,
        kind=rating.kind,
        category=rating.category,
        secondary=rating.secondary,
        is_unsure=bool(row["unsure"]),
        note=row["note"] or "",
        is_blind=bool(row["blind"]),
        seconds=row["seconds"],
        confidence=row["confidence"],
        codebook_id=row["codebook_id"],
        at=row["created_at"],
    )


def count_undecided(connection: sqlite3.Connection, trace_id: str, annotator: str) -> int:
    """How many sentences of a trace this annotator has neither labelled nor skipped."""
    (n,) = connection.execute("SELECT count(*) FROM sentences WHERE trace_id = ?", [trace_id]).fetchone()
    return int(n) - sum(held.is_decided for held in load_annotations(connection, trace_id, annotator).values())


def opinions_version(connection: sqlite3.Connection) -> tuple[int, ...]:
    """Numbers that change whenever a rating does, and stay the same while rollouts land."""
    query = (
        "SELECT (SELECT max(id) FROM label_events), (SELECT max(id) FROM suggestions), (SELECT max(rowid) FROM traces)"
    )
    return tuple(number or 0 for number in connection.execute(query).fetchone())
