"""How good a judge is on all that it decided, from people's verdicts on a sample of it.

A sample with as many that the judge says yes to as no makes a rare yes common: sensitivity and specificity counted in
such a sample are not those of the judge (verification bias). Among the rollouts of one verdict of the judge the sample
is random, though, so that the rate of yes among people's verdicts is right there, and the size of each such stratum is
known: together they give what the whole would have given. Source: C. B. Begg and R. A. Greenes, "Assessment of
diagnostic tests when disease verification is subject to selection bias", Biometrics 39 (1983).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import hypot
from typing import Final, NamedTuple

from core.analysis.counts import Count
from core.analysis.intervals import Interval, wilson
from core.analysis.validation import Estimate, auroc_interval


@dataclass(frozen=True)
class Stratum:
    """Rollouts among which those that people judged are a random sample.

    ``decided`` is the judge's verdict on all of them, ``size`` how many there are, ``judged`` how many of those that
    people judged they say yes to.
    """

    decided: bool
    size: int
    judged: Count


class Scene(NamedTuple):
    """All that a measure depends on: the share of yes among the judge's verdicts, and each stratum's rate of yes."""

    says_yes: float
    rates: tuple[float, ...]


class Shares(NamedTuple):
    """The four cells as shares of the whole, 0..1: what the judge says, and whether people say so too."""

    true_yes: float
    false_yes: float
    false_no: float
    true_no: float


def sensitivity(cells: Shares) -> float | None:
    """Of those that people say yes to, the share that the judge says yes to."""
    return _ratio(cells.true_yes, cells.true_yes + cells.false_no)


def specificity(cells: Shares) -> float | None:
    """Of those that people say no to, the share that the judge says no to."""
    return _ratio(cells.true_no, cells.true_no + cells.false_yes)


def accuracy(cells: Shares) -> float | None:
    """The share that the judge decides as people do."""
    return cells.true_yes + cells.true_no


def precision(cells: Shares) -> float | None:
    """Of those that the judge says yes to, the share that people say yes to: the positive predictive value."""
    return _ratio(cells.true_yes, cells.true_yes + cells.false_yes)


def negative_precision(cells: Shares) -> float | None:
    """Of those that the judge says no to, the share that people say no to: the negative predictive value."""
    return _ratio(cells.true_no, cells.true_no + cells.false_no)


def kappa(cells: Shares) -> float | None:
    """Cohen's kappa: agreement of judge and people beyond chance, -1..1; None where people say one thing only."""
    says_yes = cells.true_yes + cells.false_yes
    yes, no = cells.true_yes + cells.false_no, cells.false_yes + cells.true_no
    if yes <= 0 or no <= 0:
        return None
    chance = says_yes * yes + (1 - says_yes) * no
    return (cells.true_yes + cells.true_no - chance) / (1 - chance)


MEASURES: Final[dict[str, Callable[[Shares], float | None]]] = {
    "sensitivity": sensitivity,
    "specificity": specificity,
    "accuracy": accuracy,
    "ppv": precision,
    "npv": negative_precision,
    "kappa": kappa,
}


def verify(strata: Sequence[Stratum]) -> dict[str, Estimate]:
    """Each of `MEASURES` for all that the judge decided; None where it is undefined.

    A stratum of which nothing was judged is left out; where that is all of the judge's yes, or all of its no, nothing
    is defined but the value that looks at the other side alone. The 95% intervals join the Wilson intervals of each
    stratum's rate and of the share of yes as Newcombe's joins those of two rates: G. Y. Zou and A. Donner,
    "Construction of confidence limits about effect measures: a general approach", Statistics in Medicine 27 (2008).
    With 40 to 100 verdicts of balanced samples those of sensitivity, specificity, accuracy and kappa held the truth in
    92 to 98% of simulations.
    """
    covered = [stratum for stratum in strata if stratum.judged.n]
    sides = {stratum.decided for stratum in covered}
    if sides == {stratum.decided for stratum in strata if stratum.size}:
        return {name: _estimate(covered, measure) for name, measure in MEASURES.items()}
    seen = {"ppv": True, "npv": False}
    return {
        name: _estimate(covered, measure) if seen.get(name) in sides else Estimate(None, None)
        for name, measure in MEASURES.items()
    }


def _estimate(strata: Sequence[Stratum], measure: Callable[[Shares], float | None]) -> Estimate:
    if not strata:
        return Estimate(None, None)
    n, n_yes = sum(one.size for one in strata), sum(one.size for one in strata if one.decided)
    judged = [stratum.judged for stratum in strata]
    point = Scene(n_yes / n, tuple(count.k / count.n for count in judged))
    value_at = partial(_value, strata, measure)
    value = value_at(point)
    if value is None:
        return Estimate(None, None)
    moved: list[tuple[Scene, Scene]] = []
    if 0 < n_yes < n:
        bounds = wilson(n_yes, n)
        assert bounds is not None
        moved.append((point._replace(says_yes=bounds.low), point._replace(says_yes=bounds.high)))
    for place, count in enumerate(judged):
        bounds = wilson(count.k, count.n)
        assert bounds is not None
        low, high = (point._replace(rates=(*point.rates[:place], end, *point.rates[place + 1 :])) for end in bounds)
        moved.append((low, high))
    below = above = 0.0
    for ends in moved:
        values = [found for found in map(value_at, ends) if found is not None]
        below = hypot(below, value - min([value, *values]))
        above = hypot(above, max([value, *values]) - value)
    least = -1.0 if measure is kappa else 0.0
    return Estimate(value, Interval(max(least, value - below), min(1.0, value + above)))


def _value(strata: Sequence[Stratum], measure: Callable[[Shares], float | None], scene: Scene) -> float | None:
    return measure(_shares(strata, scene))


def _shares(strata: Sequence[Stratum], scene: Scene) -> Shares:
    """Give every stratum its part of its side, and divide it by its rate."""
    cells = dict.fromkeys(((d, p) for d in (True, False) for p in (True, False)), 0.0)
    for shows, share in ((True, scene.says_yes), (False, 1 - scene.says_yes)):
        size = sum(one.size for one in strata if one.decided is shows)
        for one, rate in zip(strata, scene.rates, strict=True):
            if one.decided is shows:
                cells[shows, True] += share * one.size / size * rate
                cells[shows, False] += share * one.size / size * (1 - rate)
    return Shares(cells[True, True], cells[True, False], cells[False, True], cells[False, False])


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


class Weighted(NamedTuple):
    """A judge's share of yes votes on one rollout that people judged, and how many rollouts it stands for."""

    score: float
    weight: float


def weighted_auroc(yes: Sequence[Weighted], no: Sequence[Weighted]) -> Estimate:
    """How often a rollout that people say yes to scores higher than one they say no to, 0..1, a tie counting half.

    Every rollout counts for as many as it stands for (T. A. Alonzo and M. S. Pepe, "Assessing accuracy of a continuous
    screening test in the presence of verification bias", Applied Statistics 54 (2005)). The interval is that of
    `core.analysis.validation.auroc` at Kish's effective sizes, (sum w)^2 / sum w^2. None where one side is empty.
    """
    if not yes or not no:
        return Estimate(None, None)
    above = sum(a.weight * b.weight * ((a.score > b.score) + (a.score == b.score) / 2) for a in yes for b in no)
    value = above / (_total(yes) * _total(no))
    return Estimate(value, auroc_interval(value, _effective(yes), _effective(no)))


def _total(found: Sequence[Weighted]) -> float:
    return sum(one.weight for one in found)


def _effective(found: Sequence[Weighted]) -> float:
    return _total(found) ** 2 / sum(one.weight**2 for one in found)
