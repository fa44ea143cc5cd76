"""Figures as files: PNG, SVG or PDF beside the CSV of their numbers, all of them or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.errors import ExportError
from core.export.csv_file import write_csv
from core.export.directory import whole_directory, write_durably
from core.export.table import Row
from core.figures.style import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS: Final = ("png", "svg", "pdf")
DPI: Final = 300

# Neither a time nor a version: the same numbers give the same bytes.
_METADATA: Final[Mapping[str, dict[str, Any]]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
# Pixels on a side of which matplotlib can draw no more.
_MOST_PIXELS: Final = 60_000
_LONGEST_STEM: Final = 80


def rendered(figure: Figure, kind: str) -> bytes:
    """The bytes of one file; the same figure gives the same bytes.

    A PNG has 300 pixels to the inch, or fewer where the figure would be too tall for that. Text in an SVG is drawn as
    outlines, so that it looks the same everywhere; in a PDF it can be searched.

    Raises:
        ValueError: if ``kind`` is not one of `FORMATS`.
    """
    if kind not in FORMATS:
        raise ValueError(f"{kind!r} is not one of {', '.join(FORMATS)}")
    dpi = min(DPI, int(_MOST_PIXELS / max(figure.get_size_inches())))
    held = BytesIO()
    with style():
        figure.savefig(held, format=kind, dpi=dpi, metadata=_METADATA[kind])
    return held.getvalue()


def write_figure(
    figure: Figure, columns: Iterable[str], rows: Iterable[Row], outputs: Sequence[Path], *, force: bool = False
) -> tuple[Path, ...]:
    """Write ``figure`` into each of ``outputs``, by their suffixes, and its numbers into a CSV of the same name.

    The files appear when all are safe on disk. Their folder is made where there is none.

    Args:
        figure: from `core.figures.trace.draw` or `core.figures.rates.draw`.
        columns: of the CSV.
        rows: of the CSV, exactly what is drawn.
        outputs: files of one folder that end in .png, .svg or .pdf.
        force: replace files that are there.

    Returns:
        The files that were written: figures, then their CSV.

    Raises:
        ExportError: if a suffix is another, the files belong into different folders, one of them is there already (and
            ``force`` is false), or one cannot be written.
    """
    for path in outputs:
        if path.suffix.lower().lstrip(".") not in FORMATS:
            raise ExportError(f"{path}: a figure is written as .png, .svg or .pdf; name such a file, or use --format.")
    folders = list(dict.fromkeys(path.parent for path in outputs))
    if len(folders) != 1:
        raise ExportError(f"{' and '.join(map(str, folders))}: a figure goes into one folder; write it once for each.")
    figures = list(dict.fromkeys(outputs))
    tables = list(dict.fromkeys(path.with_suffix(".csv") for path in figures))
    files = (*figures, *tables)
    for path in files:
        if path.exists() and not force:
            raise ExportError(f"{path}: this file is there already; name another, or use --force to replace it.")
    kept = list(rows)
    contents = {path.name: rendered(figure, path.suffix.lower().lstrip(".")) for path in figures}
    with whole_directory(folders[0], [path.name for path in files], force=True) as staging:
        for name, content in contents.items():
            write_durably(staging / name, content)
        for path in tables:
            write_csv(staging / path.name, list(columns), kept)
    return files


def file_stem(trace_id: str) -> str:
    """A name for the files of a trace, of plain letters, digits, ``.``, ``_`` and ``-``, whatever its id is."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", trace_id).strip(".-")
    return plain[:_LONGEST_STEM] or "trace"
