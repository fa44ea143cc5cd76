"""The model events of a sample: which of them an answer came from, what was sent for it and what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from core.traces.importers.inspect_calls import answered, sent
from core.traces.importers.inspect_texts import an_object, objects, taken, whole

_SAID: Final = ("content", "reasoning")


@dataclass(frozen=True)
class Call:
    """A model event as the log has it, and the choice of its output that is the answer.

    ``is_edited`` says that the answer was changed after it was given. Texts that the log keeps elsewhere are fetched
    by the functions below.
    """

    event: Mapping[str, Any] = field(default_factory=dict)
    choice: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0
    is_edited: bool = False


def call_of(answer: Mapping[str, Any], sample: Mapping[str, Any]) -> Call | None:
    """The last call that gave this answer, by its id or, where it has none, its words; None if the log has none."""
    attached = an_object(sample.get("attachments"))
    for event in reversed(_answered_events(sample)):
        for number, choice in enumerate(objects(an_object(event.get("output")).get("choices"))):
            message = an_object(choice.get("message"))
            is_edited = any(whole(message.get(name), attached) != answer.get(name) for name in _SAID)
            ids = message.get("id"), answer.get("id")
            is_same = not is_edited and whole(message.get("tool_calls"), attached) == answer.get("tool_calls")
            if ids[0] == ids[1] if all(ids) else is_same:
                return Call(event, choice, number, is_edited)
    return None


def unrecorded_call(messages: Sequence[Mapping[str, Any]], sample: Mapping[str, Any]) -> Call | None:
    """The call that answered ``messages`` and met a limit by it, so that its answer stands in no message."""
    events = objects(sample.get("events"))
    limits = [at for at, event in enumerate(events) if event.get("event") == "sample_limit"]
    # What follows the limit are scorers.
    before = {**sample, "events": events[: limits[0]] if limits else []}
    for event in reversed(_answered_events(before)):
        choices = objects(an_object(event.get("output")).get("choices"))
        is_as_long = len(_input(event, sample)) == len(messages)
        if choices and is_as_long and list(map(_words, given(event, sample) or ())) == list(map(_words, messages)):
            return Call(event, choices[0])
    return None


def given(event: Mapping[str, Any], sample: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The messages that a call was given, in Inspect's shape; None if the log does not have them."""
    return whole(_input(event, sample), an_object(sample.get("attachments"))) or None


def sent_turns(event: Mapping[str, Any], sample: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The turns that were sent to the provider; None if the log does not have them, or in no shape that is known."""
    call = an_object(event.get("call"))
    request = dict(an_object(call.get("request")))
    if call.get("call_refs") is not None:
        pooled = taken(an_object(sample.get("events_data")).get("calls"), call["call_refs"])
        request[str(call.get("call_key") or "messages")] = pooled
    return sent(whole(request, an_object(sample.get("attachments"))))


def answered_turn(call: Call, sample: Mapping[str, Any]) -> dict[str, Any] | None:
    """The turn that the provider answered with; None if the log does not have it, or in no shape that is known."""
    kept = an_object(call.event.get("call"))
    if kept.get("error") is True:
        return None
    return answered(whole(kept.get("response"), an_object(sample.get("attachments"))), call.number)


def _answered_events(sample: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        event
        for event in objects(sample.get("events"))
        if event.get("event") == "model" and event.get("pending") is not True and event.get("error") is None
    ]


def _input(event: Mapping[str, Any], sample: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = event.get("input")
    if event.get("input_refs") is not None:
        found = taken(an_object(sample.get("events_data")).get("messages"), event["input_refs"])
    return objects(found)


def _words(turn: Mapping[str, Any]) -> tuple[Any, ...]:
    return turn.get("role"), *(turn.get(name) for name in _SAID)
