"""A whole conversation as gpt-oss reads and writes it (harmony), taken apart into its prompt and the last response."""

from __future__ import annotations

import re
from typing import Final

from core.traces.model import Message, Prompt

_START: Final = "<|start|>"
_ASSISTANT: Final = f"{_START}assistant"
_TURN: Final = re.compile(
    r"<\|start\|>(?P<role>system|developer|user|assistant)(?P<header>[^<]*(?:<\|channel\|>[^<]*)?)<\|message\|>"
    r"(?P<text>.*?)(?:<\|(?:end|return|call)\|>|\Z)",
    re.DOTALL,
)
_ROLES: Final = {"system": "system", "developer": "system", "user": "user"}


def split_conversation(text: str) -> tuple[Prompt, str] | None:
    """The turns up to the last one of a user, and all that the assistant wrote after it, from its first channel on.

    Of what the assistant said before only its answers, the final channel, are turns of the prompt: templates send no
    more. None where the text is no such conversation, or nobody answers the last turn.
    """
    if not text.startswith(_START):
        return None
    turns = list(_TURN.finditer(text))
    asked = max((place for place, turn in enumerate(turns) if turn["role"] == "user"), default=-1)
    begin = text.find(_ASSISTANT, turns[asked].end()) if asked >= 0 else -1
    if begin < 0:
        return None
    said = [
        Message(_ROLES.get(turn["role"], "assistant"), turn["text"])
        for turn in turns[: asked + 1]
        if turn["role"] in _ROLES or "<|channel|>final" in turn["header"]
    ]
    return Prompt(tuple(said)), text[begin + len(_ASSISTANT) :]
