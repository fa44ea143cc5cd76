"""What an import found, in the database: traces, and the rollouts, outcomes and labels that came with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.annotation.annotation import IMPORT, Circumstances
from core.canonical import canonical_json
from core.store.labels import set_label
from core.store.rollouts import add_judge, add_rollouts, add_settings, end_run, start_run
from core.store.traces import add_traces

if TYPE_CHECKING:
    from sqlite_utils import Database

    from core.traces.importers.result import ImportedLabels, ImportedRollouts, ImportResult


def add_imported(database: Database, result: ImportResult) -> None:
    """Write all that ``result`` holds (a job for the writer); its traces must not be in the database yet.

    The rollouts of each trace belong to a run of kind ``import``, which names where they come from.
    """
    add_traces(database, result.traces)
    for drawn in result.rollouts:
        _add_rollouts(database, drawn)
    for labels in result.labels:
        _add_labels(database, labels)


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
