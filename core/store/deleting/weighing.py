"""What a deletion would take away: rows, labels by annotator, money."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.errors import StoreError
from core.store.alive import LiveRun, live_runs
from core.store.deleting.doomed import LISTED, SETTINGS, TRACES, Cut, Doomed, cuts_of, values_of

PRECIOUS: Final = ("rollouts", "judge_votes", "suggestion_batches", "suggestions", "label_events", "verdict_events")
"""Tables whose rows were paid for, or hold what a person said."""

_PRICED: Final = ("rollouts", "judge_votes", "suggestion_batches")


@dataclass(frozen=True)
class Deletion:
    """What goes: ``rows`` by table, none of them 0; ``labelled`` sentences and rollouts by annotator; US dollars spent.

    ``n_answers_kept`` of the traces were made of collected answers that stay, of which collecting would make them
    again; ``n_answers_lost`` other traces were made of an answer that goes, and stay without it.
    """

    doomed: Doomed
    rows: Mapping[str, int]
    labelled: Mapping[str, int] = field(default_factory=dict)
    cost: float = 0.0
    n_answers_kept: int = 0
    n_answers_lost: int = 0

    @property
    def is_precious(self) -> bool:
        """Whether something goes that was paid for or labelled."""
        return any(self.rows.get(table) for table in PRECIOUS)

    def as_json(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "kind": self.doomed.kind,
            "name": self.doomed.name or None,
            "traces": list(self.doomed.trace_ids),
            "rows": dict(self.rows),
            "labelled": dict(self.labelled),
            "cost": self.cost,
        }


def weigh(connection: sqlite3.Connection, doomed: Doomed) -> Deletion:
    """Count what a deletion would take away.

    Raises:
        StoreError: if a run draws or judges some of it now.
    """
    refuse_if_drawn(connection, doomed)
    cuts, values = cuts_of(doomed), values_of(doomed)
    rows = {cut.table: _count(connection, cut, values) for cut in cuts}
    where = {cut.table: cut.where for cut in cuts}
    kept, lost = _answers(connection, doomed, where.get("rollouts"), values)
    return Deletion(
        doomed,
        {table: n for table, n in rows.items() if n},
        _labelled(connection, where, values),
        sum(_cost(connection, table, where[table], values) for table in _PRICED if table in where),
        kept,
        lost,
    )


def refuse_if_drawn(connection: sqlite3.Connection, doomed: Doomed) -> None:
    """Refuse what a run is drawing or judging.

    Raises:
        StoreError: naming the run.
    """
    if doomed.kind not in (TRACES, SETTINGS):
        return
    for run in live_runs(connection):
        if _touches(run, doomed):
            raise StoreError(
                f"run {run.id} ({run.kind}, since {run.started_at}) is at work on what is to be deleted;"
                " stop it, or wait for its end."
            )


def _touches(run: LiveRun, doomed: Doomed) -> bool:
    if doomed.kind == SETTINGS and run.settings_id != doomed.name:
        return False
    return not doomed.trace_ids or not run.trace_ids.isdisjoint(doomed.trace_ids)


def _count(connection: sqlite3.Connection, cut: Cut, values: Mapping[str, Any]) -> int:
    query = f"SELECT count(*) FROM {cut.table} WHERE {cut.where}"  # noqa: S608 - names of ours
    return int(connection.execute(query, values).fetchone()[0])


def _cost(connection: sqlite3.Connection, table: str, where: str, values: Mapping[str, Any]) -> float:
    query = f"SELECT coalesce(sum(cost), 0) FROM {table} WHERE {where}"  # noqa: S608 - names of ours
    return float(connection.execute(query, values).fetchone()[0])


def _labelled(connection: sqlite3.Connection, where: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for table, place in (("label_events", "trace_id, sentence_idx"), ("verdict_events", "rollout_id, behavior")):
        if table in where:
            query = f"""
                SELECT annotator, count(*) FROM (SELECT DISTINCT annotator, {place} FROM {table} WHERE {where[table]})
                 GROUP BY annotator ORDER BY annotator
            """  # noqa: S608 - names of ours
            for annotator, n in connection.execute(query, values):
                found[annotator] = found.get(annotator, 0) + n
    return found


def _answers(
    connection: sqlite3.Connection, doomed: Doomed, drawn: str | None, values: Mapping[str, Any]
) -> tuple[int, int]:
    """Traces that go while the answers they were made of stay, and traces that stay while theirs go."""
    if drawn is None:
        return 0, 0
    goes = f"rollout_id IN (SELECT id FROM rollouts WHERE {drawn})"  # noqa: S608 - names of ours
    listed = f"id {LISTED}" if doomed.kind == TRACES else "0"
    query = f"""
        SELECT count(*) FILTER (WHERE {listed} AND NOT {goes}), count(*) FILTER (WHERE NOT {listed} AND {goes})
          FROM traces WHERE rollout_id IS NOT NULL
    """  # noqa: S608
    kept, lost = connection.execute(query, values).fetchone()
    return int(kept), int(lost)
