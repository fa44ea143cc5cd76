"""Reading a table of labels: an export of turnpoint, one edited in a spreadsheet, or one that somebody made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.annotation.annotation import IMPORT, SOURCES, Circumstances, Suggested
from core.annotation.spreadsheet import decimal, iter_cells, layout_of
from core.errors import ImportRefusedError

NEEDED: Final = ("trace_id", "sentence_idx", "annotator", "category")
_HISTORY: Final = ("uid", "kind", "target_uid")
_YES = ("1", "true", "yes", "x", "wahr", "vrai", "verdadero", "vero", "waar")
_NO = ("0", "false", "no", "falsch", "faux", "falso", "onwaar")
"""What spreadsheets make of true and false, and people write."""


@dataclass(frozen=True)
class LabelRow:
    """One row: what an annotator says of a sentence. None of ``secondary``, ``is_unsure``, ``note``: not said.

    ``text`` is the sentence as the table has it, if it has it. ``codebook_id`` and ``codebook_version`` name the
    codebook that the category is of.
    """

    path: Path
    line: int
    trace_id: str
    sentence_idx: int
    annotator: str
    category: str
    secondary: str | None
    is_unsure: bool | None
    note: str | None
    text: str | None
    codebook_id: str | None
    codebook_version: str | None
    circumstances: Circumstances


@dataclass(frozen=True)
class LabelTable:
    """The rows of a file that have a category, how many have none, and why others cannot be read."""

    rows: tuple[LabelRow, ...]
    n_empty: int
    refused: tuple[ImportRefusedError, ...]


def is_label_table(path: Path) -> bool:
    """Whether a file begins with the header of a table of sentences and categories, or of the history of labels."""
    layout = layout_of(path, NEEDED[0])
    columns = frozenset(layout.columns if layout else ())
    is_history = columns.issuperset(_HISTORY)
    return is_history or (columns.issuperset(NEEDED[:2]) and not columns.isdisjoint(NEEDED[2:]))


def read_label_table(path: Path) -> LabelTable:
    """Read every row; a row without a category was left open, and is no label.

    Raises:
        ImportRefusedError: if the file is no table, lacks a column that is needed, or is a history of labels.
    """
    layout = layout_of(path, NEEDED[0])
    if layout is None:
        raise ImportRefusedError(path, f"no column {NEEDED[0]}; a table of labels needs {', '.join(NEEDED)}.", 1)
    if set(layout.columns).issuperset(_HISTORY):
        raise ImportRefusedError(
            path, "a history of labels, which cannot be imported; `turnpoint merge` brings over the database itself."
        )
    for name in NEEDED:
        if name not in layout.columns:
            reason = f"no column {name}; a table of labels needs {', '.join(NEEDED)}."
            raise ImportRefusedError(path, reason, 1 + layout.n_before)
    rows: list[LabelRow] = []
    refused: list[ImportRefusedError] = []
    n_empty = 0
    for line, cells in iter_cells(path, layout):
        if not cells["category"].strip():
            n_empty += 1
            continue
        try:
            rows.append(_row(path, line, cells))
        except _CellError as error:
            refused.append(ImportRefusedError(path, str(error), line))
    return LabelTable(tuple(rows), n_empty, tuple(refused))


class _CellError(ValueError):
    """What is wrong with a cell, as one sentence."""


def _row(path: Path, line: int, cells: Mapping[str, str]) -> LabelRow:
    values = {name: cell.strip() for name, cell in cells.items()}
    return LabelRow(
        path,
        line,
        trace_id=cells["trace_id"],
        sentence_idx=_whole(values["sentence_idx"]),
        annotator=values["annotator"],
        category=values["category"],
        secondary=values.get("secondary"),
        is_unsure=_flag(values["unsure"], "unsure", False) if "unsure" in values else None,
        note=values.get("note"),
        text=cells.get("text") or None,
        codebook_id=values.get("codebook_id") or None,
        codebook_version=values.get("codebook_version") or None,
        circumstances=_circumstances(values),
    )


def _circumstances(values: Mapping[str, str]) -> Circumstances:
    source = values.get("source") or IMPORT
    if source not in SOURCES:
        raise _CellError(f"source {source!a:.60} is none of {', '.join(SOURCES)}; correct it, or leave it empty.")
    suggested = None
    if values.get("suggested"):
        confidence = _decimal(values, "confidence")
        if confidence is not None and confidence > 1:
            raise _CellError(f"confidence {confidence} is not between 0 and 1; correct it, or leave it empty.")
        suggested = Suggested(values["suggested"], values.get("suggested_by", ""), confidence)
    return Circumstances(
        source,
        is_verified=_flag(values.get("verified", ""), "verified", True),
        suggested=suggested,
        is_blind=_flag(values.get("blind", ""), "blind", False),
        seconds=_decimal(values, "seconds"),
        ordered_by=values.get("ordered_by") or None,
    )


def _whole(cell: str) -> int:
    # A column of numbers with a gap comes out of some tools as 3.0.
    digits = cell.removesuffix(".0")
    if not (digits.isascii() and digits.isdecimal()):
        raise _CellError(f"sentence_idx {cell!a:.60} is no whole number; number sentences from 0.")
    return int(digits)


def _flag(cell: str, name: str, empty: bool) -> bool:
    if cell.lower() in _YES:
        return True
    if cell.lower() in _NO:
        return False
    if cell:
        raise _CellError(f"{name} {cell!a:.60} is neither 1 nor 0; correct it, or leave it empty.")
    return empty


def _decimal(values: Mapping[str, str], name: str) -> float | None:
    cell = values.get(name)
    if not cell:
        return None
    number = decimal(cell)
    if number is None or not 0 <= number < float("inf"):
        raise _CellError(f"{name} {cell!a:.60} is no number of 0 or more; correct it, or leave it empty.")
    return number
