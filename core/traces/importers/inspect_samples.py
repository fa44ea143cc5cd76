"""The samples of one Inspect log as traces: the last attempt at each, and what there is to say of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from core.errors import ImportRefusedError
from core.traces.build import TraceRefusedError
from core.traces.importers.inspect_archive import MemberError
from core.traces.importers.inspect_notes import notes_of_log
from core.traces.importers.inspect_sample import failure_of, id_of_sample, record_of_sample
from core.traces.importers.inspect_texts import an_object, first_text
from core.traces.importers.record import RecordRefusedError, trace_of_record
from core.traces.importers.result import Attempt, ImportResult
from core.traces.model import Trace
from core.traces.reasoning import ReasoningTags

MOST_NAMED: Final = 3
"""Samples that are named in one refusal; more are counted."""


class _Refused(NamedTuple):
    """A sample that is no trace: where it stands, fit for a sentence, and why."""

    place: str
    reason: str


def import_samples(
    path: Path, header: Mapping[str, Any], samples: Iterable[tuple[str, Any]], tags: Sequence[ReasoningTags]
) -> ImportResult:
    """Read the samples of the log ``path``, each given with its place there; one may be a `MemberError`.

    Raises:
        ImportRefusedError: if there are no samples.
    """
    came_to: dict[tuple[object, ...], Trace | _Refused | None] = {}
    failed: dict[str, str] = {}
    for place, sample in samples:
        key = _key(place, sample)
        # A sample that was run again stands there twice, and the later one counts.
        came_to.pop(key, None)
        trace_id = id_of_sample(header, an_object(sample))
        failed.pop(trace_id, None)
        if (why := failure_of(an_object(sample))) is not None:
            came_to[key], failed[trace_id] = None, why
            continue
        try:
            came_to[key] = _trace(path, header, place, sample, tags)
        except TraceRefusedError as refusal:
            came_to[key] = _Refused(_shown(place), str(refusal))
    if not came_to:
        raise ImportRefusedError(path, "the log has no samples; log them, or give another log.")
    traces, refused = _apart([found for found in came_to.values() if found is not None])
    attempt = _attempt(path, header, failed)
    return ImportResult(traces, _together(path, refused), notes=tuple(notes_of_log(traces, attempt)), attempt=attempt)


def _key(place: str, sample: Any) -> tuple[object, ...]:
    """What names a sample in its log: its id, which may be a number, and its epoch; else the place."""
    if not isinstance(sample, dict) or "id" not in sample:
        return (place,)
    identity, epoch = sample["id"], sample.get("epoch")
    return type(identity).__name__, str(identity), str(epoch)


def _trace(path: Path, header: Mapping[str, Any], place: str, sample: Any, tags: Sequence[ReasoningTags]) -> Trace:
    if isinstance(sample, MemberError):
        raise RecordRefusedError(str(sample))
    if not isinstance(sample, dict):
        raise RecordRefusedError("this is no sample; give the log as Inspect writes it.")
    return trace_of_record(record_of_sample(header, sample), place, f"{path.name}#{place}", tags)


def _apart(found: Sequence[Trace | _Refused]) -> tuple[tuple[Trace, ...], list[_Refused]]:
    """Traces and refusals; of two samples whose ids come to one trace id, the second is refused."""
    traces: dict[str, Trace] = {}
    refused: list[_Refused] = []
    for one in found:
        if isinstance(one, _Refused):
            refused.append(one)
        elif one.id in traces:
            reason = f"another sample comes to the same id, {one.id!r}; give one of them another id."
            refused.append(_Refused(_shown(one.source.partition("#")[2]), reason))
        else:
            traces[one.id] = one
    return tuple(traces.values()), refused


def _together(path: Path, refused: Sequence[_Refused]) -> tuple[ImportRefusedError, ...]:
    """One refusal for all samples that share a reason, with the places of the first."""
    places: dict[str, list[str]] = {}
    for one in refused:
        places.setdefault(one.reason, []).append(one.place)
    return tuple(
        ImportRefusedError(path, f"{_listed(where)}: {reason}", n=len(where)) for reason, where in places.items()
    )


def _listed(places: Sequence[str]) -> str:
    n_more = len(places) - MOST_NAMED
    return ", ".join(places[:MOST_NAMED]) + (f" and {n_more} more" if n_more > 0 else "")


def _attempt(path: Path, header: Mapping[str, Any], failed: Mapping[str, str]) -> Attempt:
    spec = an_object(header.get("eval"))
    return Attempt(
        # Only Inspect's own name for it tells a retry from another evaluation.
        evaluation=first_text(spec, "task_id") or str(path.resolve()),
        began=_seconds(first_text(spec, "created")),
        failed=failed,
        is_finished=header.get("status") not in (None, "started"),
    )


def _seconds(moment: str | None) -> float:
    """Seconds since 1970 of a moment in ISO 8601, in UTC if it does not say; 0 for anything else."""
    try:
        read = datetime.fromisoformat(moment or "")
        return (read if read.tzinfo is not None else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _shown(place: str) -> str:
    """The name of a member, which anyone may have chosen, fit for a sentence."""
    return place if place.isprintable() and len(place) <= 200 else ascii(place[:200])
