"""The null that no sentence of a trace matters: its outcomes dealt anew to the same prefixes and arms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PERMUTATIONS: Final = 1_000


@dataclass(frozen=True, eq=False)
class NullDirections:
    """Directions under the null, -1..1: a row per permutation, a column per sentence that has the direction defined."""

    resampling: NDArray[np.float64]
    counterfactual: NDArray[np.float64]


def null_directions(
    n_shown: int,
    n: NDArray[np.int64],
    n_replaced: NDArray[np.int64],
    min_dissimilar: int,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> NullDirections:
    """Deal ``n_shown`` successes among all decided rollouts of a trace, and contrast the arms as the estimates do.

    All that is known of an arm is its size; what falls to it is multivariate hypergeometric, which is the same as
    permuting the outcomes. The same seed gives the same directions.

    Source: METHODS, section 3; P. H. Westfall, S. S. Young, "Resampling-Based Multiple Testing" (1993), chapter 2.

    Args:
        n_shown: decided rollouts that showed the behavior, over all prefixes.
        n: decided rollouts at each prefix 0..n, shape (n + 1,).
        n_replaced: those of them that begin dissimilarly, shape (n + 1,); zeros where that is not known.
        min_dissimilar: fewer of those leave the counterfactual direction undefined.
        permutations: how many rows there shall be.
        seed: of the generator.
    """
    import numpy as np

    sizes = np.concatenate([n_replaced, n - n_replaced])
    generator = np.random.default_rng(seed)
    # numpy's marginal method is exact up to a population of 1e9.
    dealt = generator.multivariate_hypergeometric(sizes, n_shown, size=permutations, method="marginals")
    in_replaced, in_rest = np.split(dealt, 2, axis=1)
    everything = in_replaced + in_rest
    after = everything[:, 1:], n[1:]
    return NullDirections(
        resampling=_differences(everything[:, :-1], n[:-1], *after, 1),
        counterfactual=_differences(in_replaced[:, :-1], n_replaced[:-1], *after, min_dissimilar),
    )


def _differences(
    k1: NDArray[np.int64], n1: NDArray[np.int64], k2: NDArray[np.int64], n2: NDArray[np.int64], at_least: int
) -> NDArray[np.float64]:
    """``k2 / n2 - k1 / n1`` in the columns where that is defined."""
    import numpy as np

    defined = (n1 >= at_least) & (n2 > 0)
    return np.asarray(k2[:, defined] / n2[defined] - k1[:, defined] / n1[defined])
