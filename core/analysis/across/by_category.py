"""What sentences of each category do, over traces, and against other sentences with the same headroom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.analysis.across.bootstrap import DIRECTION, SHARE, Estimate, bootstrap, quotient, ratio_of
from core.analysis.across.study import Study, StudyTrace, direction_of
from core.analysis.importance import SentenceImportance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

QUARTERS: Final = 4
MEASURES: Final = ("direction", "importance", "turning_point", "headroom")


@dataclass(frozen=True)
class CategoryShare:
    """How common a category is: ``n_sentences`` in ``share.n`` traces; ``share`` is of all labelled sentences, 0..1."""

    category: str
    n_sentences: int
    n_traces: int
    share: Estimate


@dataclass(frozen=True)
class CategoryEffect:
    """One measure of one category and behavior.

    ``mean`` is over the category's ``n_sentences`` sentences that have the measure. ``matched`` is that mean less the
    mean of sentences of other categories with the same headroom, over the ``n_sentences - n_unmatched`` that have
    such sentences beside them. Intervals are over traces.
    """

    behavior: str
    category: str
    measure: str
    n_sentences: int
    mean: Estimate
    matched: Estimate
    n_unmatched: int


@dataclass(frozen=True)
class ByCategory:
    """The labelled sentences of a study: how common each category is, and what it does for each behavior."""

    n_sentences: int
    n_traces: int
    shares: tuple[CategoryShare, ...]
    effects: tuple[CategoryEffect, ...]


def headroom(rate: float) -> float:
    """How undecided the model still is at a prefix of this rate: 4 p (1 - p), 0 where it has decided, 1 at one half.

    A model's rate moves without drift as it goes on writing, and ends at 0 or 1. The squares of the changes that are
    still to come therefore add up to p (1 - p) on average, however they are spread.

    Source: METHODS, section 3; the increments of a martingale are uncorrelated (J. L. Doob, "Stochastic Processes",
    1953, chapter VII).
    """
    return 4 * rate * (1 - rate)


def stratum(rate: float) -> int:
    """Where two prefixes count as alike: the same quarter of `headroom`, on the same side of one half; 0..7.

    The side matters because at a rate of 0.9 there is as much headroom as at 0.1, but little of it is upwards.
    """
    quarter = min(QUARTERS - 1, int(headroom(rate) * QUARTERS))
    return 2 * quarter + (rate >= 0.5)


def by_category(study: Study, categories: Sequence[str] | None = None) -> ByCategory:
    """Analyse all labelled sentences; ``categories`` gives the order (default: by name), others come after.

    Only labelled sentences are compared: one that nobody looked at may be of any category.
    """
    used = {category for trace in study.traces for category in trace.labels.values()}
    order = [name for name in categories or () if name in used]
    order += sorted(used.difference(order))
    labelled = [trace for trace in study.traces if trace.labels]
    effects = (
        effect
        for behavior in study.behaviors
        for measure in MEASURES
        for effect in _effects(behavior, measure, order, [_values(t, behavior, measure, study) for t in labelled])
    )
    return ByCategory(
        n_sentences=sum(len(trace.labels) for trace in labelled),
        n_traces=len(labelled),
        shares=tuple(_category_share(name, labelled) for name in order),
        effects=tuple(effects),
    )


def _category_share(category: str, labelled: Sequence[StudyTrace]) -> CategoryShare:
    import numpy as np

    held = np.array([sum(name == category for name in trace.labels.values()) for trace in labelled], dtype=np.float64)
    share = ratio_of(held, np.array([len(trace.labels) for trace in labelled], dtype=np.float64))
    return CategoryShare(category, int(held.sum()), int(np.count_nonzero(held)), share)


def _values(trace: StudyTrace, behavior: str, measure: str, study: Study) -> list[tuple[str, int, float]]:
    """(category, stratum, value) of each labelled sentence that has the measure."""
    found = trace.importance.get(behavior)
    rows = [] if found is None else [row for row in found.rows if row.sentence_idx in trace.labels]
    values = []
    for row in rows:
        value = _measure(row, measure, study)
        if value is not None and row.before.rate is not None:
            values.append((trace.labels[row.sentence_idx], stratum(row.before.rate), value))
    return values


def _measure(row: SentenceImportance, measure: str, study: Study) -> float | None:
    direction = direction_of(row, study.kind)
    if measure == "direction":
        return direction
    if measure == "importance":
        return None if direction is None else abs(direction)
    if measure == "turning_point":
        return None if row.q is None else float(row.turning_point)
    return None if row.before.rate is None else headroom(row.before.rate)


def _effects(
    behavior: str, measure: str, categories: Sequence[str], traces: Sequence[Sequence[tuple[str, int, float]]]
) -> Iterator[CategoryEffect]:
    """Sums and counts by trace, category and stratum are all that any of the estimates needs."""
    import numpy as np

    number = {name: position for position, name in enumerate(categories)}
    counts = np.zeros((len(traces), len(categories), 2 * QUARTERS))
    sums = np.zeros_like(counts)
    for t, values in enumerate(traces):
        for category, at, value in values:
            counts[t, number[category], at] += 1
            sums[t, number[category], at] += value
    for name, c in number.items():
        own_n, own = counts[:, c], sums[:, c]
        other_n, other = counts.sum(axis=1) - own_n, sums.sum(axis=1) - own
        n = int(own_n.sum())
        unmatched = int(own_n.sum(axis=0)[other_n.sum(axis=0) == 0].sum())
        mean = ratio_of(own.sum(axis=1), own_n.sum(axis=1), DIRECTION if measure == "direction" else SHARE)
        # Matched by headroom, its own difference is 0 by construction.
        matched = Estimate(None, None, 0) if measure == "headroom" else _matched(own, own_n, other, other_n)
        yield CategoryEffect(behavior, name, measure, n, mean, matched, unmatched)


def _matched(
    own: NDArray[np.float64], own_n: NDArray[np.float64], other: NDArray[np.float64], other_n: NDArray[np.float64]
) -> Estimate:
    """Mean difference within strata, weighted by where the category's own sentences are; arrays (traces, strata)."""
    import numpy as np

    def statistic(times: NDArray[np.float64]) -> NDArray[np.float64]:
        n, n_other = times @ own_n, times @ other_n
        differences = quotient(times @ own, n) - quotient(times @ other, n_other)
        weights = np.where((n > 0) & (n_other > 0), n, 0.0)
        return quotient((weights * np.nan_to_num(differences)).sum(axis=1), weights.sum(axis=1))

    return bootstrap(statistic, len(own), int(np.count_nonzero(own_n.sum(axis=1))), limits=DIRECTION)
