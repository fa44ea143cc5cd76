"""`turnpoint export`: the tidy CSV tables, or folders for the viewer of thought-anchors.com."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from core.behaviors.outcome import ALIGNMENT_FAKING
from core.errors import ConfigError, SimilarityError
from tui.cli.completing import complete_traces
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, print_table, say, warn
from tui.cli.shared import said_after, takes
from tui.cli.terminal_line import TerminalLine
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from core.endpoints.config import Config
    from core.export.comparison import Comparison
    from core.export.tables import ExportReport
    from core.export.thought_anchors import SiteReport
    from core.store.database import Store

T = TypeVar("T")

CSV, THOUGHT_ANCHORS = "csv", "thought-anchors"


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--format", "kind", type=click.Choice([CSV, THOUGHT_ANCHORS]), default=CSV, show_default=True,
              help="Tables, or a folder per trace for the viewer of thought-anchors.com.")  # fmt: skip
@click.option(
    "--trace", "trace_ids", multiple=True, shell_complete=complete_traces, help="Only this trace (may be repeated)."
)
@click.option("--estimates", is_flag=True, help="With csv: importances, alternatives, links and resilience as well.")
@click.option(
    "--to-label", is_flag=True, help="With csv: to_label.csv as well, the sentences that you have not labelled."
)
@click.option("--no-text", is_flag=True, help="With csv: leave out the columns that hold what a model wrote.")
@click.option("--behavior", default=ALIGNMENT_FAKING, show_default=True,
              help="With thought-anchors: what the numbers are about.")  # fmt: skip
@click.option("--settings", "settings_id",
              help="With thought-anchors: id of the sampling settings; default: the most used.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace the files of an earlier export.")
@json_option
@takes("db", "annotator")
@click.pass_context
def export(
    context: click.Context,
    directory: Path,
    kind: str,
    trace_ids: tuple[str, ...],
    estimates: bool,
    to_label: bool,
    no_text: bool,
    behavior: str,
    settings_id: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write all tables as CSV into DIRECTORY, with provenance.json, or one site folder per trace."""
    options: Options = context.obj
    _refuse_options_of_the_other(kind, context)
    if said_after("--annotator") and not to_label:
        raise ConfigError("--annotator belongs to --to-label; add it, or leave --annotator out.")
    chosen = trace_ids or None
    with options.open_store() as store:
        if kind == CSV:
            from core.export import label_tables
            from core.export.tables import export_csv

            more = (label_tables.to_label(options.annotator_name(options.config())),) if to_label else ()

            def write(compared: Comparison | None) -> ExportReport:
                return export_csv(
                    store,
                    directory,
                    force=force,
                    trace_ids=chosen,
                    text=not no_text,
                    compared=compared,
                    more=more,
                )

            _say_tables(_with_encoder(options.config(), store, write) if estimates else write(None), as_json)
        else:
            from core.export.scenarios import export_scenarios

            def write_folders(compared: Comparison) -> tuple[SiteReport, ...]:
                return export_scenarios(
                    store,
                    directory,
                    behavior,
                    trace_ids=chosen,
                    settings_id=settings_id,
                    compared=compared,
                    force=force,
                )

            _say_folders(directory, _with_encoder(options.config(), store, write_folders), as_json)


def _refuse_options_of_the_other(kind: str, context: click.Context) -> None:
    """An option that the chosen format would pass over in silence was meant for the other one."""
    others = ("behavior", "settings_id") if kind == CSV else ("estimates", "to_label", "no_text")
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in others and context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            other = THOUGHT_ANCHORS if kind == CSV else CSV
            raise ConfigError(f"{parameter.opts[0]} belongs to --format {other}, not to {kind}; leave one of them out.")


def _with_encoder(config: Config, store: Store, write: Callable[[Comparison], T]) -> T:
    """Write with sentences compared; without an encoder, what needs none, and a sentence that says so."""
    from core.export.comparison import Comparison, compare_with

    line = TerminalLine()

    def on_encoded(done: int, total: int) -> None:
        line.show(f"encoding sentences: {done:,} of {total:,}")

    try:
        return write(compare_with(store, config.embedding, config.tags, on_encoded))
    except SimilarityError as error:
        line.end()
        warn(f"{error} Without it what compares sentences is empty.")
        return write(Comparison())
    finally:
        line.end()


def _say_tables(report: ExportReport, as_json: bool) -> None:
    if as_json:
        print_json({"directory": str(report.directory), "rows": dict(report.files)})
        return
    print_table(("file", "rows"), [(name, str(rows)) for name, rows in report.files], right=(1,))
    say(f"wrote {len(report.files)} files to {report.directory}")


def _say_folders(directory: Path, reports: tuple[SiteReport, ...], as_json: bool) -> None:
    if as_json:
        folders = [
            {"folder": report.directory.name, "trace_id": report.trace_id, "sentences": report.n_chunks}
            for report in reports
        ]
        print_json({"directory": str(directory), "folders": folders})
        return
    rows = [
        (report.directory.name, str(report.n_chunks), str(report.n_resampled), report.trace_id) for report in reports
    ]
    print_table(("folder", "sentences", "resampled", "trace"), rows, right=(1, 2))
    say(f"wrote {how_many(len(reports), 'folder')} to {directory}")
