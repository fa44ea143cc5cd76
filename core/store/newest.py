"""What is newest in the tables that a screen shows, to tell what another look at the database would find changed."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class Newest(NamedTuple):
    """The newest row of each table, 0 where there is none; rows go from them only where one of ``deletions`` comes."""

    rollouts: int
    outcomes: int
    failures: int
    deletions: int
    label_events: int
    suggestions: int

    @property
    def samples(self) -> tuple[int, ...]:
        """The part that rates depend on."""
        return self[:4]


def load_newest(connection: sqlite3.Connection) -> Newest:
    """Look at the end of each table, whatever its size."""
    columns = ", ".join(f"(SELECT coalesce(max(rowid), 0) FROM {name})" for name in Newest._fields)  # noqa: S608
    return Newest(*connection.execute(f"SELECT {columns}").fetchone())
