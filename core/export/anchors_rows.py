"""The rows of a thought-anchors site folder: one per sentence, and one per sentence for what it influences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, Final, Protocol, TypeAlias

from core.analysis.rates import RateTable
from core.errors import ExportError
from core.traces.importers.anchors_labels import UNLABELLED
from core.traces.importers.thought_anchors import METADATA
from core.traces.model import Trace

Influences: TypeAlias = Mapping[tuple[int, int], float | None]
"""How much one sentence changes whether a later one appears, by (source, target), in -1..1; None is undefined."""

TOP: Final = 5
"""Steps that a summary names at either end."""

_NOT_ESTIMATED: Final = (
    "counterfactual_importance_logodds",
    "counterfactual_importance_resistance_kl",
    "resampling_importance_logodds",
    "resampling_importance_resistance_kl",
    "resampling_importance_category_kl",
    "forced_importance_accuracy",
    "forced_importance_kl",
    "forced_importance_logodds",
    "forced_importance_resistance_kl",
    "forced_importance_category_kl",
)


class SentenceNumbers(Protocol):
    """What an export takes from the importance analysis of one sentence; None is undefined.

    ``direction`` is the counterfactual direction (-1..1, positive promotes the behavior), ``kl`` the counterfactual
    divergence in nats, the other two are shares in 0..1. `core.analysis.importance.SentenceImportance` has them.
    """

    @property
    def direction(self) -> float | None:
        """Counterfactual direction."""

    @property
    def kl(self) -> float | None:
        """Counterfactual divergence."""

    @property
    def different_trajectories_fraction(self) -> float | None:
        """Share of rollouts that say something else."""

    @property
    def overdeterminedness(self) -> float | None:
        """1 less the distinct first sentences per rollout."""


def chunk_rows(
    trace: Trace, behavior: str, rates: RateTable, importances: Mapping[int, SentenceNumbers], labels: Mapping[int, str]
) -> list[dict[str, Any]]:
    """The rows of ``chunks_labeled.json``: every key is there, null where nothing is known.

    ``accuracy`` is the rate of the behavior before the sentence. The viewer tints a scenario by
    ``counterfactual_importance_category_kl`` and a problem by ``counterfactual_importance_kl``: of two outcomes they
    are the same number. What an imported folder said of dependencies and summaries is kept; log odds, resistance
    and forced answers, which turnpoint does not estimate, are null.
    """
    published = trace.metadata.get(METADATA, {}).get("rows", {})
    rows = []
    for sentence in trace.sentences:
        index = sentence.index
        known, numbers, before = published.get(str(index), {}), importances.get(index), rates.rate(behavior, index)
        direction = numbers.direction if numbers else None
        suppression = None if direction is None else 0.0 - direction
        divergence = numbers.kl if numbers else None
        rate, resampling = before.rate if before else None, rates.direction(behavior, index).value
        rows.append(
            {
                "chunk": sentence.text.strip(),
                "chunk_idx": index,
                "function_tags": [labels.get(index, UNLABELLED)],
                "depends_on": known.get("depends_on", []),
                "accuracy": rate,
                "resampling_importance_accuracy": resampling,
                "resampling_importance_kl": None,
                "counterfactual_importance_accuracy": suppression,
                "counterfactual_importance_kl": divergence,
                "counterfactual_importance_category_kl": divergence,
                **dict.fromkeys(_NOT_ESTIMATED),
                "different_trajectories_fraction": numbers.different_trajectories_fraction if numbers else None,
                "overdeterminedness": numbers.overdeterminedness if numbers else None,
                "summary": known.get("summary"),
                "is_misaligned": known.get("is_misaligned"),
                "category_rates": {} if rate is None else {behavior: rate, f"no_{behavior}": 1 - rate},
                f"{behavior}_rate": rate,
                f"forced_importance_{behavior}_rate": None,
                f"resampling_importance_{behavior}_rate": resampling,
                f"counterfactual_importance_{behavior}_rate": suppression,
                "turnpoint_direction": direction,
                "turnpoint_k": before.k if before else 0,
                "turnpoint_n": before.n if before else 0,
            }
        )
    return rows


def link_rows(trace: Trace, influences: Influences) -> list[dict[str, Any]]:
    """The rows of ``step_importance.json``: each sentence with the later ones that it is known to influence.

    Every sentence has a row, though it may have no targets: the viewer selects nothing where the file is empty.

    Raises:
        ExportError: if an influence is not from a sentence of the trace on a later one.
    """
    targets: dict[int, list[dict[str, Any]]] = {sentence.index: [] for sentence in trace.sentences}
    for (source, target), score in sorted(influences.items()):
        if not 0 <= source < target < len(trace.sentences):
            raise ExportError(f"no influence of sentence {source} on {target} in {trace.id!r}; give later sentences.")
        targets[source].append({"target_chunk_idx": target, "importance_score": score})
    return [
        {"source_chunk_idx": index, "source_chunk_text": trace.sentences[index].text.strip(), "target_impacts": impacts}
        for index, impacts in targets.items()
    ]


def summarise(number: int, rows: Sequence[Mapping[str, Any]], influences: Influences) -> dict[str, Any]:
    """``summary.json``: mean and range of the known influences, and who gives and takes most on average."""
    known = {pair: score for pair, score in influences.items() if score is not None}
    scores = list(known.values())
    return {
        "scenario_idx": number,
        "num_chunks": len(rows),
        "avg_importance": fmean(scores) if scores else None,
        "max_importance": max(scores, default=None),
        "min_importance": min(scores, default=None),
        "top_influential_steps": _top(rows, known, 0, "avg_outgoing_importance"),
        "top_dependent_steps": _top(rows, known, 1, "avg_incoming_importance"),
    }


def _top(
    rows: Sequence[Mapping[str, Any]], known: Mapping[tuple[int, int], float], end: int, name: str
) -> list[dict[str, Any]]:
    """The steps of largest mean score at one end of their links: 0 for those that go out, 1 for those that come in."""
    scores: dict[int, list[float]] = {}
    for pair, score in known.items():
        scores.setdefault(pair[end], []).append(score)
    means = sorted(((fmean(found), index) for index, found in scores.items()), key=lambda mean: (-mean[0], mean[1]))
    return [{"step_idx": index, "step_text": dict(rows[index]), name: mean} for mean, index in means[:TOP]]
