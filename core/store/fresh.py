"""A database that is made whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import StoreError
from core.store.database import Store


@contextmanager
def new_database(path: Path) -> Iterator[Store]:
    """Give an empty database that stands at ``path`` when the block has ended; where it fails, none does.

    Raises:
        StoreError: if its folder cannot be written, or something stands in its place.
    """
    with trial_database(path) as store:
        yield store
        store.close()
        _refuse_taken(path)
        store.path.rename(path)


@contextmanager
def trial_database(path: Path) -> Iterator[Store]:
    """Give an empty database like that of `new_database`, gone when the block has ended; raises as that does."""
    _refuse_taken(path)
    try:
        folder = tempfile.TemporaryDirectory(prefix=".turnpoint-", dir=path.parent)
    except OSError as error:
        raise StoreError(
            f"{path}: the database cannot be made ({error.strerror}); name a folder that is there and can be written."
        ) from error
    with folder as name, Store.open(Path(name) / path.name) as store:
        yield store


def _refuse_taken(path: Path) -> None:
    """A log that a vanished database has left would be taken for one of the new database."""
    for taken in (path, Path(f"{path}-wal"), Path(f"{path}-journal")):
        if os.path.lexists(taken):
            raise StoreError(f"{taken}: in the way of a new database; move it, and try again.")
