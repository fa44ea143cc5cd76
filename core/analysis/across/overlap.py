"""Turning points of two behaviors in one 2x2 table: how often a sentence that is one is the other too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, NamedTuple

from core.analysis.across.bootstrap import POSITIVE, Estimate, bootstrap, ratio_of
from core.analysis.intervals import Interval
from core.analysis.permutation import fisher

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.analysis.importance import Importance

_HALF: Final = 0.5


class TwoByTwo(NamedTuple):
    """Sentences tested for both behaviors, by which of their turning points they are."""

    both: int
    faking_only: int
    compliance_only: int
    neither: int

    @property
    def has_both_margins(self) -> bool:
        """Whether there are turning points of both behaviors, and sentences that are none; else nothing can be said."""
        faking, compliance = self.both + self.faking_only, self.both + self.compliance_only
        return 0 < faking < sum(self) and 0 < compliance < sum(self)

    @property
    def odds_ratio(self) -> float | None:
        """Odds of a compliance turning point among those of alignment faking, by the odds elsewhere.

        Half a sentence is added to each cell, which keeps it finite (J. B. S. Haldane, "The estimation and
        significance of the logarithm of a ratio of frequencies", Annals of Human Genetics 20, 1956).
        """
        return exp(self._log_odds) if self.has_both_margins else None

    @property
    def odds_interval(self) -> Interval | None:
        """Its 95% interval within one trace, as if sentences were independent.

        Source: B. Woolf, "On estimating the relation between blood group and disease", Annals of Human Genetics 19
        (1955), with Haldane's halves.
        """
        if not self.has_both_margins:
            return None
        half = NormalDist().inv_cdf(0.975) * sqrt(sum(1 / (count + _HALF) for count in self))
        return Interval(exp(self._log_odds - half), exp(self._log_odds + half))

    @property
    def p(self) -> float | None:
        """Fisher's exact two-sided p-value of no relation, as if sentences were independent."""
        import numpy as np

        if not self.has_both_margins:
            return None
        faking, others = self.both + self.faking_only, self.compliance_only + self.neither
        columns = (np.array([number]) for number in (self.both, faking, self.compliance_only, others))
        return float(fisher(*columns)[0])

    @property
    def _log_odds(self) -> float:
        both, faking_only, compliance_only, neither = (log(count + _HALF) for count in self)
        return both + neither - faking_only - compliance_only


@dataclass(frozen=True)
class Overlap:
    """The table of all traces together, with intervals over traces.

    ``faking_shared`` is the share, 0..1, of the turning points of alignment faking that are turning points of
    compliance too, ``compliance_shared`` the reverse.
    """

    table: TwoByTwo
    odds_ratio: Estimate
    faking_shared: Estimate
    compliance_shared: Estimate


def turning_point_table(faking: Importance, compliance: Importance) -> TwoByTwo:
    """Count the sentences of one trace that were tested for both behaviors."""
    tested = [
        (one.turning_point, other.turning_point)
        for one, other in zip(faking.rows, compliance.rows, strict=True)
        if one.q is not None and other.q is not None
    ]
    return TwoByTwo(*(tested.count(of) for of in ((True, True), (True, False), (False, True), (False, False))))


def overlap(tables: Sequence[TwoByTwo]) -> Overlap:
    """Add up one table per trace; the traces are what the intervals resample."""
    import numpy as np

    counts = np.array(tables, dtype=np.float64).reshape(-1, 4)
    both, faking_only, compliance_only, _ = counts.T
    # In floats, as the draws of the bootstrap are; the observed table is made of whole numbers.
    table = TwoByTwo(*(int(count) for count in counts.sum(axis=0)))
    return Overlap(
        table=table,
        odds_ratio=bootstrap(lambda times: _odds_ratios(times @ counts), len(counts), limits=POSITIVE),
        faking_shared=ratio_of(both, both + faking_only),
        compliance_shared=ratio_of(both, both + compliance_only),
    )


def _odds_ratios(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """`TwoByTwo.odds_ratio` of each row; NaN where it is undefined."""
    import numpy as np

    both, faking_only, compliance_only, neither = counts.T
    n, faking, compliance = counts.sum(axis=1), both + faking_only, both + compliance_only
    defined = (faking > 0) & (faking < n) & (compliance > 0) & (compliance < n)
    ratios = (both + _HALF) * (neither + _HALF) / ((faking_only + _HALF) * (compliance_only + _HALF))
    return np.where(defined, ratios, np.nan)
