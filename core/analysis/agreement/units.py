"""Reliability data: which rater gave which category to which sentence, as one array."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from core.annotation.place import Place
from core.store.ratings import HUMAN, KINDS, Rating

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNRATED: Final = -1


class Rater(NamedTuple):
    """Who rates: a name, and one of the kinds human, import and model; the same name may stand under two kinds."""

    name: str
    kind: str

    @property
    def label(self) -> str:
        """The name, with the kind of what is no person."""
        return self.name if self.kind == HUMAN else f"{self.name} ({self.kind})"


@dataclass(frozen=True, eq=False)
class ReliabilityData:
    """All ratings of some raters: ``categories[values[r, u]]`` is what rater r gave to unit u.

    ``values`` and ``secondary`` have shape (raters, units), int64, `UNRATED` where there is none. Units are in the
    order of their traces' ids and of their sentences; ``trace`` says, by position in ``trace_ids``, which trace each
    is of.
    """

    raters: tuple[Rater, ...]
    units: tuple[Place, ...]
    categories: tuple[str, ...]
    trace_ids: tuple[str, ...]
    trace: NDArray[np.int64]
    values: NDArray[np.int64]
    secondary: NDArray[np.int64]

    @property
    def n_raters(self) -> NDArray[np.int64]:
        """How many of the raters rated each unit: shape (units,)."""
        found: NDArray[np.int64] = (self.values != UNRATED).sum(axis=0)
        return found

    def of(self, raters: Collection[Rater]) -> ReliabilityData:
        """The same units and categories, with these raters only."""
        kept = [row for row, rater in enumerate(self.raters) if rater in raters]
        return ReliabilityData(
            tuple(self.raters[row] for row in kept), self.units, self.categories, self.trace_ids, self.trace,
            self.values[kept], self.secondary[kept],
        )  # fmt: skip

    def of_kind(self, kind: str) -> ReliabilityData:
        """The ratings of one kind of raters."""
        return self.of([rater for rater in self.raters if rater.kind == kind])

    def shared(self) -> ReliabilityData:
        """The units that two or more of the raters rated, and the traces that these are of."""
        import numpy as np

        kept = np.flatnonzero(self.n_raters >= 2)
        places, trace = np.unique(self.trace[kept], return_inverse=True)
        return ReliabilityData(
            self.raters, tuple(self.units[unit] for unit in kept), self.categories,
            tuple(self.trace_ids[place] for place in places), trace.astype(np.int64),
            self.values[:, kept], self.secondary[:, kept],
        )  # fmt: skip

    def triples(self) -> Iterator[tuple[int, int, str]]:
        """Every rating as rater, unit and category, the first two by their position."""
        for row, unit in zip(*(self.values != UNRATED).nonzero(), strict=True):
            yield int(row), int(unit), self.categories[self.values[row, unit]]


def reliability_data(ratings: Iterable[Rating], order: Sequence[str] = ()) -> ReliabilityData:
    """Arrange ``ratings``, of which there is one for each rater and sentence.

    Raters are people first, then imports and models, each by name. The categories are those that were given, first
    those of ``order``, then the others by name.
    """
    import numpy as np

    rows = list(ratings)
    raters = sorted({Rater(r.rater, r.kind) for r in rows}, key=lambda rater: (KINDS.index(rater.kind), rater.name))
    units = sorted({Place(r.trace_id, r.sentence_idx) for r in rows})
    given = {name for r in rows for name in (r.category, r.secondary) if name is not None}
    categories = [*dict.fromkeys(name for name in order if name in given), *sorted(given.difference(order))]
    trace_ids = sorted({unit.trace_id for unit in units})
    row_of, column_of = {rater: i for i, rater in enumerate(raters)}, {unit: i for i, unit in enumerate(units)}
    code_of, trace_of = {name: i for i, name in enumerate(categories)}, {name: i for i, name in enumerate(trace_ids)}
    values = np.full((len(raters), len(units)), UNRATED, dtype=np.int64)
    secondary = values.copy()
    for r in rows:
        place = row_of[Rater(r.rater, r.kind)], column_of[Place(r.trace_id, r.sentence_idx)]
        values[place] = code_of[r.category]
        secondary[place] = UNRATED if r.secondary is None else code_of[r.secondary]
    trace = np.array([trace_of[unit.trace_id] for unit in units], dtype=np.int64)
    return ReliabilityData(
        tuple(raters), tuple(units), tuple(categories), tuple(trace_ids), trace, values, secondary
    )  # fmt: skip
