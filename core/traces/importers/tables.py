"""Tables of traces: a CSV or TSV with a header, each row a record whose fields are its columns."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from core.errors import ImportRefusedError
from core.traces.build import trace_id_from
from core.traces.importers.description import knowing
from core.traces.importers.known import ANSWERS, KNOWN
from core.traces.importers.reading import refuse_empty
from core.traces.importers.record_files import Located, Records
from core.traces.names import plain_name
from core.traces.strict_json import StrictJSONError, parse_pythons_value, skip_space

SUFFIXES: Final = (".csv", ".tsv", ".tab")
_DELIMITERS: Final = ",;\t|"
_LONGEST_HEADER: Final = 10_000
_TELLING: Final = frozenset(map(plain_name, ("response", "sentence_idx", *ANSWERS)))


def is_table(path: Path) -> bool:
    """By its name, ``.csv``, ``.tsv`` or ``.tab``; a text by a header that names a response, or sentences of traces."""
    suffix = path.suffix.lower()
    if path.is_dir() or suffix not in (*SUFFIXES, ".txt", ""):
        return False
    names = _names_of_header(path)
    return suffix in SUFFIXES or (len(names) > 1 and not names.isdisjoint(_TELLING))


def records_of_table(path: Path) -> Records:
    """A record per row, an empty cell counting as missing; a cell that is a JSON list or object is read as such.

    What separates the cells is what separates most names of the header, or what a first line ``sep=;`` says.

    Raises:
        ImportRefusedError: if the file is empty.
    """
    refuse_empty(path)
    return _rows(path)


def is_of_traces(path: Path) -> bool:
    """Whether the columns of a table are the fields of a record that is read."""
    row = dict.fromkeys(_names_of_header(path), "text")
    known = next(knowing(KNOWN, row), None)
    return not known.refused if known else not row.keys().isdisjoint(("response", "messages", "text"))


def _names_of_header(path: Path) -> set[str]:
    """The plain names of a file's first line, or of its second where the first is ``sep=;``."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter, _ = _begin(file)
            header = file.readline(_LONGEST_HEADER)
    except (OSError, UnicodeDecodeError):
        # Refused, with its reason, by the format that reads it.
        return set()
    names = header.strip().split(delimiter)
    return {plain_name(name.strip().strip('"')) for name in names}


def _begin(file: IO[str]) -> tuple[str, int]:
    """What separates the cells of a table, and how many lines stand before its header, to which ``file`` is set."""
    first = file.readline(_LONGEST_HEADER)
    named = first.strip()
    if named.lower().startswith("sep=") and len(named) <= len("sep=;"):
        return named[len("sep=") :] or "\t", 1
    file.seek(0)
    return max(_DELIMITERS, key=first.count), 0


def _rows(path: Path) -> Iterator[Located | ImportRefusedError]:
    # A trace is one cell, and the csv module's own limit of 128 KB for a cell is shorter than many traces.
    csv.field_size_limit(sys.maxsize)
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter, skipped = _begin(file)
            rows = csv.reader(file, delimiter=delimiter, strict=True, skipinitialspace=True)
            columns = [name.strip() for name in next(rows, [])]
            twice = next((name for name, n in Counter(columns).items() if n > 1 and name), None)
            if twice is not None:
                raise ImportRefusedError(path, f"two columns are called {twice[:60]!a}; give each its own name.", 1)
            line = rows.line_num + skipped + 1
            for cells in rows:
                if any(cells):
                    yield _record(path, columns, cells, line)
                line = rows.line_num + skipped + 1
    except UnicodeDecodeError as error:
        yield ImportRefusedError(
            path, f"a byte (0x{error.object[error.start]:02x}) is not UTF-8; save it as UTF-8.", line
        )
    except csv.Error as error:
        yield ImportRefusedError(path, f"the table is broken from here on ({error}); mend it.", line)


def _record(path: Path, columns: list[str], cells: list[str], line: int) -> Located | ImportRefusedError:
    if len(cells) != len(columns):
        return ImportRefusedError(path, f"{len(cells)} cells in a table of {len(columns)} columns; mend the row.", line)
    named = [(name, cell) for name, cell in zip(columns, cells, strict=True) if name]
    record = {name: _value(cell) for name, cell in named if cell or plain_name(name) in _TELLING}
    return Located(record, line, trace_id_from(path.stem, f"-{line}"))


def _value(cell: str) -> Any:
    if not cell.startswith(("[", "{")):
        return cell
    try:
        value, end = parse_pythons_value(cell)
    except StrictJSONError:
        return cell
    return value if skip_space(cell, end) == len(cell) else cell
