"""Correlations of two directions over sentences, resampled over traces, and cleared of the noise they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.analysis.across.bootstrap import quotient

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

# Two directions that are the same fraction may differ in the last bits, and shall share a rank.
_DIGITS: Final = 12
_FLAT: Final = 1e-15


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1 along the last axis; equal values share the mean of theirs."""
    import numpy as np

    rounded = np.round(values, _DIGITS)
    order = np.argsort(rounded, axis=-1)
    ordered = np.take_along_axis(rounded, order, axis=-1)
    place = np.arange(values.shape[-1])
    new = np.ones(ordered.shape, dtype=np.bool_)
    new[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    last = np.ones(ordered.shape, dtype=np.bool_)
    last[..., :-1] = new[..., 1:]
    first = np.maximum.accumulate(np.where(new, place, 0), axis=-1)
    end = np.minimum.accumulate(np.where(last, place, values.shape[-1])[..., ::-1], axis=-1)[..., ::-1]
    found = np.empty(values.shape)
    np.put_along_axis(found, order, (first + end) / 2 + 1, axis=-1)
    return found


def pearson(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation along the last axis, -1..1; NaN where one of the two does not vary, or there are fewer than 3."""
    import numpy as np

    if x.shape[-1] < 3:
        return np.full(x.shape[:-1], np.nan)
    x, y = x - x.mean(axis=-1, keepdims=True), y - y.mean(axis=-1, keepdims=True)
    return cosine((x * x).sum(axis=-1), (y * y).sum(axis=-1), (x * y).sum(axis=-1))


def spearman(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank correlation along the last axis, as `pearson` of the ranks.

    Source: C. Spearman, "The proof and measurement of association between two things", American Journal of
    Psychology 15 (1904).
    """
    return pearson(ranks(x), ranks(y))


def cosine(xx: NDArray[np.float64], yy: NDArray[np.float64], xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """``xy`` by the root of ``xx`` times ``yy``, cut to -1..1; NaN where one of these is 0 or less."""
    import numpy as np

    fit = (xx > _FLAT) & (yy > _FLAT)
    root = np.sqrt(np.where(fit, xx, 0.0) * np.where(fit, yy, 0.0))
    return np.clip(quotient(xy, root), -1.0, 1.0)


def pooled_moments(x: Sequence[NDArray[np.float64]], y: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Per trace: how many sentences, and the sums of x, y, xx, yy and xy; shape (traces, 6)."""
    import numpy as np

    rows = [(len(a), a.sum(), b.sum(), a @ a, b @ b, a @ b) for a, b in zip(x, y, strict=True)]
    return np.array(rows, dtype=np.float64).reshape(-1, 6)


def centred(moments: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sums of squares and products about the means, xx, yy and xy, from sums of `pooled_moments`: (draws, 6) each."""
    import numpy as np

    n, x, y, xx, yy, xy = moments.T
    per_sentence = quotient(np.ones(len(n)), n)
    return xx - x * x * per_sentence, yy - y * y * per_sentence, xy - x * y * per_sentence


def resampled_spearman(
    x: NDArray[np.float64], y: NDArray[np.float64], trace: NDArray[np.int64], times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Rank correlation with each sentence there as often as its trace was drawn, shape (draws,).

    ``x``, ``y`` and ``trace`` (its number) are (sentences,), ``times`` is (draws, traces). Nothing is sorted anew for
    a draw: the middle rank of a value is the number of sentences below it, plus half of those that share it.
    """
    import numpy as np

    found = np.empty(len(times))
    step = max(1, 2_000_000 // max(1, len(x)))
    groups = [np.unique(np.round(values, _DIGITS), return_inverse=True)[1] for values in (x, y)]
    orders = [np.argsort(group, kind="stable") for group in groups]
    starts = [
        np.searchsorted(group[order], np.arange(group.max() + 1)) for group, order in zip(groups, orders, strict=True)
    ]
    for at in range(0, len(times), step):
        weight = times[at : at + step][:, trace]
        middles = []
        for group, order, start in zip(groups, orders, starts, strict=True):
            sharing = np.add.reduceat(weight[:, order], start, axis=1)
            middles.append((np.cumsum(sharing, axis=1) - sharing / 2)[:, group])
        a, b = middles
        n = np.maximum(1.0, weight.sum(axis=1, keepdims=True))
        a, b = (m - (weight * m).sum(axis=1, keepdims=True) / n for m in (a, b))
        found[at : at + step] = cosine(*((weight * u * v).sum(axis=1) for u, v in ((a, a), (b, b), (a, b))))
    return found
