"""The judges that have decided rollouts, and which rollouts each of them decided."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from core.behaviors.judge import Judge
from core.errors import NotFoundError

_IN_USE = """
    SELECT j.id, j.behavior, j.name, j.scheme, j.model, j.canonical, o.n
      FROM (SELECT judge_id, behavior, count(*) AS n FROM outcomes WHERE behavior = ? GROUP BY judge_id) o
      JOIN judges j ON j.id = o.judge_id ORDER BY o.n DESC, j.rowid DESC
"""
_DECIDED = """
    SELECT r.id, r.trace_id, r.settings_id, r.prefix_idx, r.sample_idx, o.value, o.votes_yes, o.votes_cast
      FROM outcomes o JOIN rollouts r ON r.id = o.rollout_id
     WHERE o.behavior = ? AND o.judge_id = ? AND o.value IS NOT NULL
       AND (? <> 'complied' OR EXISTS (SELECT 1 FROM outcomes c WHERE c.rollout_id = r.id
                                        AND c.behavior = 'compliance' AND c.outcome = 'complied'))
     ORDER BY r.id
"""


@dataclass(frozen=True)
class JudgeInUse:
    """A judge that has outcomes; ``n_outcomes`` counts them, undecided ones included."""

    id: str
    behavior: str
    name: str
    scheme: str
    model: str | None
    when: str
    n_outcomes: int

    @property
    def casts_votes(self) -> bool:
        """Whether a share of yes votes tells how sure it is; under ``criteria`` a vote is about one criterion."""
        return self.scheme not in ("rule", "criteria")


@dataclass(frozen=True)
class JudgedRollout:
    """A rollout that a judge was asked about and decided; ``share`` of its votes say yes (None: none were cast)."""

    rollout_id: int
    trace_id: str
    settings_id: str
    prefix_idx: int
    sample_idx: int
    shows: bool
    share: float | None


def judges_in_use(connection: sqlite3.Connection, behavior: str) -> list[JudgeInUse]:
    """The judges with outcomes of a behavior, the one with most outcomes first, of equal ones the newest."""
    return [
        JudgeInUse(
            row["id"],
            row["behavior"],
            row["name"],
            row["scheme"],
            row["model"],
            json.loads(row["canonical"]).get("when", "always"),
            row["n"],
        )
        for row in connection.execute(_IN_USE, [behavior])
    ]


def load_judges(connection: sqlite3.Connection, judge_ids: Iterable[str]) -> dict[str, Judge]:
    """The stored judges of these ids; one of another program's, which says more or less of itself, is left out."""
    found = {}
    for judge_id in dict.fromkeys(judge_ids):
        row = connection.execute("SELECT canonical FROM judges WHERE id = ?", [judge_id]).fetchone()
        try:
            judge = None if row is None else Judge(**json.loads(row["canonical"]))
        except (TypeError, ValueError):
            continue
        if judge is not None and judge.id == judge_id:
            found[judge_id] = judge
    return found


def earlier_scopes(connection: sqlite3.Connection, behaviors: Iterable[str]) -> tuple[str, ...]:
    """Which behaviors have more outcomes that rest on prefix and continuation together, in sentences.

    ``behaviors`` are those that the settings decide on the continuation alone. So it is with a database of a time at
    which there was no scope, or where the settings had the other one.
    """
    said = []
    for behavior in behaviors:
        ids = [row["id"] for row in connection.execute("SELECT id FROM judges WHERE behavior = ?", [behavior])]
        whole = {one.id for one in load_judges(connection, ids).values() if one.scope is None and one.text}
        in_use = judges_in_use(connection, behavior) if whole else []
        n_own = max((one.n_outcomes for one in in_use if one.id not in whole), default=0)
        earlier = next((one for one in in_use if one.id in whole and one.n_outcomes > n_own), None)
        if earlier is not None:
            said.append(
                f'{behavior}: {earlier.n_outcomes} outcomes are of "{earlier.name}", which reads prefix and'
                f" continuation together; {n_own} are of the continuation alone, and `turnpoint judge run` decides the"
                " others so."
            )
    return tuple(said)


def choose_judge(in_use: Sequence[JudgeInUse], behavior: str, wanted: str | None) -> JudgeInUse:
    """The judge whose id begins with ``wanted``, or that is called so, as here or as in ``[judge]``; else the first.

    Raises:
        NotFoundError: if there is none.
    """
    if not in_use:
        raise NotFoundError(f"no rollout is decided for {behavior!r}; `turnpoint judge run` asks a judge.")
    if wanted is None:
        return in_use[0]
    for judge in in_use:
        if judge.name == wanted.replace("_", " ") or judge.id.startswith(wanted):
            return judge
    there = ", ".join(f"{judge.name} ({judge.id})" for judge in in_use)
    raise NotFoundError(f"no judge {wanted!r} has decided {behavior!r}; there is: {there}.")


def judged_rollouts(
    connection: sqlite3.Connection, judge: JudgeInUse, trace_ids: Collection[str] | None = None
) -> list[JudgedRollout]:
    """The rollouts that the judge was asked about and decided, in the order in which they were stored.

    A judge that is asked only where the model complied has nothing to say of a refusal, which is a no by definition.
    """
    found = connection.execute(_DECIDED, [judge.behavior, judge.id, judge.when])
    return [
        JudgedRollout(
            row["id"],
            row["trace_id"],
            row["settings_id"],
            row["prefix_idx"],
            row["sample_idx"],
            row["value"] == 1,
            row["votes_yes"] / row["votes_cast"]
            if judge.casts_votes and row["votes_yes"] is not None and row["votes_cast"]
            else None,
        )
        for row in found
        if trace_ids is None or row["trace_id"] in trace_ids
    ]
