"""Deciding behaviors on rollouts that are stored already: what a rule can tell costs nothing and needs no endpoint."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.behaviors.behavior import Answer, Rule
from core.behaviors.outcome import Outcome
from core.resampling.rollout import Rollout
from core.store.database import Store
from core.store.rollouts import add_judge, add_outcomes, load_rollout, undecided_rollouts
from core.store.traces import load_trace
from core.traces.model import Trace
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags

if TYPE_CHECKING:
    from sqlite_utils import Database

_AT_ONCE = 500


def rule_stored(
    store: Store,
    rules: Sequence[Rule],
    trace_ids: Sequence[str],
    tags: tuple[ReasoningTags, ...] = DEFAULT_TAGS,
) -> int:
    """Decide by ``rules`` what they have not decided of the traces' rollouts, under whatever settings they were drawn.

    Returns:
        How many outcomes were added.
    """
    return sum(_rule_trace(store, rule, trace_id, tags) for trace_id in trace_ids for rule in rules)


def n_unruled(connection: sqlite3.Connection, rules: Sequence[Rule], trace_ids: Sequence[str]) -> int:
    """How many outcomes `rule_stored` would add."""
    return sum(len(undecided_rollouts(connection, trace_id, rule.judge)) for trace_id in trace_ids for rule in rules)


def _rule_trace(store: Store, rule: Rule, trace_id: str, tags: tuple[ReasoningTags, ...]) -> int:
    waiting = undecided_rollouts(store.read, trace_id, rule.judge)
    if not waiting:
        return 0
    trace = load_trace(store.read, trace_id)
    for begin in range(0, len(waiting), _AT_ONCE):
        decided = []
        for rollout_id in waiting[begin : begin + _AT_ONCE]:
            rollout = load_rollout(store.read, rollout_id)
            decided.append((rollout_id, _outcome(rule, trace, rollout, tags)))

        def job(database: Database, decided: list[tuple[int, Outcome]] = decided) -> None:
            add_judge(database, rule.judge)
            for rollout_id, outcome in decided:
                add_outcomes(database, rollout_id, [outcome])

        store.write(job).result()
    return len(waiting)


def _outcome(rule: Rule, trace: Trace, rollout: Rollout, tags: tuple[ReasoningTags, ...]) -> Outcome:
    if rollout.continuation is not None:
        return Outcome(rule.judge.behavior, rule.judge.id, rollout.continuation)
    prefix = trace.prefix(rollout.prefix_idx)
    return rule.decide(Answer(prefix + rollout.text, rollout.finish_reason, tags, len(prefix)))
