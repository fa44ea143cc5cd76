"""Taking rows away, and then what nothing refers to any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from core.annotation.queue import QueueSpec
from core.store.alive import live_runs, traces_asked_about
from core.store.deleting.doomed import TRACES, Doomed, cuts_of, values_of

if TYPE_CHECKING:
    from sqlite_utils import Database

_DEFINING: Final = (
    ("runs", "run_id"),
    ("suggesters", "suggester_id"),
    ("prompts", "prompt_id"),
    ("sampling_settings", "settings_id"),
    ("judges", "judge_id"),
    ("codebooks", "codebook_id"),
)
"""What rows are about or came by: the table, and the column by which others name it; each after those that do."""


def remove(database: Database, doomed: Doomed) -> None:
    """Take away what is doomed, and what it was about or came by unless something else is (a job for the writer)."""
    connection, values, cuts = database.conn, values_of(doomed), cuts_of(doomed)
    before = {column: _referred(connection, column, cuts, values) for _, column in _DEFINING}
    if doomed.kind == TRACES:
        before["run_id"] |= _runs_about(connection, frozenset(doomed.trace_ids))
        _shorten_queues(connection, frozenset(doomed.trace_ids))
    for table, where in cuts:
        _let_go(connection, table, where, values)
        connection.execute(f"DELETE FROM {table} WHERE {where}", values)  # noqa: S608 - names of ours
    for table, column in _DEFINING:
        _sweep(connection, table, column, before)


def _let_go(connection: sqlite3.Connection, table: str, where: str, values: Mapping[str, Any]) -> None:
    """Have rows that stay no longer point to rows of this table that go."""
    pointing = {"rollouts": [("traces", "rollout_id")]}.get(table, [])
    if table in ("label_events", "verdict_events"):
        pointing = [(table, "target")]
    for other, column in pointing:
        doomed = f"SELECT id FROM {table} WHERE {where}"  # noqa: S608 - names of ours
        connection.execute(f"UPDATE {other} SET {column} = NULL WHERE {column} IN ({doomed})", values)  # noqa: S608


def _referred(
    connection: sqlite3.Connection, column: str, cuts: Iterable[tuple[str, str]], values: Mapping[str, Any]
) -> set[Any]:
    """What the doomed rows name in a column."""
    found: set[Any] = set()
    for table, where in cuts:
        if column in _columns(connection, table):
            query = f"SELECT DISTINCT {column} FROM {table} WHERE {where} AND {column} IS NOT NULL"  # noqa: S608
            found |= {name for (name,) in connection.execute(query, values)}
    return found


def _sweep(connection: sqlite3.Connection, table: str, column: str, before: dict[str, set[Any]]) -> None:
    """Take away the rows of a table that were referred to, and are no more."""
    for name in sorted(before[column]):
        if any(_is_named(connection, other, column, name) for other in _tables(connection) if other != table):
            continue
        for later, its_column in _DEFINING:
            if later != table and its_column in _columns(connection, table):
                query = f"SELECT {its_column} FROM {table} WHERE id = ? AND {its_column} IS NOT NULL"  # noqa: S608
                before[its_column] |= {one for (one,) in connection.execute(query, [name])}
        connection.execute(f"DELETE FROM {table} WHERE id = ?", [name])  # noqa: S608


def _is_named(connection: sqlite3.Connection, table: str, column: str, name: Any) -> bool:
    if column not in _columns(connection, table):
        return False
    query = f"SELECT 1 FROM {table} WHERE {column} = ? LIMIT 1"  # noqa: S608 - names of ours
    return connection.execute(query, [name]).fetchone() is not None


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%fts%'")
    return [row["name"] for row in rows]


def _columns(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    return frozenset(row["name"] for row in connection.execute(f"PRAGMA table_info({table})"))


def _runs_about(connection: sqlite3.Connection, trace_ids: frozenset[str]) -> set[int]:
    """Ended runs that were asked about nothing but these traces."""
    alive = {run.id for run in live_runs(connection)}
    rows = connection.execute("SELECT id, request FROM runs")
    asked = {row["id"]: traces_asked_about(row["request"]) for row in rows if row["id"] not in alive}
    return {run_id for run_id, traces in asked.items() if traces and traces <= trace_ids}


def _shorten_queues(connection: sqlite3.Connection, trace_ids: frozenset[str]) -> None:
    """Take traces out of the queues that name them; one that is about nothing else goes."""
    for row in list(connection.execute("SELECT id, spec FROM queues")):
        spec = QueueSpec.from_json(row["spec"])
        left = tuple(name for name in spec.trace_ids if name not in trace_ids)
        if len(left) == len(spec.trace_ids):
            continue
        if left:
            shorter = replace(spec, trace_ids=left).canonical
            connection.execute("UPDATE queues SET spec = ? WHERE id = ?", [shorter, row["id"]])
        else:
            connection.execute("DELETE FROM queue_items WHERE queue_id = ?", [row["id"]])
            connection.execute("DELETE FROM queues WHERE id = ?", [row["id"]])
