"""Agreement as tables: each with a sentence on what it means, and notes on what all of them rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from core.analysis.across.bootstrap import DRAWS
from core.analysis.across.summary import Summary
from core.analysis.across.table import SummaryTable, Value
from core.analysis.agreement import columns
from core.analysis.agreement.agreement import Agreement
from core.analysis.agreement.kappa import Confusion
from core.analysis.agreement.measures import AGREEMENT, ALPHA, EITHER, KAPPA, Measured
from core.analysis.agreement.raw import agreeing
from core.analysis.agreement.units import UNRATED, Rater
from core.store.ratings import HUMAN

ALL, PAIRS, AGAINST = "agreement", "pairs", "against"
CATEGORIES, TRACES, CONFUSION = "agreement_by_category", "agreement_by_trace", "confusion"


def agreement_summary(found: Agreement) -> Summary:
    """All tables, and what they rest on."""
    return Summary(
        (
            raters_table(found),
            coverage_table(found),
            all_table(found),
            pairs_table(found),
            against_table(found),
            categories_table(found),
            traces_table(found),
            confusion_table([found.confusion(*pair) for pair in found.rater_pairs]),
        ),
        notes_of(found),
    )


def raters_table(found: Agreement) -> SummaryTable:
    """Who labelled how much."""
    data, rows = found.data, []
    for rater, values in zip(data.raters, data.values, strict=True):
        rated = values != UNRATED
        n_shared = int((rated & (data.n_raters >= 2)).sum())
        rows.append((rater.name, rater.kind, int(rated.sum()), len(set(data.trace[rated].tolist())), n_shared))
    return SummaryTable("raters", "Raters", "Who labelled how many sentences.", columns.RATERS, tuple(rows))


def coverage_table(found: Agreement) -> SummaryTable:
    """How many sentences one, two, or more annotators labelled."""
    group, agree = found.group, agreeing(found.group)
    rows: list[tuple[Value, ...]] = []
    for n in range(1, len(group.raters) + 1):
        of_n = group.n_raters == n
        if of_n.any():
            rows.append((n, int(of_n.sum()), int((of_n & agree).sum()) if n > 1 else None))
    return SummaryTable(
        "coverage", "Labelled by how many", f"Sentences by how many {_people(found)} labelled them.", columns.COVERAGE,
        tuple(rows),
    )  # fmt: skip


def all_table(found: Agreement) -> SummaryTable:
    """All annotators together."""
    rows = [(one.measure, *_value(one), one.n_agree, one.n_units, one.n_traces) for one in found.among]
    notes = disagreements(found.n_disagreements) if rows else _no_group(found)
    return SummaryTable(
        ALL, f"All {_people(found)} together", "Agreement beyond chance, and raw agreement.", columns.ALL,
        tuple(rows), (notes,),
    )  # fmt: skip


def pairs_table(found: Agreement) -> SummaryTable:
    """Two annotators at a time."""
    return SummaryTable(
        PAIRS, "Pairs", f"Every two {_people(found)} on the sentences that both labelled.", columns.PAIRS,
        tuple(_pair_rows(found.pairs)), () if found.pairs else (_no_group(found),),
    )  # fmt: skip


def against_table(found: Agreement) -> SummaryTable:
    """People against models and imports; these have no part in the tables of the annotators."""
    return SummaryTable(
        AGAINST, "Against models and imports", "Every two raters of whom one, or both, are no people.", columns.PAIRS,
        tuple(_pair_rows(found.against)),
        () if found.against else ("No model or import rated a sentence that someone else labelled.",),
    )  # fmt: skip


def categories_table(found: Agreement) -> SummaryTable:
    """Each category by itself."""
    rows = [
        (named(one.raters), one.measure, one.category, *_value(one), one.n_given, one.n_agree, one.n_units)
        for one in found.categories
    ]
    return SummaryTable(
        CATEGORIES, "Categories", "Agreement on each category against all others.", columns.CATEGORIES,
        tuple(rows), blocks=("raters", "measure"),
    )  # fmt: skip


def traces_table(found: Agreement) -> SummaryTable:
    """Each trace by itself."""
    rows: list[tuple[Value, ...]] = []
    for trace_id, of_trace in groupby(found.traces, key=lambda one: one.trace_id):
        by_measure = {one.measure: one for one in of_trace}
        alpha, raw = by_measure[ALPHA], by_measure[AGREEMENT]
        rows.append((trace_id, alpha.value, raw.value, raw.n_agree, raw.n_units))
    return SummaryTable(
        TRACES, "By trace", f"How far the {_people(found)} agree within each trace.", columns.TRACES, tuple(rows),
        by_trace=True,
    )  # fmt: skip


def confusion_table(confusions: Iterable[Confusion]) -> SummaryTable:
    """What two raters gave to the same sentences, a row for each two categories that met."""
    rows = [
        (one.first.label, one.second.label, row, column, n)
        for one in confusions
        for row, counts in zip(one.categories, one.counts, strict=True)
        for column, n in zip(one.categories, counts, strict=True)
        if n
    ]
    return SummaryTable(
        CONFUSION, "Confusion", "Which categories two raters gave to the same sentences.", columns.CONFUSION,
        tuple(rows), blocks=("first", "second"),
    )  # fmt: skip


def confusion_matrix(one: Confusion, short: Callable[[str], str], *, short_rows: bool = False) -> SummaryTable:
    """One pair as a square: rows are what the first gave, columns what the second did, under ``short`` names.

    Rows have the whole names, unless with ``short_rows``.
    """
    names = [short(category) for category in one.categories]
    if len({*names, "gave", "n"}) < len(names) + 2:
        names = [f"{name} {position}" for position, name in enumerate(names, 1)]
    meanings = (f"sentences that {one.second.label} gave {category}" for category in one.categories)
    named_columns = {"gave": f"category that {one.first.label} gave", **dict(zip(names, meanings, strict=True))}
    named_columns["n"] = f"all sentences of the row: what {one.first.label} gave this category"
    rows: list[tuple[Value, ...]] = [
        (name, *counts, sum(counts))
        for name, counts in zip(names if short_rows else one.categories, one.counts, strict=True)
    ]
    rows.append(("all", *map(sum, zip(*one.counts, strict=True)), one.n))
    return SummaryTable(
        CONFUSION,
        f"Confusion of {one.first.label} and {one.second.label}",
        f"{one.first.label} down, {one.second.label} across; {one.n_agree} of {one.n} sentences on the diagonal.",
        named_columns,
        tuple(rows),
    )  # fmt: skip


def notes_of(found: Agreement) -> tuple[str, ...]:
    """What every number rests on, in sentences."""
    shared = found.group.shared()
    rests = shared if shared.units else found.data.shared()
    n_units, n_traces = len(rests.units), len(rests.trace_ids)
    rests_on = "Alpha rests" if shared.units else "Kappa rests"
    notes = [
        "Alpha and kappa are 1 where raters always agree and 0 where they agree as often as chance would let them;"
        " they are empty where one category alone was given."
    ]
    if n_traces == 1:
        notes.append("One trace alone says nothing about others, so there are no intervals.")
    else:
        notes.append(
            f"Brackets hold 95% of {DRAWS:,} resampled sets of traces; there are none below two traces, or where traces"
            " do not differ."
        )
    if found.against:
        notes.append(f"Only the {_people(found)} have a part in alpha and in the table by trace.")
    listed = ", ".join(rater.label for rater in rests.raters)
    notes.append(
        f"{rests_on} on {_count(n_units, 'sentence')} of {_count(n_traces, 'trace')} that two or more of {listed}"
        " labelled."
    )
    return tuple(notes)


def named(raters: Sequence[Rater]) -> str:
    """Raters in one cell."""
    return " & ".join(rater.label for rater in raters)


def disagreements(n: int) -> str:
    """On how many sentences annotators disagree, in one sentence."""
    return f"{_count(n, 'sentence')} on which they disagree."


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _pair_rows(measured: Iterable[Measured]) -> Iterable[tuple[Value, ...]]:
    for raters, of_pair in groupby(measured, key=lambda one: one.raters):
        by_measure = {one.measure: one for one in of_pair}
        kappa, raw, either = by_measure[KAPPA], by_measure[AGREEMENT], by_measure[EITHER]
        yield (raters[0].label, raters[1].label, *_value(kappa), raw.n_agree, raw.n_units, *_value(raw),
               *_value(either), raw.n_traces)  # fmt: skip


def _value(one: Measured) -> tuple[float | None, float | None, float | None]:
    return (one.value, None, None) if one.interval is None else (one.value, *one.interval)


def _people(found: Agreement) -> str:
    kind = found.group.raters[0].kind if found.group.raters else HUMAN
    return "annotators" if kind == HUMAN else f"{kind}s"


def _no_group(found: Agreement) -> str:
    return f"No two {_people(found)} labelled the same sentence."
