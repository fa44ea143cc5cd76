"""The tables of a summary as rows of a list, and each row with all its columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from core.sanitize import visible_line
from tui.palette import DIM
from tui.widgets.text_list import TextItem
from tui.widgets.wrapping import clip

if TYPE_CHECKING:
    from core.analysis.across.summary import Summary
    from core.analysis.across.table import Block, SummaryTable

MOST_CELLS = 28
"""No column is wider; what is longer can be read in full."""


@dataclass(frozen=True)
class SummaryRow:
    """One row of the list; ``record`` numbers the row of ``table`` that it shows, None for headings and sentences."""

    item: TextItem
    table: SummaryTable
    record: int | None = None


def summary_rows(summary: Summary) -> list[SummaryRow]:
    """Every table under its title: what it says, its rows block by block, what it rests on."""
    rows: list[SummaryRow] = []
    for table in summary.tables:
        rows.append(SummaryRow(TextItem(f"── {visible_line(table.title)} ──", is_heading=True), table))
        rows.append(SummaryRow(TextItem(visible_line(table.says)), table))
        rows += _table_rows(table)
        rows += [SummaryRow(TextItem(visible_line(note)), table) for note in table.notes]
    if rows:
        rows += [SummaryRow(TextItem(visible_line(note)), rows[-1].table) for note in summary.notes]
    return rows


def _table_rows(table: SummaryTable) -> Iterator[SummaryRow]:
    from core.analysis.across.table import blocks_of

    record = 0
    for block in blocks_of(table):
        if block.heading:
            yield SummaryRow(TextItem("", ((visible_line(block.heading), DIM),)), table)
        header, *lines = _aligned(block)
        yield SummaryRow(TextItem("", ((f"  {header}", DIM),)), table)
        for line in lines:
            yield SummaryRow(TextItem(f"  {line}", max_rows=1), table, record)
            record += 1


def _aligned(block: Block) -> list[str]:
    """The header and the rows of a block, column under column."""
    cells = [[clip(visible_line(cell), MOST_CELLS) for cell in row] for row in (block.header, *block.rows)]
    widths = [max(cell_len(row[i]) for row in cells) for i in range(len(block.header))]
    return ["  ".join(_set(cell, widths[i], i in block.right) for i, cell in enumerate(row)).rstrip() for row in cells]


def _set(cell: str, width: int, right: bool) -> str:
    blank = " " * (width - cell_len(cell))
    return blank + cell if right else cell + blank


def record_lines(row: SummaryRow) -> list[tuple[str, str, str]]:
    """Name, value and meaning of each column of a table; a heading has no values."""
    from core.analysis.across.table import spoken

    if row.record is None:
        return [(visible_line(spoken(name)), "", visible_line(meaning)) for name, meaning in row.table.columns.items()]
    values = row.table.rows[row.record]
    return [
        (visible_line(spoken(name)), _full(value), visible_line(meaning))
        for (name, meaning), value in zip(row.table.columns.items(), values, strict=True)
    ]


def _full(value: str | int | float | None) -> str:
    if value is None:
        return "—"
    return f"{value:.4f}" if isinstance(value, float) else visible_line(str(value))


def trace_of(row: SummaryRow) -> str | None:
    """The trace that a row is about, if it is about one."""
    if row.record is None or "trace_id" not in row.table.columns:
        return None
    value = row.table.rows[row.record][list(row.table.columns).index("trace_id")]
    return str(value)
