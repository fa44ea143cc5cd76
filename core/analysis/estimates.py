"""From the store to the importance of every sentence, for each behavior, and to what was said in its place."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.analysis.importance import Importance, analyse
from core.analysis.instead import Alternatives, alternatives
from core.analysis.rates import load_rates
from core.analysis.sweep import THRESHOLD, Sweep, load_sweep, with_behavior, with_cosines
from core.traces.model import Trace

if TYPE_CHECKING:
    from core.analysis.sweep import Similarity


@dataclass(frozen=True)
class TraceEstimates:
    """What one sweep tells about a trace.

    ``importance`` is keyed by behavior, in the order of `RateTable.behaviors`; ``instead`` has one entry per
    sentence, in order. Both are empty where nothing was sampled, ``instead`` also where nothing was compared.
    """

    importance: Mapping[str, Importance]
    instead: tuple[Alternatives, ...]


def estimates_of(
    connection: sqlite3.Connection,
    trace: Trace,
    settings_id: str,
    similarity: Similarity | None,
    threshold: float = THRESHOLD,
    judges: Mapping[str, str] | None = None,
    *,
    grouping: Similarity | None = None,
) -> TraceEstimates:
    """Estimate all sentences of ``trace`` for each behavior that has outcomes, and group what was said instead.

    The rollouts that ``connection`` sees are read and compared once, whatever the number of behaviors. Without
    ``similarity`` (as
    `core.similarity.cosine.comparison` gives it) the counterfactual estimates are undefined and the resampling ones
    are all there is. ``grouping`` compares the wordings with each other (`core.similarity.cosine.quick_comparison`
    is made for that); without it only identical ones are one group. ``judges`` maps a behavior to the judge whose
    outcomes count (default: the one with the most).

    Raises:
        SimilarityError: if sentences have to be compared and there is no encoder.
    """
    sweeps = sweeps_of(connection, trace, settings_id, similarity, judges)
    first, also = next(iter(sweeps.values()), None), list(sweeps.values())[1:]
    said = [] if first is None or similarity is None else alternatives(first, threshold, also=also, similarity=grouping)
    return TraceEstimates({behavior: analyse(sweep, threshold) for behavior, sweep in sweeps.items()}, tuple(said))


def importance_of(
    connection: sqlite3.Connection,
    trace: Trace,
    settings_id: str,
    similarity: Similarity | None,
    threshold: float = THRESHOLD,
    judges: Mapping[str, str] | None = None,
) -> dict[str, Importance]:
    """Estimate all sentences of ``trace`` for each behavior that has outcomes, under one set of sampling settings.

    The importances of `estimates_of` by themselves; the parameters are the same.

    Returns:
        Importance by behavior, in the order of `RateTable.behaviors`; empty where nothing was sampled.

    Raises:
        SimilarityError: if sentences have to be compared and there is no encoder.
    """
    sweeps = sweeps_of(connection, trace, settings_id, similarity, judges)
    return {behavior: analyse(sweep, threshold) for behavior, sweep in sweeps.items()}


def sweeps_of(
    connection: sqlite3.Connection,
    trace: Trace,
    settings_id: str,
    similarity: Similarity | None,
    judges: Mapping[str, str] | None = None,
) -> dict[str, Sweep]:
    """Load the sweep of each behavior that has outcomes; row r of each is the same rollout, compared once.

    ``connection`` reads the rollouts; ``similarity`` and ``judges`` are as for `importance_of`.

    Raises:
        SimilarityError: if sentences have to be compared and there is no encoder.
    """
    found: dict[str, Sweep] = {}
    sweep: Sweep | None = None
    table = load_rates(connection, trace.id, settings_id, judges)
    for behavior in table.behaviors:
        judge_id = table.judges.get(behavior)
        if judge_id is None:
            continue
        if sweep is None:
            sweep = load_sweep(connection, trace, settings_id, behavior, judge_id)
            sweep = sweep if similarity is None else with_cosines(sweep, similarity)
        else:
            sweep = with_behavior(connection, sweep, behavior, judge_id)
        found[behavior] = sweep
    return found
