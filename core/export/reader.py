"""Reading an exported table back, each text as it was before it became a cell."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from core.errors import ImportRefusedError
from core.export.cells import from_cell
from core.export.table import PROSE


def iter_rows(path: Path) -> Iterator[dict[str, str | None]]:
    """Yield the rows of an exported CSV by column name, one at a time; numbers come as their digits.

    An empty cell is None, except in the columns that hold what a model wrote, where it is the empty text.

    Raises:
        ImportRefusedError: if the file cannot be read, or is no table with as many cells in each row as columns.
    """
    # A trace is one cell, and the csv module's own limit of 128 KB for a cell is shorter than many traces.
    csv.field_size_limit(sys.maxsize)
    try:
        # A spreadsheet that saves the table may put a byte order mark first.
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            columns = next(rows, None)
            if columns is None:
                raise ImportRefusedError(path, "an empty file, where a table with a header row was expected.")
            for cells in rows:
                if len(cells) != len(columns):
                    reason = f"{len(cells)} cells in a table of {len(columns)} columns; export it again."
                    raise ImportRefusedError(path, reason, rows.line_num)
                yield {name: _value(name, cell) for name, cell in zip(columns, cells, strict=True)}
    except OSError as error:
        raise ImportRefusedError(path, f"the table cannot be read ({error.strerror or error}).") from error
    except UnicodeDecodeError as error:
        raise ImportRefusedError(path, "not UTF-8; save the table as UTF-8.") from error
    except csv.Error as error:
        raise ImportRefusedError(path, f"not a CSV table ({error}).") from error


def read_table(path: Path) -> list[dict[str, str | None]]:
    """Read all rows of an exported CSV, as `iter_rows` yields them."""
    return list(iter_rows(path))


def _value(column: str, cell: str) -> str | None:
    if cell == "" and column not in PROSE:
        return None
    return from_cell(cell)
