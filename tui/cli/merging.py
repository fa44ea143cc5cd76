"""`turnpoint merge`: what other annotators and machines have in files of their own, brought into this database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli.options import Options
from tui.cli.output import json_option, print_json, print_table, say
from tui.cli.shared import takes
from tui.cli.terminal_line import TerminalLine
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from core.store.merging import BroughtBack, Conflict, MergeReport


@click.command()
@click.argument("others", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="OTHER.db...")
@click.option("--dry-run", is_flag=True, help="Say what would be added, and add nothing.")
@json_option
@takes("db")
@click.pass_obj
def merge(options: Options, others: tuple[Path, ...], dry_run: bool, as_json: bool) -> None:
    """Bring all traces, rollouts and labels of OTHER.db into the database; the other file is only read.

    Nothing is lost or overwritten: what two annotators' copies say differently is kept side by side. Merging again adds
    what is new since, or nothing. A database that is not there yet is made.
    """
    from core.store.fresh import new_database, trial_database
    from core.store.merging import merge as merge_files
    from core.store.merging import rehearse

    line = TerminalLine()
    run, make = (rehearse, trial_database) if dry_run else (merge_files, new_database)
    is_new = not options.db.exists()
    with make(options.db) if is_new else options.open_store() as store:
        try:
            reports = run(store, others, lambda n: line.show(f"merging: {n:,} rows read"))
        finally:
            line.end()
    if as_json:
        print_json([{"dry_run": dry_run, "created": is_new and not dry_run} | report.as_json() for report in reports])
        return
    if is_new:
        say(f"{options.db} {'would be' if dry_run else 'is'} a new database.")
    for report in reports:
        _say(report, options.db, dry_run)


def _say(report: MergeReport, db: Path, dry_run: bool) -> None:
    if report.n_added:
        rows = [
            (rows.table.replace("_", " "), *map(str, (rows.added, rows.already, rows.beside, rows.differing)))
            for rows in report.rows
        ]
        header = (report.source, "added", "there already", "side by side", "differing")
        print_table(header, rows, right=(1, 2, 3, 4))
    for trace_id, kept_as in report.renamed.items():
        say(f"trace {trace_id} of {report.source} differs from the one here: kept as {kept_as}")
    if report.conflicts:
        print_table(
            ("annotator", "trace", "where", "here", f"in {report.source}", "kept as"),
            [(one.annotator, one.trace_id, _where(one), one.here, one.there, one.kept_as) for one in report.conflicts],
        )
    for back in report.brought_back:
        say(f"back again, though deleted here on {back.deleted_at}: {_again(back)}")
    if report.queues_left:
        say(f"{how_many(report.queues_left, 'queue')} of {report.source} stay there: queues are not merged.")
    say(_done(report, db, dry_run))


def _again(back: BroughtBack) -> str:
    of = f" of {', '.join(back.trace_ids)}" if back.trace_ids else ""
    what = {
        "traces": f"{how_many(len(back.trace_ids), 'trace')}{of.replace(' of', ':', 1)}",
        "settings": f"rollouts under {back.name}{of}",
        "labels": f"labels of {back.name}{of}",
    }
    return (
        f"{what.get(back.kind, back.kind)} ({how_many(back.n_rows, 'row')}); `turnpoint delete` takes it out once more."
    )


def _where(conflict: Conflict) -> str:
    if conflict.sentence_idx is not None:
        return f"sentence {conflict.sentence_idx}"
    return f"rollout {conflict.rollout_id} {conflict.behavior}"


def _done(report: MergeReport, db: Path, dry_run: bool) -> str:
    if not report.n_added:
        return f"{db} holds all of {report.source} already; nothing was written."
    kept = how_many(len(report.conflicts), "conflict")
    apart = f", {kept} kept side by side" if report.conflicts else ""
    if dry_run:
        return f"would merge {report.source} into {db}: {how_many(report.n_added, 'row')}{apart}; nothing was written."
    return f"merged {report.source} into {db}: {how_many(report.n_added, 'row')}{apart}"
