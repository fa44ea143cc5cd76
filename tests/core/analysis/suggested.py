"""Suggestions of a model, written straight into a database."""

from __future__ import annotations

from collections.abc import Mapping

from core.store.database import Store
from core.store.rows import insert

ANY_TIME = "2026-01-31T12:00:00.000Z"


def suggest(store: Store, name: str, categories: Mapping[tuple[str, int], str]) -> None:
    """Let the model ``name`` suggest a category for each trace and sentence."""
    suggester = {"id": f"id-{name}", "canonical": "{}", "kind": "model", "name": name, "created_at": ANY_TIME}
    rows = [
        {
            "suggester_id": f"id-{name}",
            "trace_id": trace_id,
            "sentence_idx": index,
            "category": category,
            "created_at": ANY_TIME,
        }
        for (trace_id, index), category in categories.items()
    ]
    store.write(lambda db: insert(db, "suggesters", [suggester])).result()
    store.write(lambda db: insert(db, "suggestions", rows)).result()
