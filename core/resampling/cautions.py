"""What a run's rates will say nothing about, in sentences to be read before it is paid for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.analysis.foregone import Foregone, foregone_of
from core.resampling.request import RunRequest
from core.traces.model import Trace


def cautions(request: RunRequest, traces: Iterable[Trace] = ()) -> tuple[str, ...]:
    """Which behaviors the traces decide by their own text where they are sampled, and which judges read prefixes too.

    ``traces`` are sampled at every prefix, beside the spots of the request.
    """
    everywhere = {trace.id: trace for trace in traces}
    last = {trace_id: trace.n_prefixes - 1 for trace_id, trace in everywhere.items()}
    for spot in request.spots:
        last[spot.trace.id] = max(spot.prefix_idx, last.get(spot.trace.id, 0))
    sampled = request.traces | everywhere
    said = []
    for rule in request.rules:
        found = {
            trace_id: foregone
            for trace_id, trace in sampled.items()
            if (foregone := foregone_of(rule.judge, trace)) is not None and foregone.prefix_idx <= last[trace_id]
        }
        said += list(_sentences(found, len(sampled)))
    return (*said, *_of_models(request))


def _sentences(found: dict[str, Foregone], n_traces: int) -> Iterator[str]:
    if not found:
        return
    trace_id, first = next(iter(found.items()))
    if n_traces == 1:
        yield first.sentence
    else:
        yield f"{first.behavior}: in {len(found)} of {n_traces} traces, such as {trace_id}, {first.clause}"


def _of_models(request: RunRequest) -> Iterator[str]:
    for setup in request.judges:
        if setup.judge.text is not None and setup.judge.scope is None:
            yield (
                f'{setup.judge.behavior}: scope = "whole" shows the judge the prefix too, so that what a sentence says'
                " moves its own rate."
            )
