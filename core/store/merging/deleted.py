"""What was deleted here and comes back, because the other file still has it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from core.store.deleting.doomed import Doomed, cuts_of, values_of


@dataclass(frozen=True)
class BroughtBack:
    """Something that was deleted here at a time (UTC) and is here again; ``n_rows`` of it came with the merge."""

    kind: str
    name: str
    trace_ids: tuple[str, ...]
    deleted_at: str
    n_rows: int


def count_deleted(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """How many rows of each thing that was deleted are here nevertheless, by what it was and when."""
    rows = connection.execute("SELECT what, max(created_at) AS at FROM deletions GROUP BY what ORDER BY at").fetchall()
    return {(row["what"], row["at"]): _count(connection, Doomed.from_json(row["what"])) for row in rows}


def brought_back(connection: sqlite3.Connection, before: dict[tuple[str, str], int]) -> tuple[BroughtBack, ...]:
    """What there is more of than ``before``, as `count_deleted` counted it."""
    found = []
    for (what, at), n in count_deleted(connection).items():
        n_more = n - before.get((what, at), 0)
        if n_more > 0:
            doomed = Doomed.from_json(what)
            found.append(BroughtBack(doomed.kind, doomed.name, doomed.trace_ids, at, n_more))
    return tuple(found)


def _count(connection: sqlite3.Connection, doomed: Doomed) -> int:
    values = values_of(doomed)
    queries = (f"SELECT count(*) FROM {table} WHERE {where}" for table, where in cuts_of(doomed))  # noqa: S608
    return sum(int(connection.execute(query, values).fetchone()[0]) for query in queries)
