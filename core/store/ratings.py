"""Who says what of which sentence: the labels of all annotators and the suggestions of all models, side by side."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Final, NamedTuple

from core.annotation.annotation import IMPORT
from core.store.standing import RATED, of_traces, standing

HUMAN, IMPORTED, MODEL = "human", "import", "model"
KINDS: Final = (HUMAN, IMPORTED, MODEL)
"""Whose a rating is: a person's; nobody's, as it came with an import and no person confirmed it; a model's."""


class Rating(NamedTuple):
    """The category that one rater gives to one sentence; ``kind`` is one of `KINDS`."""

    trace_id: str
    sentence_idx: int
    rater: str
    kind: str
    category: str
    secondary: str | None


_SUGGESTIONS = """
SELECT s.trace_id, s.sentence_idx, g.name AS rater, s.category, s.confidence
  FROM suggestions s JOIN suggesters g ON g.id = s.suggester_id
 WHERE {of_traces}
 ORDER BY s.trace_id, s.sentence_idx, g.name, s.id
"""


def load_ratings(
    connection: sqlite3.Connection, trace_ids: Collection[str] | None = None, kinds: Collection[str] = KINDS
) -> tuple[Rating, ...]:
    """All ratings of the traces (None: of all), adjudicated labels left out, in the order of traces and sentences.

    Labels that no person gave or confirmed, such as imported tags, are of kind import. A model that suggested under
    several prompts or codebooks is rated by its latest suggestion.
    """
    found: dict[tuple[str, int, str, str], Rating] = {}
    condition, values = of_traces(trace_ids), tuple(trace_ids or ())
    for row in connection.execute(f"SELECT * FROM {standing(condition)} WHERE {RATED}", values):  # noqa: S608
        kind = IMPORTED if row["source"] == IMPORT and not row["verified"] else HUMAN
        place = (row["trace_id"], row["sentence_idx"], row["annotator"])
        found[*place, kind] = Rating(*place, kind, row["category"], row["secondary"])
    for row in connection.execute(_SUGGESTIONS.format(of_traces=condition), values):
        place = (row["trace_id"], row["sentence_idx"], row["rater"])
        found[*place, MODEL] = Rating(*place, MODEL, row["category"], None)
    return tuple(rating for _, rating in sorted(found.items()) if rating.kind in kinds)


def load_confidences(connection: sqlite3.Connection) -> dict[tuple[str, int, str], float | None]:
    """How sure each model was of the suggestion that it is rated by, 0..1, by trace, sentence and rater.

    None where it did not say.
    """
    rows = connection.execute(_SUGGESTIONS.format(of_traces=of_traces(None)))
    return {(row["trace_id"], row["sentence_idx"], row["rater"]): row["confidence"] for row in rows}
