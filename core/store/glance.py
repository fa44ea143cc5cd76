"""Names in a database, for a shell that completes them: read at a glance, whatever the file is and whoever has it open.

Nothing is created, migrated, written or waited for; a file that cannot be read so holds no names.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from core.annotation.gold import is_gold
from core.store.connection import decode_text

_TIMEOUT_SECONDS = 0.1


def glance_at_traces(path: Path, beginning: str) -> list[str]:
    """Ids of the answered traces whose id begins so, in the order in which they were added."""
    query = "SELECT id FROM traces WHERE response <> '' AND substr(id, 1, length(?1)) = ?1 ORDER BY rowid"
    return _names(path, query, beginning)


def glance_at_annotators(path: Path) -> list[str]:
    """Everybody who has labelled a sentence or judged a rollout, by name."""
    query = "SELECT annotator FROM label_events UNION SELECT annotator FROM verdict_events ORDER BY 1"
    return [name for name in _names(path, query) if not is_gold(name)]


def _names(path: Path, query: str, *parameters: str) -> list[str]:
    # Anything else that has a path, such as a pipe, may be waited for without end.
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(_uri(path), uri=True, timeout=_TIMEOUT_SECONDS)) as connection:
            connection.text_factory = decode_text
            return [name for (name,) in connection.execute(query, parameters)]
    except sqlite3.Error:
        return []


def _uri(path: Path) -> str:
    """The file as it is read: beside a file that nobody has open, SQLite would put two of its own."""
    is_open = all(Path(f"{path}{suffix}").exists() for suffix in ("-wal", "-shm"))
    return f"{path.absolute().as_uri()}?mode=ro" + ("" if is_open else "&immutable=1")
