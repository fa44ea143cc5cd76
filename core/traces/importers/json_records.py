"""JSON and JSON Lines files: which of both a file is, whatever it is called, and its records with their lines.

Lines are read one by one, so that a file of lines may be larger than the memory that its text would take. Both are read
as Python writes them: NaN and the infinities are undefined, and count as null.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from core.errors import ImportRefusedError
from core.traces.build import trace_id_from
from core.traces.importers.reading import decode, read_bytes, refuse_empty
from core.traces.importers.record_files import Located, Records
from core.traces.strict_json import StrictJSONError, parse_pythons_value, skip_space

LINES: Final = (".jsonl", ".ndjson")
DOCUMENT: Final = (".json",)
_LISTS: Final = ("data", "rows", "records", "results", "examples", "instances", "items", "entries")
_OF_RECORDS: Final = ("response", "messages", "prompt", "choices", "output", "content", "completion", "question")


def is_json_lines(path: Path) -> bool:
    """Whether a file holds a JSON value per line: by what its first lines are, or else by its name."""
    return _shape(path) == "lines"


def is_json(path: Path) -> bool:
    """Whether a file is one JSON value, by what is in it or else by its name."""
    return _shape(path) == "document"


def records_of_lines(path: Path) -> Records:
    """One record per line; blank lines are skipped, and a broken line costs only itself.

    Raises:
        ImportRefusedError: if the file is empty.
    """
    refuse_empty(path)
    return _records_of_lines(path)


def records_of_json(path: Path) -> Records:
    """One record, or a list of records; broken JSON costs the whole file, whose records have no sure borders.

    Raises:
        ImportRefusedError: if the file is not UTF-8 or is not JSON.
    """
    return _records_of_document(path, decode(path, read_bytes(path)))


def _shape(path: Path) -> str:
    """``lines``, ``document``, or blank for what is no JSON.

    A name that ends as JSON does is believed, but for a value that takes many lines where there should be one per
    line, and for many values where there should be one.
    """
    if path.is_dir():
        return ""
    suffix = path.suffix.lower()
    named = "lines" if suffix in LINES else "document" if suffix in DOCUMENT else ""
    try:
        first, second = _two_lines(path)
    except (OSError, UnicodeDecodeError):
        # Refused, with its reason, by the format that reads it.
        return named
    if not first.startswith(("{", "[")):
        return named
    if _is_value(first):
        is_list = first.startswith("[") and not second
        return "lines" if second or (named != "document" and not is_list) else "document"
    if not named:
        return "document" if _is_document(path) else ""
    return "document" if named == "lines" and not _is_value(second) and _is_document(path) else named


def _two_lines(path: Path) -> tuple[str, str]:
    """The first two lines that are not blank, without white space around them."""
    found: list[str] = []
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        for line in file:
            if line.strip():
                found.append(line.strip())
            if len(found) == 2:
                break
    return (*found, "", "")[0], (*found, "", "")[1]


def _is_value(text: str) -> bool:
    try:
        value, end = parse_pythons_value(text, 0)
    except StrictJSONError:
        return False
    return isinstance(value, dict | list) and skip_space(text, end) == len(text)


def _is_document(path: Path) -> bool:
    try:
        return _is_value(path.read_text("utf-8-sig").strip())
    except (OSError, UnicodeDecodeError):
        return False


def _records_of_lines(path: Path) -> Iterator[Located | ImportRefusedError]:
    # Only "\n" ends a line of a file of bytes: a JSON string may hold U+2028 and its kin as they are.
    offset = 0
    for line, raw in enumerate(_raw_lines(path), start=1):
        try:
            text = decode(path, raw, offset=offset, line=line)
            start = skip_space(text, 0)
            if start < len(text):
                yield Located(_only_value(path, text, line), line, trace_id_from(path.stem, f"-{line}"))
        except ImportRefusedError as refusal:
            yield refusal
        offset += len(raw) + 1


def _raw_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for raw in file:
            yield raw.removesuffix(b"\n")


def _records_of_document(path: Path, text: str) -> Iterator[Located]:
    start = skip_space(text, 0)
    if start == len(text):
        return
    line = 1 + text.count("\n", 0, start)
    if text[start] != "[":
        value = _only_value(path, text, 1)
        listed = _listed(value)
        for position, record in enumerate(listed, start=1):
            yield Located(record, line, trace_id_from(path.stem, f"-{position}"))
        if not listed:
            yield Located(value, line, trace_id_from(path.stem))
        return
    elements = _elements(path, text, start)
    if elements and all(isinstance(value, dict) and _is_turn(value) for value, _ in elements):
        yield Located([value for value, _ in elements], line, trace_id_from(path.stem))
        return
    for position, (value, at) in enumerate(elements, start=1):
        line += text.count("\n", start, at)
        start = at
        yield Located(value, line, trace_id_from(path.stem, f"-{position}"))


def _listed(value: Any) -> list[Any]:
    """The records of an object that holds little else than a list of them; none if it is a record itself."""
    if not isinstance(value, dict) or not value.keys().isdisjoint(_OF_RECORDS):
        return []
    return next(
        (
            found
            for name in _LISTS
            if isinstance(found := value.get(name), list) and found and all(isinstance(one, dict) for one in found)
        ),
        [],
    )


def _is_turn(value: dict[str, Any]) -> bool:
    """Whether an object of a list is a turn of one conversation rather than a record."""
    return "role" in value and "content" in value and value.keys().isdisjoint(("messages", "response", "prompt", "id"))


def _elements(path: Path, text: str, opening: int) -> list[tuple[Any, int]]:
    """The values of the JSON list that begins at ``opening``, each with its position.

    Raises:
        ImportRefusedError: if the text is not one JSON list.
    """
    elements: list[tuple[Any, int]] = []
    at = skip_space(text, opening + 1)
    if text[at : at + 1] != "]":
        at = opening
        while text[at : at + 1] != "]" or not elements:
            if elements and text[at : at + 1] != ",":
                raise _not_json(path, text, at, "expecting ',' or ']' in the list", 1)
            at = skip_space(text, at + 1)
            value, end = _value_at(path, text, at, 1)
            elements.append((value, at))
            at = skip_space(text, end)
    _nothing_after(path, text, at + 1, 1)
    return elements


def _only_value(path: Path, text: str, first_line: int) -> Any:
    value, end = _value_at(path, text, skip_space(text, 0), first_line)
    _nothing_after(path, text, end, first_line)
    return value


def _value_at(path: Path, text: str, at: int, first_line: int) -> tuple[Any, int]:
    try:
        return parse_pythons_value(text, at)
    except StrictJSONError as error:
        raise _not_json(path, text, at if error.position is None else error.position, str(error), first_line) from error


def _nothing_after(path: Path, text: str, end: int, first_line: int) -> None:
    at = skip_space(text, end)
    if at < len(text):
        raise _not_json(path, text, at, "more text after the end; JSON Lines files are named .jsonl", first_line)


def _not_json(path: Path, text: str, at: int, reason: str, first_line: int) -> ImportRefusedError:
    line = first_line + text.count("\n", 0, at)
    column = at - text.rfind("\n", 0, at)
    return ImportRefusedError(path, f"not valid JSON at column {column} ({reason}); mend it.", line)
