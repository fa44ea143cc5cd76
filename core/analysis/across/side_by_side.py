"""Alignment faking and compliance side by side: do the same sentences carry both?

Both directions of a sentence rest on the same rollouts, and a rollout that fakes alignment has complied, so noise alone
makes them alike. Hence two guards: the correlation that is left when whole rollouts are dealt anew, and a correlation
from which the noise that both share is taken away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.analysis.across.against import AgainstNull, against
from core.analysis.across.bootstrap import DIRECTION, DRAWS, SHARE, Estimate, bootstrap, mean_of, quotient
from core.analysis.across.correlation import (
    centred,
    cosine,
    pearson,
    pooled_moments,
    resampled_spearman,
    spearman,
)
from core.analysis.across.overlap import Overlap, TwoByTwo, overlap, turning_point_table
from core.analysis.across.pairs import (
    ErrorMoments,
    PairDirections,
    dealt_directions,
    defined_sentences,
    directions,
    error_moments,
)
from core.analysis.across.study import Study
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.analysis.across.bootstrap import Statistic

DEALINGS: Final = 500
"""How often whole rollouts are dealt anew."""

RANKED_DRAWS: Final = 1_000
"""How many sets of traces are ranked anew: the one statistic for which `DRAWS` would take long."""


@dataclass(frozen=True)
class Correlation:
    """One way of correlating the two directions over sentences, or a share that says how much noise is in them.

    ``estimate`` has a bootstrap interval over traces. ``null`` holds the same number and what dealing whole rollouts
    anew gives for it; its fields are None where there is no such null.
    """

    measure: str
    estimate: Estimate
    null: AgainstNull


@dataclass(frozen=True)
class TraceSideBySide:
    """One trace: the correlations of its ``n_sentences`` sentences that have both directions, and its 2x2 table."""

    trace_id: str
    n_sentences: int
    pearson: AgainstNull
    spearman: AgainstNull
    table: TwoByTwo


@dataclass(frozen=True)
class SideBySide:
    """All traces that have both behaviors; ``n_sentences`` of them have both directions.

    The measures of ``correlations``, in order:

    * ``pearson``, ``spearman``: over the sentences of all traces together;
    * ``pearson_within``, ``spearman_within``: the mean over traces of each trace's own;
    * ``pearson_cleared``: as ``pearson``, after subtracting what sampling adds to both variances and the covariance;
    * ``signal_alignment_faking``, ``signal_compliance``: the share of each variance that is left by that.
    """

    n_sentences: int
    correlations: tuple[Correlation, ...]
    overlap: Overlap
    traces: tuple[TraceSideBySide, ...]


@dataclass(frozen=True, eq=False)
class _Found:
    """What one trace brings: x is alignment faking, y compliance; ``dealt`` is x and y under the null."""

    trace_id: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    errors: ErrorMoments
    dealt: PairDirections
    table: TwoByTwo


def side_by_side(study: Study, *, permutations: int = DEALINGS, seed: int = 0) -> SideBySide:
    """Correlate the directions of alignment faking and compliance, and set their turning points side by side.

    The directions are those of ``study.kind`` on the rollouts that are decided for both behaviors; the turning
    points are those of each behavior by itself.

    Source: the cleared correlation is Spearman's correction for attenuation (C. Spearman, American Journal of
    Psychology 15, 1904), with the errors' moments taken from the rollouts rather than from a second measurement.
    """
    found = []
    for number, trace in enumerate(study.traces):
        if trace.pairs is None:
            continue
        faking, compliance = trace.importance[ALIGNMENT_FAKING], trace.importance[COMPLIANCE]
        defined = defined_sentences(trace.pairs, faking.min_dissimilar)
        values = directions(trace.pairs, defined)
        found.append(
            _Found(
                trace_id=trace.id,
                x=values.second,
                y=values.first,
                errors=error_moments(trace.pairs, defined),
                dealt=dealt_directions(trace.pairs, defined, permutations, seed=(seed, number)),
                table=turning_point_table(faking, compliance),
            )
        )
    return SideBySide(
        n_sentences=sum(len(one.x) for one in found),
        correlations=_correlations(found),
        overlap=overlap([one.table for one in found]),
        traces=tuple(_of_trace(one) for one in found),
    )


def _of_trace(one: _Found) -> TraceSideBySide:
    dealt = one.dealt
    return TraceSideBySide(
        trace_id=one.trace_id,
        n_sentences=len(one.x),
        pearson=against(float(pearson(one.x, one.y)), pearson(dealt.second, dealt.first)),
        spearman=against(float(spearman(one.x, one.y)), spearman(dealt.second, dealt.first)),
        table=one.table,
    )


def _correlations(found: Sequence[_Found]) -> tuple[Correlation, ...]:
    if not found:
        return ()
    return (*_together(found), *_within(found), *_cleared(found))


def _together(found: Sequence[_Found]) -> tuple[Correlation, Correlation]:
    """Over the sentences of all traces."""
    import numpy as np

    moments = pooled_moments([one.x for one in found], [one.y for one in found])
    x, y = np.concatenate([one.x for one in found]), np.concatenate([one.y for one in found])
    trace = np.repeat(np.arange(len(found)), [len(one.x) for one in found])
    dealt_x = np.concatenate([one.dealt.second for one in found], axis=1)
    dealt_y = np.concatenate([one.dealt.first for one in found], axis=1)
    estimates = (
        ("pearson", lambda times: cosine(*centred(times @ moments)), DRAWS, pearson),
        ("spearman", lambda times: resampled_spearman(x, y, trace, times), RANKED_DRAWS, spearman),
    )
    held = sum(len(one.x) > 0 for one in found)
    correlations = []
    for measure, statistic, draws, of in estimates:
        estimate = bootstrap(statistic, len(found), held, limits=DIRECTION, draws=draws)
        null = AgainstNull(None) if estimate.value is None else against(estimate.value, of(dealt_x, dealt_y))
        correlations.append(Correlation(measure, estimate, null))
    return correlations[0], correlations[1]


def _within(found: Sequence[_Found]) -> tuple[Correlation, Correlation]:
    """The mean over traces of each trace's own."""
    import numpy as np

    correlations = []
    for measure, of in (("pearson_within", pearson), ("spearman_within", spearman)):
        own = np.array([float(of(one.x, one.y)) for one in found])
        held = [one for one, value in zip(found, own.tolist(), strict=True) if value == value]
        estimate = mean_of(own, DIRECTION)
        null = AgainstNull(None)
        if estimate.value is not None:
            permuted = np.array([of(one.dealt.second, one.dealt.first) for one in held])
            null = against(estimate.value, quotient(np.nansum(permuted, axis=0), (~np.isnan(permuted)).sum(axis=0)))
        correlations.append(Correlation(measure, estimate, null))
    return correlations[0], correlations[1]


def _cleared(found: Sequence[_Found]) -> tuple[Correlation, ...]:
    """What is left of the correlation, and of both variances, without the moments of the sampling errors."""
    import numpy as np

    moments = pooled_moments([one.x for one in found], [one.y for one in found])
    sums = [(one.errors.second.sum(), one.errors.first.sum(), one.errors.both.sum()) for one in found]
    errors = np.array(sums, dtype=np.float64)

    def left(times: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        return [seen - noise for seen, noise in zip(centred(times @ moments), (times @ errors).T, strict=True)]

    def cleared(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return cosine(*left(times))

    def signal(which: int) -> Statistic:
        return lambda times: np.clip(quotient(left(times)[which], centred(times @ moments)[which]), 0.0, 1.0)

    held = sum(len(one.x) > 0 for one in found)
    statistics = (
        ("pearson_cleared", cleared, DIRECTION),
        ("signal_alignment_faking", signal(0), SHARE),
        ("signal_compliance", signal(1), SHARE),
    )
    return tuple(
        Correlation(measure, bootstrap(statistic, len(found), held, limits=limits), AgainstNull(None))
        for measure, statistic, limits in statistics
    )
