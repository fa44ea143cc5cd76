"""`turnpoint import`: traces from files into the database."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import ConfigError, ImportRefusedError
from tui.cli.importing_labels import import_tables
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, say, warn
from tui.cli.shared import said_after, takes
from tui.views.deleting import what_hangs
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from sqlite_utils import Database

    from core.store.deleting import Deletion
    from core.store.reimport import Beside
    from core.traces.importers.result import ImportResult
    from core.traces.model import Trace

SUFFIXES = (".jsonl", ".ndjson", ".json", ".eval", ".txt")
"""What is taken from a folder; a file that is named itself may be called anything."""

_FILE = click.Path(path_type=Path)


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--replace", "replaces", is_flag=True, help="Labels of a table replace those that stand.")
@click.option(
    "--tags",
    "named_tags",
    multiple=True,
    metavar="OPEN,CLOSE",
    help="Look for the reasoning between these tags instead, as in '<plan>,</plan>'; may be repeated.",
)
@click.option(
    "--prompt",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="What the user asked, for records without a prompt.",
)
@click.option(
    "--system", metavar="FILE", type=click.Path(path_type=Path), help="The system turn, for records without one."
)
@json_option
@takes("db", "codebook")
@click.pass_obj
def import_(
    options: Options,
    paths: tuple[Path, ...],
    replaces: bool,
    named_tags: tuple[str, ...],
    prompt: Path | None,
    system: Path | None,
    as_json: bool,
) -> None:
    """Import traces from PATHS: text, JSON or JSONL records, Inspect logs, thought-anchors folders, folders of them.

    What cannot be read is refused record by record, with file and line; everything else is imported. A trace that is
    in the database already, just as the file has it, is left as it is; one that other tags or a prompt change is
    replaced, unless it has rollouts or labels.

    A CSV table of labels, such as labels.csv of an export, is imported after the traces, whole or not at all.
    """
    from core.annotation.label_table import is_label_table
    from core.store.reimport import compare
    from core.store.traces import known_ids
    from core.traces.importers import read_traces
    from core.traces.reasoning import read_tags
    from tui.cli.importing_notes import given_prompt, notes_on

    known_tags = options.config().tags
    tags = tuple(map(read_tags, named_tags)) or known_tags
    given = given_prompt(prompt, system)
    refused: list[ImportRefusedError] = []
    added: list[ImportResult] = []
    there: list[tuple[Path, ImportResult, Beside]] = []
    replaced: list[str] = []
    files = _files(paths)
    tables = [path for path in files if is_label_table(path)]
    if said_after("--codebook") and not tables:
        raise ConfigError("--codebook is for tables of labels, and none of these files is one; leave it out.")
    if named_tags and len(tables) == len(files):
        raise ConfigError("--tags is for traces, and none of these files holds any; leave it out.")
    read = [(path, read_traces(path, tags)) for path in files if path not in tables]
    given.refuse_unused([trace for _, result in read for trace in result.traces])
    results = [(path, given.completed(result)) for path, result in read]
    for _, result in results:
        refused += result.refused
    # A database is not made for nothing: a misspelt path leaves none behind.
    if any(result.traces for _, result in results):
        with options.open_store(create=True) as store:
            known = known_ids(store.read)
            there = [(path, result, compare(store.read, result)) for path, result in results]
            for path, result, beside in there:
                taken = _taken(result, known - beside.alike - beside.cut_anew)
                refused += [_duplicate(path, trace, beside.held.get(trace.id)) for trace in taken]
                added.append(_without(result, known - beside.cut_anew.difference(replaced)))
                replaced += [trace.id for trace in added[-1].traces if trace.id in known]
                known |= {trace.id for trace in added[-1].traces}
            if any(result.traces for result in added):
                store.write(lambda database: _add(database, added, replaced)).result()
    drawn = {rollouts.trace_id: len(rollouts.rollouts) for result in added for rollouts in result.rollouts}
    traces = [trace for result in added for trace in result.traces]
    labels = import_tables(options, tables, replaces) if tables else None
    refused += labels.refused if labels else ()
    notes = notes_on(there, traces, tags, known_tags)
    if as_json:
        print_json({
            "imported": [_described(trace, drawn.get(trace.id)) for trace in traces],
            "already_there": [trace.id for _, result, beside in there for trace in _taken(result, beside.alike)],
            "replaced": replaced,
            "notes": notes,
            "refused": [{"path": str(r.path), "line": r.line, "reason": r.reason} for r in refused],
            **({} if labels is None else {"labels": labels.as_json()}),
        })  # fmt: skip
    else:
        for refusal in refused:
            warn(str(refusal))
        for path, result, beside in there:
            if beside.alike:
                say(_already_there(path, len(beside.alike), len(result.traces)))
        what = f"{how_many(len(traces), 'trace')} with {how_many(sum(len(t.sentences) for t in traces), 'sentence')}"
        what += f" and {how_many(sum(drawn.values()), 'rollout')}" if drawn else ""
        apart = f"; refused {how_many(len(refused), 'record')} (above)" if refused else ""
        if traces or (refused and results):
            say(f"imported {f'{what} into {options.db}' if traces else 'nothing'}{apart}")
        for note in notes:
            say(note)
        if labels is not None:
            say(labels.as_sentence(options.db))
    if refused:
        raise SystemExit(1)


def _add(database: Database, results: Sequence[ImportResult], replaced: Sequence[str]) -> None:
    from core.store.reimport import replace_and_add

    for result in results:
        replace_and_add(database, result, [trace.id for trace in result.traces if trace.id in replaced])


def _already_there(path: Path, n_alike: int, n_traces: int) -> str:
    if n_traces == 1:
        return f"the trace of {path} is in the database already."
    how_many = f"all {n_traces}" if n_alike == n_traces else f"{n_alike} of the {n_traces}"
    return f"{how_many} traces of {path} {'is' if n_alike == 1 else 'are'} in the database already."


def _taken(result: ImportResult, known: Set[str]) -> list[Trace]:
    return [trace for trace in result.traces if trace.id in known]


def _without(result: ImportResult, known: set[str]) -> ImportResult:
    """The result without the traces in ``known`` and what came with them."""
    return replace(
        result,
        traces=tuple(trace for trace in result.traces if trace.id not in known),
        rollouts=tuple(rollouts for rollouts in result.rollouts if rollouts.trace_id not in known),
        labels=tuple(labels for labels in result.labels if labels.trace_id not in known),
    )


def _described(trace: Trace, n_rollouts: int | None) -> dict[str, object]:
    described: dict[str, object] = {"id": trace.id, "sentences": len(trace.sentences), "source": trace.source}
    return described if n_rollouts is None else described | {"rollouts": n_rollouts}


def _files(paths: tuple[Path, ...]) -> list[Path]:
    """The paths named, and what is in the folders named, in order; a folder without any stands for itself."""
    files: list[Path] = []
    for path in paths:
        files += _inside(path) or [path]
    return files


def _inside(path: Path) -> list[Path]:
    """Files to import and thought-anchors folders right inside a folder that is not itself one of these."""
    from core.traces.importers.anchors_folder import is_anchors_folder

    if not path.is_dir() or is_anchors_folder(path):
        return []
    try:
        return sorted(
            inside
            for inside in path.iterdir()
            if is_anchors_folder(inside) or (inside.suffix.lower() in SUFFIXES and inside.is_file())
        )
    except OSError:
        # Refused, with its reason, when it is read.
        return []


def _duplicate(path: Path, trace: Trace, hanging: Deletion | None) -> ImportRefusedError:
    line = trace.source.rpartition(":")[2]
    reason = f"the database already has a trace {trace.id!r}; give this one another id."
    if hanging is not None:
        otherwise = f"the database has the trace {trace.id!r} with another reasoning or prompt"
        away = f"`turnpoint delete {trace.id}` first, or give this one another id"
        reason = f"{otherwise}, and with {what_hangs(hanging)}; {away}."
    return ImportRefusedError(path, reason, int(line) if line.isdecimal() else None)
