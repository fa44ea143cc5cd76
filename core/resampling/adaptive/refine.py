"""Where the answer is still open: the sentences that may or may not change a rate, and where to ask about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from core.resampling.adaptive.changes import Belief, beliefs
from core.resampling.adaptive.evidence import Evidence
from core.resampling.adaptive.policy import AdaptivePolicy
from core.resampling.adaptive.stopping import half_width

# However short the trace, what is at stake at a sentence is given up below this, as seen after the first pass.
_LEAST_GIVEN_UP = 0.04
# A prefix is topped up by this share of what it has, where that is more than a step, so that rounds stay few.
_SHARE_ADDED = 0.25

Beliefs = Mapping[str, Belief]
"""What is believed of the curve of each behavior."""


def beliefs_of(evidence: Evidence, policy: AdaptivePolicy) -> Beliefs:
    """By the exploratory rollouts alone, so that what fresh ones say stays independent of why they were drawn."""
    return beliefs(evidence.counts, policy.change)


def likeliest(believed: Beliefs) -> tuple[float, ...]:
    """Of each sentence, the probability of a change of the behavior that it is likeliest to change."""
    return tuple(max(column) for column in zip(*(of.changes.tolist() for of in believed.values()), strict=True))


def open_questions(believed: Beliefs, evidence: Evidence, policy: AdaptivePolicy) -> dict[int, frozenset[int]]:
    """Each sentence whose change is neither likely nor given up, to the prefixes beside it that shall have more.

    A change is given up once what is at stake (`Belief.stakes`) falls below a bound that grows with the rollouts at
    hand: what is undecided after many is not worth as many again. The longer the trace, the lower it is, so that the
    changes lost add up to the same. Asked is the prefix whose rate is less certain: a prefix among others of its rate
    is known from them, and it is the odd one that has to be looked at again. One where the first pass decided nothing
    is left a gap.
    """
    given_up = min(_LEAST_GIVEN_UP, policy.missed / max(1, evidence.n_prefixes - 1)) / policy.first
    found: dict[int, frozenset[int]] = {}
    for sentence, chance in enumerate(likeliest(believed)):
        if chance >= policy.likely:
            continue
        bound = given_up * min(evidence.drawn[sentence : sentence + 2])
        of_each = {b: _less_certain(of, sentence) for b, of in believed.items() if of.stakes[sentence] > bound}
        asked = frozenset(prefix for behavior, prefix in of_each.items() if evidence.counts[behavior][prefix].n)
        if asked:
            found[sentence] = asked
    return found


def _less_certain(belief: Belief, sentence: int) -> int:
    return sentence + int(belief.spreads[sentence + 1] > belief.spreads[sentence])


def topped_up(prefixes: Iterable[int], evidence: Evidence, step: int, most: int) -> Mapping[int, int]:
    """Targets that add ``step``, or a quarter, to each prefix that has not ``most`` yet, in order."""
    return {
        prefix: min(most, evidence.drawn[prefix] + max(step, int(_SHARE_ADDED * evidence.drawn[prefix])))
        for prefix in sorted(set(prefixes))
        if evidence.drawn[prefix] < most
    }


def widest(evidence: Evidence, prefix: int) -> float:
    """The largest half-width of a behavior's Wilson 95% interval at ``prefix``."""
    return max(half_width(counts[prefix]) for counts in evidence.counts.values())
