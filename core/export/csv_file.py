"""One CSV file of an export, as RFC 4180 has it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.export.cells import to_cell
from core.export.directory import durable_file
from core.export.table import Row


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write a header and ``rows`` into a new file, and return how many rows there were."""
    n_rows = 0
    with durable_file(path) as file:
        # "\r\n" ends a row, which makes the writer quote a cell with either of the two in it.
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([to_cell(value) for value in row])
            n_rows += 1
    return n_rows
