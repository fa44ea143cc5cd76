"""What each column of each summary table holds, in the words that stand in docs/exporting.md and in the provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_TRACE = "the trace"
_BEHAVIOR = "compliance, alignment_faking, or another"


def _bounds(name: str, of: str) -> dict[str, str]:
    """The two columns of an interval over traces."""
    return {
        f"{name}_low": f"lower bound of the bootstrap 95% interval of {of}, over traces",
        f"{name}_high": f"upper bound of the bootstrap 95% interval of {of}, over traces",
    }


def _range(name: str, of: str) -> dict[str, str]:
    """The columns that say what the null gives."""
    return {
        name: f"mean of {of} under the null",
        f"{name}_low": f"2.5% of permutations have a {of} below this",
        f"{name}_high": f"2.5% of permutations have a {of} above this",
    }


STUDY: Final[Mapping[str, str]] = {
    "trace_id": _TRACE,
    "tier": "tier that the prompt claims",
    "prompt_variant": "variant of the prompt",
    "model": "model that was sampled",
    "n_sentences": "how many sentences the trace has",
    "settings_id": "sampling settings whose rollouts are analysed, see provenance.json",
    "n_rollouts": "rollouts under these settings, decided or not",
    "annotator": "whose labels are used on sentences without a gold label; empty where none is",
    "n_labelled": "sentences that have a label",
    "n_gold": "those of them whose label is gold: adjudicated, or the same from all of two or more annotators",
    "query": "the request that was asked of the model",
}
CONCENTRATION: Final[Mapping[str, str]] = {
    "behavior": _BEHAVIOR,
    "top": "how many of the largest sentences",
    "n_traces": "traces in which the share is defined",
    "share": "mean share of the total change that these sentences hold",
    **_bounds("share", "share"),
    "null": "mean of what noise alone would give the same traces",
    "excess": "share - null",
    **_bounds("excess", "excess"),
    "n_above": "traces whose own share has p < 0.05 against the null",
    "replicated": "share of the change that replicates: half of the rollouts names the sentences, the other measures"
    " them; empty where no change replicates",
    **_bounds("replicated", "replicated"),
}
CONCENTRATION_BY_TRACE: Final[Mapping[str, str]] = {
    "behavior": _BEHAVIOR,
    "trace_id": _TRACE,
    "n_sentences": "sentences that have a direction",
    "n_undefined": "sentences that have none",
    "total": "sum of the magnitudes of their directions",
    "replicated_total": "their sum in half of the rollouts, with the signs of the other half: what is not noise",
    "top": "how many of the largest sentences",
    "share": "share of the total that these hold; empty where no more sentences than these have a direction",
    **_range("share_null", "share"),
    "share_p": "share of permutations with a share as large",
    "replicated_top": "what the sentences that are largest in half of the rollouts sum to in the other half",
}
CATEGORIES: Final[Mapping[str, str]] = {
    "behavior": "compliance, alignment_faking, or another; empty where the measure concerns none",
    "measure": "base_rate, direction, importance, turning_point or headroom",
    "category": "the category",
    "n_sentences": "sentences of the category that have the measure",
    "n_traces": "traces that these are in",
    "mean": "their mean; base_rate: the category's share of all labelled sentences",
    **_bounds("mean", "mean"),
    "matched": "mean less that of labelled sentences of other categories with the same headroom",
    **_bounds("matched", "matched"),
    "n_unmatched": "sentences of the category that no other category has a sentence of the same headroom for",
}
SIDE_BY_SIDE: Final[Mapping[str, str]] = {
    "measure": "pearson, spearman, pearson_within, spearman_within, pearson_cleared, signal_alignment_faking or"
    " signal_compliance, see methods.md",
    "n_sentences": "sentences that have a direction for both behaviors",
    "n_traces": "traces that these are in; for a mean within traces, those in which it is defined",
    "value": "correlation, -1..1; signal: share of the variance that is not noise, 0..1",
    **_bounds("value", "value"),
    **_range("null", "correlation"),
    "p": "share of permutations with a correlation as large",
}
OVERLAP: Final[Mapping[str, str]] = {
    "n_traces": "traces that have both behaviors",
    "both": "sentences that are turning points of both behaviors",
    "faking_only": "of alignment faking only",
    "compliance_only": "of compliance only",
    "neither": "of neither, though tested for both",
    "odds_ratio": "odds of compliance turning points among those of alignment faking by the odds elsewhere",
    **_bounds("odds_ratio", "odds_ratio"),
    "faking_shared": "share of the turning points of alignment faking that are turning points of compliance too",
    **_bounds("faking_shared", "faking_shared"),
    "compliance_shared": "share of the turning points of compliance that are turning points of alignment faking too",
    **_bounds("compliance_shared", "compliance_shared"),
}
SIDE_BY_SIDE_BY_TRACE: Final[Mapping[str, str]] = {
    "trace_id": _TRACE,
    "n_sentences": "sentences that have a direction for both behaviors",
    "pearson": "correlation of both directions over these sentences",
    **_range("pearson_null", "correlation"),
    "pearson_p": "share of permutations with a correlation as large",
    "spearman": "rank correlation of both directions over these sentences",
    **_range("spearman_null", "rank correlation"),
    "spearman_p": "share of permutations with a rank correlation as large",
    "both": "sentences that are turning points of both behaviors",
    "faking_only": "of alignment faking only",
    "compliance_only": "of compliance only",
    "neither": "of neither, though tested for both",
    "odds_ratio": "odds of compliance turning points among those of alignment faking by the odds elsewhere",
    "odds_ratio_low": "lower bound of Woolf's 95% interval of odds_ratio",
    "odds_ratio_high": "upper bound of Woolf's 95% interval of odds_ratio",
    "fisher_p": "Fisher's exact two-sided p-value of no relation",
}
GROUPS: Final[Mapping[str, str]] = {
    "by": "tier, prompt_variant or model",
    "a": "its value in the first group",
    "b": "its value in the second group",
    "behavior": _BEHAVIOR,
    "measure": "first_rate, final_rate, max_importance, n_turning_points, any_turning_point, top_1_share or"
    " top_1_excess, see methods.md",
    "n_a": "traces of group a that have the measure",
    "mean_a": "their mean",
    **_bounds("mean_a", "mean_a"),
    "n_b": "traces of group b that have the measure",
    "mean_b": "their mean",
    **_bounds("mean_b", "mean_b"),
    "difference": "mean_a - mean_b; empty below two traces in a group",
    **_bounds("difference", "difference"),
    "n_pairs": "queries in which both groups have the measure",
    "paired": "mean difference within these queries; empty below two",
    "paired_low": "lower bound of the bootstrap 95% interval of paired, over queries",
    "paired_high": "upper bound of the bootstrap 95% interval of paired, over queries",
}
