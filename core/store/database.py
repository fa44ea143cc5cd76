"""Opening the database file: what it must be, its pragmas, its schema, its readers and its writer."""

from __future__ import annotations

import os
import sqlite3
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.errors import StoreError
from core.store.connection import connect
from core.store.writer import Job, Writer

if TYPE_CHECKING:
    from types import TracebackType

T = TypeVar("T")

DEFAULT_PATH = "turnpoint.db"
# The names in core.store.schema, repeated so that an up-to-date file opens without importing sqlite-utils.
# A test holds the two together.
SCHEMA = (
    "m001_traces",
    "m002_rollouts",
    "m003_labels",
    "m004_embeddings",
    "m005_endpoints",
    "m006_annotation",
    "m007_deleting",
)


def applied_steps(connection: sqlite3.Connection) -> set[str]:
    """Names of the migrations that a file has seen; empty where turnpoint did not make it."""
    known = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlite_migrations'"
    ).fetchone()
    if known is None:
        return set()
    rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'turnpoint'")
    return {row["name"] for row in rows}


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the schema up to date; a file from a newer turnpoint is refused."""
    applied = applied_steps(connection)
    newer = applied.difference(SCHEMA)
    if newer:
        raise StoreError(
            f"{path}: written by a newer turnpoint (unknown step {min(newer)}); upgrade turnpoint to open it."
        )
    if applied.issuperset(SCHEMA):
        return
    tables = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and not applied:
        raise StoreError(f"{path}: a SQLite database of another program; name another file with --db.")
    _migrate(connection, path)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    from sqlite_utils import Database

    from core.store.schema import migrations

    try:
        connection.execute("PRAGMA journal_mode = WAL")
        database = Database(connection)
        # Taken before looking, so that a second process waits here instead of creating the same tables.
        connection.execute("BEGIN IMMEDIATE")
        try:
            migrations.apply(database)
        except BaseException:
            connection.rollback()
            raise
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise StoreError(f"{path}: the tables cannot be written ({error}); check space and permissions.") from error


class Store:
    """A turnpoint database: one reader connection per thread, one writer thread started when first needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._writer: Writer | None = None
        self._starting = threading.Lock()

    @classmethod
    def open(cls, path: Path | str, *, create: bool = True) -> Store:
        """Open ``path``, creating or migrating it as needed.

        Raises:
            StoreError: if it is missing (and ``create`` is false), no database, another program's, or newer.
        """
        path = Path(path)
        if path.is_dir():
            raise StoreError(f"{path}: a directory, not a database file; name a file with --db.")
        if not path.exists() and not create:
            raise StoreError(f"{path}: no such database; import traces first, or name another with --db.")
        if path.exists() and path.stat().st_size and not os.access(path, os.W_OK):
            raise StoreError(f"{path}: the database cannot be written; change its permissions or copy it.")
        store = cls(path)
        connection = connect(path)
        _prepare(connection, path)
        store._keep(connection)
        return store

    @property
    def read(self) -> sqlite3.Connection:
        """The calling thread's own connection, for queries."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._keep(connect(self.path))
        return connection

    def _keep(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        connection.execute("PRAGMA query_only = ON")
        self._local.connection = connection
        return connection

    def write(self, job: Job[T]) -> Future[T]:
        """Queue ``job``; its future resolves once the transaction that holds it is durable.

        The future raises StoreError where the file cannot be written, and the job's own error otherwise.
        """
        with self._starting:
            if self._writer is None:
                self._writer = Writer(self.path)
            return self._writer.submit(job)

    def data_version(self) -> int:
        """A number that changes whenever any other connection, of any process, has committed."""
        return int(self.read.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Finish what was queued and let go of the file."""
        if self._writer is not None:
            self._writer.close()
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
