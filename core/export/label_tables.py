"""The tables of annotation: the labels that stand, every event behind them, and sentences for a person to label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.export.table import Row, Scope, Table
from core.store.standing import RATED, standing

_LABELS: Final = f"""
    SELECT e.trace_id, e.sentence_idx, e.annotator, e.category, e.secondary, e.unsure, e.note, e.source, e.verified,
           e.suggested, e.suggested_by, e.confidence, e.blind, e.seconds, e.ordered_by, c.version, e.codebook_id,
           e.created_at, (SELECT count(*) FROM label_events l WHERE l.trace_id = e.trace_id
                             AND l.annotator = e.annotator AND l.sentence_idx = e.sentence_idx) AS revision, s.text
      FROM (SELECT * FROM {standing("trace_id = ?")} WHERE {RATED}) e
      LEFT JOIN codebooks c ON c.id = e.codebook_id
      LEFT JOIN sentences s ON s.trace_id = e.trace_id AND s.idx = e.sentence_idx
     ORDER BY e.sentence_idx, e.annotator
"""  # noqa: S608 - conditions of ours
_HISTORY: Final = """
    SELECT e.uid, e.step, e.annotator, e.trace_id, e.sentence_idx, e.kind, e.category, e.secondary, e.skipped,
           e.unsure, e.note, e.previous, t.uid, e.source, e.verified, e.suggested, e.suggested_by, e.confidence,
           e.blind, e.seconds, e.ordered_by, e.decided_by, c.version, e.codebook_id, e.program, e.created_at
      FROM label_events e
      LEFT JOIN label_events t ON t.id = e.target
      LEFT JOIN codebooks c ON c.id = e.codebook_id
     WHERE e.trace_id = ? ORDER BY e.id
"""
_UNLABELLED: Final = f"""
    SELECT s.trace_id, s.idx, ?2, NULL, NULL, NULL, NULL, s.text
      FROM sentences s
      LEFT JOIN {standing("trace_id = ?1 AND annotator = ?2")} e ON e.sentence_idx = s.idx
     WHERE s.trace_id = ?1 AND e.category IS NULL ORDER BY s.idx
"""  # noqa: S608 - conditions of ours
_CIRCUMSTANCES: Final = {
    "source": "how it was given: key, suggestion, import, map or adjudication; empty: before this was kept",
    "verified": "1: a person gave or confirmed it; 0: nobody did",
    "suggested": "category that was suggested for the sentence, shown or not",
    "suggested_by": "who suggested it",
    "confidence": "how sure the suggestion was, 0 to 1; empty where it does not say",
    "blind": "1: rates, directions, suggestions and the labels of others were hidden",
    "seconds": "how long the sentence had been looked at",
    "ordered_by": "order of the queue that led there; empty where the annotator moved freely",
}
_CODEBOOK: Final = {
    "codebook_version": "version of the codebook that defines the category",
    "codebook_id": "that codebook, see provenance.json",
}


def _labels(scope: Scope) -> Iterator[Row]:
    for trace_id in scope.trace_ids:
        for row in scope.connection.execute(_LABELS, [trace_id]):
            yield tuple(row)


LABELS: Final = Table(
    "labels.csv",
    {
        "trace_id": "the trace",
        "sentence_idx": "sentence i, 0-based",
        "annotator": "who labelled it",
        "category": "the present label; an unlabelled or skipped sentence has no row",
        "secondary": "second category beside it",
        "unsure": "1: marked unsure",
        "note": "the annotator's note",
        **_CIRCUMSTANCES,
        **_CODEBOOK,
        "created_at": "when this label was set, UTC",
        "revision": "how many events led to it: set, changed, taken back, restored",
        "text": "the raw sentence",
    },
    _labels,
)

LABEL_HISTORY: Final = Table(
    "label_history.csv",
    {
        "uid": "the event, by its name in every database that holds it",
        "step": "uid of the first event of the same key press",
        "annotator": "who made it; gold: an adjudication",
        "trace_id": "the trace",
        "sentence_idx": "sentence i, 0-based",
        "kind": "label, clear, skip, unsure, secondary, note, undo or redo",
        "category": "the label after the event; empty is unlabelled",
        "secondary": "second category after it",
        "skipped": "1: skipped after it, which is no label",
        "unsure": "1: marked unsure after it",
        "note": "note after it",
        "previous": "the label before it",
        "target_uid": "event that an undo or redo concerns",
        **_CIRCUMSTANCES,
        "decided_by": "who adjudicated",
        **_CODEBOOK,
        "program": "program that wrote it",
        "created_at": "when, UTC",
    },
    lambda scope: scope.rows_of_each_trace(_HISTORY),
)


def to_label(annotator: str) -> Table:
    """One row per sentence that ``annotator`` has not labelled, for a spreadsheet: fill in, and import the table."""

    def rows(scope: Scope) -> Iterator[Row]:
        for trace_id in scope.trace_ids:
            for row in scope.connection.execute(_UNLABELLED, [trace_id, annotator]):
                yield tuple(row)

    return Table(
        "to_label.csv",
        {
            "trace_id": "the trace",
            "sentence_idx": "sentence i, 0-based",
            "annotator": "who is to label it",
            "category": "empty: to be filled in with the name of a category",
            "secondary": "empty: to be filled in, or left so",
            "unsure": "empty: 1 for unsure",
            "note": "empty: to be filled in, or left so",
            "text": "the raw sentence",
        },
        rows,
    )
