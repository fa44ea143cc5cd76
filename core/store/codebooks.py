"""Codebooks in the database: every one under which a label was ever given, and which labels those are."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from core.annotation.categories import Codebook, codebook_of
from core.clock import now
from core.errors import NotFoundError
from core.store.rows import insert
from core.store.standing import standing

if TYPE_CHECKING:
    from sqlite_utils import Database

SHORTEST_ID: Final = 4
"""Characters of an id that are enough to name a codebook, if they are those of one only."""


class LabelPlace(NamedTuple):
    """Where a label stands, and whose it is."""

    annotator: str
    trace_id: str
    sentence_idx: int


_OF_A_CODEBOOK = "category IS NOT NULL AND codebook_id IS NOT NULL"


def add_codebook(database: Database, codebook: Codebook) -> None:
    """Store a codebook once."""
    row = {"id": codebook.id, "version": codebook.version, "canonical": codebook.canonical, "created_at": now()}
    insert(database, "codebooks", [row], ignore=True)


def load_codebooks(connection: sqlite3.Connection) -> dict[str, Codebook]:
    """Every stored codebook by its id, the oldest first; what is none, or not the one that its id names, is left out.

    Colours are not stored.
    """
    found = {}
    for row in connection.execute("SELECT id, canonical FROM codebooks ORDER BY created_at, rowid"):
        try:
            codebook = codebook_of(row["canonical"])
        except ValueError:
            continue
        if codebook.id == row["id"]:
            found[codebook.id] = codebook
    return found


def find_codebook(codebooks: Mapping[str, Codebook], named: str) -> Codebook:
    """The codebook with this id, the beginning of one, or this version.

    Raises:
        NotFoundError: if there is none, or more than one.
    """
    starts = [c for c in codebooks.values() if len(named) >= SHORTEST_ID and c.id.startswith(named)]
    found = starts or [c for c in codebooks.values() if c.version == named]
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFoundError(f"{len(found)} codebooks are {named!r}; name one by its id: {_listed(found)}.")
    known = f"known are {_listed(codebooks.values())}." if codebooks else "no label was ever given in it."
    raise NotFoundError(f"the database knows no codebook {named!r}; {known}")


def _listed(codebooks: Collection[Codebook]) -> str:
    return ", ".join(f"{codebook.id} (version {codebook.version})" for codebook in codebooks)


def count_by_codebook(connection: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """How many labels that stand were given under each codebook, by its id and then by annotator."""
    counted: dict[str, dict[str, int]] = {}
    for row in connection.execute(
        f"SELECT codebook_id, annotator, count(*) AS n FROM {standing()} WHERE {_OF_A_CODEBOOK}"  # noqa: S608
        " GROUP BY codebook_id, annotator"
        " ORDER BY codebook_id, annotator"
    ):
        counted.setdefault(row["codebook_id"], {})[row["annotator"]] = row["n"]
    return counted


def count_under_others(connection: sqlite3.Connection, annotator: str, codebook_id: str) -> dict[str, int]:
    """How many labels of this annotator that stand were given under other codebooks, by their ids."""
    if connection.execute("SELECT 1 FROM codebooks WHERE id <> ? LIMIT 1", [codebook_id]).fetchone() is None:
        return {}
    rows = connection.execute(
        f"SELECT codebook_id, count(*) AS n FROM {standing('annotator = ?')}"  # noqa: S608  # no input
        f" WHERE {_OF_A_CODEBOOK} AND codebook_id <> ?"
        " GROUP BY codebook_id ORDER BY n DESC, codebook_id",
        [annotator, codebook_id],
    )
    return {row["codebook_id"]: row["n"] for row in rows}


def labels_under(
    connection: sqlite3.Connection, codebook_id: str, annotators: Collection[str] | None
) -> tuple[LabelPlace, ...]:
    """Where the labels stand that were given under a codebook, by these annotators (None: by all), in order."""
    rows = connection.execute(
        f"SELECT annotator, trace_id, sentence_idx FROM {standing()}"  # noqa: S608  # no input
        f" WHERE {_OF_A_CODEBOOK} AND codebook_id = ?"
        " ORDER BY annotator, trace_id, sentence_idx",
        [codebook_id],
    )
    return tuple(LabelPlace(*row) for row in rows if annotators is None or row["annotator"] in annotators)
