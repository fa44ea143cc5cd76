"""Collected answers in the database: rollouts of prefix 0 of unanswered traces, and the traces made of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.store.rates import SettingsInUse
from core.store.traces import add_traces

if TYPE_CHECKING:
    from sqlite_utils import Database

    from core.traces.model import Trace

_ANSWERS = """
    SELECT r.id, r.trace_id, r.sample_idx, t.query, t.tier, t.prompt_variant
      FROM traces t JOIN rollouts r ON r.trace_id = t.id AND r.settings_id = ? AND r.prefix_idx = 0
     WHERE t.response = '' ORDER BY t.rowid, r.sample_idx
"""
_OUTCOMES = """
    SELECT r.id, o.behavior, o.judge_id, o.outcome, o.value
      FROM traces t JOIN rollouts r ON r.trace_id = t.id AND r.settings_id = ? AND r.prefix_idx = 0
      JOIN outcomes o ON o.rollout_id = r.id
     WHERE t.response = '' ORDER BY o.rowid
"""


@dataclass(frozen=True)
class Verdict:
    """What a behavior came out as: its word, and 1 shown, 0 not shown, None undecided."""

    outcome: str
    value: int | None


@dataclass(frozen=True)
class CollectedAnswer:
    """One answer to an unanswered trace, with its verdict by behavior and judge."""

    rollout_id: int
    trace_id: str
    sample_idx: int
    query: str | None
    tier: str | None
    prompt_variant: str | None
    verdicts: Mapping[tuple[str, str], Verdict]


def collected_settings(connection: sqlite3.Connection) -> list[SettingsInUse]:
    """Settings under which answers were collected, those of most answers first; ``n_rollouts`` counts the answers."""
    rows = connection.execute(
        """
        SELECT s.id, s.endpoint, s.base_url, s.model, s.temperature, count(*) AS n_rollouts
          FROM traces t JOIN rollouts r ON r.trace_id = t.id AND r.prefix_idx = 0
          JOIN sampling_settings s ON s.id = r.settings_id
         WHERE t.response = '' GROUP BY s.id ORDER BY n_rollouts DESC, s.id
        """
    )
    return [SettingsInUse(**dict(row)) for row in rows]


def collected_answers(connection: sqlite3.Connection, settings_id: str) -> list[CollectedAnswer]:
    """All answers under one set of sampling settings, in the order in which their prompts were added."""
    verdicts: dict[int, dict[tuple[str, str], Verdict]] = {}
    for row in connection.execute(_OUTCOMES, [settings_id]):
        found = Verdict(row["outcome"], row["value"])
        verdicts.setdefault(row["id"], {})[row["behavior"], row["judge_id"]] = found
    return [
        CollectedAnswer(
            row["id"],
            row["trace_id"],
            row["sample_idx"],
            row["query"],
            row["tier"],
            row["prompt_variant"],
            verdicts.get(row["id"], {}),
        )
        for row in connection.execute(_ANSWERS, [settings_id])
    ]


def unanswered_ids(connection: sqlite3.Connection) -> list[str]:
    """Ids of the unanswered traces, in the order in which they were added."""
    return [row["id"] for row in connection.execute("SELECT id FROM traces WHERE response = '' ORDER BY rowid")]


@dataclass(frozen=True)
class RawAnswer:
    """A collected answer of which no trace has been made: what was said, and under which settings."""

    rollout_id: int
    trace_id: str
    settings_id: str
    sample_idx: int
    text: str
    continuation: str | None
    finish_reason: str | None
    model: str | None
    endpoint: str | None


def answers_without_traces(connection: sqlite3.Connection) -> list[RawAnswer]:
    """The collected answers that no trace was made of yet, in the order in which their prompts were added."""
    rows = connection.execute(
        """
        SELECT r.id AS rollout_id, r.trace_id, r.settings_id, r.sample_idx, r.text, r.continuation, r.finish_reason,
               coalesce(r.model, s.model) AS model, s.endpoint
          FROM traces t JOIN rollouts r ON r.trace_id = t.id AND r.prefix_idx = 0
          JOIN sampling_settings s ON s.id = r.settings_id
         WHERE t.response = '' AND NOT EXISTS (SELECT 1 FROM traces made WHERE made.rollout_id = r.id)
         ORDER BY t.rowid, r.settings_id, r.sample_idx
        """
    )
    return [RawAnswer(**dict(row)) for row in rows]


def has_trace(connection: sqlite3.Connection, rollout_id: int) -> bool:
    """Whether a trace was made of this answer."""
    return connection.execute("SELECT 1 FROM traces WHERE rollout_id = ?", [rollout_id]).fetchone() is not None


def add_answer(database: Database, trace: Trace, rollout_id: int) -> None:
    """Write ``trace``, which was made of the collected answer ``rollout_id`` (a job for the writer)."""
    add_traces(database, [trace])
    database.conn.execute("UPDATE traces SET rollout_id = ? WHERE id = ?", [rollout_id, trace.id])
