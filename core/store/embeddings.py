"""Embeddings in the database: one vector per text and model, written once and never changed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from core.canonical import canonical_json, short_hash
from core.clock import now
from core.store.rows import PROGRAM, insert

if TYPE_CHECKING:
    from sqlite_utils import Database

FLOAT32, BFLOAT16, EXACT = "float32", "bfloat16", "exact"


@dataclass(frozen=True)
class EmbeddingModel:
    """What a vector depends on besides the text: the encoder, the hash of its weights, the arithmetic.

    ``dtype`` is float32 or bfloat16 for vectors computed in batches and stored as little-endian float16, or exact for
    those computed one by one in float32 and stored as little-endian float32.
    """

    name: str
    weights: str
    dtype: str

    @cached_property
    def id(self) -> str:
        """Short hash of all three."""
        return short_hash(canonical_json([self.name, self.weights, self.dtype]))


def add_embeddings(database: Database, model: EmbeddingModel, vectors: Mapping[str, bytes]) -> None:
    """Store vectors by text hash; one that is already there stays as it was."""
    row = {"id": model.id, "name": model.name, "weights": model.weights, "dtype": model.dtype}
    insert(database, "embedding_models", [row | {"program": PROGRAM, "created_at": now()}], ignore=True)
    rows = [{"model_id": model.id, "text_hash": key, "vector": vector} for key, vector in vectors.items()]
    insert(database, "embeddings", rows, ignore=True)


def load_embeddings(connection: sqlite3.Connection, model: EmbeddingModel, hashes: Collection[str]) -> dict[str, bytes]:
    """The stored vectors among ``hashes``, by text hash; what is not stored is left out."""
    # CROSS JOIN fixes the order: left to itself, SQLite walks through all vectors for each hash that is wanted.
    # In the order of the index. The place comes back instead of the hash, which would have to be decoded.
    asked = sorted(hashes)
    rows = connection.execute(
        """
        SELECT wanted.key, e.vector FROM json_each(?) wanted
          CROSS JOIN embeddings e ON e.model_id = ? AND e.text_hash = wanted.value
        """,
        [json.dumps(asked), model.id],
    )
    return {asked[place]: vector for place, vector in rows.fetchall()}


def stored_models(connection: sqlite3.Connection, name: str, weights: str) -> list[EmbeddingModel]:
    """The models under which this database has vectors of encoder ``name`` with these weights, by dtype."""
    rows = connection.execute(
        "SELECT name, weights, dtype FROM embedding_models WHERE name = ? AND weights = ? ORDER BY dtype",
        [name, weights],
    )
    return [EmbeddingModel(**dict(row)) for row in rows]


def stored_weights(connection: sqlite3.Connection, name: str) -> str | None:
    """Hash of the weights with which encoder ``name`` was used last on this database; None if it never was."""
    row = connection.execute(
        "SELECT weights FROM embedding_models WHERE name = ? ORDER BY created_at DESC, id LIMIT 1", [name]
    ).fetchone()
    return None if row is None else str(row["weights"])
