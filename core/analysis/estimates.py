"""From the store to the importance of every sentence, for each behavior that was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.analysis.importance import Importance, analyse
from core.analysis.rates import load_rates
from core.analysis.sweep import THRESHOLD, Sweep, load_sweep, with_behavior, with_cosines
from core.store.database import Store
from core.traces.model import Trace

if TYPE_CHECKING:
    from core.analysis.sweep import Similarity


def importance_of(
    store: Store,
    trace: Trace,
    settings_id: str,
    similarity: Similarity | None,
    threshold: float = THRESHOLD,
    judges: Mapping[str, str] | None = None,
) -> dict[str, Importance]:
    """Estimate all sentences of ``trace`` for each behavior that has outcomes, under one set of sampling settings.

    The rollouts are read and compared once, whatever the number of behaviors. Without ``similarity`` (as
    `core.similarity.cosine.comparison` gives it) the counterfactual estimates are undefined and the resampling ones
    are all there is. ``judges`` maps a behavior to the judge whose outcomes count (default: the one with the most).

    Returns:
        Importance by behavior, in the order of `RateTable.behaviors`; empty where nothing was sampled.

    Raises:
        SimilarityError: if sentences have to be compared and there is no encoder.
    """
    sweeps = sweeps_of(store, trace, settings_id, similarity, judges)
    return {behavior: analyse(sweep, threshold) for behavior, sweep in sweeps.items()}


def sweeps_of(
    store: Store,
    trace: Trace,
    settings_id: str,
    similarity: Similarity | None,
    judges: Mapping[str, str] | None = None,
) -> dict[str, Sweep]:
    """The rollouts of ``trace`` valued for each behavior that has outcomes, in the order of `RateTable.behaviors`.

    They are read once, and compared once unless ``similarity`` is None; ``judges`` as for `importance_of`.

    Raises:
        SimilarityError: if sentences have to be compared and there is no encoder.
    """
    found: dict[str, Sweep] = {}
    sweep: Sweep | None = None
    table = load_rates(store.read, trace.id, settings_id, judges)
    for behavior in table.behaviors:
        judge_id = table.judges.get(behavior)
        if judge_id is None:
            continue
        if sweep is None:
            sweep = load_sweep(store.read, trace, settings_id, behavior, judge_id)
            sweep = sweep if similarity is None else with_cosines(sweep, similarity)
        else:
            sweep = with_behavior(store.read, sweep, behavior, judge_id)
        found[behavior] = sweep
    return found
