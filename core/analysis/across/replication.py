"""What replicates: one half of the rollouts names the sentences that matter, the other half measures them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.analysis.across.study import Kind, direction_of
from core.analysis.importance import Importance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPLITS: Final = 100


@dataclass(frozen=True)
class Replicated:
    """Change of one trace that shows again in rollouts which had no part in finding it.

    ``total`` is the sum over sentences of the direction in one half of the rollouts, with the sign that it has in
    the other; ``top[m]`` the part of that sum from the m sentences that are largest in the other half. Noise adds
    nothing to either on average, so that in an inert trace both scatter about 0, and can be negative.
    """

    total: float
    top: Mapping[int, float]


def replicated(
    importance: Importance, kind: Kind, tops: Sequence[int], *, splits: int = SPLITS, seed: int = 0
) -> Replicated | None:
    """Average over random ``splits``, each half taking both parts in turn; None where no arm can be halved.

    The rollouts of every prefix and arm are halved, and only their counts matter, which are hypergeometric. A
    sentence takes part if it has a direction and two rollouts at least in both arms.

    Source: D. R. Cox, "A note on data-splitting for the evaluation of significance levels", Biometrika 62 (1975).
    """
    import numpy as np

    counts = [*(row.before for row in importance.rows), importance.final]
    k, n = np.array(counts, dtype=np.int64).T
    apart = [row.counterfactual.without if row.counterfactual is not None else (0, 0) for row in importance.rows]
    k_replaced, n_replaced = np.array([*apart, (0, 0)], dtype=np.int64).T
    n_without = n_replaced if kind == "counterfactual" else n
    has = np.array([direction_of(row, kind) is not None for row in importance.rows], dtype=np.bool_)
    defined = has & (n_without[:-1] >= 2) & (n[1:] >= 2)
    if not defined.any():
        return None
    generator = np.random.default_rng(seed)
    halves = zip(
        _halve(k_replaced, n_replaced, splits, generator),
        _halve(k - k_replaced, n - n_replaced, splits, generator),
        strict=True,
    )
    one, other = (_directions(arm, rest, kind, defined) for arm, rest in halves)
    parts = np.concatenate([_in_order(one, other), _in_order(other, one)])
    sums = parts.mean(axis=0).cumsum()
    return Replicated(float(sums[-1]), {top: float(sums[min(top, len(sums)) - 1]) for top in tops})


def _halve(
    k: NDArray[np.int64], n: NDArray[np.int64], splits: int, generator: np.random.Generator
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Counts k and n of both halves, (splits, prefixes) each; chance decides which half gets an odd rollout."""
    size = n // 2 + (n % 2) * generator.integers(0, 2, size=(splits, len(n)))
    shown = generator.hypergeometric(k, n - k, size)
    return (shown, size), (k - shown, n - size)


def _directions(
    replaced: tuple[NDArray[np.int64], NDArray[np.int64]],
    rest: tuple[NDArray[np.int64], NDArray[np.int64]],
    kind: Kind,
    defined: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Directions of the defined sentences in one half, (splits, m); 0 where chance left a half without rollouts."""
    import numpy as np

    k, n = replaced[0] + rest[0], replaced[1] + rest[1]
    k_without, n_without = replaced if kind == "counterfactual" else (k, n)
    after, before = (
        np.divide(a, b, out=np.zeros(a.shape), where=b > 0) for a, b in ((k[:, 1:], n[:, 1:]), (k_without, n_without))
    )
    both = (n[:, 1:] > 0) & (n_without[:, :-1] > 0)
    return np.where(both, after - before[:, :-1], 0.0)[:, defined]


def _in_order(named: NDArray[np.float64], measured: NDArray[np.float64]) -> NDArray[np.float64]:
    """``measured`` with the signs of ``named`` and in its order, the largest first."""
    import numpy as np

    order = np.argsort(-np.abs(named), axis=1, kind="stable")
    return np.take_along_axis(np.sign(named) * measured, order, axis=1)
