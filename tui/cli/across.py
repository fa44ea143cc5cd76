"""`turnpoint analyze --all`: many traces analysed together, as text, CSV and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ConfigError, NotFoundError, SimilarityError
from tui.cli.output import print_json, print_table, say, warn
from tui.cli.terminal_line import TerminalLine
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from core.analysis.across.study import Study
    from core.analysis.across.summary import Summary
    from core.analysis.across.table import SummaryTable
    from core.annotation.codebook import Codebook
    from core.endpoints.config import EmbeddingConfig
    from core.store.database import Store


@dataclass(frozen=True)
class Asked:
    """What was asked of the analysis across traces; what nobody said is None.

    ``labels`` names those to use alone: ``gold``, or an annotator's.
    """

    trace_ids: tuple[str, ...]
    by: tuple[str, ...]
    groups: tuple[str, str] | None
    settings: str | None
    annotator: str | None
    labels: str | None
    directory: Path | None
    force: bool
    each: bool
    codebook: Codebook


def report_across(store: Store, asked: Asked, config: EmbeddingConfig, *, as_json: bool) -> None:
    """Analyse, write the CSV files if asked to, and print."""
    from core.analysis.across.summary import summarise

    if asked.groups is not None and len(asked.by) != 1:
        raise ConfigError("--groups names two values of one field; say which with --by, once.")
    study = _study(store, asked, config)
    if not study.traces:
        raise NotFoundError("none of these traces has decided rollouts; `turnpoint resample TRACE --all` draws some.")
    _check_groups(study, asked)
    _check_labels(store, study, asked)
    categories = [category.name for category in asked.codebook.categories]
    summary = summarise(study, asked.by or None, asked.groups, categories)
    written = None
    if asked.directory is not None:
        from core.export.summary import export_summary

        written = export_summary(store, study, summary, asked.directory, force=asked.force)
    if as_json:
        print_json(summary_json(summary) | ({"directory": str(written.directory)} if written else {}))
        return
    print_summary(summary, each=asked.each)
    _warn_of_other_codebooks(store, asked)
    if written is not None:
        say(f"wrote {len(written.files)} files to {written.directory}")


def _warn_of_other_codebooks(store: Store, asked: Asked) -> None:
    from core.store.codebooks import count_by_codebook
    from tui.views.coding import given_elsewhere

    counts = count_by_codebook(store.read)
    n = sum(
        n
        for codebook_id, by_annotator in counts.items()
        for annotator, n in by_annotator.items()
        if codebook_id != asked.codebook.id and asked.annotator in (None, annotator)
    )
    if n:
        warn(given_elsewhere(n, asked.codebook))


def _study(store: Store, asked: Asked, config: EmbeddingConfig) -> Study:
    """The traces; without an encoder with resampling directions, and a sentence that says so."""
    from core.analysis.across.study import load_study
    from core.similarity.cosine import comparison
    from core.similarity.weights import model_name

    ids: Sequence[str] | None = asked.trace_ids or None
    line = TerminalLine()

    def on_trace(done: int, n: int) -> None:
        line.show(f"{done} of {how_many(n, 'trace')}")

    try:
        return load_study(
            store, comparison(store, config), config.threshold, ids, encoder=model_name(config),
            settings=asked.settings, annotator=asked.annotator, labels=asked.labels, on_trace=on_trace,
        )  # fmt: skip
    except SimilarityError as error:
        line.end()
        warn(f"{error} Without it there are resampling directions, but no counterfactual ones.")
        return load_study(
            store, None, config.threshold, ids,
            settings=asked.settings, annotator=asked.annotator, labels=asked.labels, on_trace=on_trace,
        )  # fmt: skip
    finally:
        line.end()


def _check_groups(study: Study, asked: Asked) -> None:
    from core.analysis.across.groups import values_of

    for field in asked.by:
        values = values_of(study, field)
        for value in asked.groups or ():
            if value not in values:
                known = ", ".join(values) or "none"
                raise NotFoundError(f"no analysed trace has the {field} {value!r}; there are: {known}.")


def _check_labels(store: Store, study: Study, asked: Asked) -> None:
    from core.annotation.annotation import GOLD
    from core.store.labels import count_labels

    if asked.labels is not None and not study.label_source:
        names = sorted({name for trace in study.traces for name in count_labels(store.read, trace.id)})
        whose = "has a gold label" if asked.labels == GOLD else f"is labelled by {asked.labels!r}"
        there = f"there are those of {', '.join(names)}, and gold" if names else "nobody has labelled any"
        raise NotFoundError(f"--labels: no analysed trace {whose}; {there}.")


def summary_json(summary: Summary) -> dict[str, Any]:
    """All tables with what their columns mean, nothing rounded, undefined as null."""
    return {
        "notes": list(summary.notes),
        "tables": {
            table.name: {
                "title": table.title,
                "says": table.says,
                "notes": list(table.notes),
                "columns": dict(table.columns),
                "rows": table.records(),
            }
            for table in summary.tables
        },
    }


def print_summary(summary: Summary, *, each: bool) -> None:
    """Print each table under a sentence on what it means; those with a row per trace only for ``each``."""
    for table in summary.tables:
        if each or not table.by_trace:
            print_table_of_summary(table)
    for note in summary.notes:
        say(note)
    if not each:
        say("--each prints the tables with a row per trace too; --csv DIR and --json hold all of them.")


def print_table_of_summary(table: SummaryTable) -> None:
    """Print one table under a sentence on what it means, and above its notes."""
    from core.analysis.across.table import blocks_of

    say(f"{table.title}: {table.says}")
    for block in blocks_of(table):
        say("")
        if block.heading:
            say(block.heading)
        print_table(block.header, block.rows, block.right)
    say("")
    for note in table.notes:
        say(note)
    if table.notes:
        say("")
