"""The answer of a sample of an Inspect log, and the turns it was given: as they were sent, where the log tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.traces.importers.content import message_content
from core.traces.importers.inspect_events import Call, answered_turn, call_of, given, sent_turns, unrecorded_call
from core.traces.importers.inspect_texts import an_object, first_text, is_lost, objects, whole
from core.traces.importers.record import RecordRefusedError
from core.traces.importers.tool_turns import as_text
from core.traces.parts import NoTextError

FROM_CALL: Final = "call.response"
FROM_MESSAGES: Final = "messages"

_KEPT: Final = ("role", "content", "reasoning", "tool_calls", "function", "error")


@dataclass(frozen=True)
class Answer:
    """The last answer of the model.

    ``turns`` are those it was given and, last, itself. ``text_from`` says whether that is the provider's message or
    Inspect's, ``is_stripped`` that the latter lost white space around tags. ``event`` is the model event it came from,
    empty where the log has none. ``stop_reason`` is Inspect's word. ``is_last`` is false where a turn follows that
    nobody answered, other than what a tool says.
    """

    turns: tuple[dict[str, Any], ...]
    text_from: str
    is_stripped: bool
    event: Mapping[str, Any]
    stop_reason: str | None
    is_last: bool


def answer_of(sample: Mapping[str, Any]) -> Answer:
    """Find the answer of a sample.

    Its text is the provider's where the log keeps the response, and the turns before are those that were sent where it
    keeps the request; else they are the input of the model event, or the sample's messages.

    Raises:
        RecordRefusedError: if the model did not answer, or a text of it is not in the log.
    """
    messages = whole(objects(sample.get("messages")), an_object(sample.get("attachments")))
    # An assistant's turn that came with the dataset is no answer of the model.
    answers = [n for n, m in enumerate(messages) if m.get("role") == "assistant" and m.get("source") != "input"]
    at = answers[-1] if answers else -1
    is_last = all(turn.get("role") == "tool" for turn in messages[at + 1 :])
    call = None if is_last and answers else unrecorded_call(messages, sample)
    if call is not None:
        at, is_last = len(messages), True
        messages.append(whole(an_object(call.choice.get("message")), an_object(sample.get("attachments"))))
    elif not answers:
        raise RecordRefusedError("the model did not answer; run the sample again.")
    call = call or call_of(messages[at], sample)
    raw = _raw(call, messages[at], sample) if call else None
    before = _before(call, sample) if call else None
    turns = (*(before if before is not None else map(_turn, messages[:at])), raw or _turn(messages[at]))
    if is_lost(list(turns)):
        raise RecordRefusedError("the log does not hold a text that the sample refers to; give the log as it was.")
    stopped = call.choice if call else _choice_of(messages[at], sample)
    return Answer(
        turns=turns,
        text_from=FROM_CALL if raw else FROM_MESSAGES,
        is_stripped=raw is None and _had_tags(messages[at]),
        event=call.event if call else {},
        stop_reason=first_text(stopped, "stop_reason"),
        is_last=is_last,
    )


def _raw(call: Call, answer: Mapping[str, Any], sample: Mapping[str, Any]) -> dict[str, Any] | None:
    """The provider's words for an answer, unless it was edited since or they lack reasoning that Inspect has."""
    turn = answered_turn(call, sample)
    if turn is None or call.is_edited or not _is_readable([turn, answer]) or _is_redacted(answer):
        return None
    theirs, ours = message_content(as_text(turn)), message_content(as_text(answer))
    return turn if _squeezed(ours.reasoning) in _squeezed(theirs.reasoning + theirs.text) else None


def _before(call: Call, sample: Mapping[str, Any]) -> Sequence[dict[str, Any]] | None:
    turns = sent_turns(call.event, sample)
    if turns is not None and _is_readable(turns):
        return turns
    messages = given(call.event, sample)
    return [_turn(message) for message in messages] if messages is not None else None


def _turn(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message without what only Inspect needs."""
    return {name: message[name] for name in _KEPT if message.get(name) is not None}


def _is_readable(turns: Sequence[Mapping[str, Any]]) -> bool:
    try:
        for turn in turns:
            message_content(as_text(turn))
    except NoTextError:
        return False
    return not is_lost(list(turns))


def _is_redacted(answer: Mapping[str, Any]) -> bool:
    return any(part.get("redacted") is True for part in objects(answer.get("content")))


def _had_tags(answer: Mapping[str, Any]) -> bool:
    """Whether Inspect took the reasoning out of ``<think>`` in the text; older versions do not say so."""
    return any(part.get("internal") == "think" for part in objects(answer.get("content")))


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _choice_of(answer: Mapping[str, Any], sample: Mapping[str, Any]) -> Mapping[str, Any]:
    """The choice of the sample's output that is this answer, or an empty one."""
    for choice in objects(an_object(sample.get("output")).get("choices")):
        if an_object(choice.get("message")).get("content") == answer.get("content"):
            return choice
    return {}
