"""`turnpoint import`: traces from files into the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from functools import partial
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
    from core.traces.reasoning import ReasoningTags

STANDARD_INPUT = Path("/dev/stdin")
"""What ``-`` stands for."""

MOST_NAMED = 8
"""Files that are left out of a folder and named; more are counted."""

_FILE = click.Path(path_type=Path)


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=_FILE)
@click.option("--fields", "written", metavar="NAME=FIELD,…", help="Where response, reasoning, prompt, … stand.")
@click.option("--text", "as_text", is_flag=True, help="Each file named is one response, whatever it looks like.")
@click.option("--replace", "replaces", is_flag=True, help="Labels of a table replace those that stand.")
@click.option(
    "--tags",
    "named_tags",
    multiple=True,
    metavar="OPEN,CLOSE",
    help="Look for the reasoning between these tags instead, as in '<plan>,</plan>'; may be repeated.",
)
@click.option("--prompt", metavar="FILE", type=_FILE, help="What the user asked, for records without a prompt.")
@click.option("--system", metavar="FILE", type=_FILE, help="The system turn, for records without one.")
@json_option
@takes("db", "codebook")
@click.pass_obj
def import_(
    options: Options,
    paths: tuple[Path, ...],
    written: str | None,
    as_text: bool,
    replaces: bool,
    named_tags: tuple[str, ...],
    prompt: Path | None,
    system: Path | None,
    as_json: bool,
) -> None:
    """Import traces from PATHS: records (JSON, JSONL, CSV, Parquet), logs, text, folders of them, - for standard input.

    What cannot be read is refused record by record, with file and line; everything else is imported. A trace that is
    in the database already, just as the file has it, is left as it is; one that other tags or a prompt change is
    replaced, unless it has rollouts or labels.

    A CSV table of labels, such as labels.csv of an export, is imported after the traces, whole or not at all.
    """
    from core.annotation.label_table import is_label_table
    from core.store.reimport import compare
    from core.store.traces import known_ids
    from core.traces.importers import read_as_text, read_by_fields, read_traces
    from core.traces.importers.attempts import newest_attempts
    from core.traces.importers.named_fields import field_names
    from core.traces.reasoning import read_tags
    from tui.cli.importing_notes import given_prompt, notes_on

    known_tags = options.config().tags
    tags = tuple(map(read_tags, named_tags)) or known_tags
    given = given_prompt(prompt, system)
    read: Callable[[Path], ImportResult] = partial(read_traces, tags=tags)
    if written is not None and as_text:
        raise ConfigError("--fields are those of records, and --text says that there are none; leave one of them out.")
    if written is not None:
        read = partial(read_by_fields, names=field_names(written), tags=tags)
    refused: list[ImportRefusedError] = []
    added: list[ImportResult] = []
    there: list[tuple[Path, ImportResult, Beside]] = []
    replaced: list[str] = []
    paths = tuple(STANDARD_INPUT if path == Path("-") else path for path in paths)
    files, left_out = _files(paths, tags)
    # What is said to be text, or a table of traces, is no table of labels; and a pipe can be read only once.
    is_said = written is not None or as_text
    tables = [path for path in files if not is_said and path.is_file() and is_label_table(path)]
    if said_after("--codebook") and not tables:
        raise ConfigError("--codebook is for tables of labels, and none of these files is one; leave it out.")
    if named_tags and len(tables) == len(files):
        raise ConfigError("--tags is for traces, and none of these files holds any; leave it out.")
    named = set(paths) if as_text else set()
    results = newest_attempts(
        [(path, read_as_text(path, tags) if path in named else read(path)) for path in files if path not in tables]
    )
    given.refuse_unused([trace for _, result in results for trace in result.traces])
    results = [(path, given.completed(result)) for path, result in results]
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
    is_known = any(beside.alike for _, _, beside in there)
    of_files = [(path, note) for path, result in results for note in result.notes]
    of_traces = notes_on(there, traces, tags, known_tags)
    if as_json:
        print_json({
            "imported": [_described(trace, drawn.get(trace.id)) for trace in traces],
            "already_there": [trace.id for _, result, beside in there for trace in _taken(result, beside.alike)],
            "replaced": replaced,
            "refused": [{"path": str(r.path), "line": r.line, "reason": r.reason, "records": r.n} for r in refused],
            "notes": [{"path": where and str(where), "note": note} for where, note in (*of_files, *of_traces)],
            "left_out": [str(path) for path in left_out],
            **({} if labels is None else {"labels": labels.as_json()}),
        })  # fmt: skip
    else:
        for refusal in refused:
            warn(str(refusal))
        for path, note in of_files:
            warn(f"{path}: {note}")
        if left_out:
            say(_left_out(left_out))
        for path, result, beside in there:
            if beside.alike:
                say(_already_there(path, len(beside.alike), len(result.traces)))
        what = f"{how_many(len(traces), 'trace')} with {how_many(sum(len(t.sentences) for t in traces), 'sentence')}"
        what += f" and {how_many(sum(drawn.values()), 'rollout')}" if drawn else ""
        apart = f"; refused {how_many(sum(r.n for r in refused), 'record')} (above)" if refused else ""
        if traces or (results and (refused or not is_known)):
            say(f"imported {f'{what} into {options.db}' if traces else 'nothing'}{apart}")
        for where, note in of_traces:
            say(note if where is None else f"{where}: {note}")
        if labels is not None:
            say(labels.as_sentence(options.db))
    if refused or not (traces or labels is not None or is_known):
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


def _files(paths: tuple[Path, ...], tags: Sequence[ReasoningTags]) -> tuple[list[Path], list[Path]]:
    """The paths named and what is in the folders named, in order, and the files in these that are left out.

    A folder without any stands for itself.
    """
    files: list[Path] = []
    left_out: list[Path] = []
    for path in paths:
        inside = _inside(path, tags)
        taken = [found for found, is_taken in inside if is_taken]
        files += taken or [path]
        left_out += [found for found, is_taken in inside if not is_taken]
    return files, left_out


def _inside(path: Path, tags: Sequence[ReasoningTags]) -> list[tuple[Path, bool]]:
    """What is right inside a folder that is not itself one of thought-anchors, and whether it is imported."""
    from core.traces.importers import is_taken_from_folder as is_taken
    from core.traces.importers.anchors_folder import is_anchors_folder

    if not path.is_dir() or is_anchors_folder(path):
        return []
    try:
        there = sorted(path.iterdir())
    except OSError:
        # Refused, with its reason, when it is read.
        return []
    found = [(inside, is_anchors_folder(inside) or (inside.is_file() and is_taken(inside, tags))) for inside in there]
    return [(inside, taken) for inside, taken in found if taken or not inside.name.startswith(".")]


def _left_out(paths: Sequence[Path]) -> str:
    names = ", ".join(f"{path}/" if path.is_dir() else str(path) for path in paths[:MOST_NAMED])
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return f"left out of the folders: {names}{more}; name a file to import it, a text with --text."


def _duplicate(path: Path, trace: Trace, hanging: Deletion | None) -> ImportRefusedError:
    line = trace.source.rpartition(":")[2]
    reason = f"the database already has a trace {trace.id!r}; give this one another id."
    if hanging is not None:
        otherwise = f"the database has the trace {trace.id!r} with another reasoning or prompt"
        away = f"`turnpoint delete {trace.id}` first, or give this one another id"
        reason = f"{otherwise}, and with {what_hangs(hanging)}; {away}."
    return ImportRefusedError(path, reason, int(line) if line.isdecimal() else None)
