"""Which label of a sentence stands, and whose it is: said here, for every query about labels.

The label that an annotator holds of a sentence is that of the last event about it. Adjudicated labels are nobody's:
they stand under the name of `core.annotation.annotation.GOLD`, or, where a merge kept another database's beside them,
under a name that begins with it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from core.annotation.annotation import GOLD

ADJUDICATED: Final = f"(annotator = '{GOLD}' OR annotator GLOB '{GOLD}@*')"
"""A condition on the column ``annotator``: `core.annotation.gold.is_gold`, in SQL."""

RATED: Final = f"category IS NOT NULL AND NOT {ADJUDICATED}"
"""A condition on a standing label: somebody rates the sentence so, a person or whoever made the tags of an import."""


def standing(where: str = "true") -> str:
    """The rows of ``label_events`` that stand, as a subquery: the last one of each annotator, trace and sentence.

    ``where`` is a condition on trace, annotator or sentence; it may not be one on what stands.
    """
    last = f"SELECT max(id) AS id FROM label_events WHERE {where} GROUP BY trace_id, annotator, sentence_idx"  # noqa: S608
    return f"(SELECT e.* FROM ({last}) last JOIN label_events e ON e.id = last.id)"  # noqa: S608 - conditions of ours


def of_traces(trace_ids: Collection[str] | None) -> str:
    """A condition on the column ``trace_id``, which takes ``trace_ids`` as its values; None: no condition."""
    return "true" if trace_ids is None else f"trace_id IN ({', '.join('?' * len(trace_ids))})"
