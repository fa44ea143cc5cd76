"""Read traces from files: one module per kind of file, and the list of kinds, tried in order.

A kind of file has a function that recognises a path and one that reads it; to add one, write a module with both and
put it into ``FORMATS`` before the kinds that would also take its files. What the records of a file are called is said
by the descriptions of ``known.py``, whichever kind of file they come in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from core.errors import ImportRefusedError
from core.traces.importers import inspect_log, json_records, parquet, plain, tables, thought_anchors, unpacked
from core.traces.importers.dialects import own_records
from core.traces.importers.named_fields import FieldNames, by_fields
from core.traces.importers.record_files import Records, Rewrite, import_records
from core.traces.importers.result import ImportResult
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags

__all__ = ["FORMATS", "RECORD_FILES", "SUFFIXES", "ImportResult", "read_as_text", "read_by_fields", "read_traces"]

Read = Callable[[Path, Sequence[ReasoningTags]], ImportResult]


class RecordFile(NamedTuple):
    """One kind of file that holds records: ``records`` reads them, or raises as `Format.read` does."""

    name: str
    suffixes: tuple[str, ...]
    recognise: Callable[[Path], bool]
    records: Callable[[Path], Records]


class Format(NamedTuple):
    """One kind of file or folder that holds traces.

    ``suffixes`` are those by which such a file is taken from a folder. ``recognise`` is true for an existing path of
    this kind. ``read`` raises `ImportRefusedError` or `OSError` when nothing of the path can be read, and otherwise
    lists what it refuses.
    """

    name: str
    suffixes: tuple[str, ...]
    recognise: Callable[[Path], bool]
    read: Read


RECORD_FILES: Final[tuple[RecordFile, ...]] = (
    RecordFile("Parquet", parquet.SUFFIXES, parquet.is_parquet, parquet.records_of_parquet),
    RecordFile("table", tables.SUFFIXES, tables.is_table, tables.records_of_table),
    RecordFile("JSON Lines", json_records.LINES, json_records.is_json_lines, json_records.records_of_lines),
    RecordFile("JSON", json_records.DOCUMENT, json_records.is_json, json_records.records_of_json),
)


def _read_records(
    path: Path, tags: Sequence[ReasoningTags], *, file: RecordFile, rewrite: Rewrite = own_records
) -> ImportResult:
    return import_records(path, file.records(path), rewrite, tags)


FORMATS: Final[tuple[Format, ...]] = (
    Format("thought-anchors folder", (), thought_anchors.is_thought_anchors, thought_anchors.read_thought_anchors),
    Format("Inspect log", (".eval",), inspect_log.is_inspect_log, inspect_log.read_inspect_log),
    *(
        Format(file.name, file.suffixes, file.recognise, partial(_read_records, file=file, rewrite=own_records))
        for file in RECORD_FILES
    ),
    Format("plain text", plain.SUFFIXES, plain.is_plain, plain.read_plain),
)

SUFFIXES: Final = tuple(suffix for kind in FORMATS for suffix in kind.suffixes)
"""What is taken from a folder, compressed or not; a file that is named itself may be called anything."""


def read_traces(path: Path, tags: Sequence[ReasoningTags] = DEFAULT_TAGS) -> ImportResult:
    """Read every trace of a file, and list every record that was refused, each with its reason and line.

    Compressed files and pipes are read as well. Whether a trace is in the database already is not asked here.
    """
    return _read(path, partial(_as_what_it_is, tags=tags))


def read_as_text(path: Path, tags: Sequence[ReasoningTags] = DEFAULT_TAGS) -> ImportResult:
    """Read a file as one response, whatever it looks like."""
    return _read(path, lambda file: plain.read_text(file, tags))


def read_by_fields(path: Path, names: FieldNames, tags: Sequence[ReasoningTags] = DEFAULT_TAGS) -> ImportResult:
    """Read a file of records by the fields that ``names`` gives, instead of those of a known format."""
    return _read(path, partial(_by_fields, names=names, tags=tags))


def is_taken_from_folder(path: Path, tags: Sequence[ReasoningTags] = DEFAULT_TAGS) -> bool:
    """Whether a file of a folder is read: by its suffix, a text only if it has reasoning, a table only of traces."""
    if path.suffix.lower() in unpacked.SUFFIXES:
        return path.with_suffix("").suffix.lower() in SUFFIXES
    if path.suffix.lower() in plain.SUFFIXES:
        return plain.has_reasoning(path, tags)
    if path.suffix.lower() in tables.SUFFIXES:
        return tables.is_of_traces(path)
    return path.suffix.lower() in SUFFIXES


def _as_what_it_is(path: Path, *, tags: Sequence[ReasoningTags]) -> ImportResult:
    for kind in FORMATS:
        if kind.recognise(path):
            return kind.read(path, tags)
    raise ImportRefusedError(path, "a folder of no known kind; name the files in it.")


def _by_fields(path: Path, *, names: FieldNames, tags: Sequence[ReasoningTags]) -> ImportResult:
    for file in RECORD_FILES:
        if file.recognise(path):
            return by_fields(path, file.records, names, tags)
    raise ImportRefusedError(path, "no file of records, and so --fields mean nothing to it; leave it out.")


def _read(path: Path, read: Callable[[Path], ImportResult]) -> ImportResult:
    """What is read of a path, with all that is refused said of the path that was named."""
    try:
        if not path.exists() and not path.is_symlink():
            raise ImportRefusedError(path, "no such file; check the path.")
        with unpacked.unpacked(path) as file:
            try:
                result = read(file)
            except ImportRefusedError as refusal:
                result = ImportResult((), (refusal,))
            if file == path:
                return result
            named = tuple(ImportRefusedError(path, r.reason, r.line, r.n) for r in result.refused)
            return replace(result, refused=named)
    except ImportRefusedError as refusal:
        return ImportResult((), (refusal,))
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error}); check the path and its permissions."
        return ImportResult((), (ImportRefusedError(path, reason),))
