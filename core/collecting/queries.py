"""The queries of an evaluation, from CSV, JSON Lines or plain lines; what is not understood is refused by its line."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.canonical import short_hash
from core.errors import ImportRefusedError
from core.traces.importers.reading import decode, read_bytes
from core.traces.strict_json import StrictJSONError, parse_value, skip_space

COLUMNS: Final = ("query", "goal", "prompt", "text")
"""Names under which a query is looked for, in this order; ``goal`` is that of AdvBench."""

LONGEST_ID: Final = 80
_WORDS_IN_ID: Final = 5
_JSON_LINES: Final = (".jsonl", ".ndjson")


@dataclass(frozen=True)
class Query:
    """What is asked, and the name it goes by; ``kind`` is what the file says of it, None where it says nothing."""

    id: str
    text: str
    kind: str | None = None


@dataclass(frozen=True)
class QueryFile:
    """The queries of a file in its order, each text once; ``n_repeated`` says how many were there before."""

    queries: tuple[Query, ...]
    n_repeated: int = 0


def read_queries(path: Path, column: str | None = None) -> QueryFile:
    """Read ``path``: a table (``.csv``) with a header, JSON objects (``.jsonl``, ``.ndjson``), or else a query a line.

    The query is in ``column``, or in the first of `COLUMNS` that the record has; ``id`` and ``kind`` are taken where
    they are given. Without an id a query is named by its first words and a hash of its text.

    Raises:
        ImportRefusedError: naming the file and the line of what is missing, mistyped, blank or named twice.
    """
    try:
        data = read_bytes(path)
    except OSError as error:
        raise ImportRefusedError(
            path, f"the queries cannot be read ({error.strerror or error}); mend the name or the file."
        ) from error
    text = decode(path, data)
    found: dict[str, Query] = {}
    line_of_id: dict[str, int] = {}
    n_repeated = 0
    for line, record in _records(path, text):
        query = _query(path, line, record, column)
        if query.text in found:
            n_repeated += 1
            continue
        if query.id in line_of_id:
            raise ImportRefusedError(
                path, f"the id {query.id!a} is taken by line {line_of_id[query.id]}; give each query its own.", line
            )
        found[query.text] = query
        line_of_id[query.id] = line
    if not found:
        raise ImportRefusedError(path, "the file has no queries; there is nothing to ask.")
    return QueryFile(tuple(found.values()), n_repeated)


def query_id(text: str) -> str:
    """A name for a query that is readable and always the same: its first words, and four hex digits of its hash."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return "-".join([*(word[:16] for word in words[:_WORDS_IN_ID]), short_hash(text)[:4]])


def _records(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each record with the line on which it begins."""
    kind = path.suffix.lower()
    if kind == ".csv":
        return _rows(path, text)
    if kind in _JSON_LINES:
        return _objects(path, text)
    lines = enumerate(text.splitlines(), start=1)
    return ((number, {COLUMNS[0]: line.strip()}) for number, line in lines if line.strip())


def _rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [name.strip() for name in next(rows, [])]
        line = rows.line_num
        for cells in rows:
            begins, line = line + 1, rows.line_num
            if not cells:
                continue
            if len(cells) != len(names):
                raise ImportRefusedError(path, f"{len(cells)} cells under {len(names)} column names; mend it.", begins)
            yield begins, dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise ImportRefusedError(
            path, f"not a CSV table ({error}); mend it, or give a query a line in a .txt file.", rows.line_num
        ) from error


def _objects(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    # Only "\n" ends a line here: a JSON string may hold U+2028 and its kin as they are.
    for number, line in enumerate(text.split("\n"), start=1):
        start = skip_space(line, 0)
        if start == len(line):
            continue
        try:
            value, end = parse_value(line, start)
        except StrictJSONError as error:
            raise ImportRefusedError(path, f"not valid JSON ({error}); mend it.", number) from error
        if skip_space(line, end) < len(line):
            raise ImportRefusedError(path, "not valid JSON (more text after the end); one object a line.", number)
        if not isinstance(value, dict):
            raise ImportRefusedError(path, 'the record is no object; write {"query": ...}.', number)
        yield number, value


def _query(path: Path, line: int, record: Mapping[str, Any], column: str | None) -> Query:
    name = column or next((name for name in COLUMNS if name in record), None)
    if name is None or name not in record:
        there = ", ".join(record) or "none"
        wanted = repr(column) if column else " or ".join(COLUMNS)
        raise ImportRefusedError(path, f"no column {wanted}; name one with --column (there are: {there}).", line)
    text = record[name]
    if not isinstance(text, str) or not text.strip():
        raise ImportRefusedError(path, f"the query in {name!r} is blank or no text; write it, or drop the line.", line)
    text = text.strip()
    return Query(_id(path, line, record) or query_id(text), text, _kind(path, line, record))


def _id(path: Path, line: int, record: Mapping[str, Any]) -> str | None:
    given = record.get("id")
    if given is None or given == "":
        return None
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise ImportRefusedError(path, "the field 'id' is no text; make it a word or a whole number.", line)
    name = str(given).strip()
    if not name or not name.isprintable() or len(name) > LONGEST_ID:
        raise ImportRefusedError(path, f"the id must be 1 to {LONGEST_ID} printable characters; choose another.", line)
    return name


def _kind(path: Path, line: int, record: Mapping[str, Any]) -> str | None:
    kind = record.get("kind")
    if kind is not None and not isinstance(kind, str):
        raise ImportRefusedError(path, "the field 'kind' is no text; make it a word.", line)
    return kind or None
