"""Printing importances: one table per behavior, and the same as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.errors import SimilarityError
from tui.cli.output import interval, number, print_table, say, warn
from tui.views.numbers import probability

if TYPE_CHECKING:
    from core.analysis.counts import Contrast
    from core.analysis.importance import Importance, SentenceImportance
    from core.endpoints.config import EmbeddingConfig
    from core.store.database import Store
    from core.traces.model import Trace


def estimate(store: Store, trace: Trace, settings_id: str, config: EmbeddingConfig) -> dict[str, Importance]:
    """Importance by behavior; without an encoder the resampling estimates alone, and a sentence that says so."""
    from core.analysis.estimates import importance_of
    from core.similarity.cosine import comparison

    try:
        return importance_of(store.read, trace, settings_id, comparison(store, config), config.threshold)
    except SimilarityError as error:
        warn(f"{error} Without it there are resampling directions, but no counterfactual ones.")
        return importance_of(store.read, trace, settings_id, None)


def print_importance(trace: Trace, importance: Importance) -> None:
    """Print a behavior's table; ``*`` marks turning points, an empty cell is undefined."""
    header = ("sentence", "direction", "95%", "instead", "q", "resampling", "95%", "paraphrase", "differ", "text")
    rows = [_row(trace, row) for row in importance.rows]
    say("")
    threshold = f"similar from cosine {importance.threshold:g}"
    say(f"{importance.behavior}: counterfactual direction of each sentence, {threshold}")
    print_table(header, rows, right=range(len(header) - 1))
    points = ", ".join(str(index) for index in importance.turning_points) or "none"
    floor = importance.floor.counterfactual
    floor = importance.floor.resampling if floor is None else floor
    noise = "" if floor is None else f"; in 95% of inert traces no difference passes {floor:.2f}"
    say(f"* turning points (q < {importance.alpha:g}): {points}{noise}")


def _row(trace: Trace, row: SentenceImportance) -> tuple[str, ...]:
    share = row.different_trajectories_fraction
    return (
        f"{row.sentence_idx}{'*' if row.turning_point else ''}",
        *_contrast(row.counterfactual),
        "" if row.n_dissimilar is None else f"{row.n_dissimilar} of {row.n_rollouts}",
        probability(row.q),
        *_contrast(row.resampling),
        _contrast(row.paraphrase)[0],
        number(share),
        trace.sentences[row.sentence_idx].text.strip(),
    )


def _contrast(contrast: Contrast | None) -> tuple[str, str]:
    if contrast is None or contrast.value is None:
        return "", ""
    return f"{contrast.value:+z.2f}", interval(contrast.interval, signed=True)


def importance_json(importance: Importance) -> dict[str, Any]:
    """Everything about one behavior, undefined as null."""
    return asdict(importance) | {"turning_points": importance.turning_points}
