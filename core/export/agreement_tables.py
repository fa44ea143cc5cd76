"""Agreement of raters as CSV: every measure, and the ratings behind them; written wherever two rated one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.analysis.agreement.agreement import Agreement, assess
from core.analysis.agreement.raw import agreeing
from core.analysis.agreement.tables import named
from core.analysis.agreement.units import UNRATED, ReliabilityData, reliability_data
from core.export.cells import bounds, estimate
from core.export.directory import durable_file, whole_directory
from core.export.moment import moment
from core.export.provenance import provenance
from core.export.table import Row, Scope, Table
from core.store.ratings import load_ratings

if TYPE_CHECKING:
    from core.store.database import Store


def agreement_rows(found: Agreement) -> Iterator[Row]:
    """Every measure, in the columns of `AGREEMENT`."""
    for one in found.measured:
        yield (
            one.measure,
            named(one.raters),
            " & ".join(rater.kind for rater in one.raters),
            one.category,
            one.trace_id,
            estimate(one.value),
            *bounds(one.interval),
            one.n_units,
            one.n_traces,
            one.n_agree,
            one.n_given,
        )


def unit_rows(data: ReliabilityData) -> Iterator[Row]:
    """Every rating, in the columns of `AGREEMENT_UNITS`."""
    agree, n_raters = agreeing(data), data.n_raters
    for place, unit in enumerate(data.units):
        for rater, value, too in zip(data.raters, data.values[:, place], data.secondary[:, place], strict=True):
            if value != UNRATED:
                yield (
                    unit.trace_id,
                    unit.sentence_idx,
                    rater.name,
                    rater.kind,
                    data.categories[value],
                    None if too == UNRATED else data.categories[too],
                    int(agree[place]) if n_raters[place] > 1 else None,
                )


def _data(scope: Scope) -> ReliabilityData:
    return reliability_data(load_ratings(scope.connection, frozenset(scope.trace_ids)))


AGREEMENT = Table(
    "agreement.csv",
    {
        "measure": "alpha, kappa, agreement (the same category), or agreement_either (a first or secondary one)",
        "raters": "who is compared, with & between them; what is no person has its kind in brackets",
        "kinds": "kind of each of them: human, import or model",
        "category": "the category against all others; empty where all are meant",
        "trace_id": "the trace it is about; empty where all are meant",
        "value": "the measure; empty where one category alone was given",
        "low": "lower bound of its bootstrap 95% interval over traces; empty below two traces, or where they are alike",
        "high": "upper bound of that interval",
        "n_units": "sentences that two or more of these raters labelled",
        "n_traces": "traces that these sentences are in",
        "n_agree": "sentences on which all of their raters agree; of a category: whether it is this one",
        "n_given": "of a category: sentences that one of these raters, or more, gave it",
    },
    lambda scope: agreement_rows(assess(_data(scope))),
)

AGREEMENT_UNITS = Table(
    "agreement_units.csv",
    {
        "trace_id": "the trace",
        "sentence_idx": "sentence i, 0-based",
        "rater": "who labelled or suggested",
        "kind": "human; import: a label that no person confirmed; model: a suggestion",
        "category": "the category",
        "secondary": "the secondary category; empty where there is none",
        "agree": "1 if all raters of this sentence gave the same category, else 0; empty where nobody else rated it",
    },
    lambda scope: unit_rows(_data(scope)),
)

AGREEMENT_TABLES = (AGREEMENT, AGREEMENT_UNITS)


def export_agreement(store: Store, found: Agreement, directory: Path, *, force: bool = False) -> tuple[str, ...]:
    """Write `AGREEMENT_TABLES` of ``found`` and their provenance into ``directory``, and return the files' names.

    With ``force`` the files of an earlier call are replaced and all others left alone.

    Raises:
        ExportError: if the directory holds anything (and ``force`` is false), or the files cannot be written.
    """
    from core.export.tables import PROVENANCE, write_table

    tables = (
        Table(AGREEMENT.name, AGREEMENT.columns, lambda scope: agreement_rows(found)),
        Table(AGREEMENT_UNITS.name, AGREEMENT_UNITS.columns, lambda scope: unit_rows(found.data)),
    )
    names = (*(table.name for table in tables), PROVENANCE)
    with moment(store.path) as connection:
        scope = Scope(connection, found.data.trace_ids, ())
        with whole_directory(directory, names, force=force) as staging:
            written = [
                (table, list(table.columns), write_table(table, list(table.columns), scope, staging / table.name))
                for table in tables
            ]
            with durable_file(staging / PROVENANCE) as out:
                json.dump(provenance(scope, store.path, written), out, indent=2, allow_nan=False)
                out.write("\n")
    return names
