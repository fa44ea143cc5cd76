"""How far the raters of a study agree: everything that is measured, from the labels and suggestions in the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from core.analysis.agreement.kappa import Confusion, confusion
from core.analysis.agreement.measures import (
    Measured,
    measure_all,
    measure_categories,
    measure_pair,
    measure_pair_categories,
    measure_traces,
)
from core.analysis.agreement.raw import agreeing
from core.analysis.agreement.units import Rater, ReliabilityData, reliability_data
from core.errors import NotFoundError
from core.store.ratings import KINDS, load_ratings
from core.store.traces import check_known

MERGE: Final = "`turnpoint --annotator NAME` labels as another, `turnpoint merge OTHER.db` brings another's labels."


@dataclass(frozen=True, eq=False)
class Agreement:
    """All measures of one study, those between people apart from those with imports and models.

    ``group`` holds the ratings of the people (where there are none, of the one kind that there is), and ``among`` and
    ``traces`` measure all of them together, over all traces and within each. ``pairs`` measure two raters of the
    group, ``against`` two raters of whom one is not; ``categories`` each category against all others, for the group
    and then for each pair.
    """

    data: ReliabilityData
    group: ReliabilityData
    among: tuple[Measured, ...]
    pairs: tuple[Measured, ...]
    against: tuple[Measured, ...]
    categories: tuple[Measured, ...]
    traces: tuple[Measured, ...]

    @property
    def measured(self) -> tuple[Measured, ...]:
        """Every measure there is, once, in a fixed order; two annotators alone are a pair and all together."""
        return tuple(dict.fromkeys((*self.among, *self.pairs, *self.against, *self.categories, *self.traces)))

    @property
    def n_disagreements(self) -> int:
        """How many sentences the raters of the group gave different categories."""
        shared = self.group.shared()
        return len(shared.units) - int(agreeing(shared).sum())

    @property
    def rater_pairs(self) -> tuple[tuple[Rater, Rater], ...]:
        """Every two raters who share a sentence, people first."""
        pairs = [(one.raters[0], one.raters[1]) for one in (*self.pairs, *self.against)]
        return tuple(dict.fromkeys(pairs))

    def confusion(self, first: Rater, second: Rater) -> Confusion:
        """What two raters gave to the sentences that both rated."""
        return confusion(self.data, first, second)


def assess(data: ReliabilityData) -> Agreement:
    """Measure how far the raters of ``data`` agree."""
    group = data.of_kind(data.raters[0].kind if data.raters else KINDS[0])
    couples = [data.of(pair) for pair in combinations(data.raters, 2)]
    couples = [couple for couple in couples if couple.shared().units]
    inside = [couple for couple in couples if set(couple.raters) <= set(group.raters)]
    outside = [couple for couple in couples if couple not in inside]
    return Agreement(
        data=data,
        group=group,
        among=measure_all(group),
        pairs=tuple(_each(inside)),
        against=tuple(_each(outside)),
        categories=(
            *measure_categories(group),
            *(one for couple in (*inside, *outside) for one in measure_pair_categories(couple)),
        ),
        traces=tuple(measure_traces(group)),
    )


def _each(couples: Sequence[ReliabilityData]) -> Iterator[Measured]:
    for couple in couples:
        yield from measure_pair(couple)


def has_shared_units(connection: sqlite3.Connection, trace_ids: Collection[str] | None = None) -> bool:
    """Whether two raters of any kind rated the same sentence of these traces (None: of any)."""
    ratings = load_ratings(connection, trace_ids)
    seen: set[tuple[str, int]] = set()
    for rating in ratings:
        if (rating.trace_id, rating.sentence_idx) in seen:
            return True
        seen.add((rating.trace_id, rating.sentence_idx))
    return False


def load_agreement(
    connection: sqlite3.Connection,
    trace_ids: Collection[str] | None = None,
    kinds: Collection[str] = KINDS,
    between: Collection[str] | None = None,
    order: Sequence[str] = (),
) -> Agreement:
    """Measure agreement on ``trace_ids``, or on all traces (None); the call blocks for seconds: use a thread.

    Args:
        connection: reads the database.
        trace_ids: which traces; None: all.
        kinds: of human, import and model, whose ratings are looked at.
        between: names of the raters to look at, as they stand or with their kind, ``name (model)``; None: all.
        order: of the categories, as the codebook has them.

    Raises:
        NotFoundError: if a trace or rater is not there, or no two of the raters rated the same sentence.
    """
    check_known(connection, trace_ids or ())
    data = reliability_data(load_ratings(connection, trace_ids, kinds), order)
    where = "these traces" if trace_ids is not None else "this database"
    for name in between or ():
        if not any(name in (rater.name, rater.label) for rater in data.raters):
            names = ", ".join(rater.label for rater in data.raters) or "nobody"
            raise NotFoundError(f"no sentence of {where} is labelled by {name!r}; there are labels of {names}.")
    if between is not None:
        data = data.of([r for r in data.raters if r.name in between or r.label in between])
    _refuse_lone(data, where)
    return assess(data)


def _refuse_lone(data: ReliabilityData, where: str) -> None:
    names = [rater.label for rater in data.raters]
    if not names:
        raise NotFoundError(f"no sentence of {where} is labelled, so there is nothing to compare; label some first.")
    if len(names) == 1:
        raise NotFoundError(f"only {names[0]} has labelled sentences of {where}, and agreement takes two: {MERGE}")
    if not data.shared().units:
        listed = f"{', '.join(names[:-1])} and {names[-1]}"
        raise NotFoundError(f"{listed} have labelled no sentence of {where} in common; label some of the same ones.")
