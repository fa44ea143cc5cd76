"""Counts per prefix, derived from rollout and outcome rows each time they are asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class PrefixCounts:
    """How the rollouts of one prefix came out for one behavior under one judge.

    ``k`` of ``n`` decided rollouts showed the behavior; the undecided ones are counted apart, by kind. Those of
    ``n_restarted`` began the reasoning anew, so that nothing about the prefix can be learnt from them; of those of
    ``n_filtered`` the server kept back or cut short what was written because of what it says.
    """

    prefix_idx: int
    behavior: str
    judge_id: str
    k: int
    n: int
    n_no_decision: int
    n_truncated: int
    n_error: int
    n_restarted: int = field(default=0, kw_only=True)
    n_filtered: int = field(default=0, kw_only=True)

    @property
    def n_undecided(self) -> int:
        """Rollouts that were drawn but show neither yes nor no, and samples that were given up."""
        return self.n_no_decision + self.n_truncated + self.n_error + self.n_restarted + self.n_filtered


@dataclass(frozen=True)
class SettingsInUse:
    """Sampling settings under which a trace has rollouts, and how many."""

    id: str
    endpoint: str | None
    base_url: str | None
    model: str
    temperature: float | None
    n_rollouts: int


def prefix_counts(connection: sqlite3.Connection, trace_id: str, settings_id: str) -> list[PrefixCounts]:
    """Counts of every sampled prefix, behavior and judge, ordered by prefix."""
    rows = connection.execute(
        """
        SELECT r.prefix_idx, o.behavior, o.judge_id,
               coalesce(sum(o.value), 0) AS k,
               count(o.value) AS n,
               sum(o.outcome IN ('no_decision', 'unclear')) AS n_no_decision,
               sum(o.outcome = 'truncated') AS n_truncated,
               sum(o.outcome = 'error') AS n_error,
               sum(o.outcome = 'restarted') AS n_restarted,
               sum(o.outcome = 'filtered') AS n_filtered
          FROM rollouts r JOIN outcomes o ON o.rollout_id = r.id
         WHERE r.trace_id = ? AND r.settings_id = ?
         GROUP BY r.prefix_idx, o.behavior, o.judge_id
         ORDER BY r.prefix_idx, o.behavior, o.judge_id
        """,
        [trace_id, settings_id],
    )
    return [PrefixCounts(**dict(row)) for row in rows]


def failed_samples(connection: sqlite3.Connection, trace_id: str, settings_id: str) -> dict[int, int]:
    """How many samples of each prefix were given up and have not been drawn since."""
    rows = connection.execute(
        """
        SELECT f.prefix_idx, count(DISTINCT f.sample_idx) AS n
          FROM failures f
         WHERE f.trace_id = ? AND f.settings_id = ? AND f.stage = 'sample'
           AND NOT EXISTS (SELECT 1 FROM rollouts r
                            WHERE r.trace_id = f.trace_id AND r.settings_id = f.settings_id
                              AND r.prefix_idx = f.prefix_idx AND r.sample_idx = f.sample_idx)
         GROUP BY f.prefix_idx
        """,
        [trace_id, settings_id],
    )
    return {row["prefix_idx"]: row["n"] for row in rows}


def rollouts_per_prefix(connection: sqlite3.Connection, trace_id: str, settings_id: str) -> dict[int, int]:
    """How many rollouts each sampled prefix has, decided or not."""
    rows = connection.execute(
        "SELECT prefix_idx, count(*) AS n FROM rollouts WHERE trace_id = ? AND settings_id = ? GROUP BY prefix_idx",
        [trace_id, settings_id],
    )
    return {row["prefix_idx"]: row["n"] for row in rows}


@dataclass(frozen=True)
class StartCounts(PrefixCounts):
    """The counts of a trace's prefix 0, with what its prompt claims."""

    trace_id: str
    tier: str | None
    prompt_variant: str | None


def settings_at_start(
    connection: sqlite3.Connection, trace_ids: Sequence[str]
) -> list[tuple[SettingsInUse, frozenset[str]]]:
    """Settings under which any of the traces has rollouts of prefix 0, each with the traces that have some.

    Those of most traces come first, then those of most rollouts; ``n_rollouts`` counts the ones of prefix 0.
    """
    query = """
        SELECT s.id, s.endpoint, s.base_url, s.model, s.temperature, r.n_rollouts
          FROM (SELECT settings_id, count(*) AS n_rollouts FROM rollouts
                 WHERE trace_id = ? AND prefix_idx = 0 GROUP BY settings_id) r
          JOIN sampling_settings s ON s.id = r.settings_id
    """
    found: dict[str, SettingsInUse] = {}
    traces: dict[str, set[str]] = {}
    for trace_id in trace_ids:
        for row in connection.execute(query, [trace_id]):
            settings = SettingsInUse(**dict(row))
            known = found.get(settings.id)
            n_before = known.n_rollouts if known else 0
            found[settings.id] = replace(settings, n_rollouts=n_before + settings.n_rollouts)
            traces.setdefault(settings.id, set()).add(trace_id)
    order = sorted(found.values(), key=lambda one: (-len(traces[one.id]), -one.n_rollouts, one.id))
    return [(settings, frozenset(traces[settings.id])) for settings in order]


def counts_at_start(connection: sqlite3.Connection, trace_ids: Sequence[str], settings_id: str) -> list[StartCounts]:
    """Counts of prefix 0 for every trace, behavior and judge, in the order of the traces."""
    query = """
        SELECT r.prefix_idx, o.behavior, o.judge_id, coalesce(sum(o.value), 0) AS k, count(o.value) AS n,
               sum(o.outcome IN ('no_decision', 'unclear')) AS n_no_decision,
               sum(o.outcome = 'truncated') AS n_truncated, sum(o.outcome = 'error') AS n_error,
               sum(o.outcome = 'restarted') AS n_restarted, sum(o.outcome = 'filtered') AS n_filtered,
               t.id AS trace_id, t.tier, t.prompt_variant
          FROM traces t JOIN rollouts r ON r.trace_id = t.id JOIN outcomes o ON o.rollout_id = r.id
         WHERE t.id = ? AND r.settings_id = ? AND r.prefix_idx = 0
         GROUP BY o.behavior, o.judge_id ORDER BY o.behavior, o.judge_id
    """
    return [
        StartCounts(**dict(row)) for trace_id in trace_ids for row in connection.execute(query, [trace_id, settings_id])
    ]


def settings_in_use(connection: sqlite3.Connection, trace_id: str) -> list[SettingsInUse]:
    """Settings under which the trace has rollouts, most used first."""
    rows = connection.execute(
        """
        SELECT s.id, s.endpoint, s.base_url, s.model, s.temperature, r.n_rollouts
          FROM (SELECT settings_id, count(*) AS n_rollouts FROM rollouts WHERE trace_id = ? GROUP BY settings_id) r
          JOIN sampling_settings s ON s.id = r.settings_id
         ORDER BY r.n_rollouts DESC, s.id
        """,
        [trace_id],
    )
    return [SettingsInUse(**dict(row)) for row in rows]
