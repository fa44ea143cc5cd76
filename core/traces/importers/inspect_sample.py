"""One sample of an Inspect log as a record of turnpoint's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.finishing import was_cut
from core.traces.build import trace_id_from
from core.traces.importers.inspect_answer import Answer, answer_of
from core.traces.importers.inspect_model import model_of, sampling_of
from core.traces.importers.inspect_texts import an_object, first_text, objects, whole
from core.traces.tiers import CALLED
from core.traces.truncated import TRUNCATED

UNANSWERED: Final = "unanswered"
"""Why a trace is truncated whose sample ends with a turn of the user."""

_KEPT: Final = ("uuid", "target", "scores", "metadata")
_FILTERED: Final = "content_filter"
_LONGEST_ERROR: Final = 200


def record_of_sample(header: Mapping[str, Any], sample: Mapping[str, Any]) -> dict[str, Any]:
    """The record: the last answer of the model is the response, and what it was given the prompt.

    Tier, prompt variant and query are those of the sample's metadata or of the task's arguments; without a query there,
    it is the sample's input if the model was given it, else the last turn of the user. Model and sampling settings are
    those of the model event that the answer came from.

    Args:
        header: the log, or the header of an archive.
        sample: an object.

    Raises:
        RecordRefusedError: if the model did not answer, or a text of it is not in the log.
    """
    answer = answer_of(sample)
    spec = an_object(header.get("eval"))
    described = {**an_object(spec.get("task_args")), **an_object(sample.get("metadata"))}
    tier = first_text(described, "tier")
    asked, was_given = _asked(sample, answer)
    metadata: dict[str, Any] = {"inspect": _provenance(header, sample, answer)}
    if asked is not None and not was_given:
        metadata["inspect"]["input"] = asked
    if "cut_by" in metadata["inspect"]:
        metadata[TRUNCATED] = True
    return {
        "id": id_of_sample(header, sample),
        "messages": list(answer.turns),
        "model": model_of(header, answer.event),
        "tier": CALLED.get(tier, tier) if tier is not None else None,
        "prompt_variant": first_text(described, "prompt_variant", "variant"),
        "query": first_text(described, "query") or (asked if was_given else _last_asked(answer.turns[:-1])),
        "metadata": metadata,
    }


def id_of_sample(header: Mapping[str, Any], sample: Mapping[str, Any]) -> str:
    """The trace's id, after task, task run, sample and epoch, so that a log and its retry name a sample alike."""
    spec = an_object(header.get("eval"))
    task, run = first_text(spec, "task") or "inspect", first_text(spec, "task_id", "run_id") or ""
    parts = (task.rpartition("/")[2], run[:8], sample.get("id"))
    epoch = sample.get("epoch")
    suffix = f"-{epoch}" if isinstance(epoch, int) else ""
    return trace_id_from("-".join(str(part) for part in parts if isinstance(part, str | int) and part != ""), suffix)


def failure_of(sample: Mapping[str, Any]) -> str | None:
    """Why a sample counts for nothing: the first line of its error, or that someone declared it invalid."""
    error = sample.get("error")
    if error is None:
        return "it was declared invalid" if sample.get("invalidation") is not None else None
    return _first_line(error)


def _asked(sample: Mapping[str, Any], answer: Answer) -> tuple[str | None, bool]:
    """The sample's input, a text or the last thing that the user says in it, and whether the model was given it."""
    found = whole(sample.get("input"), an_object(sample.get("attachments")))
    asked = (found or None) if isinstance(found, str) else _last_asked(objects(found))
    return asked, asked is not None and any(asked in said for turn in answer.turns[:-1] for said in _texts(turn))


def _last_asked(turns: Any) -> str | None:
    said = [text for turn in turns if turn.get("role") == "user" for text in _texts(turn)]
    return said[-1] if said else None


def _texts(turn: Mapping[str, Any]) -> list[str]:
    content = turn.get("content")
    texts = [part.get("text") for part in objects(content)] if isinstance(content, list) else [content]
    return [text for text in texts if isinstance(text, str)]


def _cut_by(sample: Mapping[str, Any], answer: Answer) -> str | None:
    """What cut the sample off: the end of the tokens, a limit, or that its last turn has no answer."""
    if was_cut(answer.stop_reason) or answer.stop_reason == _FILTERED:
        return answer.stop_reason
    limit = an_object(sample.get("limit"))
    if limit:
        return f"{first_text(limit, 'type') or 'sample'}_limit"
    return None if answer.is_last else UNANSWERED


def _provenance(header: Mapping[str, Any], sample: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    """What identifies the sample and what Inspect says of it, but nothing that a retry says otherwise."""
    spec = an_object(header.get("eval"))
    limit = an_object(sample.get("limit"))
    found = {
        "task": spec.get("task"),
        "task_id": spec.get("task_id"),
        "sample_id": sample.get("id"),
        "epoch": sample.get("epoch"),
        **{name: sample.get(name) for name in _KEPT},
        "limit": {name: limit[name] for name in ("type", "limit") if limit.get(name) is not None},
        "error_retries": [_first_line(error) for error in objects(sample.get("error_retries"))],
        "stop_reason": answer.stop_reason,
        "cut_by": _cut_by(sample, answer),
        "role": answer.event.get("role"),
        "config": sampling_of(header, answer.event),
        "tools": [tool.get("name") for tool in objects(answer.event.get("tools"))],
        "reasoning_tokens": _reasoning_tokens(sample, answer),
        "text_from": answer.text_from,
        "white_space": "lost" if answer.is_stripped else None,
    }
    return {name: value for name, value in found.items() if value not in (None, {}, [], "")}


def _reasoning_tokens(sample: Mapping[str, Any], answer: Answer) -> int | None:
    """Tokens of reasoning that the provider counted for the answer, which need not be in the log."""
    output = an_object(answer.event.get("output") or sample.get("output"))
    counted = an_object(output.get("usage")).get("reasoning_tokens")
    return counted if isinstance(counted, int) and counted else None


def _first_line(error: Any) -> str:
    """The kind of an error and what it says first; never its traceback."""
    said = error if isinstance(error, str) else first_text(an_object(error), "message")
    return next(iter((said or "an error").splitlines()), "")[:_LONGEST_ERROR]
