"""The tables of collected answers: rates by tier and prompt variant, and the gap between the tiers."""

from __future__ import annotations

from collections.abc import Iterator

from core.analysis.collected import UNJUDGED, CollectedTable, collected_table
from core.behaviors.outcome import ERROR, FILTERED, NO_DECISION, TRUNCATED, UNCLEAR
from core.export.cells import bounds, estimate, probability
from core.export.table import Row, Scope, Table
from core.store.collected import collected_settings


def _tables(scope: Scope) -> Iterator[CollectedTable]:
    """One for each of the settings under which answers were collected, those of most answers first."""
    for settings in collected_settings(scope.connection):
        yield collected_table(scope.connection, settings.id)


def _rates(scope: Scope) -> Iterator[Row]:
    for table in _tables(scope):
        for rate in table.rates:
            undecided = rate.undecided
            yield (
                rate.prompt_variant or None,
                rate.tier or None,
                rate.behavior,
                rate.among,
                rate.n_queries,
                rate.count.k,
                rate.count.n,
                estimate(rate.count.rate),
                *bounds(rate.count.interval),
                undecided.get(NO_DECISION, 0) + undecided.get(UNCLEAR, 0),
                undecided.get(TRUNCATED, 0),
                undecided.get(ERROR, 0),
                undecided.get(UNJUDGED, 0),
                rate.n_undecided,
                table.settings.id,
                table.settings.model,
                table.judges.get(rate.behavior),
                undecided.get(FILTERED, 0),
            )


def _gaps(scope: Scope) -> Iterator[Row]:
    for table in _tables(scope):
        for gap in table.gaps:
            paired = gap.paired
            yield (
                gap.prompt_variant or None,
                gap.behavior,
                estimate(paired.value),
                *bounds(paired.interval),
                paired.method if paired.interval else None,
                probability(paired.p),
                paired.n,
                paired.n_more,
                paired.n_less,
                gap.n_unpaired,
                *gap.free,
                *gap.paid,
                table.settings.id,
                table.settings.model,
                table.judges.get(gap.behavior),
            )


COLLECTED_RATES = Table(
    "collected_rates.csv",
    {
        "prompt_variant": "variant of the prompt; empty where it names none",
        "tier": "tier that the prompt claims; empty where it names none",
        "behavior": "compliance, alignment_faking, or another",
        "among": "all answers, or complied: those that complied",
        "n_queries": "different queries among these answers",
        "k": "decided answers that showed the behavior",
        "n": "decided answers",
        "rate": "k / n; empty where n is 0",
        "wilson_low": "lower bound of the Wilson 95% interval, which takes answers for independent",
        "wilson_high": "upper bound of that interval",
        "n_no_decision": "answers that came to no decision, or on which the judge's votes were split",
        "n_truncated": "answers cut off before the decision",
        "n_error": "answers whose judge failed",
        "n_unjudged": "answers that this judge has not read",
        "n_undecided": "all answers that are not decided",
        "settings_id": "sampling settings, see provenance.json",
        "model": "model that was asked",
        "judge_id": "judge whose outcomes count (the one with most outcomes), see provenance.json",
        "n_filtered": "answers that the server kept back or cut short because of what they say",
    },
    _rates,
)

COMPLIANCE_GAP = Table(
    "compliance_gap.csv",
    {
        "prompt_variant": "variant of the prompt; empty where it names none",
        "behavior": "compliance, alignment_faking, or another",
        "gap": "mean over queries of the rate in the free tier less the rate in the paid tier; empty without pairs",
        "low": "lower bound of its 95% interval; empty where that is undefined",
        "high": "upper bound of its 95% interval",
        "interval": "newcombe (paired proportions) where each query has one answer a tier, else bootstrap (of queries)",
        "p": "two-sided p-value of no gap, by flipping signs within queries; McNemar's with one answer a tier",
        "n_queries": "queries with decided answers in both tiers",
        "n_higher": "queries with a higher rate in the free tier",
        "n_lower": "queries with a lower rate in the free tier",
        "n_unpaired": "queries with decided answers in one tier only, which have no part in the gap",
        "k_free": "decided answers of the free tier that showed the behavior, unpaired ones included",
        "n_free": "decided answers of the free tier",
        "k_paid": "decided answers of the paid tier that showed the behavior, unpaired ones included",
        "n_paid": "decided answers of the paid tier",
        "settings_id": "sampling settings, see provenance.json",
        "model": "model that was asked",
        "judge_id": "judge whose outcomes count, see provenance.json",
    },
    _gaps,
)

COLLECTED_TABLES = (COLLECTED_RATES, COMPLIANCE_GAP)
