"""Traces of a file beside those of the same ids in the database: which are the same, and which may take their place."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.canonical import canonical_json
from core.errors import StoreError
from core.store.deleting import TRACES, Deletion, Doomed, weigh
from core.store.deleting.removing import remove
from core.store.imported import add_imported
from core.store.traces import known_ids, load_trace

if TYPE_CHECKING:
    from sqlite_utils import Database

    from core.traces.importers.result import ImportedRollouts, ImportResult
    from core.traces.model import Trace

_BARE: Final = frozenset({"traces", "sentences", "positions", "failures"})
"""What a trace may have that nobody would miss."""


@dataclass(frozen=True)
class Beside:
    """What a file's traces are to those of the same ids in the database, by id.

    ``alike`` are there just so; ``cut_anew`` are the same response with another reasoning, other sentences or now with
    a prompt, and the stored one has nothing that was paid for or labelled. ``held`` are such ones that have: what hangs
    on each. ``kept`` are those of the alike ones that keep other sentences than the file's for the same reason.
    """

    alike: frozenset[str]
    cut_anew: frozenset[str]
    held: Mapping[str, Deletion]
    kept: Mapping[str, Deletion]


class TraceHeldError(StoreError):
    """A trace that was to be replaced, and has got something that would be lost."""


def compare(connection: sqlite3.Connection, result: ImportResult) -> Beside:
    """Hold the traces of a file against the database; where they came from may differ.

    Raises:
        StoreError: if a run is at work on a trace that the file has otherwise.
    """
    drawn = {rollouts.trace_id: rollouts for rollouts in result.rollouts}
    known = known_ids(connection)
    alike, cut_anew = set[str](), set[str]()
    held, kept = dict[str, Deletion](), dict[str, Deletion]()
    for trace in result.traces:
        if trace.id not in known:
            continue
        stored = load_trace(connection, trace.id)
        if _said(stored) != _said(trace) or not (_has_turns_of(trace, stored) or _has_turns_of(stored, trace)):
            continue
        # A file that says less of the prompt than is known is no reason to forget it.
        same_prompt = _has_turns_of(stored, trace)
        same_place = same_prompt and stored.reasoning == trace.reasoning
        if same_place and trace.id in drawn:
            alike |= {trace.id} if _holds(connection, drawn[trace.id]) else set()
        elif same_place and stored.sentences == trace.sentences:
            alike.add(trace.id)
        else:
            hanging = weigh(connection, Doomed(TRACES, "", (trace.id,)))
            if is_bare(hanging):
                cut_anew.add(trace.id)
            elif same_place:
                alike.add(trace.id)
                kept[trace.id] = hanging
            else:
                held[trace.id] = hanging
    return Beside(frozenset(alike), frozenset(cut_anew), held, kept)


def is_bare(hanging: Deletion) -> bool:
    """Whether nothing hangs on a trace that anybody would miss."""
    return hanging.rows.keys() <= _BARE and not hanging.n_answers_kept


def replace_and_add(database: Database, result: ImportResult, replaced: Collection[str]) -> None:
    """Write all that ``result`` holds, in place of the traces ``replaced`` (a job for the writer).

    Raises:
        TraceHeldError: if something hangs on one of these by now.
    """
    for trace_id in replaced:
        doomed = Doomed(TRACES, "", (trace_id,))
        if not is_bare(weigh(database.conn, doomed)):
            raise TraceHeldError(f"the trace {trace_id!r} was worked on meanwhile, so nothing was imported; try again.")
        remove(database, doomed)
    add_imported(database, result)


def _said(trace: Trace) -> tuple[object, ...]:
    """What a file says of a trace, but for its prompt and how it is cut."""
    said = (trace.response, trace.model, trace.tier, trace.prompt_variant, trace.query)
    return (*said, canonical_json(trace.metadata))


def _has_turns_of(trace: Trace, other: Trace) -> bool:
    return all(turn in trace.prompt.messages for turn in other.prompt.messages)


def _holds(connection: sqlite3.Connection, drawn: ImportedRollouts) -> bool:
    (stored,) = connection.execute(
        "SELECT count(*) FROM rollouts WHERE trace_id = ? AND settings_id = ?", [drawn.trace_id, drawn.settings.id]
    ).fetchone()
    return bool(stored >= len(drawn.rollouts))
