"""Where the numbers of an export come from: programs, settings, judges, codebooks, and what each column means."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.clock import now
from core.export.table import Scope, Table
from core.store.rows import PROGRAM

METHODS = {
    "rate": "k / n over decided rollouts; without decision, truncated, restarted, filtered or failed ones count apart",
    "rate interval": "Wilson score, 95%",
    "direction": "rate at prefix i+1 less rate at prefix i; positive promotes the behavior",
    "direction interval": "Newcombe hybrid score (1998, method 10), 95%",
    "confirmed direction": "from fresh rollouts alone, drawn on both sides of sentences chosen before; the one to cite",
    "recycled rollouts": "in no table: every rollout counts at the prefix where it was drawn, and nowhere else",
    "judge": "where several judges decided a behavior, the one with most outcomes under the same settings counts",
    "label": "the last event of each annotator and sentence",
    "agreement": "Cohen's kappa, Krippendorff's alpha for categories; bootstrap 95% over traces, see docs/agreement.md",
    "rounding": "rates, directions, agreement and their bounds to six decimals, p and q to six significant digits",
    "gold label": "what was adjudicated, else the category that all of two or more annotators give",
}
CELLS = {
    "format": "RFC 4180, UTF-8, a header row; an empty cell is undefined, or an empty text",
    "formulas": "a text that a spreadsheet would run (=, +, - or @ first, after white space) has one ' in front",
    "surrogates": "a lone surrogate is written \\ud83d, with the backslashes before it, or before such text, doubled",
    "reader": "core.export.reader gives the original text back",
}


def provenance(scope: Scope, database: Path, tables: Sequence[tuple[Table, Sequence[str], int]]) -> dict[str, Any]:
    """Describe an export of ``tables``: each with the columns that were written and its number of rows."""
    return {
        "program": PROGRAM,
        "exported_at": now(),
        "database": database.name,
        "schema": _column(scope, "SELECT name FROM _sqlite_migrations WHERE migration_set = 'turnpoint' ORDER BY name"),
        "n_traces": len(scope.trace_ids),
        "splitters": _of_each_trace(scope, "SELECT splitter FROM traces WHERE id = ?"),
        "sampling_settings": _definitions(
            scope, "sampling_settings", (sampled.settings.id for sampled in scope.sampled), ("endpoint", "created_at")
        ),
        "judges": _definitions(
            scope,
            "judges",
            _of_each_trace(
                scope,
                "SELECT DISTINCT o.judge_id FROM rollouts r JOIN outcomes o ON o.rollout_id = r.id WHERE r.trace_id = ?"
                " UNION SELECT v.judge_id FROM rollouts r JOIN judge_votes v ON v.rollout_id = r.id"
                " WHERE r.trace_id = ?1",
            ),
            ("created_at",),
        ),
        "codebooks": _definitions(
            scope,
            "codebooks",
            _of_each_trace(
                scope,
                "SELECT DISTINCT codebook_id FROM label_events WHERE trace_id = ? AND codebook_id IS NOT NULL",
            ),
            ("version", "created_at"),
        ),
        "methods": METHODS,
        "cells": CELLS,
        "tables": {
            table.name: {"rows": n_rows, "columns": {name: table.columns[name] for name in columns}}
            for table, columns, n_rows in tables
        },
    }


def _column(scope: Scope, query: str, *values: str) -> list[str]:
    return [row[0] for row in scope.connection.execute(query, values)]


def _of_each_trace(scope: Scope, query: str) -> list[str]:
    return sorted({value for trace_id in scope.trace_ids for value in _column(scope, query, trace_id)})


def _definitions(scope: Scope, table: str, ids: Iterable[str], columns: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What each id was hashed from, with ``columns`` beside it."""
    definitions: dict[str, Mapping[str, Any]] = {}
    for row_id in sorted(set(ids)):
        row = scope.connection.execute(f"SELECT * FROM {table} WHERE id = ?", [row_id]).fetchone()  # noqa: S608
        if row is not None:
            definitions[row_id] = {column: row[column] for column in columns} | {
                "definition": json.loads(row["canonical"])
            }
    return definitions
