"""Disagreements as one CSV file, a row per sentence and rater."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from core.annotation.disagreement import Disagreement
from core.errors import ExportError
from core.export.csv_file import write_csv
from core.export.table import Row

COLUMNS: Final = (
    "trace_id", "sentence_idx", "extent", "rater", "kind", "compared", "category", "secondary", "unsure", "note",
    "blind", "seconds", "confidence", "gold", "decided_by", "reason", "text",
)  # fmt: skip


def write_disagreements(path: Path, found: Sequence[Disagreement], texts: Sequence[str]) -> int:
    """Write `COLUMNS` of ``found``, each with its sentence of ``texts``, and return the number of rows.

    Raises:
        ExportError: if the file is there already, or cannot be written.
    """
    try:
        return write_csv(path, COLUMNS, _rows(found, texts))
    except FileExistsError as error:
        raise ExportError(f"{path}: this file is there already; name a new one.") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise ExportError(f"{path}: the file cannot be written ({reason}); name another.") from error


def _rows(found: Sequence[Disagreement], texts: Sequence[str]) -> Iterator[Row]:
    for one, text in zip(found, texts, strict=True):
        gold = (None, None, None) if one.gold is None else (one.gold.category, one.gold.decided_by, one.gold.reason)
        for opinion in (*one.opinions, *one.beside):
            yield (
                *one.place, one.extent, opinion.rater, opinion.kind, int(opinion in one.opinions), opinion.category,
                opinion.secondary, int(opinion.is_unsure), opinion.note, int(opinion.is_blind), opinion.seconds,
                opinion.confidence, *gold, text,
            )  # fmt: skip
