"""Rollouts, their outcomes and votes, and the runs that made them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from core.behaviors.judge import Judge
from core.behaviors.outcome import Outcome, Vote
from core.clock import now
from core.endpoints.settings import SamplingSettings
from core.resampling.rollout import Failure, Rollout
from core.store.alive import this_process
from core.store.rows import PROGRAM, insert, insert_row, table

if TYPE_CHECKING:
    from sqlite_utils import Database

_ROLLOUT_TEXT = ("text", "finish_reason", "model", "system_fingerprint", "provider")


@dataclass(frozen=True)
class StoredRollout:
    """A rollout with its row id and the outcome of each behavior under the judge asked for."""

    id: int
    rollout: Rollout
    outcomes: dict[str, Outcome]


def add_settings(database: Database, settings: SamplingSettings) -> None:
    """Store sampling settings once."""
    names = (
        "id",
        "canonical",
        "endpoint",
        "base_url",
        "model",
        "mode",
        "temperature",
        "top_p",
        "max_tokens",
        "seed",
    )
    row = {name: getattr(settings, name) for name in names}
    insert(database, "sampling_settings", [row | {"created_at": now()}], ignore=True)


def add_judge(database: Database, judge: Judge) -> None:
    """Store a judge once."""
    names = ("id", "canonical", "behavior", "name", "version", "scheme", "model", "base_url")
    row = {name: getattr(judge, name) for name in names}
    insert(database, "judges", [row | {"created_at": now()}], ignore=True)


def start_run(database: Database, kind: str, request: str, settings_id: str | None) -> int:
    """Open a run and return its id."""
    row = {
        "kind": kind,
        "status": "running",
        "request": request,
        "settings_id": settings_id,
        "program": PROGRAM,
        "started_at": now(),
        "process": this_process(),
    }
    runs = table(database, "runs").insert(row)
    assert isinstance(runs.last_pk, int)
    return runs.last_pk


def end_run(database: Database, run_id: int, status: str) -> None:
    """Close a run as ``done``, ``cancelled``, ``stopped`` or ``failed``."""
    table(database, "runs").update(run_id, {"status": status, "ended_at": now()})


def add_rollouts(
    database: Database, run_id: int | None, rollouts: Sequence[tuple[Rollout, Sequence[Outcome]]]
) -> list[int]:
    """Store rollouts with the outcomes already known, and return their row ids in order.

    A sample that is already there, from another process, stays as it was, and so do its outcomes.
    """
    at = now()
    ids = []
    for rollout, outcomes in rollouts:
        known = _row_id(database, rollout)
        if known is None:
            row = vars(rollout) | {"run_id": run_id, "created_at": at}
            known = insert_row(database, "rollouts", row, text=_ROLLOUT_TEXT)
            assert known is not None
            # Only now: the outcomes belong to this text, not to one that another process has stored.
            add_outcomes(database, known, outcomes)
        ids.append(known)
    return ids


def _row_id(database: Database, rollout: Rollout) -> int | None:
    key = [rollout.trace_id, rollout.settings_id, rollout.prefix_idx, rollout.sample_idx]
    found = database.conn.execute(
        "SELECT id FROM rollouts WHERE trace_id = ? AND settings_id = ? AND prefix_idx = ? AND sample_idx = ?", key
    ).fetchone()
    return None if found is None else int(found[0])


def add_outcomes(database: Database, rollout_id: int, outcomes: Sequence[Outcome]) -> None:
    """Store outcomes of a rollout; one of the same behavior and judge replaces an earlier ``error`` only."""
    at = now()
    for outcome in outcomes:
        key = (rollout_id, outcome.behavior, outcome.judge_id)
        database.conn.execute(
            "DELETE FROM outcomes WHERE rollout_id = ? AND behavior = ? AND judge_id = ? AND outcome = 'error'",
            key,
        )
        row = vars(outcome) | {"rollout_id": rollout_id, "value": outcome.value, "created_at": at}
        insert_row(database, "outcomes", row, ignore=True)


def add_vote(database: Database, run_id: int | None, rollout_id: int, judge_id: str, vote: Vote) -> None:
    """Store one vote; a vote that is already there stays."""
    row = {
        "rollout_id": rollout_id,
        "judge_id": judge_id,
        "vote_idx": vote.vote_idx,
        "verdict": vote.verdict,
        **{f"criterion_{i}": answer for i, answer in enumerate(vote.criteria, 1)},
        "reply": vote.reply,
        "model": vote.model,
        "prompt_tokens": vote.prompt_tokens,
        "completion_tokens": vote.completion_tokens,
        "cost": vote.cost,
        "run_id": run_id,
        "created_at": now(),
    }
    insert(database, "judge_votes", [row], text=("reply", "model"), ignore=True)


def add_failures(database: Database, run_id: int | None, failures: Sequence[Failure]) -> None:
    """Store what was given up, by kind."""
    at = now()
    rows = [asdict(failure) | {"run_id": run_id, "created_at": at} for failure in failures]
    insert(database, "failures", rows, text=("message",))


def sampled_indices(
    connection: sqlite3.Connection,
    trace_id: str,
    settings_id: str,
    prefix_idx: int,
    among: Sequence[int] | None = None,
) -> set[int]:
    """Sample indices that a prefix already has under these settings, or those ``among`` the given ones."""
    query = "SELECT sample_idx FROM rollouts WHERE trace_id = ? AND settings_id = ? AND prefix_idx = ?"
    key: list[str | int] = [trace_id, settings_id, prefix_idx]
    if among is None:
        return {row["sample_idx"] for row in connection.execute(query, key)}
    rows = connection.execute(f"{query} AND sample_idx BETWEEN ? AND ?", [*key, min(among), max(among)])
    return {row["sample_idx"] for row in rows}.intersection(among)


def sampled_traces(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Ids of the traces that have rollouts, unanswered ones included, in the order in which they were added."""
    rows = connection.execute(
        "SELECT id FROM traces t WHERE EXISTS (SELECT 1 FROM rollouts r WHERE r.trace_id = t.id) ORDER BY t.rowid"
    )
    return tuple(row["id"] for row in rows)


