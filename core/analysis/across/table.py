"""One table of a summary: the single source of what is printed, written as CSV or JSON, and shown on a screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeAlias

Value: TypeAlias = str | int | float | None


@dataclass(frozen=True)
class SummaryTable:
    """Rows of plain values, undefined ones None, under ``columns`` that say what they hold.

    ``name`` is also that of the CSV file. ``says`` is one sentence on what the table means, ``notes`` say what it
    rests on. A number ``x`` has its interval in ``x_low`` and ``x_high``. The leading columns named in ``blocks``
    divide the rows, which are in their order. ``signed`` columns are written with their sign, in all rows or in those
    of the ``measure`` named. ``by_trace`` marks a table that has a row for each trace.
    """

    name: str
    title: str
    says: str
    columns: Mapping[str, str]
    rows: tuple[tuple[Value, ...], ...]
    notes: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    signed: Mapping[str, str | None] = field(default_factory=dict)
    by_trace: bool = False

    def records(self) -> list[dict[str, Value]]:
        """The rows by column name, with nothing rounded."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Block:
    """A part of a table as text: what divides it from others, its header, and its cells; ``right`` are set right."""

    heading: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...]


def blocks_of(table: SummaryTable) -> Iterator[Block]:
    """Write a table for people: block by block, each number with its interval in one cell, empty where undefined."""
    columns = list(table.columns)
    shown = [name for name in columns if name not in table.blocks and not _is_bound(name, columns)]
    records = table.records()
    right = tuple(i for i, name in enumerate(shown) if not any(isinstance(record[name], str) for record in records))
    for values, group in groupby(records, key=lambda record: tuple(record[name] for name in table.blocks)):
        rows = tuple(tuple(_cell(record, name, table.signed) for name in shown) for record in group)
        heading = " · ".join(str(value) for value in values if value is not None)
        yield Block(heading, tuple(spoken(name) for name in shown), rows, right)


def spoken(name: str) -> str:
    """A column's name as it stands in a sentence: without the underscores."""
    return name.replace("_", " ")


def _is_bound(name: str, columns: Sequence[str]) -> bool:
    return any(name.endswith(end) and name.removesuffix(end) in columns for end in ("_low", "_high"))


def _cell(record: Mapping[str, Value], name: str, signed: Mapping[str, str | None]) -> str:
    value = record[name]
    if not isinstance(value, float):
        return "" if value is None else str(value)
    sign = "+" if name in signed and signed[name] in (None, record.get("measure")) else ""
    digits = 3 if name == "p" or name.endswith("_p") else 2
    low, high = record.get(f"{name}_low"), record.get(f"{name}_high")
    bounds = "" if low is None or high is None else f" [{low:{sign}z.2f}, {high:{sign}z.2f}]"
    return f"{value:{sign}z.{digits}f}{bounds}"
