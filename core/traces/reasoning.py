"""Which part of a response is its reasoning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from core.traces.model import Span


@dataclass(frozen=True)
class ReasoningTags:
    """The two strings that enclose a model's reasoning, matched exactly: case and inner spaces count."""

    open: str
    close: str


DEFAULT_TAGS: Final[tuple[ReasoningTags, ...]] = tuple(
    ReasoningTags(f"<{name}>", f"</{name}>") for name in ("SCRATCHPAD_REASONING", "HIDDEN_SCRATCHPAD", "think")
)
"""Tried in this order: a scratchpad that the prompt asked for counts before a model's own thinking."""


def find_reasoning(response: str, tags: Iterable[ReasoningTags] = DEFAULT_TAGS) -> Span:
    """Find the reasoning of a response.

    The first pair of ``tags`` whose opening occurs decides: from its first opening to the last closing after it,
    or to the end of a response that was cut off. If no opening occurs, the first pair whose closing does decides:
    from the start to its last closing, because chat templates put the opening into the prompt. Without any tag
    the whole response is reasoning.

    White space after the opening is inside the span; white space at the end is outside, so that the prefix after
    the last sentence does not end in it.

    Returns:
        Character range in ``response``, without the tags; empty if only white space is left.
    """
    start, end = _between_tags(response, tuple(tags))
    return Span(start, start + len(response[start:end].rstrip()))


def after_reasoning(response: str, tags: Sequence[ReasoningTags] = DEFAULT_TAGS, given: int = 0) -> str | None:
    """What follows the last closing tag of any kind, or None if nothing was closed.

    The first ``given`` characters are a prefix, which ends within the reasoning: a tag in it closes nothing.
    """
    closed = last_closing(response, tags, given)
    return None if closed is None else response[closed.end :]


def is_reasoning_open(response: str, tags: Sequence[ReasoningTags] = DEFAULT_TAGS, given: int = 0) -> bool:
    """Whether a reasoning has not been closed, or was opened again after the last closing tag."""
    after = after_reasoning(response, tags, given)
    return after is None or any(pair.open in after for pair in tags)


def last_closing(response: str, tags: Sequence[ReasoningTags], given: int = 0) -> Span | None:
    """Where the last closing tag of any kind stands that ends after the first ``given`` characters; None: nowhere."""
    found = [Span(at, at + len(pair.close)) for pair in tags if (at := response.rfind(pair.close)) >= 0]
    last = max(found, key=lambda span: span.end, default=None)
    return None if last is None or last.end <= given else last


def _between_tags(response: str, tags: tuple[ReasoningTags, ...]) -> tuple[int, int]:
    for pair in tags:
        opening = response.find(pair.open)
        if opening >= 0:
            start = opening + len(pair.open)
            closing = response.rfind(pair.close, start)
            return start, closing if closing >= 0 else len(response)
    for pair in tags:
        closing = response.rfind(pair.close)
        if closing >= 0:
            return 0, closing
    return 0, len(response)
