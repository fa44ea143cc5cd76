"""Turns with tools in them, as the messages of a prompt and the answer to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.traces.importers.content import Content, joined
from core.traces.importers.tool_turns import CALL, RESULT, is_answered, is_result, is_tools, kind_of, kinds_as_text
from core.traces.model import Message
from core.traces.reasoning import ReasoningTags

AS_TEXT: Final = "as_text"
"""Key of a trace's metadata that lists what of its turns became text: ``image``, ``tool call``, ``tool result``, ..."""

_CALLED: Final = frozenset({"type", "name", "input", "arguments"})
_THOUGHTS: Final = frozenset({"reasoning", "thinking", "redacted_thinking"})


def after_results(turns: Sequence[Any]) -> list[Any]:
    """The turns, of which an answer that goes on reasoning after a tool of the server answered is three.

    What the model wrote up to the last such answer, and the answer itself, belong to the prompt of the rest.
    """
    *before, last = turns or [None]
    parts = last.get("content") if isinstance(last, Mapping) and last.get("role") == "assistant" else None
    if not isinstance(parts, list):
        return list(turns)
    thoughts = [at for at, part in enumerate(parts) if kind_of(part) in _THOUGHTS]
    cut = next((at for at in reversed(range(max(thoughts, default=0))) if is_answered(parts[at])), None)
    if cut is None:
        return list(turns)
    part = parts[cut]
    called = [] if is_result(part) else [{name: value for name, value in part.items() if name in _CALLED}]
    answered = {"role": "tool", "content": part.get("result", part.get("content")), "error": part.get("error")}
    rest = {**last, "content": parts[cut + 1 :]}
    return [*before, {"role": "assistant", "content": parts[:cut] + called}, answered, rest]


def prompt_turns(
    turns: Sequence[Mapping[str, Any]], said: Sequence[tuple[str, Content]], tags: Sequence[ReasoningTags]
) -> list[Message]:
    """The messages that ``turns`` are, of which ``said`` has role and content; tools that answer in a row share one.

    Reasoning beside an answer is left out, as chat templates do, except where it led to calls of tools since the user
    last spoke: there a model goes on from it, and it stands in its tags.
    """
    pairs = list(zip(turns, said, strict=True))
    asked = (at for at, (turn, (role, _)) in enumerate(pairs) if role == "user" and RESULT not in kinds_as_text([turn]))
    last_asked = max(asked, default=-1)
    found: list[Message] = []
    for number, (turn, (role, content)) in enumerate(pairs):
        is_kept = number > last_asked and role == "assistant" and CALL in kinds_as_text([turn])
        text = joined(content, tags) if is_kept else content.text
        if number and is_tools(turn) and is_tools(turns[number - 1]):
            text = f"{found.pop().content}\n{text}"
        found.append(Message(role, text))
    return found


def is_call_alone(turn: Mapping[str, Any], said: Content) -> bool:
    """Whether an answer, which ``said`` is as text, calls a tool and says nothing else."""
    if said.reasoning.strip() or CALL not in kinds_as_text([turn]):
        return False
    content = turn.get("content")
    own = (
        [part.get("text") for part in content if isinstance(part, Mapping)] if isinstance(content, list) else [content]
    )
    return not any(isinstance(text, str) and text.strip() for text in own)
