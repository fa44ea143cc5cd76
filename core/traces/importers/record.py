"""One record of a JSON file: which fields it may have, and the trace it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.traces.build import TraceRefusedError, make_trace
from core.traces.importers.channels import without_channels
from core.traces.importers.content import (
    Content,
    content_of,
    joined_with_span,
    message_content,
    with_reasoning,
)
from core.traces.importers.marks import marks_of
from core.traces.importers.prompt_turns import AS_TEXT, after_results, is_call_alone, prompt_turns
from core.traces.importers.tool_turns import as_text, fields_as_text, kinds_as_text
from core.traces.model import Message, Prompt, Trace
from core.traces.names import field, plain_name
from core.traces.parts import NoTextError
from core.traces.reasoning import ReasoningTags
from core.traces.reasoning_beside import NATIVE, Reasoning, beside, is_reasoning_name

ROLES: Final = {
    "system": "system",
    "user": "user",
    "assistant": "assistant",
    "developer": "system",
    "human": "user",
    "gpt": "assistant",
    "model": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
}
"""Roles that a turn may have, and what each is for a server: chat templates of open models know no developer."""

TEXT_FIELDS: Final = ("model", "tier", "prompt_variant", "query")
KNOWN_FIELDS: Final = frozenset({"id", "prompt", "system", "messages", "response", "metadata", *TEXT_FIELDS})

ENCRYPTED: Final = (
    "the reasoning is encrypted by its provider, or kept there, and has no summary; leave the record out, "
    "or ask for the reasoning."
)

_KINDS: Final = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}


class RecordRefusedError(TraceRefusedError):
    """A record with a field that is missing or wrong."""


class WholeFileError(RecordRefusedError):
    """A record whose whole file is of a kind that is not read; said once per file."""


class NoResponseError(RecordRefusedError):
    """A record in which no response was found, by any format that is known."""


def trace_of_record(record: Any, fallback_id: str, source: str, tags: Sequence[ReasoningTags]) -> Trace:
    """Build the trace of one parsed record.

    ``response`` is the raw text, or a turn or parts of one; without it the last of ``messages`` when that is the
    assistant's, or ``text``, the field of published scratchpads. Reasoning that stands beside it, in the turn or in the
    record, is put before it in tags. A field that is null counts as missing. Fields that turnpoint does not know are
    kept in the trace's metadata.

    Args:
        record: any JSON value; all but an object is refused.
        fallback_id: the id of a record without ``id`` and without a scratchpad's ``source_index``.
        source: where the record comes from, for the trace.
        tags: what encloses the reasoning.

    Raises:
        NoResponseError: if there is no response in it.
        TraceRefusedError: naming the field that is missing or wrong, or the lack of reasoning.
    """
    if not isinstance(record, dict):
        raise RecordRefusedError(f"the record is {_kind(record)}; a record is an object with a response.")
    given = _prompt_turns(record)
    turns, last = _turns(given, tags)
    response_field, content = _answer(record, turns, last, tags)
    if response_field == "messages" and is_call_alone(given[-1], content):
        raise RecordRefusedError("the answer calls a tool and says nothing else; give one with text or reasoning.")
    if not content.reasoning.strip():
        content = with_reasoning(content, _beside(record, content.text, tags))
    if content.is_encrypted:
        raise RecordRefusedError(ENCRYPTED)
    response, reasoning = joined_with_span(content, tags)
    if not response.strip():
        if response_field == "messages":
            raise RecordRefusedError("the last turn of 'messages' is blank; give the model's whole text.")
        raise RecordRefusedError(f"the field {response_field!r} is blank; give the model's whole text.")
    return make_trace(
        _record_id(record, response_field, fallback_id),
        response,
        prompt=Prompt(_asked(turns)),
        tags=tags,
        source=source,
        metadata=_metadata(record, response_field, given, response) | marks_of(record, content),
        reasoning=reasoning,
        **{name: _text(record, name) for name in TEXT_FIELDS},
    )


def _asked(turns: Sequence[Message]) -> tuple[Message, ...]:
    """The turns, without blank ones of a user who says nothing in any of them: that is no prompt."""
    said = tuple(turn for turn in turns if turn.role != "user" or turn.content.strip())
    return tuple(turns) if any(turn.role == "user" for turn in said) else said


def _answer(
    record: Mapping[str, Any], turns: list[Message], last: Content, tags: Sequence[ReasoningTags]
) -> tuple[str, Content]:
    """The field that holds the response, and what it says; a response that ends ``turns`` is taken off."""
    response = record.get("response")
    if response is None and turns and turns[-1].role == "assistant":
        turns.pop()
        return "messages", last
    name = "text" if response is None and record.get("text") is not None else "response"
    response = record.get(name)
    if response is None and last.text and name == "response" and record.get("messages") is not None:
        raise RecordRefusedError("the last turn of 'messages' is not the assistant's; end with the model's answer.")
    if response is None and not ("response" in record and beside(record).text.strip()):
        raise NoResponseError("the record has no response; give the model's whole text in the field 'response'.")
    if response is None or isinstance(response, str):
        return name, Content(response or "")
    if isinstance(response, list) and response and all(_is_turn(turn) for turn in response):
        said, content = _turns(without_channels(response), tags, name)
        if said[-1].role != "assistant":
            raise RecordRefusedError(f"the last turn of {name!r} is not the assistant's; end with the model's answer.")
        turns += said[:-1]
        return name, content
    if isinstance(response, dict) or (isinstance(response, list) and all(isinstance(p, dict) for p in response)):
        try:
            return name, message_content(response) if isinstance(response, dict) else content_of(response)
        except NoTextError as error:
            raise RecordRefusedError(f"the field {name!r} has {error}; give the model's whole text.") from error
    raise RecordRefusedError(f"the field {name!r} is {_kind(response)}; give the model's whole text.")


def _beside(record: Mapping[str, Any], text: str, tags: Sequence[ReasoningTags]) -> Reasoning:
    """The reasoning beside a whole response; where this has tags, that is only what a server gave beside it.

    Other fields are then a copy of what is in the tags, or what somebody wrote about it.
    """
    apart = beside(record)
    has_tags = any(tag.open in text or tag.close in text for tag in tags)
    return Reasoning() if has_tags and plain_name(apart.name) not in NATIVE else apart


def _is_turn(value: object) -> bool:
    return isinstance(value, dict) and field(value, "role") is not None and value.get("type") in (None, "message")


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "a number")


def _text(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    if value is not None and not isinstance(value, str):
        raise RecordRefusedError(f"the field {name!r} is {_kind(value)}; make it a string.")
    return value


def _record_id(record: Mapping[str, Any], response_field: str, fallback_id: str) -> str:
    given = record.get("id")
    if given is None:
        index = record.get("source_index")
        scratchpad = response_field == "text" and isinstance(index, int | str) and not isinstance(index, bool)
        return f"scratchpad-{index}" if scratchpad else fallback_id
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise RecordRefusedError(f"the field 'id' is {_kind(given)}; make it a string or a number.")
    return str(given)


def _prompt_turns(record: Mapping[str, Any]) -> list[Any]:
    """The turns of ``messages`` or ``prompt`` as they are given, after the system prompt that stands beside them."""
    prompt, messages = record.get("prompt"), record.get("messages")
    if prompt is not None and messages is not None:
        raise RecordRefusedError("the record has both 'prompt' and 'messages'; keep one of them.")
    if messages is not None and not isinstance(messages, list):
        raise RecordRefusedError(f"the field 'messages' is {_kind(messages)}; make it a list of turns.")
    turns = messages if messages is not None else prompt if isinstance(prompt, list) else None
    if turns is None:
        text = _text(record, "prompt")
        turns = [{"role": "user", "content": text}] if text is not None else []
    if isinstance(system := record.get("system"), str | list | dict) and system and not _begins_with_system(turns):
        turns = [{"role": "system", "content": system}, *turns]
    return after_results(without_channels(turns))


def _begins_with_system(turns: Sequence[Any]) -> bool:
    return bool(turns) and isinstance(turns[0], dict) and ROLES.get(str(_role(turns[0]))) == "system"


def _turns(
    given: Sequence[Any], tags: Sequence[ReasoningTags], name: str = "messages"
) -> tuple[list[Message], Content]:
    """The turns of a record's prompt and, if it has one, of its response; and what the last one says."""
    said = [_turn(as_text(turn), number, name) for number, turn in enumerate(given, start=1)]
    return prompt_turns(given, said, tags), said[-1][1] if said else Content("")


