"""What one table of an export is, and the moment of the database that all of them show."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from core.analysis.rates import RateTable, load_rates
from core.export.cells import Cell
from core.store.rates import SettingsInUse, settings_in_use
from core.store.traces import check_known

if TYPE_CHECKING:
    from core.export.comparison import Comparison, Estimated

Row: TypeAlias = Sequence[Cell]

# The columns that hold what a model wrote, left out where an export is to go without text.
PROSE = frozenset({"response", "text", "reply"})


@dataclass(frozen=True)
class Sampled:
    """A trace, and one of the sampling settings under which it has rollouts."""

    trace_id: str
    settings: SettingsInUse


@dataclass(frozen=True)
class Scope:
    """The traces of an export, in the order in which they were added, and the connection that reads them.

    ``estimated`` holds what comparing their sentences by ``compared`` told; nothing where that was not asked for.
    """

    connection: sqlite3.Connection
    trace_ids: tuple[str, ...]
    sampled: tuple[Sampled, ...]
    estimated: tuple[Estimated, ...] = ()
    compared: Comparison | None = None

    def rates(self, sampled: Sampled) -> RateTable:
        """Count the rollouts of one trace under one of its settings."""
        return load_rates(self.connection, sampled.trace_id, sampled.settings.id)

    def rows_of_each_trace(self, query: str) -> Iterator[Row]:
        """Run ``query``, which has the trace id as its one parameter, for each trace in turn."""
        for trace_id in self.trace_ids:
            for row in self.connection.execute(query, [trace_id]):
                yield tuple(row)


@dataclass(frozen=True)
class Table:
    """A CSV file: its name, each column with what it means, and its rows in a fixed order."""

    name: str
    columns: Mapping[str, str]
    rows: Callable[[Scope], Iterator[Row]]


def choose_traces(connection: sqlite3.Connection, wanted: Sequence[str] | None) -> Scope:
    """Scope of an export: the ``wanted`` traces, or all of them, the unanswered ones too, for None.

    Raises:
        NotFoundError: if one of them is not in the database.
    """
    known = [row["id"] for row in connection.execute("SELECT id FROM traces ORDER BY rowid")]
    if wanted is not None:
        check_known(connection, wanted)
        known = [trace_id for trace_id in known if trace_id in wanted]
    sampled = (
        Sampled(trace_id, settings)
        for trace_id in known
        for settings in sorted(settings_in_use(connection, trace_id), key=lambda settings: settings.id)
    )
    return Scope(connection, tuple(known), tuple(sampled))
