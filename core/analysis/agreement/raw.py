"""Raw agreement: on how many of the sentences that several rated they say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.analysis.agreement.units import UNRATED, ReliabilityData

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def agreeing(data: ReliabilityData) -> NDArray[np.bool_]:
    """Whether all raters of each unit gave it one category: shape (units,); a unit of one rater agrees with itself."""
    import numpy as np

    highest = data.values.max(axis=0, initial=UNRATED)
    lowest = np.where(data.values == UNRATED, len(data.categories), data.values).min(
        axis=0, initial=len(data.categories)
    )
    same: NDArray[np.bool_] = highest == lowest
    return same


def agreeing_on(data: ReliabilityData, code: int) -> NDArray[np.bool_]:
    """Whether all raters of each unit gave it this category, or none of them did: shape (units,)."""
    import numpy as np

    n_given = (data.values == code).sum(axis=0)
    same: NDArray[np.bool_] = np.logical_or(n_given == 0, n_given == data.n_raters)
    return same


def overlapping(data: ReliabilityData) -> NDArray[np.bool_]:
    """Whether some category is, first or secondary, among those that each rater of a unit gave it: shape (units,)."""
    import numpy as np

    found = np.zeros(len(data.units), dtype=np.bool_)
    for code in range(len(data.categories)):
        given = np.logical_or(data.values == code, data.secondary == code)
        found |= given.sum(axis=0) == data.n_raters
    return found
