"""Confidence intervals of a rate and of the difference of two rates, from counts alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True)
class Interval:
    """Closed interval ``[low, high]``: within 0..1 for a rate, -1..1 for a difference of rates; it unpacks."""

    low: float
    high: float

    def __iter__(self) -> Iterator[float]:
        return iter((self.low, self.high))

    @property
    def half_width(self) -> float:
        """Half its length."""
        return (self.high - self.low) / 2

    def excludes(self, value: float) -> bool:
        """Say whether ``value`` lies outside."""
        return not self.low <= value <= self.high


@lru_cache
def _quantile(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not at {confidence}")
    return NormalDist().inv_cdf((1 + confidence) / 2)


def wilson(k: int, n: int, confidence: float = 0.95) -> Interval | None:
    """Score interval of the rate ``k / n``; None where n is 0.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).

    Raises:
        ValueError: if k is outside 0..n, or ``confidence`` outside 0..1.
    """
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is not a rate")
    z = _quantile(confidence)
    if n == 0:
        return None
    p = k / n
    scale = 1 + z * z / n
    center = (p + z * z / (2 * n)) / scale
    half = z / scale * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # At the ends the bound is exactly 0 or 1, where rounding would leave 1e-17.
    return Interval(0.0 if k == 0 else center - half, 1.0 if k == n else center + half)


def newcombe(k1: int, n1: int, k2: int, n2: int, confidence: float = 0.95) -> Interval | None:
    """Hybrid score interval of ``k2 / n2 - k1 / n1``; None where n1 or n2 is 0.

    It joins the Wilson intervals of the two rates. Source: R. G. Newcombe, "Interval estimation for the difference
    between independent proportions: comparison of eleven methods", Statistics in Medicine 17 (1998), method 10.

    Raises:
        ValueError: if a k is outside 0..n, or ``confidence`` outside 0..1.
    """
    first, second = wilson(k1, n1, confidence), wilson(k2, n2, confidence)
    if first is None or second is None:
        return None
    p1, p2 = k1 / n1, k2 / n2
    difference = p2 - p1
    below = sqrt((p2 - second.low) ** 2 + (first.high - p1) ** 2)
    above = sqrt((second.high - p2) ** 2 + (p1 - first.low) ** 2)
    return Interval(max(-1.0, difference - below), min(1.0, difference + above))
