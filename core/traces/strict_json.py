"""JSON as its standard has it: no repeated keys, no NaN, no number too large to keep, no bottomless nesting."""

from __future__ import annotations

import json
import math
from typing import Any, Final, NoReturn

DEEPEST: Final = 100
"""Levels of nesting; more is refused, so that nothing that handles the value later runs out of stack."""


class StrictJSONError(ValueError):
    """Text that is not strict JSON; ``position`` is where in the text, when that is known."""

    def __init__(self, reason: str, position: int | None = None) -> None:
        self.position = position
        super().__init__(reason)


def parse_value(text: str, start: int = 0) -> tuple[Any, int]:
    """Parse the JSON value at ``start`` and say where it ends.

    Raises:
        StrictJSONError: if there is no strict JSON value at ``start``.
    """
    return _parse(_DECODER, text, start)


def parse_pythons_value(text: str, start: int = 0) -> tuple[Any, int]:
    """The same for JSON as Python programs write it: NaN and the infinities are undefined, and become None.

    Raises:
        StrictJSONError: if there is no such value at ``start``.
    """
    return _parse(_PYTHONS_DECODER, text, start)


def _parse(decoder: json.JSONDecoder, text: str, start: int) -> tuple[Any, int]:
    try:
        value, end = decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        reason = (error.msg[:1].lower() + error.msg[1:]).rstrip(": ").removesuffix(" at")
        raise StrictJSONError(reason, error.pos) from error
    except RecursionError as error:
        raise StrictJSONError(f"nested more than {DEEPEST} levels deep", start) from error
    except StrictJSONError as error:
        raise StrictJSONError(str(error), start) from error
    except ValueError as error:
        raise StrictJSONError("a number is too long", start) from error
    if _deeper_than(DEEPEST, value):
        raise StrictJSONError(f"nested more than {DEEPEST} levels deep", start)
    return value, end


def skip_space(text: str, start: int) -> int:
    """The position of the first character from ``start`` on that is not JSON's white space."""
    while start < len(text) and text[start] in " \t\r\n":
        start += 1
    return start


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise StrictJSONError(f"the key {key[:80]!a} occurs twice in one object")
            seen.add(key)
    return record


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise StrictJSONError(f"the number {digits[:80]} is too large")
    return number


def _no_constant(name: str) -> NoReturn:
    raise StrictJSONError(f"{name} is no JSON value")


def _deeper_than(limit: int, value: Any) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_without_repeats, parse_float=_finite, parse_constant=_no_constant)
_PYTHONS_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_without_repeats, parse_float=_finite, parse_constant=lambda _: None
)
