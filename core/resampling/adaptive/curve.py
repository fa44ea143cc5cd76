"""How the rate of a behavior may go from prefix to prefix, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

JUMP: Final = 0.1
"""Probability that a sentence gives the prefixes from it on another rate, which may be any."""
AWAY: Final = 0.015
"""Probability that a prefix leaves the curve: it has any rate, and the next prefix goes on as if it had not been."""
_DRIFTS, _DRIFT = 0.2, 0.05  # else a rate drifts with this probability, by this many radians
_CELLS = 31
# Telling a change of twice the size takes a quarter of the rollouts. The benchmark does best with the square of that.
_POWER = 4


@dataclass(frozen=True, eq=False)
class Model:
    """The prior on a grid of G rates, evenly spaced in the angle arcsin(sqrt(rate)), where all are equally noisy.

    ``rates`` (G,) are in 0..1 and equally likely: Jeffreys' prior. ``go_on`` (G, G) is the probability of the next rate
    given this one where the curve neither jumps nor is left. ``is_change`` (G, G) says whether two rates differ by as
    much as is looked for, with fractions where the border cuts a pair of cells; ``stake`` (G, G) is the same times
    the fourth power of the difference, in units of what is looked for.
    """

    rates: NDArray[np.float64]
    go_on: NDArray[np.float64]
    is_change: NDArray[np.float64]
    stake: NDArray[np.float64]


@lru_cache(maxsize=8)
def model_of(at_least: float) -> Model:
    """The model for differences of ``at_least`` (0..1) or more; below 0.1, the grid is coarse for them."""
    import numpy as np

    angles = (np.arange(_CELLS) + 0.5) / _CELLS * np.pi / 2
    rates = np.sin(angles) ** 2
    steps = np.exp(-0.5 * ((angles[:, None] - angles[None, :]) / _DRIFT) ** 2)
    drift = steps / steps.sum(axis=1).max()
    # What would leave the grid stays, so that a curve is as likely read backwards.
    drift[np.diag_indices(_CELLS)] += 1 - drift.sum(axis=1)
    apart = np.abs(rates[:, None] - rates[None, :])
    width = np.gradient(rates)
    is_change = np.clip((apart - at_least) * 2 / (width[:, None] + width[None, :]) + 0.5, 0, 1)
    np.fill_diagonal(is_change, float(at_least <= 0))
    return Model(
        rates=rates,
        go_on=(1 - _DRIFTS) * np.eye(_CELLS) + _DRIFTS * drift,
        is_change=is_change,
        stake=is_change * (apart / max(at_least, width.max())) ** _POWER,
    )
