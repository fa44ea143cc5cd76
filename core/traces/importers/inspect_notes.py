"""What there is to say of the samples of an Inspect log that were read, a sentence each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from core.traces.importers.notes import CUT_OFF, KINDS, said_of
from core.traces.importers.result import Attempt
from core.traces.model import Trace

_LONGEST_REASON: Final = 80


def notes_of_log(traces: Sequence[Trace], attempt: Attempt, n_elsewhere: int = 0) -> Iterator[str]:
    """The sentences about a log; ``n_elsewhere`` of its samples are taken from another."""
    if not attempt.is_finished:
        yield "the evaluation had not ended when this log was written; it has the samples so far."
    if n_elsewhere:
        yield f"{_are(n_elsewhere, 'sample')} taken from another log of the same evaluation."
    if n := len(attempt.failed):
        why = _counted(attempt.failed.values())
        yield f"{_are(n, 'failed sample')} left out ({why}); `inspect eval-retry` tries again."
    said = [_said_of(trace) for trace in traces]
    if cut := [about["cut_by"] for about in said if about.get("cut_by")]:
        yield f"{_are(len(cut), 'trace')} marked as truncated ({_counted(cut)})."
    if stripped := sum(about.get("white_space") == "lost" for about in said):
        yield (
            f"{_have(stripped)} no longer the model's own white space around the reasoning, which Inspect strips; "
            "log with --log-model-api to keep it."
        )
    yield from said_of(traces, [kind for kind in KINDS if kind is not CUT_OFF])


def _said_of(trace: Trace) -> dict[str, Any]:
    found = trace.metadata.get("inspect")
    return found if isinstance(found, dict) else {}


def _are(n: int, what: str) -> str:
    return f"1 {what} is" if n == 1 else f"{n} {what}s are"


def _have(n: int) -> str:
    return "1 trace has" if n == 1 else f"{n} traces have"


def _counted(reasons: Iterable[str]) -> str:
    """The reasons, the most frequent first, with how often each was if that differs."""
    counts = Counter(_printable(reason) for reason in reasons)
    return ", ".join(f"{reason}" if len(counts) == 1 else f"{n} {reason}" for reason, n in counts.most_common(3))


def _printable(reason: str) -> str:
    shown = reason if reason.isprintable() else ascii(reason)
    return shown if len(shown) <= _LONGEST_REASON else shown[: _LONGEST_REASON - 3] + "..."
