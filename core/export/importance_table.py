"""The table of importances: everything that is estimated for one sentence and behavior."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.analysis.counts import Contrast, Count
from core.analysis.foregone import load_foregone
from core.analysis.importance import Importance, SentenceImportance
from core.export.cells import Cell, estimate, probability
from core.export.comparison import Comparison
from core.export.table import Row, Scope, Table


def contrast_cells(contrast: Contrast | None) -> tuple[Cell, Cell, Cell]:
    """The difference with its bounds, all empty where it is undefined."""
    if contrast is None or contrast.interval is None:
        return None, None, None
    return estimate(contrast.value), estimate(contrast.interval.low), estimate(contrast.interval.high)


def tested_cells(contrast: Contrast | None) -> tuple[Cell, ...]:
    """The difference with its bounds, p and q, all empty where it is undefined."""
    p, q = (None, None) if contrast is None else (contrast.p, contrast.q)
    return *contrast_cells(contrast), probability(p), probability(q)


def rate_cells(count: Count) -> tuple[Cell, Cell, Cell]:
    """The rate with its bounds, all empty where nothing is decided."""
    interval = count.interval
    if interval is None:
        return None, None, None
    return estimate(count.rate), estimate(interval.low), estimate(interval.high)


def _importance(scope: Scope) -> Iterator[Row]:
    for estimated in scope.estimated:
        for behavior, found in estimated.estimates.importance.items():
            basis = _basis(found, scope.compared)
            foregone = load_foregone(scope.connection, estimated.trace.id, [found.judge_id]).get(behavior)
            deciding = None if foregone is None else foregone.sentence_idx
            for row in found.rows:
                own_text = int(row.sentence_idx == deciding)
                yield estimated.trace.id, estimated.settings_id, behavior, *_cells(row), *basis, own_text


def _cells(row: SentenceImportance) -> Sequence[Cell]:
    return (
        row.sentence_idx,
        *tested_cells(row.counterfactual),
        estimate(row.importance),
        *tested_cells(row.resampling),
        *contrast_cells(row.paraphrase),
        probability(row.q),
        None if row.q is None else int(row.turning_point),
        estimate(row.kl),
        estimate(row.kl_null),
        estimate(row.different_trajectories_fraction),
        estimate(row.overdeterminedness),
        estimate(row.before.rate),
        estimate(row.after.rate),
        row.before.k,
        row.before.n,
        row.after.k,
        row.after.n,
        *((None, None) if row.counterfactual is None else row.counterfactual.without),
        *((None, None) if row.paraphrase is None else row.paraphrase.without),
        row.n_rollouts,
        row.n_dissimilar,
        row.n_similar,
    )


def _basis(found: Importance, compared: Comparison | None) -> Sequence[Cell]:
    alike = compared is not None and compared.similarity is not None
    return (
        estimate(found.floor.counterfactual),
        estimate(found.floor.resampling),
        found.threshold if alike else None,
        found.min_dissimilar if alike else None,
        compared.encoder_name if compared else None,
        found.judge_id,
    )


_TESTED = {
    "low": "lower bound of its Newcombe 95% interval",
    "high": "upper bound of its Newcombe 95% interval",
    "p": "its Fisher exact two-sided p-value",
    "q": "p adjusted over the sentences of the trace (Benjamini-Hochberg)",
}

IMPORTANCE = Table(
    "importance.csv",
    {
        "trace_id": "the trace",
        "settings_id": "sampling settings, see provenance.json",
        "behavior": "compliance, alignment_faking, or another that has outcomes",
        "sentence_idx": "sentence i, 0-based",
        "counterfactual": "counterfactual direction: rate at prefix i+1 less the rate of the rollouts of prefix i that "
        "say something else; positive promotes the behavior; empty below min_dissimilar decided ones",
        **{f"counterfactual_{name}": meaning for name, meaning in _TESTED.items()},
        "importance": "magnitude of the counterfactual direction",
        "resampling": "resampling direction: rate at prefix i+1 less rate at prefix i; empty where a side has no rate",
        **{f"resampling_{name}": meaning for name, meaning in _TESTED.items()},
        "paraphrase": "control, should be near 0: rate at prefix i+1 less the rate of the rollouts of prefix i that "
        "say the same; empty where none is decided",
        **{f"paraphrase_{name}": _TESTED[name] for name in ("low", "high")},
        "q": "adjusted p of the counterfactual direction where it is defined, else of the resampling direction",
        "turning_point": "1 where q is below alpha (provenance.json), else 0; empty where q is",
        "kl": "divergence in nats of the rollouts that say something else from all others",
        "kl_null": "what kl stays within in 95% of permutations",
        "different_trajectories_fraction": "n_dissimilar / n_rollouts; empty where n_rollouts is 0",
        "overdeterminedness": "1 - distinct first sentences / n_rollouts; empty where n_rollouts is 0",
        "rate_before": "rate at prefix i; empty where n_before is 0",
        "rate_after": "rate at prefix i+1; empty where n_after is 0",
        "k_before": "rollouts at prefix i that showed the behavior",
        "n_before": "decided rollouts at prefix i",
        "k_after": "rollouts at prefix i+1 that showed the behavior",
        "n_after": "decided rollouts at prefix i+1",
        "k_replaced": "those of n_replaced that showed the behavior",
        "n_replaced": "decided rollouts at prefix i that say something else",
        "k_paraphrased": "those of n_paraphrased that showed the behavior",
        "n_paraphrased": "decided rollouts at prefix i that say the same",
        "n_rollouts": "all rollouts at prefix i, decided or not",
        "n_dissimilar": "those of them that say something else",
        "n_similar": "those of them that say the same",
        "floor_counterfactual": "noise floor: the largest counterfactual direction of an inert trace, in 95% of cases",
        "floor_resampling": "noise floor of the resampling direction",
        "threshold": "cosine from which two sentences say the same",
        "min_dissimilar": "decided rollouts that a counterfactual direction needs",
        "encoder": "what compared the sentences; empty without one, as is all that needs it",
        "judge_id": "judge whose outcomes count, see provenance.json",
        "own_text": "1: the sentence's own text decides the behavior, so that no number is about the model",
    },
    _importance,
)
