"""What an import found, in the database: traces, and the rollouts, outcomes and labels that came with them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from core.annotation.annotation import IMPORT, Circumstances
from core.canonical import canonical_json
from core.store.labels import set_label
from core.store.rollouts import add_judge, add_rollouts, add_settings, end_run, start_run
from core.store.traces import add_traces, known_ids, load_trace

if TYPE_CHECKING:
    from sqlite_utils import Database

    from core.traces.importers.result import ImportedLabels, ImportedRollouts, ImportResult
    from core.traces.model import Trace


def add_imported(database: Database, result: ImportResult) -> None:
    """Write all that ``result`` holds (a job for the writer); its traces must not be in the database yet.

    The rollouts of each trace belong to a run of kind ``import``, which names where they come from.
    """
    add_traces(database, result.traces)
    for drawn in result.rollouts:
        _add_rollouts(database, drawn)
    for labels in result.labels:
        _add_labels(database, labels)


def stored_alike(connection: sqlite3.Connection, result: ImportResult) -> frozenset[str]:
    """Ids of the traces of ``result`` that the database holds just so, with as many rollouts as came with them.

    Where a trace came from and how it was cut into sentences may differ; whatever else differs makes it another one.
    """
    drawn = {rollouts.trace_id: rollouts for rollouts in result.rollouts}
    known = known_ids(connection)
    return frozenset(
        trace.id
        for trace in result.traces
        if trace.id in known
        and _said(load_trace(connection, trace.id)) == _said(trace)
        and (trace.id not in drawn or _holds(connection, drawn[trace.id]))
    )


def _said(trace: Trace) -> tuple[object, ...]:
    """What a file says of a trace."""
    place = (trace.prompt.id, trace.response, tuple(trace.reasoning), trace.model, trace.tier)
    return (*place, trace.prompt_variant, trace.query, canonical_json(trace.metadata))


def _holds(connection: sqlite3.Connection, drawn: ImportedRollouts) -> bool:
    (stored,) = connection.execute(
        "SELECT count(*) FROM rollouts WHERE trace_id = ? AND settings_id = ?", [drawn.trace_id, drawn.settings.id]
    ).fetchone()
    return bool(stored >= len(drawn.rollouts))


def _add_rollouts(database: Database, drawn: ImportedRollouts) -> None:
    add_settings(database, drawn.settings)
    for judge in drawn.judges:
        add_judge(database, judge)
    request = canonical_json({"trace_id": drawn.trace_id, "source": drawn.source})
    run_id = start_run(database, "import", request, drawn.settings.id)
    add_rollouts(database, run_id, drawn.rollouts)
    end_run(database, run_id, "done")


def _add_labels(database: Database, labels: ImportedLabels) -> None:
    made = Circumstances(IMPORT, is_verified=False)
    for sentence, category in sorted(labels.categories.items()):
        set_label(database, labels.annotator, labels.trace_id, sentence, category, labels.codebook, made)
