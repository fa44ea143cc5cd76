"""A number beside what noise alone gives for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.analysis.intervals import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class AgainstNull:
    """A number beside what the null gives for it: the mean, and the range that holds 95% of permutations.

    ``p`` is the share of permutations that reach the number, in 1/(B + 1)..1 for B permutations. None is undefined.
    """

    value: float | None
    null_mean: float | None = None
    null: Interval | None = None
    p: float | None = None


def against(value: float, permuted: NDArray[np.float64]) -> AgainstNull:
    """Set ``value`` beside the same number of each permutation, shape (permutations,); NaN where undefined.

    A permutation in which the number is undefined counts as reaching it, so that p is never too small for it.

    Source: B. Phipson, G. K. Smyth, "Permutation p-values should never be zero", Statistical Applications in
    Genetics and Molecular Biology 9 (2010).
    """
    import numpy as np

    if value != value:
        return AgainstNull(None)
    defined = permuted[~np.isnan(permuted)]
    if not len(defined):
        return AgainstNull(value)
    reached = int(np.count_nonzero(~(permuted < value - ROUNDING)))
    low, high = np.quantile(defined, [0.025, 0.975]).tolist()
    return AgainstNull(value, float(defined.mean()), Interval(low, high), (1 + reached) / (1 + len(permuted)))
