"""Where a value stands in a record, whichever way its program spells names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from core.traces.strict_json import DEEPEST


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """A name without case and separators, so that ``finishReason``, ``finish_reason`` and ``Finish reason`` are one."""
    return "".join(char for char in name.casefold() if char not in "_- .")


def names_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """The names of an object as it spells them, by their plain names; of two that are alike the first counts."""
    spelled: dict[str, str] = {}
    for name in fields:
        spelled.setdefault(plain_name(name), name)
    return spelled


def field(fields: Mapping[str, Any], name: str) -> Any:
    """The value of one field: that of this very name, or else of one that differs in case and separators alone."""
    if name in fields:
        return fields[name]
    spelled = names_of(fields).get(plain_name(name))
    return None if spelled is None else fields[spelled]


def look(value: Any, path: str) -> Any:
    """What stands at a dotted path such as ``choices.0.message``; None where there is nothing.

    A number is a position in a list, from 0 or, negative, from its end. A field whose whole name has dots comes first.
    """
    if not path:
        return value
    if isinstance(value, Mapping) and path in value:
        return value[path]
    for step in path.split(".")[:DEEPEST]:
        if isinstance(value, Mapping):
            value = field(value, step)
        elif isinstance(value, list) and step.removeprefix("-").isdecimal() and -len(value) <= int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def first_filled(value: Any, paths: Iterable[str]) -> Any:
    """What stands at the first path where there is anything but null, blank text and an empty list."""
    return next((found for path in paths if is_filled(found := look(value, path))), None)


def is_filled(value: Any) -> bool:
    """Whether a field says anything: null, blank text, and empty lists and objects do not."""
    return bool(value.strip()) if isinstance(value, str) else value not in (None, [], {})


def has(value: Any, condition: str) -> bool:
    """Whether a record has a path (``choices.0.text``), or has this value there (``object=response``)."""
    path, _, wanted = condition.partition("=")
    found = look(value, path)
    return (found == wanted or str(found).lower() == wanted) if wanted else found is not None
