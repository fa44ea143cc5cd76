"""Where an Inspect log keeps its texts: in their place, among the attachments, or in the pools of ``events_data``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_ATTACHMENT: Final = "attachment://"
_LOST = re.compile(r"attachment://[0-9a-f]{32}")


def whole(value: Any, attached: Mapping[str, Any]) -> Any:
    """The value with every attachment in its place; one that the log does not hold stays a reference."""
    if isinstance(value, str) and value.startswith(_ATTACHMENT):
        return attached.get(value.removeprefix(_ATTACHMENT), value)
    if isinstance(value, list):
        return [whole(part, attached) for part in value]
    if isinstance(value, dict):
        return {name: whole(part, attached) for name, part in value.items()}
    return value


def is_lost(value: Any) -> bool:
    """Whether a text of the value is an attachment that the log does not hold."""
    if isinstance(value, str):
        return _LOST.fullmatch(value) is not None
    if isinstance(value, list):
        return any(map(is_lost, value))
    return isinstance(value, dict) and any(map(is_lost, value.values()))


def taken(pool: Any, ranges: Any) -> list[Any] | None:
    """The entries of a pool that half-open ranges name, one range after the other; None if any is not there."""
    if not isinstance(pool, list) or not isinstance(ranges, list):
        return None
    found: list[Any] = []
    for pair in ranges:
        if not _is_range(pair) or pair[1] > len(pool):
            return None
        found += pool[pair[0] : pair[1]]
    return found


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; empty for what is no list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def an_object(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def first_text(values: Mapping[str, Any], *names: str) -> str | None:
    """The first of these entries that is a text with something in it."""
    return next((value for name in names if isinstance(value := values.get(name), str) and value), None)


def _is_range(pair: Any) -> bool:
    return (
        isinstance(pair, Sequence)
        and len(pair) == 2
        and all(isinstance(edge, int) and not isinstance(edge, bool) for edge in pair)
        and 0 <= pair[0] <= pair[1]
    )
