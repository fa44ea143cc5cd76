"""Two behaviors on the same rollouts: how often each of the four outcomes came at each prefix, in each arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from core.analysis.sweep import UNDECIDED, Sweep

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEITHER, SECOND_ONLY, FIRST_ONLY, BOTH = range(4)
_OUTCOMES: Final = 4


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Rollouts of one trace that are decided for two behaviors.

    ``replaced`` and ``everything`` are int64 arrays of shape (n + 1, 4): by prefix, how many rollouts showed neither
    behavior, the second only, the first only, both. ``replaced`` counts those that begin dissimilarly, and is None
    without cosines.
    """

    everything: NDArray[np.int64]
    replaced: NDArray[np.int64] | None


class PairDirections(NamedTuple):
    """Directions of the same sentences for both behaviors; the last axis is the sentence."""

    first: NDArray[np.float64]
    second: NDArray[np.float64]


class ErrorMoments(NamedTuple):
    """Sampling variance of each direction, and the covariance of the two, per sentence: unbiased estimates."""

    first: NDArray[np.float64]
    second: NDArray[np.float64]
    both: NDArray[np.float64]


def count_pairs(first: Sweep, second: Sweep, threshold: float) -> PairCounts:
    """Count two sweeps of the same rollouts, row by row."""
    import numpy as np

    decided = (first.values != UNDECIDED) & (second.values != UNDECIDED)
    outcome = 2 * first.values.astype(np.int64) + second.values

    def counts(rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        cells = first.prefix_idx[rows] * _OUTCOMES + outcome[rows]
        counted = np.bincount(cells, minlength=(first.n_sentences + 1) * _OUTCOMES)
        return counted.astype(np.int64).reshape(-1, _OUTCOMES)

    if first.cosines is None:
        return PairCounts(counts(decided), None)
    unlike = (first.cosines < threshold) & (first.prefix_idx < first.n_sentences)
    return PairCounts(counts(decided), counts(decided & unlike))


def defined_sentences(pairs: PairCounts, min_dissimilar: int) -> NDArray[np.bool_]:
    """Which sentences have a direction on these rollouts, shape (n,).

    It is the counterfactual one where the arms are known, else the resampling one. Both arms need two rollouts at
    least, so that their sampling error is known.
    """
    import numpy as np

    n_without = _without(pairs).sum(axis=1)
    at_least = 2 if pairs.replaced is None else max(2, min_dissimilar)
    return np.asarray((n_without >= at_least) & (pairs.everything[1:].sum(axis=1) >= 2))


def directions(pairs: PairCounts, defined: NDArray[np.bool_]) -> PairDirections:
    """Directions of the ``defined`` sentences, -1..1 each, shape (m,)."""
    return _directions(pairs.everything[1:][defined], _without(pairs)[defined])


def error_moments(pairs: PairCounts, defined: NDArray[np.bool_]) -> ErrorMoments:
    """How far the directions scatter because rollouts are samples, and how far together, shape (m,) each.

    The two arms of a sentence are independent, so their moments add up; one arm of n rollouts gives the sample
    covariance (of divisor n - 1) over n.
    """
    kept, without = pairs.everything[1:][defined], _without(pairs)[defined]
    return ErrorMoments(*(_moment(kept, *of) + _moment(without, *of) for of in ((_A, _A), (_B, _B), (_A, _B))))


def dealt_directions(
    pairs: PairCounts, defined: NDArray[np.bool_], permutations: int, seed: int | Sequence[int] = 0
) -> PairDirections:
    """Directions of the ``defined`` sentences if none mattered, shape (permutations, m) each.

    Whole rollouts are dealt anew to the same prefixes and arms, each with its outcomes for both behaviors: what is
    left is the likeness of two directions that rest on the same rollouts.
    """
    import numpy as np

    replaced = np.zeros_like(pairs.everything) if pairs.replaced is None else pairs.replaced
    in_replaced = replaced.sum(axis=1)
    sizes = np.concatenate([in_replaced, pairs.everything.sum(axis=1) - in_replaced])
    dealt = _deal(pairs.everything.sum(axis=0), sizes, permutations, np.random.default_rng(seed))
    arm, rest = np.split(dealt, 2, axis=1)
    everything = arm + rest
    without = everything if pairs.replaced is None else arm
    return _directions(everything[:, 1:][:, defined], without[:, :-1][:, defined])


_A, _B = (FIRST_ONLY, BOTH), (SECOND_ONLY, BOTH)


def _without(pairs: PairCounts) -> NDArray[np.int64]:
    """The arm of each sentence that is without it, shape (n, 4)."""
    return (pairs.everything if pairs.replaced is None else pairs.replaced)[:-1]


def _directions(kept: NDArray[np.int64], without: NDArray[np.int64]) -> PairDirections:
    n_kept, n_without = kept.sum(axis=-1), without.sum(axis=-1)
    first, second = (
        kept[..., list(of)].sum(axis=-1) / n_kept - without[..., list(of)].sum(axis=-1) / n_without for of in (_A, _B)
    )
    return PairDirections(first, second)


def _moment(counts: NDArray[np.int64], one: tuple[int, int], other: tuple[int, int]) -> NDArray[np.float64]:
    """Covariance of the two rates of one arm, shape (m,); ``one`` and ``other`` are the outcomes that count."""
    import numpy as np

    n = counts.sum(axis=1)
    together = counts[:, sorted({*one} & {*other})].sum(axis=1)
    k_one, k_other = counts[:, list(one)].sum(axis=1), counts[:, list(other)].sum(axis=1)
    return np.asarray((together - k_one * k_other / n) / (n * (n - 1)))


def _deal(
    totals: NDArray[np.int64], sizes: NDArray[np.int64], permutations: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Fill cells of the given ``sizes`` from one population, without replacement: (permutations, cells, kinds)."""
    import numpy as np

    dealt = np.zeros((permutations, len(sizes), len(totals)), dtype=np.int64)
    remaining = np.tile(totals, (permutations, 1))
    for cell in np.flatnonzero(sizes).tolist():
        left = np.full(permutations, sizes[cell])
        for kind in range(len(totals) - 1):
            others = remaining[:, kind + 1 :].sum(axis=1)
            taken = generator.hypergeometric(remaining[:, kind], others, left)
            dealt[:, cell, kind] = taken
            left -= taken
        dealt[:, cell, -1] = left
        remaining -= dealt[:, cell]
    return dealt
