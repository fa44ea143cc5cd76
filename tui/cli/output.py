"""Writing to standard output: tables for people, JSON for machines, hostile text made visible for both terminals."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.cells import cell_len

from core.analysis.intervals import Interval
from core.sanitize import visible_line
from tui.widgets.wrapping import clip

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
yes_option = click.option(
    "--yes", "is_meant", is_flag=True, help="Carry a run out that is larger than 20,000 rollouts or $100."
)


def print_json(value: Any) -> None:
    """Print one JSON document; ASCII, so that no terminal is addressed by the text in it."""
    click.echo(json.dumps(value, indent=2, allow_nan=False))


def say(sentence: str) -> None:
    """Print one line for a person."""
    click.echo(visible_line(sentence))


def warn(sentence: str) -> None:
    """Print one line on standard error."""
    click.echo(f"turnpoint: {visible_line(sentence)}", err=True)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Print aligned columns; ``right`` lists those set right. On a terminal the last column is cut to fit."""
    cells = [[visible_line(cell) for cell in row] for row in rows]
    widths = [max([cell_len(name), *(cell_len(row[i]) for row in cells)]) for i, name in enumerate(header)]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for row in [list(header), *cells]:
        parts = [
            " " * (widths[i] - cell_len(cell)) + cell if i in right else cell + " " * (widths[i] - cell_len(cell))
            for i, cell in enumerate(row)
        ]
        line = "  ".join(parts).rstrip()
        click.echo(clip(line, room) if room else line)


def number(value: float | None) -> str:
    """Two decimals, or nothing where there is no number."""
    return "" if value is None else f"{value:.2f}"


def interval(bounds: Interval | None, *, signed: bool = False) -> str:
    """An interval in brackets, or nothing."""
    if bounds is None:
        return ""
    low, high = bounds
    return f"[{low:+z.2f}, {high:+z.2f}]" if signed else f"[{low:.2f}, {high:.2f}]"


def interval_json(bounds: Interval | None) -> list[float] | None:
    """An interval as JSON has it: both bounds, nothing rounded, or null."""
    return None if bounds is None else [bounds.low, bounds.high]
