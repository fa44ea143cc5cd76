"""One record of a JSON file: which fields it may have, and the trace it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.traces.build import TraceRefusedError, make_trace
from core.traces.importers.content import REASONING_FIELDS, Content, NoTextError, joined, message_content
from core.traces.importers.prompt_turns import AS_TEXT, after_results, is_call_alone, prompt_turns
from core.traces.importers.tool_turns import as_text, fields_as_text, kinds_as_text
from core.traces.model import Message, Prompt, Trace
from core.traces.reasoning import ReasoningTags

ROLES: Final = {"system": "system", "user": "user", "assistant": "assistant", "developer": "system"}
"""Roles that a turn may have, and what each is for a server: chat templates of open models know no developer."""

TEXT_FIELDS: Final = ("model", "tier", "prompt_variant", "query")
KNOWN_FIELDS: Final = frozenset({"id", "prompt", "messages", "response", "metadata", *TEXT_FIELDS})

_KINDS: Final = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}


class RecordRefusedError(TraceRefusedError):
    """A record with a field that is missing or wrong."""


def trace_of_record(record: Any, fallback_id: str, source: str, tags: Sequence[ReasoningTags]) -> Trace:
    """Build the trace of one parsed record.

    ``response`` is the raw text; without it the last of ``messages`` when that is the assistant's, with the reasoning
    that stands beside it, or ``text``, the field of published scratchpads. A field that is null counts as missing.
    Fields that turnpoint does not know are kept in the trace's metadata.

    Args:
        record: any JSON value; all but an object is refused.
        fallback_id: the id of a record without ``id`` and without a scratchpad's ``source_index``.
        source: where the record comes from, for the trace.
        tags: what encloses the reasoning.

    Raises:
        TraceRefusedError: naming the field that is missing or wrong, or the lack of reasoning.
    """
    if not isinstance(record, dict):
        raise RecordRefusedError(f"the record is {_kind(record)}; a record is an object with a response.")
    turns, last = _turns(record, tags)
    response_field = "response"
    response = record.get("response")
    if response is None and turns and turns[-1].role == "assistant":
        response_field = "messages"
        if is_call_alone(record["messages"][-1], last):
            raise RecordRefusedError("the answer calls a tool and says nothing else; give one with text or reasoning.")
        response = joined(last, tags)
        turns.pop()
    elif response is None and record.get("text") is not None:
        response_field, response = "text", record["text"]
    if response is None:
        raise RecordRefusedError("the record has no response; give the model's whole text in the field 'response'.")
    if not isinstance(response, str) or not response.strip():
        fault = "blank" if isinstance(response, str) else _kind(response)
        if response_field == "messages":
            raise RecordRefusedError("the last turn of 'messages' is blank; give the model's whole text.")
        raise RecordRefusedError(f"the field {response_field!r} is {fault}; give the model's whole text.")
    return make_trace(
        _record_id(record, response_field, fallback_id),
        response,
        prompt=Prompt(tuple(turns)),
        tags=tags,
        source=source,
        metadata=_metadata(record, response_field),
        **{name: _text(record, name) for name in TEXT_FIELDS},
    )


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


def _turns(record: Mapping[str, Any], tags: Sequence[ReasoningTags]) -> tuple[list[Message], Content]:
    """The turns of a record's prompt and, if it has one, of its response; and what the last one says."""
    prompt = _text(record, "prompt")
    messages = record.get("messages")
    if messages is None:
        return [Message("user", prompt)] if prompt is not None else [], Content("")
    if prompt is not None:
        raise RecordRefusedError("the record has both 'prompt' and 'messages'; keep one of them.")
    if not isinstance(messages, list):
        raise RecordRefusedError(f"the field 'messages' is {_kind(messages)}; make it a list of turns.")
    messages = after_results(messages)
    said = [_turn(as_text(turn), number) for number, turn in enumerate(messages, start=1)]
    return prompt_turns(messages, said, tags), said[-1][1] if said else Content("")


def _turn(turn: Any, number: int) -> tuple[str, Content]:
    if not isinstance(turn, dict):
        raise RecordRefusedError(f"turn {number} of 'messages' is {_kind(turn)}; give it a role and content.")
    role = turn.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise RecordRefusedError(f"turn {number} of 'messages' has no known role; use one of system, user, assistant.")
    try:
        return ROLES[role], message_content(turn)
    except NoTextError as error:
        raise RecordRefusedError(f"turn {number} of 'messages' has {error}; make its content a string.") from error


def _metadata(record: Mapping[str, Any], response_field: str) -> dict[str, Any]:
    """The record's ``metadata`` with all that has no other place: unknown fields, and extra fields of turns."""
    given = record.get("metadata")
    if given is not None and not isinstance(given, dict):
        raise RecordRefusedError(f"the field 'metadata' is {_kind(given)}; make it an object.")
    metadata: dict[str, Any] = dict(given) if given is not None else {}
    unknown = {name: value for name, value in record.items() if name not in {*KNOWN_FIELDS, response_field}}
    turns = record.get("messages") or ()
    for number, turn in enumerate(turns, start=1):
        used = {"role", "content"} | fields_as_text(turn)
        if response_field == "messages" and number == len(turns):
            used |= {name for name in (*REASONING_FIELDS, "refusal") if isinstance(turn.get(name), str)}
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
