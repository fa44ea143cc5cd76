"""Everything that is known across the traces of a study, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.analysis.across import columns, tables
from core.analysis.across.by_category import by_category
from core.analysis.across.concentration import concentrations, pooled
from core.analysis.across.groups import FIELDS, Comparison, compare, values_of
from core.analysis.across.side_by_side import side_by_side
from core.analysis.across.study import Study
from core.analysis.across.table import SummaryTable
from core.endpoints.endpoint import SIMULATOR_MODEL
from core.endpoints.simulator import LABEL

COLUMNS = {
    "study": columns.STUDY,
    "concentration": columns.CONCENTRATION,
    "concentration_by_trace": columns.CONCENTRATION_BY_TRACE,
    "categories": columns.CATEGORIES,
    "side_by_side": columns.SIDE_BY_SIDE,
    "overlap": columns.OVERLAP,
    "side_by_side_by_trace": columns.SIDE_BY_SIDE_BY_TRACE,
    "groups": columns.GROUPS,
}
"""Every table of a summary, in order, with its columns."""


@dataclass(frozen=True)
class Summary:
    """The tables of one study, those of `COLUMNS` in order, and ``notes`` on what all of them rest on."""

    tables: tuple[SummaryTable, ...]
    notes: tuple[str, ...]


def summarise(
    study: Study,
    by: Sequence[str] | None = None,
    groups: tuple[str, str] | None = None,
    categories: Sequence[str] | None = None,
) -> Summary:
    """Analyse ``study`` in every way there is.

    ``by`` names the fields whose groups are compared (default: each of `FIELDS` that has two values or more), and
    ``groups`` two values of the one field in it; ``categories`` gives the order of the categories.
    """
    found, both = concentrations(study), side_by_side(study)
    fields = by if by is not None else [field for field in FIELDS if len(values_of(study, field)) > 1]
    comparisons: list[Comparison] = [one for field in fields for one in compare(study, field, groups, found)]
    made = (
        tables.study_table(study),
        tables.concentration_table(pooled(found)),
        tables.concentration_by_trace_table(found),
        tables.categories_table(by_category(study, categories)),
        tables.side_by_side_table(both),
        tables.overlap_table(both.overlap),
        tables.side_by_side_by_trace_table(both),
        tables.groups_table(comparisons),
    )
    return Summary(made, notes_of(study))


def notes_of(study: Study) -> tuple[str, ...]:
    """What every number rests on, in sentences."""
    n = len(study.traces)
    models = sorted({_named(trace.model) for trace in study.traces})
    labelled = [trace for trace in study.traces if trace.labels]
    notes = [f"{n} trace{'' if n == 1 else 's'}, sampled from {', '.join(models)}."]
    if study.kind == "counterfactual":
        compared = f", compared by {study.encoder}" if study.encoder else ""
        notes.append(
            f"Directions are counterfactual; from a cosine of {study.threshold:g} sentences say the same{compared}."
        )
    else:
        notes.append("Directions are resampling ones, as sentences could not be compared.")
    if labelled:
        whose = "" if any(trace.n_gold for trace in labelled) else "those of "
        notes.append(f"Categories are {whose}{study.label_source}, on {len(labelled)} of {n} traces.")
    n_settings = len({trace.settings.id for trace in study.traces})
    if n_settings > 1:
        notes.append(f"The traces were sampled under {n_settings} different settings.")
    notes += [
        f"The outcomes of {behavior} are those of {len(judges)} different judges, which may differ between traces."
        for behavior in study.behaviors
        if len(judges := {t.importance[behavior].judge_id for t in study.traces if behavior in t.importance}) > 1
    ]
    for behavior in study.behaviors:
        decided = [trace for trace in study.traces if behavior in trace.foregone]
        if decided:
            where = f"{behavior}: in {len(decided)} of {n} traces, such as {decided[0].id}"
            notes.append(f"{where}, {decided[0].foregone[behavior].clause}")
    notes.append(
        "Brackets hold 95%, of resampled sets of traces or of permutations; there are none below two traces, or where"
        " traces do not differ."
    )
    return tuple(notes)


def _named(model: str) -> str:
    return f"{model} ({LABEL})" if model == SIMULATOR_MODEL else model