def echoes(connection: sqlite3.Connection, trace_ids: Sequence[str], settings_id: str) -> dict[str, dict[str, int]]:
    """What servers said of themselves in the rollouts of some traces, with how often they said it.

    By ``model``, ``system_fingerprint`` and ``provider``; rollouts that say nothing are left out.
    """
    found: dict[str, dict[str, int]] = {"model": {}, "system_fingerprint": {}, "provider": {}}
    for *said, n in connection.execute(
        """
        SELECT model, system_fingerprint, provider, count(*) FROM rollouts
         WHERE trace_id IN (SELECT value FROM json_each(?)) AND settings_id = ? GROUP BY 1, 2, 3
        """,
        [json.dumps(list(trace_ids)), settings_id],
    ):
        for counts, value in zip(found.values(), said, strict=True):
            if value is not None:
                counts[value] = counts.get(value, 0) + n
    return found


def mean_completion_tokens(connection: sqlite3.Connection, trace_id: str, settings_id: str) -> dict[int, float]:
    """Mean length in tokens of each sampled prefix's rollouts, where the server reported it."""
    rows = connection.execute(
        """
        SELECT prefix_idx, avg(completion_tokens) AS mean FROM rollouts
         WHERE trace_id = ? AND settings_id = ? AND completion_tokens IS NOT NULL GROUP BY prefix_idx
        """,
        [trace_id, settings_id],
    )
    return {row["prefix_idx"]: row["mean"] for row in rows}


def undecided_by(
    connection: sqlite3.Connection, trace_id: str, settings_id: str, prefix_idx: int, judge: Judge
) -> list[int]:
    """Ids of the prefix's rollouts that this judge has not decided, or where it failed."""
    rows = connection.execute(
        """
        SELECT r.id FROM rollouts r
          LEFT JOIN outcomes o ON o.rollout_id = r.id AND o.behavior = ? AND o.judge_id = ?
         WHERE r.trace_id = ? AND r.settings_id = ? AND r.prefix_idx = ?
           AND (o.outcome IS NULL OR o.outcome = 'error')
         ORDER BY r.sample_idx
        """,
        [judge.behavior, judge.id, trace_id, settings_id, prefix_idx],
    )
    return [row["id"] for row in rows]


