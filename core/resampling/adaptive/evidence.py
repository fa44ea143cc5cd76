"""What adaptive sampling decides by: the counts of every prefix, exploratory and fresh rollouts apart."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from core.analysis.counts import Count
from core.resampling.samples import CONFIRM_BASE


@dataclass(frozen=True)
class Evidence:
    """The rollouts of one trace under one setting, by prefix 0..n.

    ``counts`` (exploratory) and ``fresh`` hold k of n decided rollouts per behavior, each of shape (n + 1,);
    ``drawn`` and ``fresh_drawn`` count the undecided ones too.
    """

    counts: Mapping[str, tuple[Count, ...]]
    fresh: Mapping[str, tuple[Count, ...]]
    drawn: tuple[int, ...]
    fresh_drawn: tuple[int, ...]

    @property
    def n_prefixes(self) -> int:
        """One more than the trace has sentences."""
        return len(self.drawn)

    def is_decided(self, prefix: int) -> bool:
        """Whether every behavior has decided exploratory rollouts at ``prefix``."""
        return all(counts[prefix].n for counts in self.counts.values())

    @property
    def pooled(self) -> Mapping[str, tuple[Count, ...]]:
        """Exploratory and fresh rollouts together, per behavior and prefix."""
        return {behavior: added(counts, self.fresh[behavior]) for behavior, counts in self.counts.items()}


def added(some: tuple[Count, ...], more: tuple[Count, ...]) -> tuple[Count, ...]:
    """Two counts of the same prefixes as one."""
    return tuple(Count(a.k + b.k, a.n + b.n) for a, b in zip(some, more, strict=True))


def load_evidence(
    connection: sqlite3.Connection, trace_id: str, settings_id: str, n_prefixes: int, judges: Mapping[str, str]
) -> Evidence:
    """Count the rollouts of a trace; ``judges`` maps each behavior of interest to the id of its judge."""
    drawn = {False: [0] * n_prefixes, True: [0] * n_prefixes}
    for prefix, is_fresh, n in connection.execute(
        """
        SELECT prefix_idx, sample_idx >= ?, count(*) FROM rollouts
         WHERE trace_id = ? AND settings_id = ? GROUP BY 1, 2
        """,
        [CONFIRM_BASE, trace_id, settings_id],
    ):
        drawn[bool(is_fresh)][prefix] = n
    counted = {(behavior, is_fresh): [Count(0, 0)] * n_prefixes for behavior in judges for is_fresh in (False, True)}
    for behavior, judge_id in judges.items():
        for prefix, is_fresh, k, n in connection.execute(
            """
            SELECT r.prefix_idx, r.sample_idx >= ?, coalesce(sum(o.value), 0), count(o.value)
              FROM rollouts r JOIN outcomes o ON o.rollout_id = r.id AND o.behavior = ? AND o.judge_id = ?
             WHERE r.trace_id = ? AND r.settings_id = ? GROUP BY 1, 2
            """,
            [CONFIRM_BASE, behavior, judge_id, trace_id, settings_id],
        ):
            counted[behavior, bool(is_fresh)][prefix] = Count(k, n)
    return Evidence(
        counts={behavior: tuple(counted[behavior, False]) for behavior in judges},
        fresh={behavior: tuple(counted[behavior, True]) for behavior in judges},
        drawn=tuple(drawn[False]),
        fresh_drawn=tuple(drawn[True]),
    )
