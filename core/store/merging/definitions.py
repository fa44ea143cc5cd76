"""What is named by a hash of itself, so that equal things have one id in every database; and embeddings."""

from __future__ import annotations

from typing import Final

from core.store.merging.state import Merging

DEFINED: Final = ("prompts", "codebooks", "sampling_settings", "judges", "suggesters", "embedding_models")


def merge_definitions(merging: Merging) -> None:
    """Bring over definitions that are unknown here."""
    for table in DEFINED:
        for row in merging.theirs(f"SELECT * FROM {table}"):  # noqa: S608 - a name of ours
            merging.keep(table, dict(row))


def merge_embeddings(merging: Merging) -> None:
    """Bring over vectors of texts that are not encoded here."""
    for row in merging.theirs("SELECT * FROM embeddings"):
        merging.keep("embeddings", dict(row))
