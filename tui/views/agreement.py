"""The tables of agreement as rows of a list, with the confusion of one pair as a square."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from core.annotation.codebook import Codebook
from tui.views.summary import SummaryRow, summary_rows

if TYPE_CHECKING:
    from core.analysis.agreement.agreement import Agreement
    from core.analysis.agreement.units import Rater


ROOM_FOR_NAMES = 100
"""Cells from which on the rows of a confusion can have the whole names of categories."""


def agreement_rows(
    found: Agreement, pair: tuple[Rater, Rater] | None, codebook: Codebook, width: int
) -> list[SummaryRow]:
    """Every table under its title; of the confusions that of ``pair`` (None: there is none)."""
    from core.analysis.agreement.tables import ALL, CONFUSION, agreement_summary, confusion_matrix

    summary = agreement_summary(found)
    tables = {table.name: table for table in summary.tables if table.name != CONFUSION}
    first = tables.pop(ALL)
    is_narrow = width < ROOM_FOR_NAMES
    rest = [confusion_matrix(found.confusion(*pair), codebook.tag, short_rows=is_narrow)] if pair else []
    return summary_rows(replace(summary, tables=(first, *tables.values(), *rest)))


def pair_of(row: SummaryRow, found: Agreement) -> tuple[Rater, Rater] | None:
    """The two raters that a row of a table of pairs is about; None for other rows."""
    from core.analysis.agreement.tables import AGAINST, PAIRS

    if row.record is None or row.table.name not in (PAIRS, AGAINST):
        return None
    first, second, *_ = row.table.rows[row.record]
    return next(pair for pair in found.rater_pairs if (pair[0].label, pair[1].label) == (first, second))


def first_row_of(rows: Sequence[SummaryRow], name: str) -> int:
    """Where the table of that name begins; it is there."""
    return next(i for i, row in enumerate(rows) if row.table.name == name)
