"""What to draw next, from the counts alone: the same counts always give the same answer."""

from __future__ import annotations

from collections.abc import Mapping

from core.resampling.adaptive.confirm import fresh_targets
from core.resampling.adaptive.evidence import Evidence
from core.resampling.adaptive.policy import CONFIRM, FIRST_PASS, REFINE, WIDEN, AdaptivePolicy, Round
from core.resampling.adaptive.refine import Beliefs, beliefs_of, open_questions, topped_up, widest
from core.resampling.adaptive.schedule import coarse_to_fine
from core.resampling.adaptive.stopping import HalfWidth, Spent

# A round of widening tops up this share of the prefixes, those with the widest intervals.
_SHARE_WIDENED = 0.25


def next_round(evidence: Evidence, policy: AdaptivePolicy, left: int | None = None) -> Round | None:
    """The next round; None where there is nothing left to ask.

    A run that was cut off goes on where it was, as only what is in the store decides. Of what is ``left`` (rollouts
    that may still be drawn; None: any number), as much is held back as it takes to confirm what stands out.

    Source: METHODS, section 6, with the flagging of pairs replaced by the probability of a change, which finds more
    changes with about half the rollouts.
    """
    if left == 0:
        return None
    missing = [prefix for prefix in coarse_to_fine(evidence.n_prefixes) if evidence.drawn[prefix] < policy.first]
    if missing:
        return Round(FIRST_PASS, dict.fromkeys(missing, policy.first), f"{policy.first} at every prefix")
    if isinstance(policy.until, HalfWidth):
        return _narrowed(evidence, policy, policy.until)
    believed = beliefs_of(evidence, policy)
    confirming = _confirmation(believed, evidence, policy, left)
    undecided = open_questions(believed, evidence, policy)
    refining = topped_up(frozenset().union(*undecided.values()), evidence, policy.step, policy.most)
    if refining and _affordable(left, _cost(refining, evidence.drawn) + _cost(confirming, evidence.fresh_drawn)):
        return Round(REFINE, refining, f"{_sentences(len(undecided))} undecided")
    if confirming:
        n = len(fresh_targets(believed, evidence, policy))
        return Round(CONFIRM, confirming, f"fresh rollouts beside {_sentences(n)}")
    if isinstance(policy.until, Spent):
        return _widened(evidence, policy)
    return None


def _confirmation(believed: Beliefs, evidence: Evidence, policy: AdaptivePolicy, left: int | None) -> Mapping[int, int]:
    """Fresh rollouts still to be drawn, for as many of the likeliest sentences as can be paid for on both sides."""
    targets: dict[int, int] = {}
    for sides in fresh_targets(believed, evidence, policy).values():
        missing = {p: max(n, targets.get(p, 0)) for p, n in sides.items() if evidence.fresh_drawn[p] < n}
        with_these = targets | missing
        if _affordable(left, _cost(with_these, evidence.fresh_drawn)):
            targets = with_these
    return targets


def _narrowed(evidence: Evidence, policy: AdaptivePolicy, until: HalfWidth) -> Round | None:
    wide = [prefix for prefix in range(evidence.n_prefixes) if widest(evidence, prefix) > until.at_most]
    targets = topped_up(wide, evidence, policy.step, until.most)
    return Round(WIDEN, targets, f"{len(targets)} intervals wider than ±{until.at_most:g}") if targets else None


def _widened(evidence: Evidence, policy: AdaptivePolicy) -> Round | None:
    unfinished = [prefix for prefix in range(evidence.n_prefixes) if evidence.drawn[prefix] < policy.most]
    unfinished.sort(key=lambda prefix: (-widest(evidence, prefix), prefix))
    share = max(1, round(_SHARE_WIDENED * evidence.n_prefixes))
    targets = topped_up(unfinished[:share], evidence, policy.step, policy.most)
    return Round(WIDEN, targets, "the widest intervals") if targets else None


def _cost(targets: Mapping[int, int], drawn: tuple[int, ...]) -> int:
    return sum(target - drawn[prefix] for prefix, target in targets.items())


def _affordable(left: int | None, cost: int) -> bool:
    return left is None or cost <= left


def _sentences(n: int) -> str:
    return "1 sentence" if n == 1 else f"{n} sentences"
