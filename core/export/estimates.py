"""The tables that are derived from rollouts: the rate at every prefix, and the direction of every sentence."""

from __future__ import annotations

from collections.abc import Iterator

from core.analysis.rates import PrefixRate
from core.export.cells import bounds, estimate, probability
from core.export.table import Row, Scope, Table
from core.resampling.adaptive.fresh import fresh_directions
from core.store.rates import rollouts_per_prefix


def _prefix_rates(scope: Scope) -> Iterator[Row]:
    for sampled in scope.sampled:
        settings = sampled.settings
        trace = scope.connection.execute(
            "SELECT tier, prompt_variant FROM traces WHERE id = ?", [sampled.trace_id]
        ).fetchone()
        n_rollouts = rollouts_per_prefix(scope.connection, sampled.trace_id, settings.id)
        table = scope.rates(sampled)
        for prefix in range(table.n_sentences + 1):
            for behavior in table.behaviors:
                # A prefix without rollouts gets a row too, so that a gap in the sweep shows in the file.
                unsampled = PrefixRate(prefix, behavior, table.judges.get(behavior, ""), 0, 0, 0, 0, 0)
                rate = table.rate(behavior, prefix) or unsampled
                yield (
                    sampled.trace_id,
                    settings.model,
                    trace["tier"],
                    trace["prompt_variant"],
                    prefix,
                    behavior,
                    rate.k,
                    rate.n,
                    rate.n_no_decision,
                    rate.n_truncated,
                    rate.n_error,
                    estimate(rate.rate),
                    *bounds(rate.interval),
                    settings.endpoint,
                    settings.id,
                    rate.judge_id,
                    n_rollouts.get(prefix, 0),
                    rate.n_restarted,
                    rate.n_filtered,
                    int(table.is_foregone(behavior, prefix)),
                )


def _directions(scope: Scope) -> Iterator[Row]:
    for sampled in scope.sampled:
        table = scope.rates(sampled)
        for sentence in range(table.n_sentences):
            for behavior in table.behaviors:
                direction = table.direction(behavior, sentence)
                before, after = direction.before, direction.after
                yield (
                    sampled.trace_id,
                    sampled.settings.id,
                    behavior,
                    sentence,
                    estimate(before.rate) if before else None,
                    estimate(after.rate) if after else None,
                    estimate(direction.value),
                    *bounds(direction.interval),
                    before.k if before else 0,
                    before.n if before else 0,
                    after.k if after else 0,
                    after.n if after else 0,
                    table.judges.get(behavior),
                    int(table.decides_itself(behavior, sentence)),
                )


def _confirmed(scope: Scope) -> Iterator[Row]:
    for sampled in scope.sampled:
        table = scope.rates(sampled)
        n_prefixes = table.n_sentences + 1
        for one in fresh_directions(scope.connection, sampled.trace_id, sampled.settings.id, n_prefixes, table.judges):
            fresh, pooled = one.fresh, one.pooled
            yield (
                sampled.trace_id,
                sampled.settings.id,
                one.behavior,
                one.sentence_idx,
                estimate(fresh.value),
                *bounds(fresh.interval),
                probability(fresh.p),
                probability(fresh.q),
                fresh.without.k,
                fresh.without.n,
                fresh.kept.k,
                fresh.kept.n,
                estimate(pooled.value),
                estimate(one.probability),
                one.at_least,
                table.judges[one.behavior],
            )


PREFIX_RATES = Table(
    "prefix_rates.csv",
    {
        "trace_id": "the trace",
        "model": "model that was sampled",
        "tier": "tier of the trace's prompt",
        "prompt_variant": "variant of the trace's prompt",
        "prefix_idx": "prefix i keeps sentences 0..i-1; the last one is the whole reasoning",
        "behavior": "compliance, alignment_faking, or another",
        "k": "decided rollouts that showed the behavior",
        "n": "decided rollouts",
        "n_no_decision": "rollouts that came to no decision",
        "n_truncated": "rollouts cut off before the decision",
        "n_error": "rollouts whose judge failed, and samples that were given up",
        "rate": "k / n; empty where n is 0",
        "wilson_low": "lower bound of the Wilson 95% interval of the rate",
        "wilson_high": "upper bound of the Wilson 95% interval of the rate",
        "endpoint": "name of the endpoint when the settings were first used",
        "settings_id": "sampling settings, see provenance.json",
        "judge_id": "judge whose outcomes count (the one with most outcomes), see provenance.json",
        "n_rollouts": "all rollouts at the prefix, judged or not",
        "n_restarted": "rollouts that began the reasoning anew instead of going on",
        "n_filtered": "rollouts that the server kept back or cut short because of what they say",
        "own_text": "1: the prefix's own text decides the behavior, whatever was generated; such a rate says nothing",
    },
    _prefix_rates,
)

DIRECTIONS = Table(
    "directions.csv",
    {
        "trace_id": "the trace",
        "settings_id": "sampling settings, see provenance.json",
        "behavior": "compliance, alignment_faking, or another",
        "sentence_idx": "sentence i, 0-based",
        "rate_before": "rate at prefix i, where sentence i is sampled anew",
        "rate_after": "rate at prefix i+1, where sentence i is kept",
        "direction": "rate_after - rate_before; positive promotes the behavior; empty where a side has no rate",
        "low": "lower bound of the Newcombe 95% interval of the direction",
        "high": "upper bound of the Newcombe 95% interval of the direction",
        "k_before": "rollouts at prefix i that showed the behavior",
        "n_before": "decided rollouts at prefix i",
        "k_after": "rollouts at prefix i+1 that showed the behavior",
        "n_after": "decided rollouts at prefix i+1",
        "judge_id": "judge whose outcomes count, see provenance.json",
        "own_text": "1: the sentence's own text decides the behavior, so that the direction is none of the model's",
    },
    _directions,
)

CONFIRMED = Table(
    "confirmed.csv",
    {
        "trace_id": "the trace",
        "settings_id": "sampling settings, see provenance.json",
        "behavior": "compliance, alignment_faking, or another",
        "sentence_idx": "sentence i, 0-based",
        "direction": "fresh rate at prefix i+1 less fresh rate at prefix i; positive promotes the behavior",
        "low": "lower bound of the Newcombe 95% interval of the direction",
        "high": "upper bound of the Newcombe 95% interval of the direction",
        "p": "Fisher's exact two-sided p-value of no difference",
        "q": "p adjusted over the confirmed sentences of the trace and behavior (Benjamini-Hochberg)",
        "k_before": "fresh rollouts at prefix i that showed the behavior",
        "n_before": "decided fresh rollouts at prefix i",
        "k_after": "fresh rollouts at prefix i+1 that showed the behavior",
        "n_after": "decided fresh rollouts at prefix i+1",
        "pooled_direction": "as in directions.csv, from all rollouts; too large by a little for what was picked",
        "probability": "probability, given all rollouts of the trace, that the rates differ by at_least or more",
        "at_least": "the change that adaptive sampling looks for",
        "judge_id": "judge whose outcomes count, see provenance.json",
    },
    _confirmed,
)
