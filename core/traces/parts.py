"""The parts of a message's content, where it is a list and no plain text: which are text, and which reasoning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from core.traces.reasoning_beside import REASONING_PARTS, Reasoning, reasoning_of

TEXT, REASONING, REFUSAL = "text", "reasoning", "refusal"

TEXT_PARTS: Final = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
"""Types of the parts that are text, and the field in which each has it."""
POINTERS: Final = frozenset(("reference", "tool_reference"))
"""Types of the parts that point into sources, and say nothing."""


class Part(NamedTuple):
    """What one part says; ``kind`` is text, reasoning, or refusal."""

    text: str
    kind: str = TEXT


class NoTextError(ValueError):
    """Content that is not text; it says what there is instead, to stand after "the content is" or "has"."""


def parts_of(value: object) -> tuple[Part, ...]:
    """Read content that is a text, or a list of parts as OpenAI, Anthropic and Mistral write them.

    The text of a part may be a list of parts itself; pointers into sources have none, and are left out. Reasoning that
    its maker encrypted counts by its summary.

    Raises:
        NoTextError: if there is a part that is no text, or nothing at all.
    """
    if isinstance(value, str):
        return (Part(value),)
    if not isinstance(value, list) or not value:
        raise NoTextError("no text and no list of parts")
    read = (_part(part, number) for number, part in enumerate(value, start=1))
    return tuple(part for part in read if part is not None)


def _part(part: object, number: int) -> Part | None:
    name = part.get("type") if isinstance(part, dict) else None
    if not isinstance(part, dict) or not isinstance(name, str):
        raise NoTextError(f"a part {number} that is no text")
    if name in POINTERS:
        return None
    if name in REASONING_PARTS:
        return Part(thought_in(part, name, number).text, REASONING)
    if name not in TEXT_PARTS:
        raise NoTextError(f"a part {number} that is no text")
    return Part(text_in(part, TEXT_PARTS[name], number), REFUSAL if name == REFUSAL else TEXT)


def thought_in(part: Mapping[str, Any], kind: str, number: int) -> Reasoning:
    """The reasoning of part ``number`` (from 1), which is of that ``kind``.

    Raises:
        NoTextError: if what it has is no text.
    """
    found, named = reasoning_of(part), part.get(kind)
    if named and not isinstance(named, str) and not found.text and not found.is_encrypted:
        raise NoTextError(f"a part {number} without text")
    return found


def text_in(part: Mapping[str, Any], name: str, number: int) -> str:
    """The text of part ``number`` (from 1), in its field ``name``: a string, or a list of parts that are text.

    Raises:
        NoTextError: if there is none.
    """
    value = part.get(name)
    if isinstance(value, list) and all(isinstance(inner, dict) and inner.get("type") == "text" for inner in value):
        return "".join(text_in(inner, "text", number) for inner in value)
    if not isinstance(value, str):
        raise NoTextError(f"a part {number} without text")
    return value
