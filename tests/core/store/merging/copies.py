"""Copies of one database that go their own ways, and what each holds."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from core.annotation.codebook import load_codebook
from core.store.database import Store
from core.store.labels import set_label
from tests.core.analysis.stored import keep, make_trace

CODEBOOK = load_codebook()
SENTENCES = ("One.", " Two.", " Three.")
_FOLDER = tempfile.TemporaryDirectory()


@cache
def template() -> Path:
    """A database with two traces, made once."""
    path = Path(_FOLDER.name) / "template.db"
    with Store.open(path) as store:
        keep(store, make_trace("first", SENTENCES), make_trace("second", SENTENCES))
    return path


def copied(folder: Path, *names: str) -> list[Store]:
    """Open copies of `template` of these names."""
    return [Store.open(Path(shutil.copy(template(), folder / f"{name}.db"))) for name in names]


def label(store: Store, annotator: str, sentence: int, category: str | None, trace_id: str = "first") -> None:
    """Label a sentence, or clear it with None."""
    store.write(lambda db: set_label(db, annotator, trace_id, sentence, category, CODEBOOK)).result()


def standing(store: Store) -> dict[tuple[str, str, int], str | None]:
    """The category that stands, by annotator, trace and sentence, of every sentence that has events."""
    rows = store.read.execute(
        "SELECT annotator, trace_id, sentence_idx, category FROM label_events"
        " WHERE id IN (SELECT max(id) FROM label_events GROUP BY annotator, trace_id, sentence_idx)"
    )
    return {(row["annotator"], row["trace_id"], row["sentence_idx"]): row["category"] for row in rows}


def uids(store: Store) -> set[str]:
    """The names of all label events."""
    return {row["uid"] for row in store.read.execute("SELECT uid FROM label_events")}


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query, as tuples."""
    return [tuple(row) for row in store.read.execute(query)]
