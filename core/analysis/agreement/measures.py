"""Each measure of agreement, with its interval over traces and the counts that it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from core.analysis.across.bootstrap import DIRECTION, bootstrap, ratio_of
from core.analysis.agreement.alpha import coincidences, krippendorff_alpha
from core.analysis.agreement.kappa import crossed
from core.analysis.agreement.raw import agreeing, agreeing_on, overlapping
from core.analysis.agreement.units import Rater, ReliabilityData
from core.analysis.intervals import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.analysis.across.bootstrap import Statistic

ALPHA, KAPPA, AGREEMENT, EITHER = "alpha", "kappa", "agreement", "agreement_either"
MEASURES: Final = (ALPHA, KAPPA, AGREEMENT, EITHER)


@dataclass(frozen=True)
class Measured:
    """One measure of agreement between ``raters``, on one ``category`` against all others, or on all (None).

    ``value`` is -1..1, or 0..1 for the two that are shares; it and its 95% ``interval`` over traces are None where
    they are undefined. ``n_units`` sentences of ``n_traces`` traces were rated by two or more of the raters, and on
    ``n_agree`` of them all of their raters agree; ``n_given`` were given the category by one of them. ``trace_id`` is
    the trace that it is about, None where it is about all.
    """

    measure: str
    raters: tuple[Rater, ...]
    value: float | None
    interval: Interval | None
    n_units: int
    n_traces: int
    n_agree: int
    category: str | None = None
    n_given: int | None = None
    trace_id: str | None = None


def measure_all(data: ReliabilityData) -> tuple[Measured, ...]:
    """Alpha and both raw agreements of all raters of ``data`` together."""
    shared = data.shared()
    if not shared.units:
        return ()
    found = _measured(ALPHA, shared, coincidences(shared).overall(), agreeing(shared))
    return (replace(found, value=krippendorff_alpha(shared.triples())), *_raw(shared))


def measure_pair(data: ReliabilityData) -> tuple[Measured, ...]:
    """Kappa and both raw agreements of the two raters of ``data``; nothing where they share no sentence."""
    shared = data.shared()
    if not shared.units:
        return ()
    return (_measured(KAPPA, shared, crossed(shared).overall(), agreeing(shared)), *_raw(shared))


def measure_categories(data: ReliabilityData) -> Iterator[Measured]:
    """Alpha of each category that was given to a shared sentence, against all others."""
    shared = data.shared()
    counted = coincidences(shared)
    for code in _given(shared):
        found = _measured(ALPHA, shared, counted.category(code), agreeing_on(shared, code), code)
        name = shared.categories[code]
        binary = ((rater, unit, "yes" if given == name else "no") for rater, unit, given in shared.triples())
        yield replace(found, value=krippendorff_alpha(binary))


def measure_pair_categories(data: ReliabilityData) -> Iterator[Measured]:
    """Kappa of each category that one of two raters gave to a sentence that both rated, against all others."""
    shared = data.shared()
    counted = crossed(shared)
    for code in _given(shared):
        yield _measured(KAPPA, shared, counted.category(code), agreeing_on(shared, code), code)


def measure_traces(data: ReliabilityData) -> Iterator[Measured]:
    """Alpha and raw agreement within each trace in which raters share a sentence; one trace has no interval."""
    import numpy as np

    shared = data.shared()
    n_traces = len(shared.trace_ids)
    n_units = np.bincount(shared.trace, minlength=n_traces)
    n_agree = np.bincount(shared.trace[agreeing(shared)], minlength=n_traces)
    alphas = coincidences(shared).overall()(np.eye(n_traces))
    for place, trace_id in enumerate(shared.trace_ids):
        n, agree = int(n_units[place]), int(n_agree[place])
        alpha = None if np.isnan(alphas[place]) else float(alphas[place])
        for measure, value in ((ALPHA, alpha), (AGREEMENT, agree / n)):
            yield Measured(measure, shared.raters, value, None, n, 1, agree, trace_id=trace_id)


def _given(shared: ReliabilityData) -> Iterator[int]:
    yield from (code for code in range(len(shared.categories)) if (shared.values == code).any())


def _measured(
    measure: str, shared: ReliabilityData, statistic: Statistic, agree: NDArray[np.bool_], code: int | None = None
) -> Measured:
    n_traces = len(shared.trace_ids)
    found = bootstrap(statistic, n_traces, limits=DIRECTION)
    return Measured(
        measure=measure,
        raters=shared.raters,
        value=found.value,
        interval=found.interval,
        n_units=len(shared.units),
        n_traces=n_traces,
        n_agree=int(agree.sum()),
        category=None if code is None else shared.categories[code],
        n_given=None if code is None else int((shared.values == code).any(axis=0).sum()),
    )


def _raw(shared: ReliabilityData) -> Iterator[Measured]:
    import numpy as np

    n_traces = len(shared.trace_ids)
    of_trace = np.bincount(shared.trace, minlength=n_traces).astype(np.float64)
    for measure, agree in ((AGREEMENT, agreeing(shared)), (EITHER, overlapping(shared))):
        agree_of_trace = np.bincount(shared.trace[agree], minlength=n_traces).astype(np.float64)
        found = ratio_of(agree_of_trace, of_trace)
        yield Measured(
            measure, shared.raters, found.value, found.interval, len(shared.units), n_traces, int(agree.sum())
        )
