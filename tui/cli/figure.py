"""`turnpoint figure`: the article's figures as files, each with the CSV of its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from core.errors import NotFoundError
from tui.cli.completing import complete_traces
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, say
from tui.cli.sampled import named_settings, refuse_other_settings, warn_of_earlier_scopes
from tui.cli.shared import ENDPOINT, takes

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def figure() -> None:
    """Draw figures as PNG, SVG and PDF, with the CSV of their numbers."""


def _file_options(command: F) -> F:
    """The options that both figures have."""
    for option in (
        takes("db", *ENDPOINT),
        json_option,
        click.option("--force", is_flag=True, help="Replace files that are there."),
        click.option("--settings", "settings_id",
                     help="Id of the sampling settings to look at; default: the endpoint's, or the most used."),
        click.option("--format", "formats", multiple=True, type=click.Choice(["png", "svg", "pdf"]),
                     help="Format to write (may be repeated); default: by the name of the file, or all three."),
        click.option("--output", "-o", "outputs", multiple=True, type=click.Path(path_type=Path),
                     help="File to write, with or without .png, .svg or .pdf (may be repeated)."),
    ):  # fmt: skip
        command = option(command)
    return command


@figure.command("trace")
@click.argument("trace_id", metavar="TRACE", shell_complete=complete_traces)
@click.option("--behavior", help="Behavior whose directions are drawn; default: alignment_faking.")
@_file_options
@click.pass_obj
def trace_(
    options: Options,
    trace_id: str,
    behavior: str | None,
    outputs: tuple[Path, ...],
    formats: tuple[str, ...],
    settings_id: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Draw one TRACE: rates by prefix, directions by sentence, turning points with their text."""
    from core.analysis.rates import choose_settings, load_rates
    from core.figures.trace import draw
    from core.figures.trace_data import COLUMNS, main_behavior, rows, trace_figure_data
    from core.figures.write import file_stem, write_figure
    from core.store.traces import load_trace
    from tui.cli.importance import estimate

    wanted = settings_id or named_settings(options)
    with options.open_store() as store:
        trace = load_trace(store.read, trace_id)
        settings = choose_settings(store.read, trace_id, wanted)
        refuse_other_settings(store, trace_id, settings_id, settings)
        if settings is None:
            raise NotFoundError(
                f"trace {trace_id!r} has no rollouts to draw; `turnpoint resample TRACE --all` draws some."
            )
        config = options.config()
        warn_of_earlier_scopes(store, config)
        found = estimate(store, trace, settings.id, config.embedding)
        shown = main_behavior(found, trace_id, behavior)
        data = trace_figure_data(trace, load_rates(store.read, trace_id, settings.id), shown, settings)
    paths = _paths(outputs, formats, f"{file_stem(trace_id)}-figure")
    files = write_figure(draw(data), COLUMNS, rows(data), paths, force=force)
    said = {
        "trace_id": trace_id,
        "settings_id": settings.id,
        "behavior": data.behavior,
        "turning_points": [one.sentence_idx for one in data.turning_points],
    }
    _report(files, said, as_json)


@figure.command("rates")
@click.argument("trace_ids", nargs=-1, metavar="[TRACE]...", shell_complete=complete_traces)
@_file_options
@click.pass_obj
def rates_(
    options: Options,
    trace_ids: tuple[str, ...],
    outputs: tuple[Path, ...],
    formats: tuple[str, ...],
    settings_id: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Draw the rates of each TRACE's prompt (default: of all) by tier and prompt variant."""
    from core.figures.rates import draw
    from core.figures.rates_data import COLUMNS, rates_figure_data, rows
    from core.figures.write import write_figure

    wanted = settings_id or named_settings(options)
    with options.open_store() as store:
        data = rates_figure_data(store.read, trace_ids or None, wanted)
    if settings_id and data.settings.id != settings_id:
        raise NotFoundError(
            f"no trace has rollouts of prefix 0 under settings {settings_id!r}; most have some under "
            f"{data.settings.id}."
        )
    paths = _paths(outputs, formats, "rates-figure")
    files = write_figure(draw(data), COLUMNS, rows(data), paths, force=force)
    cells = [
        {
            "prompt_variant": cell.prompt_variant or None,
            "tier": cell.tier or None,
            "behavior": cell.behavior,
            "n_traces": len(cell.traces),
            "k": cell.count.k,
            "n": cell.count.n,
            "rate": cell.count.rate,
            "wilson": None if cell.count.interval is None else list(cell.count.interval),
        }
        for cell in data.cells
    ]
    _report(files, {"settings_id": data.settings.id, "cells": cells}, as_json)


def _paths(outputs: Sequence[Path], formats: Sequence[str], stem: str) -> list[Path]:
    """The files that are meant: a folder, or a name without a suffix, stands for one in each format.

    A suffix that is none of ours is refused later, unless --format says that it is part of the name.
    """
    from core.figures.write import FORMATS

    found: list[Path] = []
    for output in outputs or (Path(),):
        path = output / stem if output.is_dir() else output
        named = path != output or not path.suffix
        if path == output and path.suffix.lower().lstrip(".") in FORMATS:
            found.append(path)
            path = path.with_suffix("")
        elif not named and not formats:
            found.append(path)
        found += [path.with_name(f"{path.name}.{kind}") for kind in formats or (FORMATS if named else ())]
    return found


def _report(files: Sequence[Path], said: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json({"files": [str(path) for path in files], **said})
        return
    for path in files:
        say(f"wrote {path}")
