"""How far a trace's change is concentrated: what share of it the few largest sentences hold, against noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.analysis.across.against import ROUNDING, AgainstNull, against
from core.analysis.across.bootstrap import DIRECTION, UNBOUNDED, Estimate, bootstrap, mean_of, quotient
from core.analysis.across.replication import Replicated, replicated
from core.analysis.across.study import Kind, Study, direction_of
from core.analysis.importance import Importance
from core.analysis.null import PERMUTATIONS, null_directions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TOPS: Final = (1, 2, 3, 5)
LEVEL: Final = 0.05


@dataclass(frozen=True)
class Concentration:
    """One trace and behavior.

    ``total`` is the sum of the magnitudes of all ``n_sentences`` directions that are defined; ``n_undefined`` are
    not. ``shares[m]`` is the part of it, 0..1, that the ``m`` largest hold: undefined where no more than m sentences
    have a direction, or where nothing changes at all. ``replicated`` is what shows in both halves of the rollouts.
    """

    trace_id: str
    behavior: str
    n_sentences: int
    n_undefined: int
    total: float | None
    shares: Mapping[int, AgainstNull]
    replicated: Replicated | None


@dataclass(frozen=True)
class PooledShare:
    """Over traces, for one behavior: the mean share that the ``top`` sentences hold, with its bootstrap interval.

    ``null_mean`` is the mean of what noise alone would give each trace, and ``excess`` the mean of what is above
    that. Of ``share.n`` traces ``n_above`` have p < 0.05 by themselves. ``replicated`` is the share of the change
    that replicates, over all these traces together: undefined unless there is such a change, that is, unless the
    interval of its total lies above 0.
    """

    behavior: str
    top: int
    share: Estimate
    null_mean: float | None
    excess: Estimate
    n_above: int
    replicated: Estimate


def concentration(
    importance: Importance,
    kind: Kind = "counterfactual",
    tops: Sequence[int] = TOPS,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Concentration:
    """Share of the total change that the largest sentences hold, beside what `null_directions` gives.

    The null deals all outcomes of the trace anew to the same prefixes and arms, so that a sentence with few
    dissimilar rollouts is as noisy there as here. Noise by itself is concentrated, the more so the fewer sentences
    there are; and it adds to the total of a trace that has turning points, so that a true share is understated.
    `Replicated` is free of both.

    Source: METHODS, section 3.
    """
    import numpy as np

    values = [direction_of(row, kind) for row in importance.rows]
    found = np.array([[value for value in values if value is not None]])
    n_defined = found.shape[1]
    shares = dict.fromkeys(tops, AgainstNull(None))
    if n_defined:
        null = _null(importance, kind, permutations, seed)
        shares = {top: _share(found, null, top) for top in tops}
    return Concentration(
        trace_id=importance.trace_id,
        behavior=importance.behavior,
        n_sentences=n_defined,
        n_undefined=len(values) - n_defined,
        total=float(np.abs(found).sum()) if n_defined else None,
        shares=shares,
        replicated=replicated(importance, kind, tops, seed=seed),
    )


def concentrations(study: Study, tops: Sequence[int] = TOPS) -> tuple[Concentration, ...]:
    """The concentration of every trace and behavior of a study: behavior by behavior, traces in order."""
    return tuple(
        concentration(trace.importance[behavior], study.kind, tops)
        for behavior in study.behaviors
        for trace in study.traces
        if behavior in trace.importance
    )


def pooled(found: Sequence[Concentration]) -> tuple[PooledShare, ...]:
    """Pool the traces in which each share is defined, for each behavior and number of top sentences."""
    return tuple(
        _pool(behavior, top, [one for one in found if one.behavior == behavior and one.shares[top].value is not None])
        for behavior in dict.fromkeys(one.behavior for one in found)
        for top in dict.fromkeys(top for one in found for top in one.shares)
    )


def _pool(behavior: str, top: int, found: Sequence[Concentration]) -> PooledShare:
    import numpy as np

    shares = [one.shares[top] for one in found]
    rows = np.array([(one.value, one.null_mean, one.p) for one in shares], dtype=np.float64)
    value, null, p = rows.reshape(-1, 3).T
    return PooledShare(
        behavior=behavior,
        top=top,
        share=mean_of(value),
        null_mean=float(null.mean()) if shares else None,
        excess=mean_of(value - null, DIRECTION),
        n_above=int((p < LEVEL).sum()),
        replicated=_replicated_share([one.replicated for one in found if one.replicated is not None], top),
    )


def _replicated_share(found: Sequence[Replicated], top: int) -> Estimate:
    import numpy as np

    held, total = np.array([(one.top[top], one.total) for one in found], dtype=np.float64).reshape(-1, 2).T
    change = mean_of(total, UNBOUNDED).interval
    if change is None or change.low <= 0:
        return Estimate(None, None, len(found))
    # Noise in the other sentences can make them sum to less than nothing, and the share to more than all.
    return bootstrap(lambda times: np.clip(quotient(times @ held, times @ total), 0.0, 1.0), len(found))


def _null(importance: Importance, kind: Kind, permutations: int, seed: int) -> NDArray[np.float64]:
    """Directions under the null, shape (permutations, defined sentences)."""
    import numpy as np

    counts = [row.before for row in importance.rows] + [importance.final]
    replaced = [row.counterfactual.without.n if row.counterfactual is not None else 0 for row in importance.rows]
    null = null_directions(
        sum(count.k for count in counts),
        np.array([count.n for count in counts], dtype=np.int64),
        np.array([*replaced, 0], dtype=np.int64),
        importance.min_dissimilar,
        permutations=permutations,
        seed=seed,
    )
    return null.counterfactual if kind == "counterfactual" else null.resampling


def _share(found: NDArray[np.float64], null: NDArray[np.float64], top: int) -> AgainstNull:
    if found.shape[1] <= top:
        return AgainstNull(None)
    return against(float(_top_share(found, top)[0]), _top_share(null, top))


def _top_share(directions: NDArray[np.float64], top: int) -> NDArray[np.float64]:
    """Share of the ``top`` largest magnitudes in each row; NaN in a row of zeros."""
    import numpy as np

    sizes = -np.sort(-np.abs(directions), axis=1)
    total = sizes.sum(axis=1)
    return quotient(sizes[:, :top].sum(axis=1), np.where(total > ROUNDING, total, 0.0))
