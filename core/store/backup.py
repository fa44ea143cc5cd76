"""A copy of a database that is in use."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import StoreError

if TYPE_CHECKING:
    from core.store.database import Store


def backup_path(path: Path) -> Path:
    """A name for a copy beside the database that nothing has yet: ``study-20261129-041500.db`` of ``study.db``."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = path.with_name(f"{path.stem}-{moment}{path.suffix}")
    number = 2
    while os.path.lexists(name):
        name = path.with_name(f"{path.stem}-{moment}-{number}{path.suffix}")
        number += 1
    return name


def write_backup(store: Store, path: Path) -> None:
    """Write all that the database holds now into a new file, which is there whole or not at all.

    Raises:
        StoreError: if something has that name, or the copy cannot be written.
    """
    if os.path.lexists(path):
        raise StoreError(f"{path}: in the way of a copy of the database; name another file.")
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(part)) as copy:
            store.read.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        part.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: no copy of the database can be written ({error}); name another file.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
