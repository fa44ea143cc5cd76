"""Fresh rollouts on both sides of the sentences that stand out: the largest of many noisy jumps is overestimated."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.analysis.counts import Contrast, Count, contrast
from core.analysis.permutation import fisher
from core.analysis.turning_points import benjamini_hochberg
from core.resampling.adaptive.changes import change_probabilities
from core.resampling.adaptive.evidence import Evidence, load_evidence
from core.resampling.adaptive.policy import CHANGE, AdaptivePolicy
from core.resampling.adaptive.refine import Beliefs, likeliest

# From this probability on, a change is not to be told from one that matters.
_NOT_RULED_OUT = 0.1


@dataclass(frozen=True)
class ConfirmedDirection:
    """What fresh rollouts say of one sentence and behavior.

    ``fresh`` rests on them alone: it was fixed before they were drawn that they would be, and how many, so that its
    value is unbiased and its interval honest; its q is adjusted over the confirmed sentences of the behavior.
    ``pooled`` adds the exploratory rollouts, which makes it more precise and, for the largest changes, too large by a
    little. ``probability`` (0..1) is that of a change of ``at_least``, given all rollouts of the trace.
    """

    sentence_idx: int
    behavior: str
    fresh: Contrast
    pooled: Contrast
    probability: float
    at_least: float

    @property
    def is_change(self) -> bool:
        """Whether a change of ``at_least`` is the best guess of ``pooled``, or not ruled out by the whole curve."""
        largest = abs(self.pooled.value or 0.0) >= self.at_least - 1e-9
        return largest or self.probability >= _NOT_RULED_OUT


def fresh_targets(believed: Beliefs, evidence: Evidence, policy: AdaptivePolicy) -> dict[int, dict[int, int]]:
    """Sentence to confirm, likeliest first, to the fresh rollouts that each prefix beside it shall have.

    As many as the rates of the behaviors that it may change need for a standard error of ``policy.error``:
    p (1 - p) / error^2, with p as explored so far. A sentence with a side where nothing is decided is not confirmed.
    """
    of_any = likeliest(believed)
    stand_out = [
        sentence
        for sentence, chance in enumerate(of_any)
        if chance >= policy.likely and evidence.is_decided(sentence) and evidence.is_decided(sentence + 1)
    ]
    stand_out.sort(key=lambda sentence: -of_any[sentence])
    return {
        sentence: {
            prefix: _fresh_wanted(believed, evidence, policy, sentence, prefix) for prefix in (sentence, sentence + 1)
        }
        for sentence in stand_out
    }


def _fresh_wanted(believed: Beliefs, evidence: Evidence, policy: AdaptivePolicy, sentence: int, prefix: int) -> int:
    moved = [behavior for behavior, of in believed.items() if of.changes[sentence] >= policy.likely]
    spread = max(_variance(evidence.counts[behavior][prefix]) for behavior in moved)
    return min(policy.fresh_most, max(policy.fresh_least, math.ceil(spread / policy.error**2)))


def _variance(count: Count) -> float:
    rate = (count.k + 1) / (count.n + 2)
    return rate * (1 - rate)


def confirmed_directions(
    connection: sqlite3.Connection,
    trace_id: str,
    settings_id: str,
    n_prefixes: int,
    judges: Mapping[str, str],
    at_least: float = CHANGE,
) -> list[ConfirmedDirection]:
    """The resampling direction of every sentence with decided fresh rollouts on both sides, by behavior and sentence.

    ``judges`` maps each behavior of interest to the id of its judge.
    """
    return directions_of(load_evidence(connection, trace_id, settings_id, n_prefixes, judges), at_least)


def directions_of(evidence: Evidence, at_least: float = CHANGE) -> list[ConfirmedDirection]:
    """As `confirmed_directions`, from counts."""
    found: list[ConfirmedDirection] = []
    for behavior, fresh in evidence.fresh.items():
        pooled = evidence.pooled[behavior]
        chances = change_probabilities(pooled, at_least)
        sentences = [i for i in range(len(fresh) - 1) if fresh[i].n and fresh[i + 1].n]
        tested = _tested([(fresh[i], fresh[i + 1]) for i in sentences])
        found += [
            ConfirmedDirection(i, behavior, fresh_contrast, contrast(pooled[i + 1], pooled[i]), chances[i], at_least)
            for i, fresh_contrast in zip(sentences, tested, strict=True)
        ]
    return found


def _tested(pairs: list[tuple[Count, Count]]) -> list[Contrast]:
    """The later rate less the earlier one, with Fisher's p and its q over all pairs."""
    import numpy as np

    columns = np.array([[*before, *after] for before, after in pairs], dtype=np.int64).reshape(-1, 4).T
    p_values: list[float] = fisher(*columns).tolist()
    q_values = benjamini_hochberg(p_values)
    return [
        replace(contrast(after, before), p=p, q=q)
        for (before, after), p, q in zip(pairs, p_values, q_values, strict=True)
    ]
