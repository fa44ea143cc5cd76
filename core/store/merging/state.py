"""What the parts of a merge share: both connections, what rows of the other file are called here, and the counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

from core.errors import StoreError
from core.store.merging.report import Tally
from core.store.rows import insert_row

if TYPE_CHECKING:
    from sqlite_utils import Database


class StoppedError(Exception):
    """Whoever waits for the merge has gone."""


class Mapped(NamedTuple):
    """A rollout of the other file in this one; ``is_new`` if the merge brought it."""

    id: int
    is_new: bool


@dataclass
class Watch:
    """Whoever waits for a merge: told every hundred rows how many were read, of all files, and free to leave."""

    on_read: Callable[[int], None] = lambda _: None
    n_read: int = 0
    _has_left: Event = field(default_factory=Event)

    def leave(self) -> None:
        """Have the merge stop, from another thread."""
        self._has_left.set()

    @property
    def has_left(self) -> bool:
        """Whether nobody waits any more."""
        return self._has_left.is_set()

    def read(self) -> None:
        """Count a row.

        Raises:
            StoppedError: if nobody waits any more.
        """
        if self.has_left:
            raise StoppedError
        self.n_read += 1
        if self.n_read % 100 == 0:
            self.on_read(self.n_read)


@dataclass
class Merging:
    """One other file, as one read transaction shows it, on its way into this database.

    ``traces``, ``runs`` and ``batches`` map ids of the other file to ids here; a trace that has the same id is left
    out. Rollouts, of which there may be a million, are mapped in a temporary table.
    """

    database: Database
    other: sqlite3.Connection
    name: str
    stem: str
    watch: Watch
    tally: Tally = field(default_factory=Tally)
    traces: dict[str, str] = field(default_factory=dict)
    runs: dict[int, int] = field(default_factory=dict)
    batches: dict[int, int] = field(default_factory=dict)
    _text: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def here(self) -> sqlite3.Connection:
        """The connection that writes to this database."""
        return self.database.conn

    def theirs(self, query: str, values: Sequence[Any] = ()) -> Iterator[sqlite3.Row]:
        """Rows of the other file, one at a time.

        Raises:
            StoreError: if the other file cannot be read.
            StoppedError: if nobody waits for the merge any more.
        """
        try:
            for row in self.other.execute(query, values):
                self.watch.read()
                yield row
        except sqlite3.Error as error:
            raise StoreError(f"{self.name}: the database cannot be read ({error}), so nothing was merged.") from error

    def trace(self, trace_id: str) -> str:
        """What a trace of the other file is called here."""
        return self.traces.get(trace_id, trace_id)

    def run(self, run_id: int | None) -> int | None:
        """What a run of the other file is called here."""
        return None if run_id is None else self.runs.get(run_id)

    def add(self, table: str, row: Mapping[str, Any]) -> int | None:
        """Insert a row, byte for byte, and return its id; None if one of the same key is there."""
        if table not in self._text:
            columns = self.here.execute(f"PRAGMA table_info({table})")
            self._text[table] = tuple(column["name"] for column in columns if column["type"] == "TEXT")
        return insert_row(self.database, table, row, text=self._text[table], ignore=True)

    def keep(self, table: str, row: Mapping[str, Any]) -> bool:
        """Insert and count a row that is named by its key; one that is there stays. Tells whether it was added."""
        is_added = self.add(table, row) is not None
        self.tally.count(table, is_added)
        return is_added

    def begin_rollouts(self) -> None:
        """Make the table that maps rollouts."""
        self.here.execute(
            "CREATE TEMP TABLE IF NOT EXISTS merging_rollouts"
            " (theirs INTEGER PRIMARY KEY, ours INTEGER, is_new INTEGER)"
        )
        self.here.execute("DELETE FROM temp.merging_rollouts")

    def map_rollout(self, theirs: int, ours: int, *, is_new: bool) -> None:
        """Remember what a rollout of the other file is here."""
        self.here.execute("INSERT INTO temp.merging_rollouts VALUES (?, ?, ?)", [theirs, ours, is_new])

    def rollout(self, theirs: int) -> Mapped:
        """What a rollout of the other file is here.

        Raises:
            StoreError: if the other file has a row about a rollout that it lacks.
        """
        row = self.here.execute("SELECT ours, is_new FROM temp.merging_rollouts WHERE theirs = ?", [theirs]).fetchone()
        if row is None:
            raise StoreError(f"{self.name}: a row in it is about rollout {theirs}, which is missing; check it with "
                             "`turnpoint --db FILE doctor`.")  # fmt: skip
        return Mapped(row["ours"], bool(row["is_new"]))

    def end_rollouts(self) -> None:
        """Forget the mapping."""
        self.here.execute("DROP TABLE temp.merging_rollouts")


def without_id(row: sqlite3.Row) -> dict[str, Any]:
    """A row's columns but its id, which another file gave it."""
    return {name: row[name] for name in row.keys() if name != "id"}  # noqa: SIM118 - of a sqlite3.Row
