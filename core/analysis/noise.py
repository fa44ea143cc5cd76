"""The noise floor of a trace: how large a difference chance alone would show somewhere in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.analysis.counts import Arms
from core.analysis.null import PERMUTATIONS, null_directions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVEL: Final = 0.95


@dataclass(frozen=True)
class NoiseFloor:
    """The difference, 0..1, that the largest of an inert trace's sentences exceeds in 5% of all cases, by direction.

    None where no sentence has that direction defined.
    """

    resampling: float | None
    counterfactual: float | None


def noise_floor(
    arms: Arms, min_dissimilar: int, *, permutations: int = PERMUTATIONS, seed: int = 0, level: float = LEVEL
) -> NoiseFloor:
    """The ``level`` quantile of the largest absolute difference under the pooled null, by permutation.

    Null: no sentence matters, so that all decided rollouts of the trace are exchangeable. Their outcomes are dealt
    anew to the same prefixes and arms ``permutations`` times; only the counts matter, and these are multivariate
    hypergeometric. A trace whose rates are near 0 or 1 for long has a floor above the noise at those places; q-values,
    which take the rate where the sentence stands, may then find a turning point below it. The same seed gives the
    same floor.

    Source: METHODS, section 3; the largest-statistic null is that of P. H. Westfall and S. S. Young,
    "Resampling-Based Multiple Testing" (1993), chapter 2.
    """
    import numpy as np

    everything = arms.everything
    n_replaced = np.zeros_like(everything.n) if arms.dissimilar is None else arms.dissimilar.n
    null = null_directions(
        int(everything.k.sum()), everything.n, n_replaced, min_dissimilar, permutations=permutations, seed=seed
    )
    return NoiseFloor(_largest(null.resampling, level), _largest(null.counterfactual, level))


def _largest(directions: NDArray[np.float64], level: float) -> float | None:
    """Quantile over the permutations of the largest of all sentences; None where no sentence is there."""
    import numpy as np

    if not directions.shape[1]:
        return None
    return float(np.quantile(np.abs(directions).max(axis=1), level, method="higher"))
