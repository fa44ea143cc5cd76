"""Logs of the Inspect framework: ``.eval`` archives and their older JSON form, a trace per sample and epoch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from core.errors import ImportRefusedError
from core.traces.importers.inspect_archive import Archive, MemberError
from core.traces.importers.inspect_chunks import read_sample, samples_of
from core.traces.importers.inspect_samples import import_samples
from core.traces.importers.reading import decode, read_bytes
from core.traces.importers.result import ImportResult
from core.traces.reasoning import ReasoningTags
from core.traces.strict_json import StrictJSONError, parse_pythons_value, skip_space

HEADERS: Final = ("header.json", "_journal/start.json")
"""Members that describe the evaluation: the first is written at its end, the second at its start."""

_JSON_LOG = re.compile(rb'(\xef\xbb\xbf)?\s*\{\s*"version"\s*:\s*\d+\s*,\s*"status"\s*:\s*"')


def is_inspect_log(path: Path) -> bool:
    """By its name, ``.eval``, or by how a JSON log begins, whatever it is called."""
    return not path.is_dir() and (path.suffix.lower() == ".eval" or _is_json_log(path))


def read_inspect_log(path: Path, tags: Sequence[ReasoningTags]) -> ImportResult:
    """Read a trace from each sample; one that cannot become a trace costs only itself.

    Samples of an archive are read one at a time, a JSON log at once. Of a sample that stands there twice the later
    counts; one that failed is left out and counted.

    Raises:
        ImportRefusedError: if the file is empty, is no log, or has no samples.
    """
    if not _is_json_log(path):
        with Archive(path) as archive:
            return import_samples(path, _header(path, archive), _samples_of(archive), tags)
    log = _document(path)
    samples = log.get("samples")
    listed = samples if isinstance(samples, list) else []
    return import_samples(path, log, ((f"sample {n}", value) for n, value in enumerate(listed, start=1)), tags)


def _is_json_log(path: Path) -> bool:
    try:
        # Nothing is taken out of a pipe before it is read.
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return _JSON_LOG.match(file.read(1024)) is not None
    except OSError:
        # Refused, with its reason, by the format that reads it.
        return False


def _samples_of(archive: Archive) -> Iterator[tuple[str, Any]]:
    for name in samples_of(archive):
        try:
            yield name, read_sample(archive, name)
        except MemberError as error:
            yield name, error


def _header(path: Path, archive: Archive) -> Mapping[str, Any]:
    name = next((name for name in HEADERS if name in archive.names), None)
    if name is None:
        raise ImportRefusedError(path, "the archive is no Inspect log: it has no header.json; give another file.")
    try:
        header = archive.read(name)
    except MemberError as error:
        raise ImportRefusedError(path, f"{name}: {error}") from error
    if not isinstance(header, dict):
        raise ImportRefusedError(path, f"{name}: this is no JSON object; give another file.")
    return header


def _document(path: Path) -> Mapping[str, Any]:
    text = decode(path, read_bytes(path))
    try:
        value, end = parse_pythons_value(text, skip_space(text, 0))
    except StrictJSONError as error:
        line = 1 + text.count("\n", 0, error.position or 0)
        raise ImportRefusedError(path, f"not valid JSON ({error}); mend it.", line) from error
    if skip_space(text, end) < len(text) or not isinstance(value, dict):
        line = 1 + text.count("\n", 0, end)
        raise ImportRefusedError(path, "more text after the end of the log; mend it.", line)
    return value
