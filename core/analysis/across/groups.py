"""Two groups of traces compared: by tier, prompt variant or model, and within the queries that both were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import TYPE_CHECKING, Final, TypeAlias

from core.analysis.across.against import AgainstNull
from core.analysis.across.bootstrap import (
    DIRECTION,
    POSITIVE,
    SEED,
    SHARE,
    UNBOUNDED,
    Estimate,
    drawn,
    mean_of,
    spread,
)
from core.analysis.across.concentration import Concentration, concentrations
from core.analysis.across.study import Study, StudyTrace, direction_of, first_count
from core.analysis.intervals import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FIELDS: Final = ("tier", "prompt_variant", "model")
MEASURES: Final = {
    "first_rate": SHARE,
    "final_rate": SHARE,
    "max_importance": SHARE,
    "n_turning_points": POSITIVE,
    "any_turning_point": SHARE,
    "top_1_share": SHARE,
    "top_1_excess": DIRECTION,
}
"""What is compared of each trace, and what it can be."""


_Matched: TypeAlias = tuple[list[StudyTrace], list[StudyTrace]]
_Query: TypeAlias = list[_Matched]


@dataclass(frozen=True)
class Difference:
    """One measure of one behavior in both groups.

    ``first`` and ``second`` are means over the traces that have the measure; ``difference`` is first less second, and
    undefined below two traces in either group; its n is the smaller of the two. ``paired`` is the mean of the
    differences within queries, n how many of these there are, and undefined below two.
    """

    behavior: str
    measure: str
    first: Estimate
    second: Estimate
    difference: Estimate
    paired: Estimate


@dataclass(frozen=True)
class Comparison:
    """Two groups: the traces whose ``by`` is ``first``, and those where it is ``second``.

    ``n_unpaired`` traces of both groups have no counterpart; they count in the unpaired difference alone.
    """

    by: str
    first: str
    second: str
    n_first: int
    n_second: int
    n_unpaired: int
    differences: tuple[Difference, ...]


def values_of(study: Study, by: str) -> tuple[str, ...]:
    """The values of one of `FIELDS` in the study, in the order in which they first appear; None is not one."""
    return tuple(dict.fromkeys(value for trace in study.traces if (value := getattr(trace, by)) is not None))


def compare(
    study: Study,
    by: str,
    groups: tuple[str, str] | None = None,
    found: Sequence[Concentration] | None = None,
) -> tuple[Comparison, ...]:
    """Compare ``groups``, or every two values of the field ``by`` (one of `FIELDS`).

    Traces pair where they have the same query and agree in the other fields too; several such pairs of one query
    count as one, by their mean. ``found`` is what `concentrations` gives for the study, where it is known already.

    Raises:
        ValueError: if ``by`` is no such field.
    """
    if by not in FIELDS:
        raise ValueError(f"traces are grouped by one of {', '.join(FIELDS)}, not by {by!r}")
    chosen = combinations(values_of(study, by), 2) if groups is None else [groups]
    others = [field for field in FIELDS if field != by]
    known = concentrations(study) if found is None else found
    return tuple(
        compare_traces(
            study,
            [trace for trace in study.traces if getattr(trace, by) == first],
            [trace for trace in study.traces if getattr(trace, by) == second],
            by=by,
            names=(first, second),
            matching=others,
            found=known,
        )
        for first, second in chosen
    )


def compare_traces(
    study: Study,
    first: Sequence[StudyTrace],
    second: Sequence[StudyTrace],
    *,
    by: str = "",
    names: tuple[str, str] = ("first", "second"),
    matching: Sequence[str] = (),
    found: Sequence[Concentration] | None = None,
) -> Comparison:
    """Compare any two groups of traces of ``study``; those with the same query and ``matching`` fields pair.

    ``by`` and ``names`` are what the groups are called; ``found`` is as for `compare`.
    """
    import numpy as np

    pairs = _pairs(first, second, matching)
    paired = {trace.id for query in pairs for group in query for one in group for trace in one}
    known = concentrations(study) if found is None else found
    largest = {(one.trace_id, one.behavior): one.shares[1] for one in known}
    measured = {trace.id: _measures(study, trace, largest) for trace in (*first, *second)}
    differences = []
    for behavior in study.behaviors:
        for measure, limits in MEASURES.items():
            apart = UNBOUNDED if limits == POSITIVE else DIRECTION
            value = {trace_id: found.get((behavior, measure)) for trace_id, found in measured.items()}
            a, b = _column(first, value), _column(second, value)
            within = [_within(query, value) for query in pairs]
            paired_difference = mean_of(np.array(within, dtype=np.float64), apart)
            if paired_difference.n < 2:
                paired_difference = Estimate(None, None, paired_difference.n)
            differences.append(
                Difference(
                    behavior,
                    measure,
                    mean_of(a, limits),
                    mean_of(b, limits),
                    difference_of_means(a, b, apart),
                    paired_difference,
                )
            )
    return Comparison(
        by=by,
        first=names[0],
        second=names[1],
        n_first=len(first),
        n_second=len(second),
        n_unpaired=sum(trace.id not in paired for trace in (*first, *second)),
        differences=tuple(differences),
    )


def _measures(
    study: Study, trace: StudyTrace, largest: Mapping[tuple[str, str], AgainstNull]
) -> Mapping[tuple[str, str], float | None]:
    """Each of `MEASURES` of one trace, by behavior and measure; None is undefined.

    The largest importance of a trace is the more overestimated the more sentences and the fewer rollouts it has.
    """
    found: dict[tuple[str, str], float | None] = {}
    for behavior, importance in trace.importance.items():
        directions = (direction_of(row, study.kind) for row in importance.rows)
        sizes = [abs(value) for value in directions if value is not None]
        tested = any(row.q is not None for row in importance.rows)
        top = largest[trace.id, behavior]
        n_points = float(len(importance.turning_points)) if tested else None
        found |= {
            (behavior, "first_rate"): first_count(importance).rate,
            (behavior, "final_rate"): importance.final.rate,
            (behavior, "max_importance"): max(sizes, default=None),
            (behavior, "n_turning_points"): n_points,
            (behavior, "any_turning_point"): None if n_points is None else float(n_points > 0),
            (behavior, "top_1_share"): top.value,
            (behavior, "top_1_excess"): None
            if top.value is None or top.null_mean is None
            else top.value - top.null_mean,
        }
    return found


def difference_of_means(
    first: NDArray[np.float64], second: NDArray[np.float64], limits: Interval = DIRECTION
) -> Estimate:
    """Mean of ``first`` less mean of ``second``, with an interval that resamples both; NaN entries are left out.

    Undefined below two in either; the smaller group decides how much the interval is widened.
    """
    import numpy as np

    a, b = first[~np.isnan(first)], second[~np.isnan(second)]
    n = min(len(a), len(b))
    if n < 2:
        return Estimate(None, None, n)
    # Seeds of their own, as groups of one size would else be resampled alike.
    draws = drawn(len(a)) @ a / len(a) - drawn(len(b), SEED + 1) @ b / len(b)
    value = float(a.mean() - b.mean())
    return Estimate(value, spread(value, draws, n, limits), n)


def _column(traces: Sequence[StudyTrace], value: Mapping[str, float | None]) -> NDArray[np.float64]:
    import numpy as np

    return np.array([value[trace.id] for trace in traces], dtype=np.float64)


def _pairs(first: Sequence[StudyTrace], second: Sequence[StudyTrace], matching: Sequence[str]) -> list[_Query]:
    """The queries that both groups were asked, each with the traces of both groups that agree in ``matching``."""
    found: dict[str, dict[tuple[str | None, ...], _Matched]] = {}
    for side, group in enumerate((first, second)):
        for trace in group:
            if trace.query is not None:
                agreeing = tuple(getattr(trace, field) for field in matching)
                found.setdefault(trace.query, {}).setdefault(agreeing, ([], []))[side].append(trace)
    queries = ([pair for pair in of_query.values() if all(pair)] for of_query in found.values())
    return [query for query in queries if query]


def _within(query: _Query, value: Mapping[str, float | None]) -> float | None:
    """The mean over a query's matched sets of the difference of both groups; None where no set has it."""
    differences = []
    for matched in query:
        first, second = ([v for trace in group if (v := value[trace.id]) is not None] for group in matched)
        if first and second:
            differences.append(fmean(first) - fmean(second))
    return fmean(differences) if differences else None
