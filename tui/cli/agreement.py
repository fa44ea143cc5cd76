"""`turnpoint agreement`: how far annotators agree, with each other and with models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import ConfigError
from core.store.ratings import KINDS
from tui.cli.completing import complete_traces
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, say
from tui.cli.shared import takes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.analysis.across.table import SummaryTable
    from core.analysis.agreement.agreement import Agreement
    from core.annotation.codebook import Codebook


@click.command()
@click.argument("trace_ids", nargs=-1, metavar="[TRACE]...", shell_complete=complete_traces)
@click.option("--between", metavar="A,B", help="Only these raters, two or more; default: all.")
@click.option("--kinds", metavar="KIND,...", help="Only raters of these kinds: human, import, model; default: all.")
@click.option("--by-category", is_flag=True, help="Agreement on each category too.")
@click.option("--confusion", is_flag=True, help="What each two raters gave to the same sentences too.")
@click.option("--per-trace", is_flag=True, help="Agreement within each trace too.")
@click.option("--csv", "directory", type=click.Path(path_type=Path), metavar="DIR", help="Write the tables into DIR.")
@click.option("--force", is_flag=True, help="With --csv: replace the tables of an earlier call.")
@json_option
@takes("db", "codebook")
@click.pass_obj
def agreement(
    options: Options,
    trace_ids: tuple[str, ...],
    between: str | None,
    kinds: str | None,
    by_category: bool,
    confusion: bool,
    per_trace: bool,
    directory: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Print how far those who labelled the same sentences of each TRACE (default: all) agree.

    Krippendorff's alpha of all annotators, Cohen's kappa of every two, and raw agreement, with bootstrap intervals over
    traces. Models and imports are compared with each annotator, and have no part in alpha.
    """
    from core.analysis.agreement.agreement import load_agreement
    from core.analysis.agreement.tables import AGAINST, CATEGORIES, CONFUSION, TRACES, agreement_summary
    from tui.cli.across import print_table_of_summary, summary_json

    if force and directory is None:
        raise ConfigError("--force belongs to --csv; add --csv, or leave --force out.")
    names = None if between is None else _several(between)
    codebook = options.codebook(options.config())
    order = [category.name for category in codebook.categories]
    with options.open_store() as store:
        found = load_agreement(store.read, trace_ids or None, _kinds(kinds), names, order)
        written: tuple[str, ...] = ()
        if directory is not None:
            from core.export.agreement_tables import export_agreement

            written = export_agreement(store, found, directory, force=force)
    summary = agreement_summary(found)
    if as_json:
        print_json(summary_json(summary) | ({"directory": str(directory)} if written else {}))
        return
    wanted = {CATEGORIES: by_category, CONFUSION: False, TRACES: per_trace, AGAINST: bool(found.against)}
    shown = [table for table in summary.tables if wanted.get(table.name, True)]
    for table in (*shown, *(_matrices(found, codebook) if confusion else ())):
        print_table_of_summary(table)
    if written:
        say(f"wrote {len(written)} files to {directory}")
    for note in summary.notes:
        say(note)


def _matrices(found: Agreement, codebook: Codebook) -> Iterator[SummaryTable]:
    from core.analysis.agreement.tables import confusion_matrix

    for pair in found.rater_pairs:
        yield confusion_matrix(found.confusion(*pair), codebook.tag)


def _several(between: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in between.split(",") if name.strip()))
    if len(names) < 2:
        raise ConfigError(f"--between {between!r} names one rater; give two or more, with a comma between them.")
    return names


def _kinds(given: str | None) -> tuple[str, ...]:
    if given is None:
        return KINDS
    kinds = tuple(dict.fromkeys(kind.strip() for kind in given.split(",") if kind.strip()))
    for kind in kinds or ("",):
        if kind not in KINDS:
            raise ConfigError(f"--kinds: there is no kind {kind!r}; there are {', '.join(KINDS)}.")
    return kinds
