"""The parts of a message's content, where it is a list and no plain text: which are text, and which reasoning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

TEXT, REASONING, REFUSAL = "text", "reasoning", "refusal"

_KINDS: Final = {
    "text": TEXT,
    "input_text": TEXT,
    "output_text": TEXT,
    "refusal": REFUSAL,
    "reasoning": REASONING,
    "thinking": REASONING,
}
_FIELDS: Final = {"refusal": "refusal", "reasoning": "reasoning", "thinking": "thinking"}
"""Where the text of a part stands, other than in ``text``."""
_WITHOUT_TEXT: Final = frozenset(("reference", "tool_reference"))


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
    if name in _WITHOUT_TEXT:
        return None
    if name not in _KINDS:
        raise NoTextError(f"a part {number} that is no text")
    if _KINDS[name] != REASONING or part.get("redacted") is not True:
        return Part(_text(part, _FIELDS.get(name, "text"), number), _KINDS[name])
    summary = part.get("summary") or ""
    if not isinstance(summary, str):
        raise NoTextError("a summary that is no text")
    return Part(summary, REASONING)


def _text(part: Mapping[str, Any], field: str, number: int) -> str:
    value = part.get(field)
    if isinstance(value, list) and all(isinstance(inner, dict) and inner.get("type") == "text" for inner in value):
        return "".join(_text(inner, "text", number) for inner in value)
    if not isinstance(value, str):
        raise NoTextError(f"a part {number} without text")
    return value
