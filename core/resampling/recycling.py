"""Exact recycling: a rollout of prefix i that goes on with exactly sentence i is a rollout of prefix i + 1 as well.

Nothing is copied: what is recycled is found anew each time, so that it can be counted or left out at will, and always
be told from what was drawn at the prefix itself.

The sentence's raw text is compared, with the white space before it. What follows is drawn from the model given that
text, which is just what a rollout of prefix i + 1 is; the choice rests on the text before, never on what came of it.
Two things it takes for granted: that the server would cut that text into the same tokens, and that no rollout is cut
off by the token limit, which has less room left at the later prefix. A rollout that is merely similar is not used.

Source: METHODS, section 6.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.analysis.counts import Count
from core.analysis.rates import RateTable, counting_recycled
from core.behaviors.behavior import Answer
from core.behaviors.parts import CONTINUATION
from core.behaviors.pattern import Pattern, pattern_of
from core.resampling.adaptive.evidence import Evidence, added
from core.resampling.samples import CONFIRM_BASE
from core.store.judges import load_judges
from core.traces.model import Trace
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags


@dataclass(frozen=True)
class Recycled:
    """One drawn rollout (row ``rollout_id``, drawn at ``drawn_at``) that counts at ``prefix_idx`` too."""

    prefix_idx: int
    rollout_id: int
    drawn_at: int


def recycled_rollouts(connection: sqlite3.Connection, trace: Trace, settings_id: str) -> list[Recycled]:
    """All further prefixes that the exploratory rollouts of a trace count at, each rollout at most once per prefix.

    Fresh rollouts are left out: what confirms a direction shall share no rollout between its two sides.
    """
    rows = connection.execute(
        """
        SELECT id, prefix_idx, text FROM rollouts
         WHERE trace_id = ? AND settings_id = ? AND sample_idx < ? AND continuation IS NULL
         ORDER BY prefix_idx, sample_idx
        """,
        [trace.id, settings_id, CONFIRM_BASE],
    )
    return [
        Recycled(prefix, rollout_id, drawn_at)
        for rollout_id, drawn_at, text in rows
        for prefix in shared_prefixes(trace, drawn_at, text)
    ]


def shared_prefixes(trace: Trace, prefix_idx: int, text: str) -> Iterator[int]:
    """The later prefixes that a rollout ``text`` of ``prefix_idx`` runs through, word for word."""
    at = 0
    for sentence in trace.sentences[prefix_idx:]:
        if not text.startswith(sentence.text, at):
            return
        at += len(sentence.text)
        yield sentence.index + 1


def recycled_counts(
    connection: sqlite3.Connection,
    recycled: Sequence[Recycled],
    trace: Trace,
    settings_id: str,
    judges: Mapping[str, str],
    tags: tuple[ReasoningTags, ...] = DEFAULT_TAGS,
) -> dict[str, tuple[Count, ...]]:
    """K of n decided recycled rollouts per behavior, shape (n + 1,) by prefix; what was drawn there is not in it.

    ``judges`` maps each behavior of interest to the id of its judge. The outcome of one that reads prefix and
    continuation together carries over as it is, for the whole text is the same. Of one that looks at the continuation,
    which is shorter at the later prefix, a pattern decides anew; a model has not seen that text, and nothing of it is
    recycled. ``tags`` may enclose the reasoning.
    """
    found: dict[str, tuple[Count, ...]] = {}
    known = load_judges(connection, judges.values())
    for behavior, judge_id in judges.items():
        judge = known.get(judge_id)
        if judge is not None and judge.scope == CONTINUATION:
            rule = pattern_of(judge)
            found[behavior] = (
                tuple(Count(0, 0) for _ in range(trace.n_prefixes))
                if rule is None
                else _decided_anew(connection, recycled, trace, rule, tags)
            )
            continue
        values = dict(
            connection.execute(
                """
                SELECT o.rollout_id, o.value FROM rollouts r JOIN outcomes o ON o.rollout_id = r.id
                 WHERE r.trace_id = ? AND r.settings_id = ? AND o.behavior = ? AND o.judge_id = ?
                   AND o.value IS NOT NULL
                """,
                [trace.id, settings_id, behavior, judge_id],
            ).fetchall()
        )
        decided: list[list[int]] = [[] for _ in range(trace.n_prefixes)]
        for one in recycled:
            if one.rollout_id in values:
                decided[one.prefix_idx].append(values[one.rollout_id])
        found[behavior] = tuple(Count(sum(there), len(there)) for there in decided)
    return found


def _decided_anew(
    connection: sqlite3.Connection,
    recycled: Sequence[Recycled],
    trace: Trace,
    rule: Pattern,
    tags: tuple[ReasoningTags, ...],
) -> tuple[Count, ...]:
    """What a pattern finds in what each rollout has left at the later prefix, of those that it has decided on."""
    query = """
        SELECT r.id, r.text, r.finish_reason FROM rollouts r JOIN outcomes o ON o.rollout_id = r.id
         WHERE r.id IN (SELECT value FROM json_each(?)) AND o.behavior = ? AND o.judge_id = ?
    """
    ids = json.dumps(sorted({one.rollout_id for one in recycled}))
    drawn = {row["id"]: row for row in connection.execute(query, [ids, rule.behavior, rule.judge.id])}
    values: list[list[int]] = [[] for _ in range(trace.n_prefixes)]
    for one in recycled:
        row = drawn.get(one.rollout_id)
        if row is not None:
            whole = trace.prefix(one.drawn_at) + row["text"]
            answer = Answer(whole, row["finish_reason"], tags, len(trace.prefix(one.prefix_idx)))
            value = rule.decide(answer).value
            values[one.prefix_idx] += [] if value is None else [value]
    return tuple(Count(sum(there), len(there)) for there in values)


def with_recycled(evidence: Evidence, counts: Mapping[str, tuple[Count, ...]]) -> Evidence:
    """The evidence with recycled rollouts counted among the decided exploratory ones; what was drawn stays."""
    return replace(
        evidence, counts={behavior: added(own, counts[behavior]) for behavior, own in evidence.counts.items()}
    )


def rates_with_recycled(
    connection: sqlite3.Connection,
    trace: Trace,
    table: RateTable,
    tags: tuple[ReasoningTags, ...] = DEFAULT_TAGS,
) -> RateTable:
    """The rates of ``table`` (as `core.analysis.rates.load_rates` counts them) with recycled rollouts counted too.

    Each counts once at every further prefix, under the judges of the table, and is marked in `PrefixRate.n_recycled`;
    undecided ones are left out. Directions and importance never count them.
    """
    recycled = recycled_rollouts(connection, trace, table.settings_id)
    counts = recycled_counts(connection, recycled, trace, table.settings_id, table.judges, tags)
    return counting_recycled(table, counts)
