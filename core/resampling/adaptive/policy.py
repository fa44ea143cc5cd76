"""What adaptive sampling is told, and what it asks for next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.resampling.adaptive.stopping import Settled, Until
from core.resampling.samples import CONFIRM_BASE

FIRST_PASS, REFINE, CONFIRM, WIDEN = "first pass", "refine", "confirm", "widen"

CHANGE: Final = 0.15
"""A difference of rates from which a sentence is looked for."""


@dataclass(frozen=True)
class AdaptivePolicy:
    """How rollouts are spent; the defaults come from ``benchmarks/rollouts.py``.

    Attributes:
        until: when to stop.
        change: the smallest difference of rates that is looked for, 0..1.
        first: rollouts at every prefix, before anything is decided.
        step: rollouts added to a prefix at a time, at least; a quarter of what it has where that is more.
        most: exploratory rollouts that no prefix passes.
        missed: what a trace may lose after its first pass, in changes of the smallest size that is looked for (larger
            ones weigh more, by the fourth power); more is given up as rollouts add up, in proportion to them. Half of
            it finds a little more for about a tenth more rollouts.
        likely: probability of a change from which a sentence is confirmed rather than explored further.
        error: standard error of a rate that the fresh rollouts of a prefix aim at.
        fresh_least: fresh rollouts that a confirmed prefix has at least.
        fresh_most: fresh rollouts that no prefix passes.
        recycle: whether rollouts that go on with exactly the next sentence count at the next prefix too.
    """

    until: Until = field(default_factory=Settled)
    change: float = CHANGE
    first: int = 5
    step: int = 5
    most: int = 100
    missed: float = 0.7
    likely: float = 0.3
    error: float = 0.075
    fresh_least: int = 20
    fresh_most: int = 100
    recycle: bool = True


@dataclass(frozen=True)
class Round:
    """What to draw next: prefix to the rollouts that it shall have in the block that begins at ``first_sample``.

    Prefixes are worked in the order of ``targets``; ``reason`` says in a few words why.
    """

    stage: str
    targets: Mapping[int, int]
    reason: str

    @property
    def first_sample(self) -> int:
        """Index of the block's first sample."""
        return CONFIRM_BASE if self.stage == CONFIRM else 0
