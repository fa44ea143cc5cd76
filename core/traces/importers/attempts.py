"""Logs of one evaluation among the files of an import: a log and its retry give each sample once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.traces.importers.inspect_notes import notes_of_log
from core.traces.importers.result import ImportResult


def newest_attempts(results: Sequence[tuple[Path, ImportResult]]) -> list[tuple[Path, ImportResult]]:
    """The results, in their order, without what a later log of the same evaluation has as well.

    A sample that failed in the later log counts as it came out before; one that failed in all of them is counted in the
    latest.
    """
    order = sorted(range(len(results)), key=lambda at: (_began(results[at][1]), at))
    answered: dict[tuple[str, str], int] = {}
    failed: dict[tuple[str, str], int] = {}
    for at in order:
        result = results[at][1]
        if result.attempt is not None:
            answered |= {(result.attempt.evaluation, trace.id): at for trace in result.traces}
            failed |= {(result.attempt.evaluation, trace_id): at for trace_id in result.attempt.failed}
    failed = {name: at for name, at in failed.items() if name not in answered}
    return [(path, _without_later(at, result, answered, failed)) for at, (path, result) in enumerate(results)]


def _without_later(
    at: int,
    result: ImportResult,
    answered: Mapping[tuple[str, str], int],
    failed: Mapping[tuple[str, str], int],
) -> ImportResult:
    attempt = result.attempt
    if attempt is None:
        return result
    name = attempt.evaluation
    traces = tuple(trace for trace in result.traces if answered[name, trace.id] == at)
    still = {trace_id: why for trace_id, why in attempt.failed.items() if failed.get((name, trace_id)) == at}
    n_elsewhere = len(result.traces) + len(attempt.failed) - len(traces) - len(still)
    newest = replace(attempt, failed=still)
    return replace(result, traces=traces, attempt=newest, notes=tuple(notes_of_log(traces, newest, n_elsewhere)))


def _began(result: ImportResult) -> float:
    return result.attempt.began if result.attempt is not None else 0.0
