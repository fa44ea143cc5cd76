"""The CSV export: every table of one moment of the database, written as one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.analysis.agreement.agreement import has_shared_units
from core.export.agreement_tables import AGREEMENT_TABLES
from core.export.collected_tables import COLLECTED_TABLES
from core.export.comparison import Comparison, comparison_provenance, estimate_trace
from core.export.csv_file import write_csv
from core.export.directory import durable_file, whole_directory
from core.export.estimates import CONFIRMED, DIRECTIONS, PREFIX_RATES
from core.export.gold_table import GOLD_TABLES, has_gold
from core.export.importance_table import IMPORTANCE
from core.export.label_tables import LABEL_HISTORY, LABELS
from core.export.moment import moment
from core.export.provenance import provenance
from core.export.records import FAILURES, JUDGE_VOTES, OUTCOMES, ROLLOUTS, SENTENCES, TRACES
from core.export.said_tables import ALTERNATIVES, LINKS, RESILIENCE
from core.export.table import PROSE, Scope, Table, choose_traces
from core.export.verdict_table import VERDICT_LABELS, has_verdicts
from core.store.collected import collected_settings
from core.store.database import Store

TABLES = (
    TRACES,
    SENTENCES,
    PREFIX_RATES,
    DIRECTIONS,
    CONFIRMED,
    ROLLOUTS,
    OUTCOMES,
    JUDGE_VOTES,
    LABELS,
    LABEL_HISTORY,
    FAILURES,
)
ESTIMATE_TABLES = (IMPORTANCE, ALTERNATIVES, LINKS, RESILIENCE)
PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class ExportReport:
    """Where an export was written, and each CSV file with its number of rows (`PROVENANCE` is there besides)."""

    directory: Path
    files: tuple[tuple[str, int], ...]


def export_csv(
    store: Store,
    directory: Path,
    *,
    force: bool = False,
    trace_ids: Sequence[str] | None = None,
    text: bool = True,
    compared: Comparison | None = None,
    more: Sequence[Table] = (),
) -> ExportReport:
    """Write `TABLES` and `PROVENANCE` into ``directory``, for ``trace_ids`` or for all traces.

    Where two raters rated the same sentence there are `AGREEMENT_TABLES` besides, and in an export of all traces
    `COLLECTED_TABLES`, if answers were collected; any export has `GOLD_TABLES`, if its traces have gold
    labels, and `VERDICT_LABELS`, if people judged rollouts.

    All files show one moment of the database, whatever other processes write meanwhile. With ``force`` the files of
    an earlier export are replaced and all others left alone. Without ``text`` the columns that hold what a model
    wrote are left out: response, text, reply. With ``compared`` (`core.export.comparison.compare_with`) there are
    `ESTIMATE_TABLES` besides; the first time, its encoder has to read everything that rollouts say. The tables of
    ``more``, such as `core.export.label_tables.to_label`, are written besides, texts and all.

    Raises:
        ExportError: if the directory holds anything (and ``force`` is false), or the files cannot be written.
        NotFoundError: if one of ``trace_ids`` is not in the database.
        SimilarityError: if a text has to be encoded and there is no encoder that works; nothing is written then.
    """
    written = []
    with moment(store.path) as connection:
        scope = choose_traces(connection, trace_ids)
        collected = trace_ids is None and bool(collected_settings(connection))
        tables = (
            *TABLES,
            *(AGREEMENT_TABLES if has_shared_units(connection, frozenset(scope.trace_ids)) else ()),
            *(GOLD_TABLES if has_gold(connection, scope.trace_ids) else ()),
            *(COLLECTED_TABLES if collected else ()),
            *((VERDICT_LABELS,) if has_verdicts(connection) else ()),
            *(ESTIMATE_TABLES if compared is not None else ()),
            *more,
        )
        names = [table.name for table in tables] + [PROVENANCE]
        with whole_directory(directory, names, force=force) as staging:
            if compared is not None:
                scope = _estimated(scope, compared)
            for table in tables:
                columns = [name for name in table.columns if text or table in more or name not in PROSE]
                written.append((table, columns, write_table(table, columns, scope, staging / table.name)))
            made = provenance(scope, store.path, written)
            if compared is not None:
                made["estimates"] = comparison_provenance(store, compared)
            with durable_file(staging / PROVENANCE) as file:
                json.dump(made, file, indent=2, allow_nan=False)
                file.write("\n")
    return ExportReport(directory, tuple((table.name, n_rows) for table, _, n_rows in written))


def _estimated(scope: Scope, compared: Comparison) -> Scope:
    found = (estimate_trace(scope.connection, s.trace_id, s.settings.id, compared) for s in scope.sampled)
    return replace(scope, estimated=tuple(found), compared=compared)


def write_table(table: Table, columns: Sequence[str], scope: Scope, path: Path) -> int:
    """Write the named ``columns`` of ``table`` to a new file and return its number of rows."""
    chosen = [position for position, name in enumerate(table.columns) if name in columns]
    return write_csv(path, columns, ([row[position] for position in chosen] for row in table.rows(scope)))
