"""What was sent to a provider, and what it answered, as an Inspect log keeps a model's call: turns as text has them.

Inspect's own messages strip the white space around ``<think>`` and put what stood before it behind it; here is what
the model wrote. The shapes are those of OpenAI's chat completions, Anthropic's messages and Google's contents.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.traces.importers.inspect_texts import an_object, objects

_ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_NOT_SAID: Final = frozenset({"annotations", "audio", "parsed", "id", "source", "model", "metadata"})

_GOOGLES: Final = {True: ("reasoning", "summary"), False: ("text", "text")}
"""Type and field of a part of Google's, whose thoughts are summaries."""


def answered(response: Any, choice: int) -> dict[str, Any] | None:
    """The turn that a provider answered with; None if the response is of no shape that is known.

    Args:
        response: any JSON value.
        choice: which of several answers, from 0.
    """
    response = an_object(response)
    if response.get("type") == "message" and isinstance(response.get("content"), list):
        return {"role": "assistant", "content": _typed(response["content"])} if choice == 0 else None
    choices, candidates = objects(response.get("choices")), objects(response.get("candidates"))
    if choice < len(choices) and isinstance(choices[choice].get("message"), dict):
        message = choices[choice]["message"]
        return _without_nulls(message) | {"role": "assistant"}
    if choice < len(candidates):
        content = _googles(an_object(candidates[choice].get("content")).get("parts"))
        return {"role": "assistant", "content": content} if content else None
    return None


def sent(request: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The turns of a request, the system's first; None if it is of no shape that is known."""
    if isinstance(request.get("contents"), list):
        turns: list[dict[str, Any]] = []
        for turn in objects(request["contents"]):
            content = _googles(turn.get("parts"))
            turns.append({"role": "assistant" if turn.get("role") == "model" else "user", "content": content})
        return [*_system(request.get("system_instruction")), *turns]
    turns = [_without_nulls(turn) for turn in objects(request.get("messages"))]
    if not turns or len(turns) < len(request["messages"]) or any(str(turn.get("role")) not in _ROLES for turn in turns):
        return None
    return [*_system(request.get("system")), *turns]


def _system(said: Any) -> list[dict[str, Any]]:
    """The system's turn of a request that has it apart: a text, or a list of texts or of parts with text."""
    parts = said if isinstance(said, list) else an_object(said).get("parts") or [said]
    texts = [part if isinstance(part, str) else an_object(part).get("text") for part in parts]
    kept = [text for text in texts if isinstance(text, str) and text]
    return [{"role": "system", "content": "\n".join(kept)}] if kept else []


def _typed(parts: list[Any]) -> list[Any]:
    """Anthropic's parts; texts that follow each other, as citations divide them, are one."""
    found: list[Any] = []
    for part in parts:
        last = found[-1] if found else {}
        if an_object(part).get("type") == an_object(last).get("type") == "text":
            found[-1] = {"type": "text", "text": f"{last.get('text')}{part.get('text')}"}
        else:
            found.append(part)
    return found


def _googles(parts: Any) -> list[dict[str, Any]]:
    """Google's parts, which have no type, with one; those of one type that follow each other are one text."""
    found: list[dict[str, Any]] = []
    for part in objects(parts):
        if isinstance(part.get("text"), str):
            kind, field = _GOOGLES[part.get("thought") is True]
            if found and found[-1]["type"] == kind:
                found[-1] = {"type": kind, field: found[-1][field] + part["text"]}
            else:
                found.append({"type": kind, field: part["text"]})
        elif isinstance(call := part.get("function_call", part.get("functionCall")), dict):
            found.append({"type": "tool_use", "name": call.get("name"), "input": call.get("args")})
        elif isinstance(result := part.get("function_response", part.get("functionResponse")), dict):
            found.append({"type": "tool_result", "content": result.get("response")})
        elif "inline_data" in part or "inlineData" in part:
            found.append({"type": "file"})
        else:
            found.append({"type": "unknown"})
    return found


def _without_nulls(turn: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in turn.items() if value is not None and name not in _NOT_SAID}
