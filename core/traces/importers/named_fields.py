"""Records whose fields somebody names, for formats that nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

from core.errors import ConfigError, ImportRefusedError
from core.traces.importers.record import RecordRefusedError
from core.traces.importers.record_files import Located, Records, import_records
from core.traces.importers.rendered import unrendered
from core.traces.importers.result import ImportResult
from core.traces.importers.unrecognised import fields_found
from core.traces.names import is_filled, look
from core.traces.reasoning import ReasoningTags

NAMEABLE: Final = (
    *("response", "reasoning", "prompt", "system", "messages", "id", "model", "query", "tier", "prompt_variant"),
)
"""The fields of a record of turnpoint's own that may be named."""

_SAMPLE: Final = 1000


@dataclass(frozen=True)
class FieldNames:
    """Where the fields of turnpoint's own records stand in those of a file, as dotted paths by name."""

    paths: Mapping[str, str]


def field_names(written: str) -> FieldNames:
    """Read ``response=raw,reasoning=cot,prompt=question``.

    Raises:
        ConfigError: for what is not of this form, and for a field that turnpoint does not have.
    """
    paths: dict[str, str] = {}
    for pair in written.split(","):
        name, equals, path = (part.strip() for part in pair.partition("="))
        if not (name and equals and path):
            raise ConfigError(
                f"--fields {pair.strip()[:60]!a} is not NAME=FIELD; write it as response=raw,prompt=question."
            )
        if name not in NAMEABLE:
            raise ConfigError(f"--fields cannot name {name[:60]!a}; the names are {', '.join(NAMEABLE)}.")
        if name in paths:
            raise ConfigError(f"--fields names {name} twice; name it once.")
        paths[name] = path
    if paths.keys().isdisjoint(("response", "messages", "reasoning")):
        raise ConfigError("--fields names no response; add response=FIELD, or messages=FIELD.")
    if "prompt" in paths and "messages" in paths:
        raise ConfigError("--fields names both prompt and messages; name one of them.")
    return FieldNames(paths)


def by_fields(
    path: Path, read: Callable[[Path], Records], names: FieldNames, tags: Sequence[ReasoningTags]
) -> ImportResult:
    """The traces of a file's records by the fields named.

    Raises:
        ImportRefusedError: if a field is in none of the first records; the fields found are named.
    """
    records = read(path)
    first: list[Located | ImportRefusedError] = [record for record, _ in zip(records, range(_SAMPLE), strict=False)]
    values = [r.value for r in first if isinstance(r, Located) and isinstance(r.value, dict)]
    for field in names.paths.values():
        if values and not any(look(value, field) is not None for value in values):
            found = fields_found(max(values, key=len))
            raise ImportRefusedError(path, f"no record has a field {field[:60]!a}; the fields found are {found}.")
    return import_records(path, chain(first, records), partial(_rewritten, names), tags)


def _rewritten(names: FieldNames, value: Any, path: Path, fallback_id: str) -> Iterator[dict[str, Any]]:
    if not isinstance(value, dict):
        raise RecordRefusedError("the record is no object; --fields name the fields of objects.")
    paths = {**_unnamed(names, value), **names.paths}
    record = {name: look(value, field) for name, field in paths.items()}
    if record.get("response") is None and record.get("messages") is None and not is_filled(record.get("reasoning")):
        raise RecordRefusedError(f"the field {names.paths.get('response', '')[:60]!a} is missing; give the response.")
    if isinstance(record.get("id"), dict | list):
        raise RecordRefusedError("the field that is named as the id is no text; name another.")
    if "response" in names.paths and record["response"] is None:
        record["response"] = ""
    used = {field.partition(".")[0] for field in paths.values()}
    kept = {name: inner for name, inner in value.items() if name not in {*used, "metadata"} and inner is not None}
    inner = value.get("metadata")
    kept |= inner if isinstance(inner, dict) else {"metadata": inner} if is_filled(inner) else {}
    yield dict(unrendered({name: inner for name, inner in {**record, "metadata": kept}.items() if inner is not None}))


def _unnamed(names: FieldNames, value: Mapping[str, Any]) -> dict[str, str]:
    """The answer and its prompt under turnpoint's own names, where only the reasoning beside them is named."""
    if not names.paths.keys().isdisjoint(("response", "messages")):
        return {}
    taken = {field.partition(".")[0] for field in names.paths.values()} | names.paths.keys()
    answer = next((name for name in ("response", "messages") if is_filled(value.get(name)) and name not in taken), None)
    if answer is None:
        return {}
    more = (
        ("id", "model", "system") if answer == "messages" or "prompt" in taken else ("id", "model", "system", "prompt")
    )
    return {name: name for name in (answer, *more) if name in value and name not in taken}
