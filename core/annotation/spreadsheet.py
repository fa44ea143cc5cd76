"""A table as spreadsheets save it: what separates its cells, how it is encoded, and how its columns are called."""

from __future__ import annotations

import codecs
import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import ImportRefusedError
from core.export.cells import from_cell

_DELIMITERS: Final = (",", ";", "\t", "|")
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?;*,*\s*\Z', re.IGNORECASE)
_LONGEST_HEADER: Final = 10_000
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Layout:
    """How a file is a table: its encoding, what separates cells, its columns in order, and the lines before these.

    ``is_spaced`` is true where a space follows each separator of the header, so that one does in every row.
    """

    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    n_before: int = 0
    is_spaced: bool = False


def layout_of(path: Path, column: str) -> Layout | None:
    """The layout of a table that has ``column``, whatever its case; None: the file is no such table."""
    try:
        encoding = _encoding(path)
        with path.open(encoding=encoding, newline="") as file:
            first = file.readline(_LONGEST_HEADER)
            named = _SEPARATOR_LINE.match(first)
            header = file.readline(_LONGEST_HEADER) if named else first
    except (OSError, UnicodeError):
        return None
    for delimiter in [named[1]] if named else _DELIMITERS:
        names = header.strip().split(delimiter)
        columns = tuple(_column(name) for name in names)
        if column in columns:
            is_spaced = any(name.startswith(" ") for name in names[1:])
            return Layout(encoding, delimiter, columns, 1 if named else 0, is_spaced)
    return None


def iter_cells(path: Path, layout: Layout) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row by column with the line that it begins on, from 1; rows that are empty are left out.

    Cells that a row lacks at its end are empty, as spreadsheets save them.

    Raises:
        ImportRefusedError: if the file cannot be read, a column stands twice, or a row has more cells than columns.
    """
    # A trace is one cell, and the csv module's own limit of 128 KB for a cell is shorter than many traces.
    csv.field_size_limit(sys.maxsize)
    twice = next((name for name in layout.columns if name and layout.columns.count(name) > 1), None)
    if twice:
        raise ImportRefusedError(path, f"two columns are called {twice}; keep one of them.", 1 + layout.n_before)
    try:
        with path.open(encoding=layout.encoding, newline="") as file:
            for _ in range(layout.n_before):
                file.readline()
            rows = csv.reader(file, delimiter=layout.delimiter, strict=True, skipinitialspace=layout.is_spaced)
            next(rows, None)
            line = layout.n_before + rows.line_num + 1
            for cells in rows:
                if len(cells) > len(layout.columns) and any(cells[len(layout.columns) :]):
                    reason = f"{len(cells)} cells in a table of {len(layout.columns)} columns; put texts in quotes."
                    raise ImportRefusedError(path, reason, line)
                if any(cell.strip() for cell in cells):
                    padded = [*cells, *[""] * (len(layout.columns) - len(cells))]
                    read = [from_cell(cell.rstrip() if layout.is_spaced else cell) for cell in padded]
                    yield line, dict(zip(layout.columns, read, strict=False))
                line = layout.n_before + rows.line_num + 1
    except OSError as error:
        raise ImportRefusedError(path, f"the table cannot be read ({error.strerror or error}).") from error
    except UnicodeError as error:
        raise ImportRefusedError(path, "the table is in no encoding known here; save it as UTF-8.") from error
    except csv.Error as error:
        raise ImportRefusedError(path, f"not a CSV table ({error}); export it again.") from error


def decimal(cell: str) -> float | None:
    """Read a number with a point or, as much of Europe writes it, a comma; None: it is no number."""
    try:
        return float(cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)
    except ValueError:
        return None


def _column(name: str) -> str:
    """A column's name as turnpoint writes it: ``Trace ID`` is ``trace_id``."""
    return re.sub(r"[\s-]+", "_", name.strip().strip('"').strip()).lower()


def _encoding(path: Path) -> str:
    """UTF-16 by its mark, UTF-8 where all of the file is, and otherwise what Windows in the west of Europe writes."""
    with path.open("rb") as file:
        if file.read(2) in _UTF16:
            return "utf-16"
    try:
        with path.open(encoding="utf-8-sig") as text:
            while text.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"
