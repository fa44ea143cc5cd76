"""The records of one file as traces: each by itself, and what they have in common said once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TypeAlias

from core.errors import ImportRefusedError
from core.traces.build import TraceRefusedError
from core.traces.importers.notes import Noted
from core.traces.importers.record import NoResponseError, RecordRefusedError, WholeFileError, trace_of_record
from core.traces.importers.result import ImportResult
from core.traces.importers.unrecognised import why_unrecognised
from core.traces.model import Trace
from core.traces.reasoning import ReasoningTags

MOST_ALIKE: Final = 10
"""Records of a file that are refused each by its line for the same reason; more are counted."""


@dataclass(frozen=True)
class Located:
    """One value of a file, the line or row it begins on (from 1), and the id it gets when it has none."""

    value: Any
    line: int
    fallback_id: str


Records: TypeAlias = Iterator[Located | ImportRefusedError]
"""What a file of records holds, in its order; a value that cannot be read is a refusal."""

Rewrite: TypeAlias = Callable[[Any, Path, str], Iterator[Any]]
"""From a value of a file, the file and the id for want of another, to records of turnpoint's own, or refusals."""


def import_records(path: Path, records: Records, rewrite: Rewrite, tags: Sequence[ReasoningTags]) -> ImportResult:
    """Read every record of a file; one that cannot become a trace costs only itself.

    Records that nobody knows are refused together, in one sentence; so are many that share one reason.

    Raises:
        ImportRefusedError: if the file has no records.
    """
    traces: list[Trace] = []
    refused: list[ImportRefusedError] = []
    unknown: list[Located] = []
    whole: dict[str, list[int]] = {}
    noted = Noted()
    line_of_id: dict[str, int] = {}
    for record in records:
        if isinstance(record, ImportRefusedError):
            refused.append(record)
            continue
        found: list[Trace] = []
        for own in _own(rewrite, record, path):
            try:
                if isinstance(own, TraceRefusedError):
                    raise own
                trace = trace_of_record(own, record.fallback_id, f"{path.name}:{record.line}", tags)
                if trace.id in line_of_id:
                    raise RecordRefusedError(
                        f"the id {trace.id!r} is taken by line {line_of_id[trace.id]}; give each record its own."
                    )
                line_of_id[trace.id] = record.line
                found.append(trace)
            except NoResponseError:
                unknown.append(record)
            except WholeFileError as refusal:
                whole.setdefault(str(refusal), []).append(record.line)
            except TraceRefusedError as refusal:
                refused.append(ImportRefusedError(path, str(refusal), record.line))
        noted.add(record.value, found)
        traces += found
    refused += [ImportRefusedError(path, reason, lines[0], len(lines)) for reason, lines in whole.items()]
    if unknown:
        first = unknown[0]
        refused.append(ImportRefusedError(path, why_unrecognised(first.value, len(unknown)), first.line, len(unknown)))
    if not traces and not refused:
        raise ImportRefusedError(path, "the file has no records; there is nothing to import.")
    return ImportResult(tuple(traces), _counted(refused), notes=tuple(noted.sentences()))


def _own(rewrite: Rewrite, record: Located, path: Path) -> Iterator[Any]:
    """The records of turnpoint's own that a value comes to, and the refusal that ends them if there is one."""
    try:
        yield from rewrite(record.value, path, record.fallback_id)
    except TraceRefusedError as refusal:
        yield refusal


def _counted(refused: Sequence[ImportRefusedError]) -> tuple[ImportRefusedError, ...]:
    """The refusals by line, with those that share a reason as one where there are many."""
    counted: list[ImportRefusedError] = []
    for reason, alike in groupby(sorted(refused, key=lambda refusal: refusal.reason), key=lambda r: r.reason):
        group = list(alike)
        if len(group) > MOST_ALIKE:
            first = min(group, key=_line)
            rest = f"{reason.removesuffix('.')} (and so in {len(group) - 1} more records)."
            group = [ImportRefusedError(first.path, rest, first.line, sum(refusal.n for refusal in group))]
        counted += group
    return tuple(sorted(counted, key=_line))


def _line(refusal: ImportRefusedError) -> int:
    return refusal.line or 0
