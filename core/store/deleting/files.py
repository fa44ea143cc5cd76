"""Deleting from a database file: a copy first, then all in one transaction, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.canonical import canonical_json
from core.clock import now
from core.errors import StoreError
from core.store.backup import write_backup
from core.store.deleting.removing import remove
from core.store.deleting.weighing import Deletion, weigh
from core.store.rows import PROGRAM, insert_row

if TYPE_CHECKING:
    from sqlite_utils import Database

    from core.store.database import Store


def delete(store: Store, agreed: Deletion, backup: Path | None = None) -> None:
    """Delete what ``agreed`` says, after a copy of the whole database was written to ``backup`` (None: none is).

    What was paid for or labelled is remembered as deleted, so that a merge that brings it back can say so.

    Raises:
        StoreError: if more or less would go by now than what was agreed to, a run has begun to draw it, or the copy
            cannot be written; nothing is deleted then.
    """
    if backup is not None:
        write_backup(store, backup)
    store.write(lambda database: _delete(database, agreed, backup)).result()


def _delete(database: Database, agreed: Deletion, backup: Path | None) -> None:
    if weigh(database.conn, agreed.doomed) != agreed:
        raise StoreError("the database was changed meanwhile, so nothing was deleted; ask again.")
    remove(database, agreed.doomed)
    if agreed.is_precious:
        row = {
            "what": agreed.doomed.canonical,
            "rows": canonical_json(dict(agreed.rows)),
            "backup": None if backup is None else backup.name,
            "program": PROGRAM,
            "created_at": now(),
        }
        insert_row(database, "deletions", row, text=("backup",))
