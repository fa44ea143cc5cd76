"""Writing several files as one: they all appear when the last is safe on disk, or none does."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from core.errors import ExportError

STAGING_PREFIX = ".turnpoint-export-"


@contextmanager
def whole_directory(directory: Path, names: Sequence[str], *, force: bool) -> Iterator[Path]:
    """Give a folder to write the files ``names`` into, and publish them in ``directory`` at the end of the block.

    A name may lie in a folder, ``folder/file``, which the block makes.
    A new directory appears at once, by one rename. In one that exists each file replaces its older self whole,
    in the order of ``names``, and all other files stay as they are. If the block raises, nothing has changed.

    Raises:
        ExportError: if ``directory`` holds anything and ``force`` is false, or a file cannot be written.
    """
    missing: list[Path] = []
    staging: Path | None = None
    try:
        target = directory.resolve()
        _refuse_unfit(directory, target, names, force=force)
        missing = [parent for parent in target.parents if not parent.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        # Inside a directory that exists: its parent may be read-only, or another file system.
        staging = (target if target.is_dir() else target.parent) / f"{STAGING_PREFIX}{secrets.token_hex(6)}"
        staging.mkdir()
        yield staging
        _publish(staging, target, names)
    except BaseException as error:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        for parent in missing:
            with suppress(OSError):
                parent.rmdir()
        if isinstance(error, OSError):
            raise ExportError(_refusal(directory, error)) from error
        raise


@contextmanager
def durable_file(path: Path) -> Iterator[TextIO]:
    """Open a new UTF-8 file for writing, line ends as they are written, and have it on disk when the block ends."""
    with path.open("x", encoding="utf-8", newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def write_durably(path: Path, content: bytes) -> None:
    """Write a new file and have it on disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _refuse_unfit(directory: Path, target: Path, names: Sequence[str], *, force: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise ExportError(f"{directory}: a file, not a directory; name another directory to export to.")
    # What a killed export left behind does not count as the user's.
    held = [entry.name for entry in target.iterdir() if not entry.name.startswith(STAGING_PREFIX)]
    if held and not force:
        raise ExportError(
            f"{directory}: this directory is not empty; name another, or use --force to replace an earlier export."
        )
    for name in names:
        if (target / name).is_dir():
            raise ExportError(f"{directory}: {name} is a directory there; move it away, or name another directory.")
        if (target / name).parent.exists() and not (target / name).parent.is_dir():
            raise ExportError(
                f"{directory}: {Path(name).parent} is a file there; move it away, or name another directory."
            )


def _publish(staging: Path, target: Path, names: Sequence[str]) -> None:
    folders = {Path(name).parent for name in names}
    for folder in folders | {Path()}:
        _sync(staging / folder)
    if target.is_dir():
        _replace_each(staging, target, names)
        for folder in folders | {Path()}:
            _sync(target / folder)
    else:
        os.rename(staging, target)
        _sync(target.parent)


def _replace_each(staging: Path, target: Path, names: Sequence[str]) -> None:
    for done, name in enumerate(names):
        try:
            (target / name).parent.mkdir(exist_ok=True)
            os.replace(staging / name, target / name)
        except OSError as error:
            if done == 0:
                raise
            raise ExportError(
                f"{target}: only {done} of {len(names)} files were replaced ({error.strerror}); export again."
            ) from error
    shutil.rmtree(staging)


def _sync(folder: Path) -> None:
    """Put the folder's list of names on disk; some network file systems cannot be asked to, and do so unasked."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _refusal(directory: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{directory}: the disk is full, so nothing was exported; free some space and export again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{directory}: no permission to write there, so nothing was exported; name another directory."
    reason = error.strerror or str(error)
    return f"{directory}: nothing was exported, as a file could not be written ({reason}); name another directory."
