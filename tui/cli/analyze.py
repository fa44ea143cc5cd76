"""`turnpoint analyze`: what the rollouts say of each trace, of all traces together, or as a reference computes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from core.errors import ConfigError
from tui.cli.completing import complete_traces
from tui.cli.options import Options
from tui.cli.output import json_option
from tui.cli.sampled import named_settings, warn_of_earlier_scopes
from tui.cli.shared import ENDPOINT, said_after, takes

# Each kind of analysis with the options that belong to it alone.
BELONG = {
    "all": ("by", "groups", "labels", "each", "csv", "force", "annotator", "codebook"),
    "influence": ("top",),
}
OF_EACH_TRACE = ("importance", "influence", "resilience", "recycle", "behavior")
SHARED_HERE = ("db", "annotator", "codebook", *ENDPOINT)
# A reference reads folders, and no database.
EXCLUDED = {"all": OF_EACH_TRACE, "reference": (*OF_EACH_TRACE, *SHARED_HERE)}


@click.command()
@click.argument("trace_ids", nargs=-1, metavar="[TRACE]...", shell_complete=complete_traces)
@click.option(
    "--settings",
    "settings_id",
    help="Id of the sampling settings to look at; default: the endpoint's, or the most used.",
)
@click.option("--behavior", "behaviors", multiple=True, help="Only this behavior (may be repeated); default: all.")
@click.option("--importance", is_flag=True, help="Compare the sentences said instead: counterfactual directions.")
@click.option("--influence", is_flag=True, help="The strongest links from sentence to sentence.")
@click.option("--top", type=click.IntRange(1), help="How many links; default: 20, and all of them as JSON.")
@click.option("--resilience", is_flag=True, help="Which sentences come back when replaced, and counterfactual++.")
@click.option(
    "--recycle",
    is_flag=True,
    help="Count a rollout that goes on with exactly the next sentence in the rate after it too.",
)
@click.option(
    "--reference",
    type=click.Choice(["2a15f77", "b53ed8c", "blackmail"]),
    help="Print the numbers of a reference version; TRACE is then a thought-anchors folder.",
)
@click.option("--all", "across", is_flag=True, help="Analyse the traces together: concentration, categories, groups.")
@click.option(
    "--by",
    type=click.Choice(["tier", "prompt_variant", "model"]),
    multiple=True,
    help="With --all: compare groups by this (may be repeated); default: all that differ.",
)
@click.option("--groups", nargs=2, metavar="A B", help="With --by: compare these two groups only.")
@click.option("--labels", metavar="WHOSE", help="With --all: only gold labels (gold), or only those of this annotator.")
@click.option("--each", is_flag=True, help="With --all: print the tables with a row per trace too.")
@click.option(
    "--csv", "directory", type=click.Path(path_type=Path), metavar="DIR", help="With --all: write the tables into DIR."
)
@click.option("--force", is_flag=True, help="With --csv: replace the tables of an earlier call.")
@json_option
@takes(*SHARED_HERE)
@click.pass_obj
def analyze(
    options: Options,
    trace_ids: tuple[str, ...],
    settings_id: str | None,
    behaviors: tuple[str, ...],
    importance: bool,
    influence: bool,
    top: int | None,
    resilience: bool,
    recycle: bool,
    reference: str | None,
    across: bool,
    by: tuple[str, ...],
    groups: tuple[str, str] | None,
    labels: str | None,
    each: bool,
    directory: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Print rates and directions of each TRACE (default: all that have rollouts).

    With --all the traces are analysed together. The category of a sentence is then its gold label; without one, that
    of --annotator, or else of whoever labelled most of the trace.
    """
    refuse_what_does_not_fit({
        "importance": importance, "influence": influence, "resilience": resilience, "recycle": recycle, "top": top,
        "all": across, "by": by, "groups": groups, "labels": labels, "each": each, "csv": directory, "force": force,
        "reference": reference, "behavior": behaviors, **{name: said_after(f"--{name}") for name in SHARED_HERE},
    })  # fmt: skip
    config = options.config()
    if reference is not None:
        from tui.cli.reference import report_reference

        if not trace_ids:
            raise ConfigError("--reference needs the folders to analyse.")
        report_reference(trace_ids, reference, config.embedding, as_json=as_json)
        return
    with options.open_store() as store:
        if across:
            from tui.cli.across import Asked, report_across

            wanted = settings_id or named_settings(options)
            codebook = options.codebook(config)
            asked = Asked(trace_ids, by, groups, wanted, options.annotator, labels, directory, force, each, codebook)
            warn_of_earlier_scopes(store, config)
            report_across(store, asked, config.embedding, as_json=as_json)
        else:
            from tui.cli.one_by_one import Parts, report_each

            parts = Parts(importance, influence, top, resilience, recycle, behaviors)
            report_each(store, options, trace_ids, settings_id, parts, as_json=as_json)


def refuse_what_does_not_fit(given: Mapping[str, object]) -> None:
    """Refuse options that stand without the one they belong to, or beside one that excludes them."""
    for owner, names in BELONG.items():
        for name in names:
            if given[name] and not given[owner]:
                raise ConfigError(f"--{name} belongs to --{owner}; add --{owner}, or leave --{name} out.")
    alone = [name for name in EXCLUDED if given[name]]
    if alone:
        for name in (*alone[1:], *EXCLUDED[alone[0]]):
            if given[name]:
                raise ConfigError(f"--{alone[0]} and --{name} exclude each other; leave one out.")
