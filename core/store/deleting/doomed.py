"""What somebody wants deleted, and the rows that this means."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from core.canonical import canonical_json
from core.errors import NotFoundError
from core.store.traces import check_known

TRACES, SETTINGS, LABELS, QUEUE = "traces", "settings", "labels", "queue"


@dataclass(frozen=True)
class Doomed:
    """What is to be deleted: ``kind`` is traces, settings, labels or queue.

    ``name`` is the id of the sampling settings whose rollouts go, the annotator whose labels go, or the number of the
    queue; ``trace_ids`` are the traces, or those to which the others are limited (none: all of the database).
    """

    kind: str
    name: str = ""
    trace_ids: tuple[str, ...] = ()

    @property
    def canonical(self) -> str:
        """The whole of it as canonical JSON."""
        return canonical_json({"kind": self.kind, "name": self.name, "traces": list(self.trace_ids)})

    @classmethod
    def from_json(cls, text: str) -> Doomed:
        """Read what `canonical` gives."""
        raw = json.loads(text)
        return cls(raw["kind"], raw["name"], tuple(raw["traces"]))


class Cut(NamedTuple):
    """Rows of one table: ``where`` names them, with ``:name`` and ``:traces`` (a JSON list) as `values_of` has them."""

    table: str
    where: str


def whole(connection: sqlite3.Connection, trace_ids: Sequence[str]) -> Doomed:
    """Traces, with all that hangs on them.

    Raises:
        NotFoundError: if there is no such trace.
    """
    check_known(connection, trace_ids)
    return Doomed(TRACES, "", tuple(dict.fromkeys(trace_ids)))


def rollouts_under(connection: sqlite3.Connection, beginning: str, trace_ids: Sequence[str] = ()) -> Doomed:
    """The rollouts under the sampling settings whose id begins so, of some traces or of all.

    Raises:
        NotFoundError: if no settings, or several, have such an id, or there is no such trace.
    """
    check_known(connection, trace_ids)
    known = {row["id"]: row for row in connection.execute("SELECT * FROM sampling_settings ORDER BY rowid")}
    found = [name for name in known if name.startswith(beginning)]
    if len(found) != 1 or not beginning:
        fault = "several sampling settings begin with" if len(found) > 1 else "no sampling settings"
        there = ", ".join(f"{row['id']} ({row['endpoint'] or 'imported'}, {row['model']})" for row in known.values())
        raise NotFoundError(f"{fault} {beginning!r}; there are: {there or 'none'}.")
    return Doomed(SETTINGS, found[0], tuple(dict.fromkeys(trace_ids)))


def labels_of(connection: sqlite3.Connection, annotator: str, trace_ids: Sequence[str] = ()) -> Doomed:
    """All that an annotator has said of the sentences, and of the rollouts, of some traces or of all.

    Raises:
        NotFoundError: if they have said nothing, or there is no such trace.
    """
    check_known(connection, trace_ids)
    query = "SELECT annotator FROM label_events UNION SELECT annotator FROM verdict_events ORDER BY 1"
    known = [name for (name,) in connection.execute(query)]
    if annotator not in known:
        raise NotFoundError(
            f"{annotator!r} has labelled nothing here; labels there are of: {', '.join(known) or 'nobody'}."
        )
    return Doomed(LABELS, annotator, tuple(dict.fromkeys(trace_ids)))


def queue_of(connection: sqlite3.Connection, annotator: str) -> Doomed:
    """The queue that an annotator has under way, or else the last one that they had.

    Raises:
        NotFoundError: if they never had one.
    """
    query = "SELECT id FROM queues WHERE annotator = ? ORDER BY ended_at IS NULL DESC, id DESC LIMIT 1"
    row = connection.execute(query, [annotator]).fetchone()
    if row is None:
        raise NotFoundError(f"{annotator!r} has no queue; `turnpoint queue start` starts one.")
    return Doomed(QUEUE, str(row["id"]))


LISTED: Final = "IN (SELECT value FROM json_each(:traces))"
"""Follows a column that names a trace, where it is one of those that are meant."""

_OF_ROLLOUTS: Final = ("outcomes", "judge_votes", "verdict_events")
_OF_TRACES: Final = (
    "failures",
    "rollouts",
    "label_events",
    "positions",
    "suggestions",
    "suggestion_batches",
    "queue_items",
    "sentences",
)


def cuts_of(doomed: Doomed) -> tuple[Cut, ...]:
    """The rows that go, each table before those that it refers to."""
    here = f" AND trace_id {LISTED}" if doomed.trace_ids else ""
    if doomed.kind == TRACES:
        drawn = f"SELECT id FROM rollouts WHERE trace_id {LISTED}"  # noqa: S608 - no value of a user's
        return (
            *(Cut(table, f"rollout_id IN ({drawn})") for table in _OF_ROLLOUTS),
            *(Cut(table, f"trace_id {LISTED}") for table in _OF_TRACES),
            Cut("traces", f"id {LISTED}"),
        )
    if doomed.kind == SETTINGS:
        drawn = f"SELECT id FROM rollouts WHERE settings_id = :name{here}"  # noqa: S608
        return (
            *(Cut(table, f"rollout_id IN ({drawn})") for table in _OF_ROLLOUTS),
            Cut("failures", f"settings_id = :name{here}"),
            Cut("rollouts", f"settings_id = :name{here}"),
        )
    if doomed.kind == LABELS:
        theirs = f" AND rollout_id IN (SELECT id FROM rollouts WHERE trace_id {LISTED})"  # noqa: S608
        drawn = theirs if doomed.trace_ids else ""
        return (
            Cut("label_events", f"annotator = :name{here}"),
            Cut("verdict_events", f"annotator = :name{drawn}"),
            Cut("positions", f"annotator = :name{here}"),
        )
    return (Cut("queue_items", "queue_id = CAST(:name AS INTEGER)"), Cut("queues", "id = CAST(:name AS INTEGER)"))


def values_of(doomed: Doomed) -> dict[str, Any]:
    """The values that the conditions of the cuts name."""
    return {"name": doomed.name, "traces": json.dumps(doomed.trace_ids)}