def _role(turn: Mapping[str, Any]) -> Any:
    role = turn.get("role")
    return turn.get("from") if role is None else role


def _turn(turn: Any, number: int, name: str) -> tuple[str, Content]:
    if not isinstance(turn, dict):
        raise RecordRefusedError(f"turn {number} of {name!r} is {_kind(turn)}; give it a role and content.")
    role = _role(turn)
    if not isinstance(role, str) or role not in ROLES:
        has = f"the role {role[:60]!a}, which is not known" if isinstance(role, str) else "no role"
        raise RecordRefusedError(f"turn {number} of {name!r} has {has}; use one of system, user, assistant, tool.")
    try:
        return ROLES[role], message_content(turn)
    except NoTextError as error:
        raise RecordRefusedError(f"turn {number} of {name!r} has {error}; make its content a string.") from error


def _metadata(
    record: Mapping[str, Any], response_field: str, turns: Sequence[Mapping[str, Any]], response: str
) -> dict[str, Any]:
    """The record's ``metadata`` with all that has no other place: unknown fields, and extra fields of turns."""
    given = record.get("metadata")
    if given is not None and not isinstance(given, dict):
        raise RecordRefusedError(f"the field 'metadata' is {_kind(given)}; make it an object.")
    metadata: dict[str, Any] = dict(given) if given is not None else {}
    used = {*KNOWN_FIELDS, response_field} | _reasoning_in(record, response)
    unknown = {name: value for name, value in record.items() if name not in used}
    for number, turn in enumerate(turns, start=1):
        used = {"role", "from", "content", "value", "parts", "text", "channel"} | fields_as_text(turn)
        if response_field == "messages" and number == len(turns):
            used |= _reasoning_in(turn, response) | {"refusal"}
        extra = {name: value for name, value in turn.items() if name not in used}
        unknown |= {f"messages.{number}.{name}": value for name, value in extra.items() if value is not None}
    if kinds := kinds_as_text(turns):
        unknown[AS_TEXT] = kinds
    for name, value in unknown.items():
        free = name
        while free in metadata:
            free = f"record.{free}"
        metadata[free] = value
    return metadata


def _reasoning_in(fields: Mapping[str, Any], response: str) -> set[str]:
    """Names of the fields whose reasoning is in the response, and need not be kept twice."""
    read = {name: beside({name: fields[name]}).text.strip() for name in fields if is_reasoning_name(name)}
    return {name for name, text in read.items() if text and text in response}
