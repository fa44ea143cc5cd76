"""Who is not done: what annotators who work blind have to finish before they see how far they agree."""

from __future__ import annotations

import sqlite3

from core.store.standing import standing


def unfinished(connection: sqlite3.Connection, annotator: str) -> dict[str, int]:
    """Traces that the annotator has begun, and how many of their sentences are neither labelled nor skipped yet.

    Traces without such a sentence, and those not begun, are left out; those with the fewest come first.
    """
    rows = connection.execute(
        f"""
        SELECT e.trace_id, (SELECT count(*) FROM sentences s WHERE s.trace_id = e.trace_id)
               - sum(e.category IS NOT NULL OR e.skipped = 1) AS left_open
          FROM {standing("annotator = ?")} e
         GROUP BY e.trace_id HAVING sum(e.category IS NOT NULL OR e.skipped = 1) > 0 AND left_open > 0
         ORDER BY left_open, e.trace_id
        """,  # noqa: S608 - no input
        [annotator],
    )
    return {row["trace_id"]: row["left_open"] for row in rows}
