"""The table of what people say of rollouts, beside what a judge said of the same ones."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from core.export.table import Row, Scope, Table

_VERDICTS = """
    SELECT e.rollout_id, r.trace_id, r.settings_id, r.prefix_idx, r.sample_idx, e.behavior, e.annotator, e.verdict,
           e.note, e.blind, e.seconds, e.ordered_by, e.judge_id, o.outcome, o.votes_yes, o.votes_cast, e.created_at,
           last.revision
      FROM (SELECT max(v.id) AS id, count(*) AS revision
              FROM rollouts x CROSS JOIN verdict_events v ON v.rollout_id = x.id
             WHERE x.trace_id = ? GROUP BY v.rollout_id, v.behavior, v.annotator) last
      JOIN verdict_events e ON e.id = last.id
      JOIN rollouts r ON r.id = e.rollout_id
      LEFT JOIN outcomes o ON o.rollout_id = e.rollout_id AND o.behavior = e.behavior AND o.judge_id = e.judge_id
     WHERE e.verdict IS NOT NULL OR e.note IS NOT NULL
     ORDER BY r.settings_id, r.prefix_idx, r.sample_idx, e.behavior, e.annotator
"""


def has_verdicts(connection: sqlite3.Connection) -> bool:
    """Whether anybody judged a rollout, ever."""
    return connection.execute("SELECT 1 FROM verdict_events LIMIT 1").fetchone() is not None


def _verdicts(scope: Scope) -> Iterator[Row]:
    yield from scope.rows_of_each_trace(_VERDICTS)


VERDICT_LABELS = Table(
    "verdict_labels.csv",
    {
        "rollout_id": "the rollout, by its row in this database",
        "trace_id": "the trace",
        "settings_id": "sampling settings, see provenance.json",
        "prefix_idx": "prefix that was continued",
        "sample_idx": "sample of that prefix, 0-based",
        "behavior": "the behavior",
        "annotator": "who judged it",
        "verdict": "yes, no or skipped; empty where only a note stands",
        "note": "the annotator's note",
        "blind": "1: the judge's verdict was hidden; 0: it stood beside",
        "seconds": "how long the rollout had been looked at",
        "ordered_by": "random, balanced or unsure: how the sample was drawn; empty where it was of none",
        "judge_id": "judge whose verdict stood beside it or was hidden, see provenance.json; empty: none had one",
        "judge_outcome": "what that judge made of it",
        "judge_votes_yes": "its votes for yes",
        "judge_votes_cast": "its votes in all",
        "created_at": "when this verdict was given, UTC",
        "revision": "how many times the annotator gave, changed, took back or restored it",
    },
    _verdicts,
)
"""Only in an export of a database in which people judged rollouts."""
