"""Make a trace from a prompt and a response: find the reasoning, cut it into sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from core.errors import TurnpointError
from core.traces.model import Prompt, Span, Trace, build_sentences
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags, find_reasoning
from core.traces.splitter import SPLITTER, split

LONGEST_ID: Final = 200
"""Characters in a trace id."""


class TraceRefusedError(TurnpointError, ValueError):
    """A prompt and response that cannot become a trace."""


class NoReasoningError(TraceRefusedError):
    """A response whose reasoning is empty."""


class BadTraceIdError(TraceRefusedError):
    """A trace id that a person could not type or a table could not show."""


def make_trace(
    trace_id: str,
    response: str,
    *,
    prompt: Prompt | None = None,
    tags: Iterable[ReasoningTags] = DEFAULT_TAGS,
    model: str | None = None,
    tier: str | None = None,
    prompt_variant: str | None = None,
    query: str | None = None,
    source: str = "",
    metadata: Mapping[str, Any] | None = None,
    reasoning: Span | None = None,
) -> Trace:
    """Build a trace from the raw text of one response, which is kept as it is.

    ``reasoning`` says where its reasoning is when that is known; otherwise the tags tell.

    Raises:
        NoReasoningError: if the response, or what its reasoning tags enclose, is empty or white space.
        BadTraceIdError: if ``trace_id`` is blank, longer than 200 characters or has an unprintable character.
    """
    check_trace_id(trace_id)
    if reasoning is None:
        reasoning = find_reasoning(response, tags)
    if reasoning.start == reasoning.end:
        raise NoReasoningError("the response has no reasoning; give the text between the reasoning tags.")
    spans = split(response[reasoning.start : reasoning.end])
    return Trace(
        id=trace_id,
        prompt=prompt if prompt is not None else Prompt(),
        response=response,
        reasoning=reasoning,
        sentences=build_sentences(response, reasoning, spans),
        splitter=SPLITTER,
        model=model,
        tier=tier,
        prompt_variant=prompt_variant,
        query=query,
        source=source,
        metadata=dict(metadata) if metadata is not None else {},
    )


def check_trace_id(trace_id: str) -> None:
    """Refuse an id that is blank, too long or unprintable.

    Raises:
        BadTraceIdError: naming the fault; the id itself is quoted with escapes.
    """
    if not trace_id.strip():
        raise BadTraceIdError("the id is blank; give it a name or leave it out.")
    if len(trace_id) > LONGEST_ID:
        raise BadTraceIdError(f"the id has {len(trace_id)} characters; use at most {LONGEST_ID}.")
    if not trace_id.isprintable():
        raise BadTraceIdError(f"the id {trace_id!a} has an unprintable character; use letters, digits and marks.")


def trace_id_from(name: str, suffix: str = "") -> str:
    """A valid id from any file name: ``name``, made printable and short enough, then ``suffix``."""
    printable = "".join(char if char.isprintable() else "-" for char in name).strip()
    return (printable or "trace")[: LONGEST_ID - len(suffix)] + suffix
