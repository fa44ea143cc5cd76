"""From the database to a queue: the sentences of some traces, in the order that was asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from core.analysis.priorities import (
    disagreement_scores,
    estimated_scores,
    resampling_scores,
    uncertainty_scores,
    width_scores,
)
from core.analysis.rates import RateTable, choose_settings, load_rates
from core.annotation.order import DISAGREEMENT, IMPORTANCE, RANDOM, UNCERTAINTY, WIDTH, by_score, check_order, shuffled
from core.annotation.place import Place
from core.annotation.queue import QueueSpec
from core.errors import NotFoundError
from core.store.queues import count_sentences, load_decisions
from core.store.ratings import MODEL, load_confidences, load_ratings

if TYPE_CHECKING:
    from core.analysis.importance import Importance

COUNTERFACTUAL, RESAMPLING = "counterfactual directions", "resampling directions"
Scores: TypeAlias = dict[Place, float]
_NOTHING: Final = {
    IMPORTANCE: "none of the traces has rollouts on both sides of a sentence; resample them, or order by position.",
    WIDTH: "none of the traces has decided rollouts; resample them, or order by position.",
    DISAGREEMENT: "no sentence of the traces has two raters; wait for a second one, or order by position.",
    UNCERTAINTY: "no suggestion for the traces names its confidence; `turnpoint suggest` asks, or order by position.",
}


@dataclass(frozen=True)
class Evidence:
    """What sentences are ranked by besides the labels: the sampling settings to prefer, the judges, the estimates.

    ``estimated`` has the importances of traces for which they are known, by trace and behavior. They are used only
    where every sampled trace of the queue has them, as the two kinds of direction do not compare.
    """

    settings_id: str | None = None
    judges: Mapping[str, str] = field(default_factory=dict)
    estimated: Mapping[str, Mapping[str, Importance]] = field(default_factory=dict)


def rank(
    connection: sqlite3.Connection, annotator: str, spec: QueueSpec, evidence: Evidence | None = None
) -> tuple[QueueSpec, tuple[Place, ...]]:
    """Put the sentences of the traces of ``spec`` in its order; the call reads all their rollouts: use a thread.

    Returns:
        The spec with what the order rests on, and the sentences: the largest score first, equals in the order of the
        traces and their sentences, those about which nothing is known last.

    Raises:
        ConfigError: if there is no such order.
        NotFoundError: if a trace is not there, nothing is known to order by, or no sentence is left to label.
    """
    check_order(spec.order)
    units = _units(connection, annotator, spec)
    if spec.order == RANDOM:
        return spec, shuffled(units, spec.seed)
    scored = _SCORED.get(spec.order)
    if scored is None:
        return spec, units
    ranked_by, scores = scored(connection, spec, evidence or Evidence())
    if scores.keys().isdisjoint(units):
        raise NotFoundError(_NOTHING[spec.order])
    return replace(spec, ranked_by=ranked_by), by_score(units, scores)


def _units(connection: sqlite3.Connection, annotator: str, spec: QueueSpec) -> tuple[Place, ...]:
    counts = count_sentences(connection, dict.fromkeys(spec.trace_ids))
    for trace_id in spec.trace_ids:
        if trace_id not in counts:
            raise NotFoundError(f"no trace {trace_id!r} with sentences is here; `turnpoint traces` lists all.")
    decided = load_decisions(connection, annotator, counts) if spec.is_fresh else {}
    units = (Place(trace_id, index) for trace_id, n in counts.items() for index in range(n))
    left = tuple(unit for unit in units if unit not in decided)
    if not left:
        raise NotFoundError("nothing is left to label: every sentence of these traces is labelled or skipped.")
    return left


def _tables(connection: sqlite3.Connection, spec: QueueSpec, evidence: Evidence) -> Iterator[RateTable]:
    """The rates of each trace that has rollouts."""
    for trace_id in dict.fromkeys(spec.trace_ids):
        settings = choose_settings(connection, trace_id, evidence.settings_id)
        if settings is not None:
            yield load_rates(connection, trace_id, settings.id, evidence.judges)


def _by_importance(connection: sqlite3.Connection, spec: QueueSpec, evidence: Evidence) -> tuple[str, Scores]:
    scores: Scores = {}
    tables = list(_tables(connection, spec, evidence))
    is_estimated = all(table.trace_id in evidence.estimated for table in tables)
    for table in tables:
        if is_estimated:
            scores |= estimated_scores(evidence.estimated[table.trace_id])
        else:
            scores |= resampling_scores(table)
    return COUNTERFACTUAL if is_estimated else RESAMPLING, scores


def _by_width(connection: sqlite3.Connection, spec: QueueSpec, evidence: Evidence) -> tuple[str, Scores]:
    scores: Scores = {}
    for table in _tables(connection, spec, evidence):
        scores |= width_scores(table)
    return "", scores


def _by_disagreement(connection: sqlite3.Connection, spec: QueueSpec, evidence: Evidence) -> tuple[str, Scores]:
    return "", disagreement_scores(load_ratings(connection, set(spec.trace_ids)))


def _by_uncertainty(connection: sqlite3.Connection, spec: QueueSpec, evidence: Evidence) -> tuple[str, Scores]:
    suggested = load_ratings(connection, set(spec.trace_ids), (MODEL,))
    return "", uncertainty_scores(suggested, load_confidences(connection))


_Scored: TypeAlias = Callable[[sqlite3.Connection, QueueSpec, Evidence], tuple[str, Scores]]
_SCORED: Final[Mapping[str, _Scored]] = {
    IMPORTANCE: _by_importance,
    WIDTH: _by_width,
    DISAGREEMENT: _by_disagreement,
    UNCERTAINTY: _by_uncertainty,
}
