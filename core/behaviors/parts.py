"""The parts of a response that a behavior can be read off, of which scope, and whether a part was cut off."""

from __future__ import annotations

import re
from typing import Final

from core.behaviors.behavior import Answer
from core.errors import ConfigError
from core.finishing import was_cut
from core.traces.model import Span
from core.traces.reasoning import after_reasoning, find_reasoning, is_reasoning_open

PARTS = ("answer", "reasoning", "response")
CONTINUATION, WHOLE = "continuation", "whole"
SCOPES: Final = (CONTINUATION, WHOLE)
"""What of a response counts: what was generated after the prefix, or prefix and continuation together."""

# The letters of a word as RE2's \b has them: what continues a word that the prefix began is no word.
_REST_OF_WORD = re.compile(r"(?<=[0-9A-Za-z_])[0-9A-Za-z_]+")


def part_of(answer: Answer, where: str, scope: str = WHOLE) -> str | None:
    """The text of a part: ``answer`` follows the last closing reasoning tag; ``response`` is all of it, tags as well.

    In the scope `CONTINUATION` it is what of the part was generated, and empty where the prefix has all of it. None for
    the answer of a response whose reasoning was not closed.

    Raises:
        ConfigError: if there is no such part.
    """
    if where not in PARTS:
        raise ConfigError(f'a response has no part "{where}"; its parts are {", ".join(PARTS)}.')
    if where == "answer":
        return after_reasoning(answer.text, answer.tags, _given(answer, scope))
    if scope == WHOLE:
        return answer.text if where == "response" else answer.reasoning
    span = _generated(answer, where)
    return answer.text[span.start : span.end]


def words_of(answer: Answer, where: str, scope: str = WHOLE) -> str | None:
    """As `part_of`, but without the rest of a word that the prefix had begun."""
    if where == "answer" or scope == WHOLE:
        return part_of(answer, where, scope)
    span = _generated(answer, where)
    begun = _REST_OF_WORD.match(answer.text, span.start, span.end) if span.start == answer.given else None
    return answer.text[span.start if begun is None else begun.end() : span.end]


def is_cut(answer: Answer, where: str, scope: str = WHOLE) -> bool:
    """Whether the response was cut off in this part, or before it."""
    if not was_cut(answer.finish_reason):
        return False
    return where != "reasoning" or is_reasoning_open(answer.text, answer.tags, _given(answer, scope))


def _given(answer: Answer, scope: str) -> int:
    return answer.given if scope == CONTINUATION else 0


def _generated(answer: Answer, where: str) -> Span:
    """Where the generated text of the reasoning, or of the response, stands; the prefix ends within the reasoning."""
    if where == "response":
        return Span(answer.given, len(answer.text))
    span = find_reasoning(answer.text, answer.tags, answer.given)
    begin = max(span.start, answer.given)
    return Span(begin, max(begin, span.end))