def undecided_rollouts(connection: sqlite3.Connection, trace_id: str, judge: Judge) -> list[int]:
    """Ids of all of a trace's rollouts, under any settings, that this judge has not decided, or where it failed.

    Those whose continuation began anew or was filtered are left out: there is nothing to decide on them.
    """
    rows = connection.execute(
        """
        SELECT r.id FROM rollouts r
          LEFT JOIN outcomes o ON o.rollout_id = r.id AND o.behavior = ? AND o.judge_id = ?
         WHERE r.trace_id = ? AND r.continuation IS NULL AND (o.outcome IS NULL OR o.outcome = 'error')
         ORDER BY r.settings_id, r.prefix_idx, r.sample_idx
        """,
        [judge.behavior, judge.id, trace_id],
    )
    return [row["id"] for row in rows]


def votes_of(connection: sqlite3.Connection, rollout_id: int, judge_id: str) -> list[Vote]:
    """The votes a judge has cast on a rollout, in order."""
    rows = connection.execute(
        "SELECT * FROM judge_votes WHERE rollout_id = ? AND judge_id = ? ORDER BY vote_idx",
        [rollout_id, judge_id],
    )
    return [
        Vote(
            vote_idx=row["vote_idx"],
            verdict=row["verdict"],
            criteria=(
                row["criterion_1"],
                row["criterion_2"],
                row["criterion_3"],
                row["criterion_4"],
                row["criterion_5"],
            ),
            reply=row["reply"],
            model=row["model"],
            prompt_tokens=row["prompt_tokens"],
            completion_tokens=row["completion_tokens"],
            cost=row["cost"],
        )
        for row in rows
    ]


def load_rollouts(
    connection: sqlite3.Connection,
    trace_id: str,
    settings_id: str,
    prefix_idx: int,
    judges: Mapping[str, str] | None = None,
) -> list[StoredRollout]:
    """Rollouts of a prefix in sample order, with outcomes by behavior.

    ``judges`` maps a behavior to the judge id whose outcome is wanted; others are left out (None: the latest).
    """
    outcomes = connection.execute(
        """
        SELECT o.* FROM outcomes o JOIN rollouts r ON r.id = o.rollout_id
         WHERE r.trace_id = ? AND r.settings_id = ? AND r.prefix_idx = ? ORDER BY o.created_at, o.rowid
        """,
        [trace_id, settings_id, prefix_idx],
    )
    rows = connection.execute(
        "SELECT * FROM rollouts WHERE trace_id = ? AND settings_id = ? AND prefix_idx = ? ORDER BY sample_idx",
        [trace_id, settings_id, prefix_idx],
    )
    return _with_outcomes(rows, outcomes, judges)


def load_rollouts_by_id(
    connection: sqlite3.Connection, rollout_ids: Sequence[int], judges: Mapping[str, str] | None = None
) -> list[StoredRollout]:
    """The rollouts of these row ids, in their order, with outcomes as `load_rollouts` gives them."""
    listed = "[" + ",".join(map(str, rollout_ids)) + "]"
    outcomes = connection.execute(
        "SELECT * FROM outcomes WHERE rollout_id IN (SELECT value FROM json_each(?)) ORDER BY created_at, rowid",
        [listed],
    )
    rows = connection.execute("SELECT * FROM rollouts WHERE id IN (SELECT value FROM json_each(?))", [listed])
    found = {stored.id: stored for stored in _with_outcomes(rows, outcomes, judges)}
    return [found[rollout_id] for rollout_id in rollout_ids if rollout_id in found]


def _with_outcomes(
    rows: Iterable[sqlite3.Row], outcome_rows: Iterable[sqlite3.Row], judges: Mapping[str, str] | None
) -> list[StoredRollout]:
    outcomes: dict[int, dict[str, Outcome]] = {}
    for row in outcome_rows:
        if judges is None or judges.get(row["behavior"]) == row["judge_id"]:
            outcomes.setdefault(row["rollout_id"], {})[row["behavior"]] = Outcome(
                row["behavior"], row["judge_id"], row["outcome"], row["votes_yes"], row["votes_cast"]
            )
    return [StoredRollout(row["id"], _rollout(row), outcomes.get(row["id"], {})) for row in rows]


def load_rollout(connection: sqlite3.Connection, rollout_id: int) -> Rollout:
    """One rollout by its row id."""
    return _rollout(connection.execute("SELECT * FROM rollouts WHERE id = ?", [rollout_id]).fetchone())


def _rollout(row: sqlite3.Row) -> Rollout:
    return Rollout(**{name: row[name] for name in Rollout.__dataclass_fields__})
