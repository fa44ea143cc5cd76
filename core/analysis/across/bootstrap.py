"""Intervals that speak for other traces too: the traces are resampled, never their sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import inf, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, TypeAlias

from core.analysis.intervals import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Statistic: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]
    """From how often each unit was drawn, shape (draws, units), to one number per draw; NaN where it is undefined."""

DRAWS: Final = 4_000
SEED: Final = 0
ENOUGH: Final = 6
_SAME: Final = 1e-12

SHARE, DIRECTION = Interval(0.0, 1.0), Interval(-1.0, 1.0)
POSITIVE, UNBOUNDED = Interval(0.0, inf), Interval(-inf, inf)


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval over ``n`` units (traces, or pairs); None is undefined.

    The interval is None below two units, and where the units do not differ, so that resampling says nothing.
    """

    value: float | None
    interval: Interval | None
    n: int


def bootstrap(
    statistic: Statistic,
    n_units: int,
    n_holding: int | None = None,
    *,
    limits: Interval = SHARE,
    draws: int = DRAWS,
) -> Estimate:
    """Estimate ``statistic`` on the units as they are, with an interval over resampled units.

    The seed is fixed, `SEED`: the same units give the same interval. Draws in which the statistic is undefined are
    left out.

    Source: B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapters 12 and 13.

    Args:
        statistic: vectorised over draws.
        n_units: how many units there are.
        n_holding: how many of them have a part in the statistic; default: all.
        limits: what the statistic can be.
        draws: how many sets of units, `DRAWS` at most.
    """
    import numpy as np

    n = n_units if n_holding is None else n_holding
    if n < 1:
        return Estimate(None, None, n)
    value = float(statistic(np.ones((1, n_units)))[0])
    if np.isnan(value):
        return Estimate(None, None, n)
    return Estimate(value, spread(value, statistic(drawn(n_units)[:draws]), n, limits) if n > 1 else None, n)


def drawn(n_units: int, seed: int = SEED) -> NDArray[np.float64]:
    """How often each unit is in each resampled set of ``n_units``: shape (`DRAWS`, n_units)."""
    return _drawn(n_units, seed)


@lru_cache(maxsize=8)
def _drawn(n_units: int, seed: int) -> NDArray[np.float64]:
    import numpy as np

    generator = np.random.default_rng(seed)
    times = generator.multinomial(n_units, np.full(n_units, 1 / n_units), size=DRAWS).astype(np.float64)
    times.setflags(write=False)
    return times


def spread(value: float, draws: NDArray[np.float64], n: int, limits: Interval) -> Interval | None:
    """The 95% interval of a statistic that rests on ``n`` units, 2 or more; draws that are NaN are left out.

    From `ENOUGH` units on it is the expanded percentile interval: the levels are moved outwards as far as Student's t
    at n - 1 degrees of freedom is wider than the normal. Percentiles of fewer units cannot hold 95%, as they end at
    the largest unit; there it is Student's t times the spread of the draws, cut to ``limits``.

    Source: T. C. Hesterberg, "What teachers should know about the bootstrap", The American Statistician 69 (2015).
    """
    import numpy as np

    defined = draws[~np.isnan(draws)]
    if not len(defined) or np.ptp(defined) < _SAME:
        return None
    if n >= ENOUGH:
        tail = expanded_tail(n)
        low, high = np.quantile(defined, [tail, 1 - tail]).tolist()
        return Interval(low, high)
    half = student_quantile(n - 1) * sqrt(n / (n - 1)) * float(defined.std())
    return Interval(max(limits.low, value - half), min(limits.high, value + half))


@lru_cache
def expanded_tail(n: int) -> float:
    """What the percentile interval leaves out on each side, for n units: 0.025 for many, 0.003 for six."""
    return NormalDist().cdf(-sqrt(n / (n - 1)) * student_quantile(n - 1))


@lru_cache
def student_quantile(freedom: int, level: float = 0.975) -> float:
    """Quantile of Student's t at ``freedom`` degrees of freedom, 1 or more."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, level))


def mean_of(values: NDArray[np.float64], limits: Interval = SHARE) -> Estimate:
    """The mean over the units of ``values``; a unit that is NaN has none, and no part in it."""
    import numpy as np

    held = values[~np.isnan(values)]
    return ratio_of(held, np.ones(len(held)), limits)


def ratio_of(numerators: NDArray[np.float64], denominators: NDArray[np.float64], limits: Interval = SHARE) -> Estimate:
    """Sum of ``numerators`` by the sum of ``denominators``, both (units,); a unit whose denominator is 0 has no part.

    With a trace's sum over sentences and its number of sentences this is the mean over all sentences.
    """
    import numpy as np

    def statistic(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return quotient(times @ numerators, times @ denominators)

    return bootstrap(statistic, len(numerators), int(np.count_nonzero(denominators)), limits=limits)


def quotient(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    """Element by element; NaN where the denominator is 0 or less."""
    import numpy as np

    out = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    np.divide(numerator, denominator, out=out, where=denominator > 0)
    return out
