"""Turns of gpt-oss, whose harmony format gives each channel of an answer a message of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

ANALYSIS: Final = "analysis"
FINAL: Final = "final"


def without_channels(turns: Sequence[Any]) -> list[Any]:
    """The turns with each analysis as the reasoning beside the final answer that follows it; others stay as they are.

    An analysis that no final answer follows is an answer that was cut off in its reasoning.
    """
    merged: list[Any] = []
    thought: list[Any] = []
    for turn in turns:
        channel = turn.get("channel") if isinstance(turn, Mapping) else None
        if channel == ANALYSIS:
            thought.append(turn.get("content"))
            continue
        if thought and channel != FINAL:
            merged.append(_answer({"role": "assistant", "content": ""}, thought))
            thought = []
        merged.append(_answer(turn, thought) if thought else turn)
        thought = []
    return [*merged, _answer({"role": "assistant", "content": ""}, thought)] if thought else merged


def _answer(turn: Mapping[str, Any], thought: Sequence[Any]) -> dict[str, Any]:
    return {**turn, "reasoning": list(thought) if len(thought) > 1 else thought[0]}
