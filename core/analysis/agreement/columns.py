"""What each column of each table of agreement holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_N_UNITS: Final = "sentences that two or more of the raters labelled"
_N_AGREE: Final = "those of them to which all of their raters gave the same category"


def _bounds(name: str) -> dict[str, str]:
    return {
        f"{name}_low": f"lower bound of the bootstrap 95% interval of {name}, over traces",
        f"{name}_high": f"upper bound of the bootstrap 95% interval of {name}, over traces",
    }


RATERS: Final[Mapping[str, str]] = {
    "rater": "who labelled",
    "kind": "human; import: labels that no person confirmed; model: suggestions",
    "n_sentences": "sentences that they labelled",
    "n_traces": "traces that these are in",
    "n_shared": "sentences of these that another rater, of whatever kind, labelled too",
}
COVERAGE: Final[Mapping[str, str]] = {
    "n_raters": "how many of the annotators labelled a sentence",
    "n_units": "how many sentences so many labelled",
    "n_agree": "to how many of these all gave the same category; empty for one annotator",
}
ALL: Final[Mapping[str, str]] = {
    "measure": "alpha; agreement: share of sentences to which all of their raters gave the same category;"
    " agreement_either: share on which they do if a secondary category counts as well",
    "value": "the measure; empty where it is undefined",
    **_bounds("value"),
    "n_agree": "sentences on which all of their raters agree",
    "n_units": _N_UNITS,
    "n_traces": "traces that these are in",
}
PAIRS: Final[Mapping[str, str]] = {
    "first": "one rater",
    "second": "the other",
    "kappa": "Cohen's kappa; empty where both gave one category throughout",
    **_bounds("kappa"),
    "n_agree": "sentences to which both gave the same category",
    "n_units": "sentences that both labelled",
    "agreement": "n_agree / n_units",
    **_bounds("agreement"),
    "either": "the same, if a secondary category counts as well",
    **_bounds("either"),
    "n_traces": "traces that these sentences are in",
}
CATEGORIES: Final[Mapping[str, str]] = {
    "raters": "who is compared",
    "measure": "alpha of all annotators together, kappa of two raters",
    "category": "the category, against all others",
    "value": "the measure; empty where it is undefined",
    **_bounds("value"),
    "n_given": "sentences that one of them, or more, gave this category",
    "n_agree": "sentences to which all of their raters gave it, or none did",
    "n_units": _N_UNITS,
}
TRACES: Final[Mapping[str, str]] = {
    "trace_id": "the trace",
    "alpha": "Krippendorff's alpha within the trace; empty where one category alone was given",
    "agreement": "n_agree / n_units",
    "n_agree": _N_AGREE,
    "n_units": _N_UNITS,
}
CONFUSION: Final[Mapping[str, str]] = {
    "first": "one rater",
    "second": "the other",
    "given_by_first": "category that the first gave",
    "given_by_second": "category that the second gave",
    "n": "sentences to which they gave these",
}
