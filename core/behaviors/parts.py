"""The parts of a response that a behavior can be read off, and whether a part was cut off."""

from __future__ import annotations

from core.behaviors.behavior import Answer
from core.errors import ConfigError
from core.finishing import was_cut
from core.traces.reasoning import after_reasoning, is_reasoning_open

PARTS = ("answer", "reasoning", "response")


def part_of(answer: Answer, where: str) -> str | None:
    """The text of a part: ``answer`` follows the last closing reasoning tag; ``response`` is all of it, tags as well.

    None for the answer of a response whose reasoning was not closed.

    Raises:
        ConfigError: if there is no such part.
    """
    if where == "response":
        return answer.text
    if where == "reasoning":
        return answer.reasoning
    if where == "answer":
        return after_reasoning(answer.text, answer.tags)
    raise ConfigError(f'a response has no part "{where}"; its parts are {", ".join(PARTS)}.')


def is_cut(answer: Answer, where: str) -> bool:
    """Whether the response was cut off in this part, or before it."""
    if not was_cut(answer.finish_reason):
        return False
    return where != "reasoning" or is_reasoning_open(answer.text, answer.tags)
