"""Ratings written down as tables: a row for each rater, a column for each sentence."""

from __future__ import annotations

from collections.abc import Mapping

from core.analysis.agreement.units import ReliabilityData, reliability_data
from core.store.ratings import HUMAN, Rating


def rated(rows: Mapping[str, str], *, per_trace: int = 4, kind: str = HUMAN) -> list[Rating]:
    """One rating for each word of a row; ``.`` is none, ``a+b`` has b as its secondary category.

    ``per_trace`` sentences make a trace.
    """
    ratings = []
    for rater, row in rows.items():
        for place, word in enumerate(row.split()):
            if word != ".":
                category, _, secondary = word.partition("+")
                trace, sentence = divmod(place, per_trace)
                ratings.append(Rating(f"t{trace:02}", sentence, rater, kind, category, secondary or None))
    return ratings


def data_of(rows: Mapping[str, str], *, per_trace: int = 4) -> ReliabilityData:
    """The same as reliability data."""
    return reliability_data(rated(rows, per_trace=per_trace))


def crossed_rows(table: list[list[int]]) -> dict[str, str]:
    """Two rows of categories that give this table: the first rater's categories down, the second's across."""
    first, second = [], []
    for i, counts in enumerate(table):
        for j, n in enumerate(counts):
            first += [str(i)] * n
            second += [str(j)] * n
    return {"first": " ".join(first), "second": " ".join(second)}
