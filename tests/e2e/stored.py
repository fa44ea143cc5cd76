"""What a database holds, read with nothing but the sqlite3 module, as any other program would."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE

NAME = "turnpoint.db"
Key = tuple[str, str, int, int]


def rows(home: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of a query on the database in ``home``."""
    with closing(sqlite3.connect(home / NAME, timeout=PATIENCE)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogatepass")
        return connection.execute(query, values).fetchall()


def count(home: Path, table: str = "rollouts") -> int:
    """Rows of a table."""
    ((n,),) = rows(home, f"SELECT count(*) FROM {table}")
    return int(n)


def rollouts(home: Path) -> dict[Key, str]:
    """The text of each rollout, by trace, settings, prefix and sample."""
    found = rows(home, "SELECT trace_id, settings_id, prefix_idx, sample_idx, text FROM rollouts")
    by_key: dict[Key, str] = {row[:4]: row[4] for row in found}
    assert len(by_key) == len(found), "one sample is stored twice"
    return by_key


def per_prefix(home: Path, trace_id: str) -> dict[int, int]:
    """Number of rollouts at each prefix of a trace."""
    query = "SELECT prefix_idx, count(*) FROM rollouts WHERE trace_id = ? GROUP BY prefix_idx"
    return dict(rows(home, query, trace_id))


def unjudged(home: Path) -> int:
    """Rollouts without an outcome for one of the two behaviors."""
    query = "SELECT count(*) FROM rollouts r WHERE (SELECT count(*) FROM outcomes o WHERE o.rollout_id = r.id) != 2"
    ((n,),) = rows(home, query)
    return int(n)


def sentence(home: Path, trace_id: str, index: int) -> str:
    """Text of a sentence."""
    ((text,),) = rows(home, "SELECT text FROM sentences WHERE trace_id = ? AND idx = ?", trace_id, index)
    return str(text)


def labels(home: Path, trace_id: str) -> dict[int, str]:
    """The category that each labelled sentence has now."""
    query = "SELECT sentence_idx, category FROM label_events WHERE trace_id = ? ORDER BY id"
    latest = dict(rows(home, query, trace_id))
    return {index: category for index, category in latest.items() if category is not None}


def is_whole(home: Path) -> bool:
    """Whether SQLite finds nothing wrong with the file."""
    return rows(home, "PRAGMA integrity_check") == [("ok",)] and rows(home, "PRAGMA foreign_key_check") == []
