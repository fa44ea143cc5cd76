"""From each analysis to the rows of its tables, with a sentence on what they mean and notes on what they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.analysis.across import columns
from core.analysis.across.against import AgainstNull
from core.analysis.across.bootstrap import Estimate
from core.analysis.across.by_category import ByCategory
from core.analysis.across.concentration import Concentration, PooledShare
from core.analysis.across.groups import Comparison
from core.analysis.across.overlap import Overlap
from core.analysis.across.side_by_side import SideBySide
from core.analysis.across.study import Study
from core.analysis.across.table import SummaryTable, Value
from core.analysis.intervals import Interval

FEW_TRACES = "One trace alone says nothing about others, so there are no intervals."
NO_LABELS = "None of these traces has a label, so there is nothing to say about categories."
NO_PAIRS = "No trace has both compliance and alignment faking measured."


def study_table(study: Study) -> SummaryTable:
    """What is analysed: a row per trace."""
    rows = [
        (t.id, t.tier, t.prompt_variant, t.model, t.n_sentences, t.settings.id, t.settings.n_rollouts,
         t.annotator, len(t.labels), t.n_gold, t.query)
        for t in study.traces
    ]  # fmt: skip
    left_out = f"Left out, as nothing is decided there: {', '.join(study.left_out)}." if study.left_out else ""
    return SummaryTable(
        "study", "Traces", "The traces that are analysed together.", columns.STUDY, tuple(rows),
        _notes(left_out), by_trace=True,
    )  # fmt: skip


def concentration_table(pooled: Sequence[PooledShare]) -> SummaryTable:
    """How concentrated the change is, over traces."""
    rows = [
        (one.behavior, one.top, one.share.n, *_estimate(one.share), one.null_mean, *_estimate(one.excess), one.n_above,
         *_estimate(one.replicated))
        for one in pooled
    ]  # fmt: skip
    return SummaryTable(
        "concentration",
        "Concentration",
        "Share of a trace's total change that its largest sentences hold, and what noise alone would give.",
        columns.CONCENTRATION,
        tuple(rows),
        _notes(_few([one.share for one in pooled])),
        blocks=("behavior",),
        signed={"excess": None},
    )


def concentration_by_trace_table(found: Sequence[Concentration]) -> SummaryTable:
    """How concentrated the change of each trace is."""
    rows: list[tuple[Value, ...]] = []
    for one in found:
        total, tops = (None, {}) if one.replicated is None else (one.replicated.total, one.replicated.top)
        rows += [
            (one.behavior, one.trace_id, one.n_sentences, one.n_undefined, one.total, total, top, *_against(share),
             tops.get(top))
            for top, share in one.shares.items()
        ]  # fmt: skip
    return SummaryTable(
        "concentration_by_trace",
        "Concentration by trace",
        "Share of each trace's total change that its largest sentences hold, and what noise alone would give.",
        columns.CONCENTRATION_BY_TRACE,
        tuple(rows),
        blocks=("behavior",),
        by_trace=True,
    )


def categories_table(found: ByCategory) -> SummaryTable:
    """What the sentences of each category do."""
    rows: list[tuple[Value, ...]] = [
        (None, "base_rate", one.category, one.n_sentences, one.n_traces, *_estimate(one.share), None, None, None, None)
        for one in found.shares
    ]
    rows += [
        (one.behavior, one.measure, one.category, one.n_sentences, one.mean.n, *_estimate(one.mean),
         *_estimate(one.matched), None if one.measure == "headroom" else one.n_unmatched)
        for one in found.effects
    ]  # fmt: skip
    return SummaryTable(
        "categories",
        "Categories",
        "What sentences of each category do, by themselves and less other sentences with the same headroom.",
        columns.CATEGORIES,
        tuple(rows),
        _notes(_few([one.share for one in found.shares]) if rows else NO_LABELS),
        blocks=("behavior", "measure"),
        signed={"mean": "direction", "matched": None},
    )


def side_by_side_table(found: SideBySide) -> SummaryTable:
    """Do the same sentences carry both behaviors: correlations."""
    rows = [
        (one.measure, found.n_sentences, one.estimate.n, *_estimate(one.estimate), *_against(one.null)[1:])
        for one in found.correlations
    ]
    return SummaryTable(
        "side_by_side",
        "Alignment faking and compliance side by side",
        "How alike the two directions of a sentence are, and how alike noise alone would make them.",
        columns.SIDE_BY_SIDE,
        tuple(rows),
        _notes(_few([one.estimate for one in found.correlations]) if rows else NO_PAIRS),
        signed={"value": None, "null": None},
    )


def overlap_table(found: Overlap) -> SummaryTable:
    """Do the same sentences carry both behaviors: turning points."""
    estimates = (found.odds_ratio, found.faking_shared, found.compliance_shared)
    row = (found.odds_ratio.n, *found.table, *(value for one in estimates for value in _estimate(one)))
    return SummaryTable(
        "overlap",
        "Turning points of both",
        "How many sentences turn alignment faking, compliance, or both.",
        columns.OVERLAP,
        (row,) if found.odds_ratio.n else (),
        _notes("" if found.odds_ratio.n else NO_PAIRS),
    )


def side_by_side_by_trace_table(found: SideBySide) -> SummaryTable:
    """Both behaviors side by side in each trace."""
    rows = [
        (one.trace_id, one.n_sentences, *_against(one.pearson), *_against(one.spearman), *one.table,
         one.table.odds_ratio, *_bounds(one.table.odds_interval), one.table.p)
        for one in found.traces
    ]  # fmt: skip
    return SummaryTable(
        "side_by_side_by_trace",
        "Side by side, by trace",
        "How alike the two directions are within each trace, and its turning points of both behaviors.",
        columns.SIDE_BY_SIDE_BY_TRACE,
        tuple(rows),
        signed=dict.fromkeys(("pearson", "pearson_null", "spearman", "spearman_null")),
        by_trace=True,
    )


def groups_table(comparisons: Sequence[Comparison]) -> SummaryTable:
    """Groups of traces compared, two by two."""
    rows = [
        (one.by, one.first, one.second, d.behavior, d.measure, d.first.n, *_estimate(d.first), d.second.n,
         *_estimate(d.second), *_estimate(d.difference), d.paired.n, *_estimate(d.paired))
        for one in comparisons
        for d in one.differences
    ]  # fmt: skip
    unpaired = (
        f"{one.first} and {one.second}: {one.n_unpaired} of {one.n_first + one.n_second} traces have no counterpart"
        " with the same query, and count in the unpaired difference alone."
        for one in comparisons
    )
    return SummaryTable(
        "groups",
        "Groups of traces",
        "Means of both groups, their difference, and the same within queries that both were asked.",
        columns.GROUPS,
        tuple(rows),
        _notes(*(unpaired if rows else ["These traces do not fall into two groups."])),
        blocks=("by", "a", "b", "behavior"),
        signed={"difference": None, "paired": None},
    )


def _notes(*sentences: str) -> tuple[str, ...]:
    return tuple(sentence for sentence in sentences if sentence)


def _few(estimates: Iterable[Estimate]) -> str:
    return FEW_TRACES if all(one.n < 2 for one in estimates) else ""


def _bounds(interval: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (interval.low, interval.high)


def _estimate(one: Estimate) -> tuple[float | None, float | None, float | None]:
    return (one.value, *_bounds(one.interval))


def _against(one: AgainstNull) -> tuple[float | None, float | None, float | None, float | None, float | None]:
    return (one.value, one.null_mean, *_bounds(one.null), one.p)
