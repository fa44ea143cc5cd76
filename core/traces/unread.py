"""Traces whose answer a run would not find, because other tags enclose their reasoning than it looks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.traces.model import Trace
from core.traces.reasoning import ReasoningTags, after_reasoning


def with_unread_answers(traces: Iterable[Trace], tags: Sequence[ReasoningTags]) -> tuple[str, ...]:
    """Ids of the traces that have text behind their reasoning, in which ``tags`` close no reasoning."""
    return tuple(
        trace.id
        for trace in traces
        if trace.response[trace.reasoning.end :].strip() and after_reasoning(trace.response, tags) is None
    )
