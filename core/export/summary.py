"""The analyses across traces as CSV: a file for each table of a summary, with its provenance, written as one."""

from __future__ import annotations

import json
from pathlib import Path

from core.analysis.across.bootstrap import DRAWS, SEED
from core.analysis.across.study import Study
from core.analysis.across.summary import Summary
from core.analysis.across.table import SummaryTable, Value
from core.analysis.null import PERMUTATIONS
from core.export.cells import estimate
from core.export.directory import durable_file, whole_directory
from core.export.moment import moment
from core.export.provenance import provenance
from core.export.table import Sampled, Scope, Table
from core.export.tables import PROVENANCE, ExportReport, write_table
from core.store.database import Store

METHODS = {
    "null": f"all decided rollouts of a trace dealt anew to the same prefixes and arms, {PERMUTATIONS} permutations",
    "bootstrap": f"traces resampled {DRAWS} times from seed {SEED}; expanded percentile interval, 95%",
    "description": "docs/methods.md, Across traces",
}


def export_summary(
    store: Store, study: Study, summary: Summary, directory: Path, *, force: bool = False
) -> ExportReport:
    """Write every table of ``summary``, which was made of ``study``, and `PROVENANCE` into ``directory``.

    With ``force`` the files of an earlier call are replaced and all others left alone.

    Raises:
        ExportError: if the directory holds anything (and ``force`` is false), or the files cannot be written.
    """
    files = [_file(table) for table in summary.tables]
    sampled = tuple(Sampled(trace.id, trace.settings) for trace in study.traces)
    with moment(store.path) as connection:
        scope = Scope(connection, tuple(trace.id for trace in study.traces), sampled)
        with whole_directory(directory, [*(file.name for file in files), PROVENANCE], force=force) as staging:
            written = [
                (file, list(file.columns), write_table(file, list(file.columns), scope, staging / file.name))
                for file in files
            ]
            described = provenance(scope, store.path, written) | {"across_traces": _described(study, summary)}
            with durable_file(staging / PROVENANCE) as out:
                json.dump(described, out, indent=2)
                out.write("\n")
    return ExportReport(directory, tuple((file.name, n_rows) for file, _, n_rows in written))


def _file(table: SummaryTable) -> Table:
    rows = [tuple(_rounded(value) for value in row) for row in table.rows]
    return Table(f"{table.name}.csv", table.columns, lambda scope: iter(rows))


def _rounded(value: Value) -> Value:
    return estimate(value) if isinstance(value, float) else value


def _described(study: Study, summary: Summary) -> dict[str, object]:
    return {
        "direction": study.kind,
        "threshold": study.threshold,
        "encoder": study.encoder,
        "judges": {
            behavior: sorted({t.importance[behavior].judge_id for t in study.traces if behavior in t.importance})
            for behavior in study.behaviors
        },
        "left_out": list(study.left_out),
        "notes": list(summary.notes),
        "methods": METHODS,
    }
