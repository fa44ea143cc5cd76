"""Parquet files, each row a record; read with pyarrow, which is an extra."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from core.errors import ImportRefusedError
from core.packages import install_command
from core.traces.build import trace_id_from
from core.traces.importers.record_files import Located, Records

SUFFIXES: Final = (".parquet",)
REQUIREMENT: Final = "pyarrow>=15"
_MAGIC: Final = b"PAR1"
_ROWS_AT_ONCE: Final = 64


def is_parquet(path: Path) -> bool:
    """By its first bytes, or by its name."""
    if path.is_dir():
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC or path.suffix.lower() in SUFFIXES
    except OSError:
        return path.suffix.lower() in SUFFIXES


def records_of_parquet(path: Path) -> Records:
    """A record per row, numbered from 1; what JSON has no word for is written as text, and NaN is null.

    Raises:
        ImportRefusedError: if pyarrow is not installed, or the file is broken.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        reason = f"Parquet files need pyarrow; install it: {install_command(REQUIREMENT)}."
        raise ImportRefusedError(path, reason) from error
    try:
        yield from _rows(path, pyarrow.parquet.ParquetFile(path))
    except (pyarrow.ArrowException, ValueError) as error:
        reason = f"the Parquet file cannot be read ({str(error).splitlines()[0][:200]!a}); copy it again."
        raise ImportRefusedError(path, reason) from error


def _rows(path: Path, file: Any) -> Iterator[Located]:
    number = 0
    for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
        for row in batch.to_pylist():
            number += 1
            yield Located(_plain(row), number, trace_id_from(path.stem, f"-{number}"))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
