"""Which rollouts a person judges to validate a judge: drawn by a seed, so that two annotators draw the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.canonical import canonical_json, short_hash
from core.store.judges import JudgedRollout

RANDOM, BALANCED, UNSURE = "random", "balanced", "unsure"
ORDERS: Final = (BALANCED, RANDOM, UNSURE)
DRAWN: Final = (RANDOM, BALANCED)
"""The orders in which, among those of one verdict, every rollout is as likely as any other."""


def draw_verdict_sample(
    judged: Sequence[JudgedRollout], order: str, n: int, seed: int = 0
) -> tuple[JudgedRollout, ...]:
    """Draw up to ``n`` of the rollouts that a judge decided.

    ``random`` draws among all; ``balanced`` as many that the judge says yes to as no, or what there is of the rarer;
    ``unsure`` takes those whose share of yes votes is nearest to 0.5. Each rollout has a number that depends on the
    seed and on what it is (trace, settings, prefix, sample) alone: the sample is the same in every copy of the
    database, and rollouts that land later change little of it. A larger ``n`` holds all that a smaller one does.

    Raises:
        ValueError: for another order.
    """
    if order not in ORDERS:
        raise ValueError(f"an order is one of {', '.join(ORDERS)}, not {order!r}")
    drawn = sorted(judged, key=lambda one: _number(one, seed, "draw"))
    if order == UNSURE:
        return tuple(sorted(drawn, key=_sureness)[:n])
    if order == BALANCED:
        drawn = _balanced(drawn, n)
    # In another order than they were drawn: yes and no in turn would tell the judge's verdict.
    return tuple(sorted(drawn[:n], key=lambda one: _number(one, seed, "show")))


def _balanced(drawn: Sequence[JudgedRollout], n: int) -> list[JudgedRollout]:
    yes, no = ([one for one in drawn if one.shows is shows] for shows in (True, False))
    n_yes = min(len(yes), max(n // 2, n - len(no)))
    return [*yes[:n_yes], *no[: n - n_yes]]


def _sureness(one: JudgedRollout) -> float:
    return 0.5 if one.share is None else abs(one.share - 0.5)


def _number(one: JudgedRollout, seed: int, purpose: str) -> str:
    what = [seed, purpose, one.trace_id, one.settings_id, one.prefix_idx, one.sample_idx]
    return short_hash(canonical_json(what))
