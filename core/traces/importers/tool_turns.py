"""One turn that is not all text, written as text: calls of tools, what tools answered, pictures and files.

Calls and answers look as Hermes and Qwen models write them, in ``<tool_call>`` and ``<tool_response>``; the chat
templates of these models take a user's turn of this form for a tool's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from core.traces.strict_json import StrictJSONError, parse_value

TOOL_ROLES: Final = frozenset({"tool", "function", "observation", "ipython"})
"""Roles of the turn in which a tool answers: today's, OpenAI's older one, ShareGPT's and Llama's."""
CALL_ROLES: Final = frozenset({"function_call", "tool_call"})
"""Roles of a turn of ShareGPT that is a call and nothing else."""

CALL: Final = "tool call"
RESULT: Final = "tool result"

_CALL_FIELDS: Final = frozenset({"tool_calls", "function_call"})
_RESULT_FIELDS: Final = frozenset({"tool_call_id", "name", "function", "error"})
_CALL_PARTS: Final = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_MEDIA: Final = {
    "image": "image", "image_url": "image", "input_image": "image", "audio": "audio", "input_audio": "audio",
    "audio_url": "audio", "video": "video", "video_url": "video", "document": "document", "file": "file",
    "input_file": "file",
}  # fmt: skip
_LONGEST_NAME: Final = 200


def as_text(turn: Any) -> Any:
    """The turn with the tools' part of it as text, and so, but for an assistant's, its pictures and files.

    What is text already, and what is no turn at all, comes back as it is.
    """
    if not isinstance(turn, Mapping):
        return turn
    content, role = turn.get("content", turn.get("value")), _role(turn)
    if is_tools(turn):
        return {"role": "user", "content": _response(_said_in(content, turn.get("error")))}
    if role in CALL_ROLES:
        return {"role": "assistant", "content": f"<tool_call>\n{_said_in(content, None).strip()}\n</tool_call>"}
    calls = [_text(_call(*call)) for call in _calls(turn)]
    if isinstance(content, list):
        return {**turn, "content": [_part_as_text(part, role) for part in content] + calls}
    if not calls:
        return turn
    return {**turn, "content": [_text(content), *calls] if isinstance(content, str) and content.strip() else calls}


def is_tools(turn: Mapping[str, Any]) -> bool:
    """Whether a turn is what a tool answered."""
    return _role(turn) in TOOL_ROLES


def fields_as_text(turn: Mapping[str, Any]) -> frozenset[str]:
    """The fields of a turn, beside its content, that `as_text` uses."""
    return _RESULT_FIELDS if is_tools(turn) else _CALL_FIELDS


def kinds_as_text(turns: Sequence[Any]) -> list[str]:
    """What of these turns `as_text` writes as text, each kind once, in alphabetical order."""
    return sorted({kind for turn in turns if isinstance(turn, Mapping) for kind in _kinds(turn)})


def kind_of(part: Any) -> str:
    """The type of a part of a content; empty for what has none."""
    kind = part.get("type") if isinstance(part, Mapping) else None
    return kind if isinstance(kind, str) else ""


def is_answered(part: Any) -> bool:
    """Whether a part of a content holds what a tool answered."""
    return is_result(part) or (kind_of(part) in _CALL_PARTS and ("result" in part or part.get("error") is not None))


def is_result(part: Any) -> bool:
    """Whether a part of a content is a tool's answer and no call."""
    return kind_of(part).endswith("tool_result")


def _role(turn: Mapping[str, Any]) -> str:
    role = turn.get("role", turn.get("from"))
    return role if isinstance(role, str) else ""


def _kinds(turn: Mapping[str, Any]) -> Iterator[str]:
    if is_tools(turn):
        yield RESULT
    if _role(turn) in CALL_ROLES or next(_calls(turn), None):
        yield CALL
    content = turn.get("content")
    for part in content if isinstance(content, list) else ():
        if is_answered(part):
            yield RESULT
        if kind_of(part) in _CALL_PARTS:
            yield CALL
        if kind_of(part) in _MEDIA:
            yield _MEDIA[kind_of(part)]


def _part_as_text(part: Any, role: object) -> Any:
    if is_result(part):
        return _text(_response(_said_in(part.get("content"), None)))
    if kind_of(part) in _CALL_PARTS:
        called = _call(part.get("name"), part.get("input", part.get("arguments")))
        if is_answered(part):
            called += "\n" + _response(_said_in(part.get("result"), part.get("error")))
        return _text(called)
    return _text(_medium(part)) if kind_of(part) in _MEDIA and role != "assistant" else part


def _calls(turn: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Name and arguments of each call beside the content: OpenAI's shape, its older one, or Inspect's."""
    calls = turn.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        if isinstance(call, Mapping):
            named = next((call[name] for name in ("function", "custom") if isinstance(call.get(name), Mapping)), call)
            yield named.get("name", call.get("function")), named.get("arguments", named.get("input"))
    older = turn.get("function_call")
    if isinstance(older, Mapping):
        yield older.get("name"), older.get("arguments")


def _call(name: Any, arguments: Any) -> str:
    if isinstance(arguments, str):
        try:
            value, end = parse_value(arguments)
            arguments = value if end == len(arguments) else arguments
        except StrictJSONError:
            pass  # What a model wrote need not be JSON; then it stands there as its text.
    return f"<tool_call>\n{_json({'name': name, 'arguments': arguments})}\n</tool_call>"


def _response(text: str) -> str:
    if text.lstrip().startswith("<tool_response>"):
        return text
    return f"<tool_response>\n{text}\n</tool_response>"


def _said_in(content: Any, error: Any) -> str:
    """What a tool answered, as models are given it: its error, where it failed, or else part after part."""
    if error is not None:
        said = error.get("message") if isinstance(error, Mapping) else error
        return said if isinstance(said, str) else _json(error)
    if isinstance(content, list):
        return "\n".join(_said_in(_part_as_text(part, "tool"), None) for part in content)
    if isinstance(content, Mapping) and isinstance(content.get("text"), str):
        return str(content["text"])
    return content if isinstance(content, str) else "" if content is None else _json(content)


def _medium(part: Mapping[str, Any]) -> str:
    """``[image]``, with its address or file name where it has a short one."""
    kind = kind_of(part)
    held = part.get(kind)
    for name in (part.get("filename"), held.get("url") if isinstance(held, Mapping) else held):
        if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and not name.startswith(("data:", "<")):
            return f"[{_MEDIA[kind]}: {name}]"
    return f"[{_MEDIA[kind]}]"


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
