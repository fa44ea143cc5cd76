"""The other file of a merge: what it must be, and reading it without changing it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from core.errors import StoreError
from core.store.connection import BUSY_TIMEOUT_MS, decode_text
from core.store.database import SCHEMA, Store, applied_steps


@contextmanager
def readable(path: Path, this: Path) -> Iterator[Path]:
    """Give a file of the present schema that says what ``path`` says: itself, or a migrated copy of an older one.

    Raises:
        StoreError: if it is missing, no database, another program's, newer, or ``this`` database itself.
    """
    _refuse_unfit(path, this)
    log = Path(f"{path}-wal")
    was_closed = not log.exists()
    with tempfile.TemporaryDirectory(prefix="turnpoint-merge-") as folder:
        try:
            with closing(_open(path, Path(folder))) as connection:
                if _is_present(connection, path):
                    source = Path(connection.execute("PRAGMA database_list").fetchone()["file"])
                else:
                    source = _migrated(connection, path, Path(folder))
            yield source
        finally:
            if was_closed and log.exists():
                _tidy(path)


def connect_readonly(path: Path) -> sqlite3.Connection:
    """Open ``path`` for reading alone; a file in use by another process is read as of its last commit.

    Raises:
        sqlite3.Error: if it cannot be read.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)
    connection.text_factory = decode_text
    connection.row_factory = sqlite3.Row
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return connection


def _refuse_unfit(path: Path, this: Path) -> None:
    if path.is_dir():
        raise StoreError(f"{path}: a directory, not a database file; name the file in it.")
    if not path.exists():
        raise StoreError(f"{path}: no such database; check the path.")
    if this.exists() and os.path.samefile(path, this):
        raise StoreError(f"{path}: the database itself, which cannot be merged into itself; name the other file.")


def _open(path: Path, folder: Path) -> sqlite3.Connection:
    try:
        return connect_readonly(path)
    except sqlite3.OperationalError:
        # A write-ahead log wants a file beside it, and this folder may forbid one.
        return _open_copy(path, folder)
    except sqlite3.Error as error:
        raise _refusal(path, error) from error


def _open_copy(path: Path, folder: Path) -> sqlite3.Connection:
    try:
        copy = folder / "copy.db"
        shutil.copyfile(path, copy)
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{path}-wal", f"{copy}-wal")
        return connect_readonly(copy)
    except (sqlite3.Error, OSError) as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: Exception) -> StoreError:
    if "not a database" in str(error):
        return StoreError(f"{path}: this file is not a SQLite database; name another.")
    return StoreError(f"{path}: the database cannot be read ({error}); check its permissions.")


def _is_present(connection: sqlite3.Connection, path: Path) -> bool:
    try:
        applied = applied_steps(connection)
    except sqlite3.Error as error:
        raise _refusal(path, error) from error
    if not applied:
        raise StoreError(f"{path}: not a turnpoint database; name one that turnpoint made.")
    newer = applied.difference(SCHEMA)
    if newer:
        raise StoreError(
            f"{path}: written by a newer turnpoint (unknown step {min(newer)}); upgrade turnpoint to merge it."
        )
    return applied.issuperset(SCHEMA)


def _migrated(connection: sqlite3.Connection, path: Path, folder: Path) -> Path:
    copy = folder / "migrated.db"
    try:
        with closing(sqlite3.connect(copy)) as target:
            connection.backup(target)
    except sqlite3.Error as error:
        raise _refusal(path, error) from error
    Store.open(copy).close()
    return copy


def _tidy(path: Path) -> None:
    """Have SQLite take away the two files that reading has put beside ``path``, unless another process uses them."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=0)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
