"""Krippendorff's alpha for categories: the number itself by NLTK, and counts of each trace that add up to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.analysis.across.bootstrap import quotient
from core.analysis.agreement.units import UNRATED, ReliabilityData

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.analysis.across.bootstrap import Statistic


def krippendorff_alpha(ratings: Iterable[tuple[Any, Any, str]]) -> float | None:
    """Alpha of (rater, unit, category) triples, one for each rater and unit, by NLTK's ``AnnotationTask``.

    It is at most 1; 0 is what chance would give. Units with one rating have no part. None where no unit has two
    ratings, or where those that have them hold one category only: there is no variation to be reliable about.

    Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C.
    """
    from nltk.metrics.agreement import AnnotationTask

    of_unit: dict[Any, list[tuple[Any, Any, str]]] = {}
    for rating in ratings:
        of_unit.setdefault(rating[1], []).append(rating)
    paired = [rating for unit in of_unit.values() if len(unit) > 1 for rating in unit]
    if len({category for _, _, category in paired}) < 2:
        return None
    return float(AnnotationTask(paired).alpha())


@dataclass(frozen=True, eq=False)
class Coincidences:
    """Coincidence matrices by trace, as far as alpha needs them: arrays of shape (traces, categories).

    ``matching`` are the diagonals, the ratings of a category that are paired with one of the same; ``given`` the
    sums of the rows, how often a category was given to units that two or more rated. Both add up over traces.
    """

    matching: NDArray[np.float64]
    given: NDArray[np.float64]

    def overall(self) -> Statistic:
        """Alpha from how often each trace was drawn."""

        def statistic(times: NDArray[np.float64]) -> NDArray[np.float64]:
            return _alpha((times @ self.matching).sum(axis=1), times @ self.given)

        return statistic

    def category(self, code: int) -> Statistic:
        """Alpha of one category against all others."""
        import numpy as np

        def statistic(times: NDArray[np.float64]) -> NDArray[np.float64]:
            n, given = times @ self.given.sum(axis=1), times @ self.given[:, code]
            differing = given - times @ self.matching[:, code]
            return _alpha(n - 2 * differing, np.stack([given, n - given], axis=1))

        return statistic


def coincidences(data: ReliabilityData) -> Coincidences:
    """Count the pairs of ratings within the units that two or more raters rated.

    A unit with m ratings gives each of its m (m - 1) ordered pairs the weight 1 / (m - 1), so that every rating counts
    once. Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C.
    """
    import numpy as np

    shared = data.shared()
    n_categories = len(data.categories)
    counts = np.zeros((len(shared.units), n_categories))
    for row in shared.values:
        rated = np.flatnonzero(row != UNRATED)
        counts[rated, row[rated]] += 1
    matching = counts * (counts - 1) / (counts.sum(axis=1, keepdims=True) - 1)
    return Coincidences(_by_trace(shared, matching), _by_trace(shared, counts))


def _by_trace(data: ReliabilityData, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    total = np.zeros((len(data.trace_ids), rows.shape[1]))
    np.add.at(total, data.trace, rows)
    return total


def _alpha(matching: NDArray[np.float64], given: NDArray[np.float64]) -> NDArray[np.float64]:
    """Alpha of each draw, from its matching pairs (draws,) and how often each category was given (draws, categories).

    NaN where one category alone was given.
    """
    n = given.sum(axis=1)
    disagreement = quotient(n - matching, n * n - (given * given).sum(axis=1))
    found: NDArray[np.float64] = 1 - (n - 1) * disagreement
    return found
