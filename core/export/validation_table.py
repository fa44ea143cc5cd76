"""The numbers of a judge's validation, by labelled texts or by verdicts on rollouts, as tables: one row per measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from core.analysis.validation import Validation
from core.analysis.verdict_validation import VerdictValidation
from core.export.cells import bounds, estimate
from core.export.table import Row

COLUMNS: Final[Mapping[str, str]] = {
    "measure": "sensitivity, specificity, accuracy, auroc or kappa",
    "value": "the estimate; empty where it is undefined",
    "low": "lower end of its 95% interval",
    "high": "upper end",
    "k": "counted in favour; empty for auroc and kappa",
    "n": "texts that it rests on",
}

VERDICT_COLUMNS: Final[Mapping[str, str]] = {
    "behavior": "the behavior",
    "judge_id": "the judge",
    "judge": "its name",
    "annotator": "whose verdicts it is held against",
    "measure": "sensitivity, specificity, accuracy, ppv, npv, kappa or auroc",
    "value": "the estimate for all that the judge decided; empty where it is undefined",
    "low": "lower end of its 95% interval",
    "high": "upper end",
    "n": "verdicts that it rests on",
    "n_decided": "rollouts that the judge was asked about and decided",
}


def verdict_validation_rows(found: VerdictValidation) -> Iterator[Row]:
    """Rows in the order of `VERDICT_COLUMNS`."""
    judge = found.judge
    for name, one in found.measures.items():
        whose = (judge.behavior, judge.id, judge.name, found.annotator)
        yield (*whose, name, estimate(one.value), *bounds(one.interval), found.n_behind(name), found.n_decided)


def validation_rows(found: Validation) -> Iterator[Row]:
    """Rows in the order of `COLUMNS`."""
    for name in ("sensitivity", "specificity", "accuracy"):
        share = getattr(found, name)
        yield (name, estimate(share.rate), *bounds(share.interval), share.k, share.n)
    for name in ("auroc", "kappa"):
        one = getattr(found, name)
        yield (name, estimate(one.value), *bounds(one.interval), None, found.n_decided)
