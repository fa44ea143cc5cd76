"""Cohen's kappa of two raters, and the table of what each of them gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.analysis.across.bootstrap import quotient
from core.analysis.agreement.units import Rater, ReliabilityData

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.analysis.across.bootstrap import Statistic


@dataclass(frozen=True, eq=False)
class Crossed:
    """What two raters gave to the same sentences, by trace: arrays of shape (traces, categories).

    ``both`` counts the sentences that both gave a category, ``first`` and ``second`` those that either gave it. They
    add up over traces.
    """

    both: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]

    def overall(self) -> Statistic:
        """Kappa from how often each trace was drawn."""

        def statistic(times: NDArray[np.float64]) -> NDArray[np.float64]:
            first, second = times @ self.first, times @ self.second
            return _kappa((times @ self.both).sum(axis=1), (first * second).sum(axis=1), first.sum(axis=1))

        return statistic

    def category(self, code: int) -> Statistic:
        """Kappa of one category against all others."""

        def statistic(times: NDArray[np.float64]) -> NDArray[np.float64]:
            n, both = times @ self.first.sum(axis=1), times @ self.both[:, code]
            first, second = times @ self.first[:, code], times @ self.second[:, code]
            return _kappa(n - first - second + 2 * both, first * second + (n - first) * (n - second), n)

        return statistic


def crossed(data: ReliabilityData) -> Crossed:
    """Count what the two raters of ``data`` gave to the sentences that both rated, by the traces of `shared`."""
    import numpy as np

    shared = data.shared()
    first, second = shared.values
    shape = (len(shared.trace_ids), len(data.categories))
    counts = [np.zeros(shape) for _ in range(3)]
    same = first == second
    for total, (trace, codes) in zip(
        counts,
        ((shared.trace[same], first[same]), (shared.trace, first), (shared.trace, second)),
        strict=True,
    ):
        np.add.at(total, (trace, codes), 1)
    return Crossed(*counts)


def _kappa(same: NDArray[np.float64], chance: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
    """(p_o - p_e) / (1 - p_e) of each draw, all terms times n squared; NaN where both gave one same category alone.

    Source: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20
    (1960).
    """
    return quotient(same * n - chance, n * n - chance)


@dataclass(frozen=True)
class Confusion:
    """What ``first`` (rows) and ``second`` (columns) gave to the sentences that both rated.

    ``counts[i][j]`` are the sentences that the first gave ``categories[i]`` and the second ``categories[j]``; only
    categories that one of them gave there are listed.
    """

    first: Rater
    second: Rater
    categories: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def n(self) -> int:
        """How many sentences both rated."""
        return sum(map(sum, self.counts))

    @property
    def n_agree(self) -> int:
        """To how many of them both gave the same category."""
        return sum(row[i] for i, row in enumerate(self.counts))


def confusion(data: ReliabilityData, first: Rater, second: Rater) -> Confusion:
    """Cross what two raters gave; without a shared sentence there are no categories."""
    import numpy as np

    pair = data.of((first, second)).shared()
    rows, columns = (pair.values[pair.raters.index(rater)] for rater in (first, second))
    table = np.zeros((len(data.categories),) * 2, dtype=np.int64)
    np.add.at(table, (rows, columns), 1)
    kept = np.flatnonzero(table.sum(axis=0) + table.sum(axis=1))
    counts = tuple(tuple(int(n) for n in row) for row in table[np.ix_(kept, kept)])
    return Confusion(first, second, tuple(data.categories[code] for code in kept), counts)
