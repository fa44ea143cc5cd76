"""A new database without its migrations: a copy of one that they made, once per process of the tests."""

from __future__ import annotations

import sqlite3
import tempfile
from functools import cache
from pathlib import Path

from core.store import database
from core.store.connection import connect

_migrate = database._migrate


@cache
def _made() -> sqlite3.Connection:
    """What the migrations make of nothing, in memory."""
    made = sqlite3.connect(":memory:", check_same_thread=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.db"
        connection = connect(path)
        _migrate(connection, path)
        connection.backup(made)
        connection.close()
    return made


def _copy(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return _migrate(connection, path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        _made().backup(connection)
    except sqlite3.Error:
        _migrate(connection, path)
    return None


def copy_new_databases() -> None:
    """From now on, in this process; one that is there already is migrated as ever."""
    database._migrate = _copy
