"""The tables of what rollouts say: instead of a sentence, because of one, and again after one was replaced."""

from __future__ import annotations

from collections.abc import Iterator

from core.export.importance_table import rate_cells, tested_cells
from core.export.table import Row, Scope, Table


def _alternatives(scope: Scope) -> Iterator[Row]:
    for estimated in scope.estimated:
        for sentence in estimated.estimates.instead:
            for rank, said in enumerate(sentence.others):
                for behavior, count in said.outcomes.items():
                    yield (
                        estimated.trace.id,
                        estimated.settings_id,
                        sentence.sentence_idx,
                        rank,
                        behavior,
                        count.k,
                        count.n,
                        *rate_cells(count),
                        said.n,
                        said.n_wordings,
                        said.text,
                    )


def _links(scope: Scope) -> Iterator[Row]:
    for estimated in scope.estimated:
        if estimated.links is None:
            continue
        found = estimated.links.influence
        for link in found.links:
            kept, without = link.contrast.kept, link.contrast.without
            yield (
                estimated.trace.id,
                estimated.settings_id,
                link.source,
                link.target,
                *tested_cells(link.contrast),
                kept.k,
                kept.n,
                without.k,
                without.n,
                found.n_cut_off,
            )


def _resilience(scope: Scope) -> Iterator[Row]:
    for estimated in scope.estimated:
        for behavior, rows in estimated.links.resilience.items() if estimated.links else ():
            for row in rows:
                plus_plus = row.counterfactual_plus_plus
                yield (
                    estimated.trace.id,
                    estimated.settings_id,
                    behavior,
                    row.sentence_idx,
                    *rate_cells(row.returned),
                    row.returned.k,
                    row.returned.n,
                    *tested_cells(plus_plus),
                    plus_plus.kept.k,
                    plus_plus.kept.n,
                    plus_plus.without.k,
                    plus_plus.without.n,
                    row.n_complete,
                    row.n_survivors,
                    row.n_censored,
                    row.n_more,
                )


ALTERNATIVES = Table(
    "alternatives.csv",
    {
        "trace_id": "the trace",
        "settings_id": "sampling settings, see provenance.json",
        "sentence_idx": "sentence i, 0-based, that was not said",
        "rank": "0 for what was said most often in its place",
        "behavior": "compliance, alignment_faking, or another that has outcomes",
        "k": "rollouts that begin so and showed the behavior",
        "n": "decided rollouts that begin so",
        "rate": "k / n; empty where n is 0",
        "wilson_low": "lower bound of the Wilson 95% interval of the rate",
        "wilson_high": "upper bound of the Wilson 95% interval of the rate",
        "n_rollouts": "all rollouts that begin so, decided or not",
        "n_wordings": "in how many wordings",
        "text": "the most frequent wording; empty: the rollout ended at once",
    },
    _alternatives,
)

LINKS = Table(
    "links.csv",
    {
        "trace_id": "the trace",
        "settings_id": "sampling settings, see provenance.json",
        "source_idx": "sentence i, 0-based",
        "target_idx": "a later sentence t",
        "influence": "share of prefix i+1 that says t, less the share of prefix i; positive: i brings t about",
        "low": "lower bound of its Newcombe 95% interval",
        "high": "upper bound of its Newcombe 95% interval",
        "p": "its Fisher exact two-sided p-value",
        "q": "p adjusted over all links of the trace (Benjamini-Hochberg)",
        "k_after": "complete rollouts at prefix i+1 that say t",
        "n_after": "complete rollouts at prefix i+1",
        "k_before": "complete rollouts at prefix i that say t",
        "n_before": "complete rollouts at prefix i",
        "n_cut_off": "rollouts of the whole trace that ran out of tokens in their reasoning, in no count",
    },
    _links,
)

RESILIENCE = Table(
    "resilience.csv",
    {
        "trace_id": "the trace",
        "settings_id": "sampling settings, see provenance.json",
        "behavior": "compliance, alignment_faking, or another that has outcomes",
        "sentence_idx": "sentence i, 0-based",
        "resilience": "k_returned / n_returned; empty where n_returned is 0",
        "resilience_low": "lower bound of its Wilson 95% interval",
        "resilience_high": "upper bound of its Wilson 95% interval",
        "k_returned": "those of n_returned that say something like sentence i later",
        "n_returned": "complete rollouts at prefix i that begin with something else",
        "counterfactual_plus_plus": "rate at prefix i+1 less the rate of the rollouts that never say anything like "
        "sentence i; empty below min_survivors (provenance.json) decided ones",
        "counterfactual_plus_plus_low": "lower bound of its Newcombe 95% interval",
        "counterfactual_plus_plus_high": "upper bound of its Newcombe 95% interval",
        "counterfactual_plus_plus_p": "its Fisher exact two-sided p-value",
        "counterfactual_plus_plus_q": "p adjusted over the sentences of the trace (Benjamini-Hochberg)",
        "k_after": "rollouts at prefix i+1 that showed the behavior",
        "n_after": "decided rollouts at prefix i+1",
        "k_survived": "those of n_survived that showed the behavior",
        "n_survived": "decided rollouts that never say anything like sentence i",
        "n_complete": "complete rollouts at prefix i",
        "n_survivors": "those of them that never say anything like sentence i, decided or not",
        "n_censored": "rollouts at prefix i that were cut off before one could tell",
        "n_more": "further rollouts of prefix i that would give min_survivors; empty where none survived",
    },
    _resilience,
)
