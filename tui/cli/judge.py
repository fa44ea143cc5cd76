"""`turnpoint judge`: deciding behaviors on rollouts that are there, and holding a judge against labels."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.behaviors.outcome import ALIGNMENT_FAKING
from core.errors import ConfigError
from tui.cli.completing import complete_annotators, complete_traces
from tui.cli.judge_labels import label, sample
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, say, warn, yes_option
from tui.cli.shared import ENDPOINT, said_after, takes
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.endpoints.config import Config
    from core.resampling.request import RunRequest, RunResult
    from core.store.database import Store


@click.group()
def judge() -> None:
    """Decide behaviors on what is sampled already, and validate whoever decides them."""


@judge.command()
@click.argument("trace_ids", nargs=-1, metavar="[TRACE]...", shell_complete=complete_traces)
@click.option("--max-cost", type=click.FloatRange(0), help="Stop before the judges cost more than this, in US dollars.")
@click.option("--no-judge", is_flag=True, help="Ask no judge: decide by your patterns only.")
@click.option("--dry-run", is_flag=True, help="Only say what it would take.")
@yes_option
@json_option
@takes("db", *ENDPOINT)
@click.pass_obj
def run(
    options: Options,
    trace_ids: tuple[str, ...],
    max_cost: float | None,
    no_judge: bool,
    dry_run: bool,
    is_meant: bool,
    as_json: bool,
) -> None:
    """Decide what is undecided on the stored rollouts of each TRACE (default: all, and collected answers); draws none.

    Your patterns decide all rollouts, wherever they were sampled; judges are asked about those of the endpoint.
    """
    from core.resampling.largeness import largeness
    from core.resampling.measuring import own_rules
    from core.resampling.plan import make_plan
    from core.resampling.ruling import n_unruled, rule_stored
    from core.store.rollouts import sampled_traces
    from tui.cli.resample import refuse_large, report, run_with_progress

    if no_judge:
        refuse_where_no_model_is_asked(max_cost, "--no-judge asks no judge")
    config = options.config()
    rules = own_rules(config)
    with options.open_store() as store:
        ids = trace_ids or sampled_traces(store.read)
        request = None if no_judge else _about_stored(options, config, store, ids, max_cost)
        plan = None if request is None else make_plan(store.read, request)
        if request is not None and plan is not None and not (dry_run or is_meant):
            refuse_large(largeness(plan, request))
        n_ruled = n_unruled(store.read, rules, ids)
        if not dry_run:
            rule_stored(store, rules, ids, config.tags)
        if not as_json:
            asked = "" if plan is None else f", {how_many(plan.judgements, 'verdict')} asked of judges"
            say(f"{how_many(len(ids), 'trace')}: {how_many(n_ruled, 'outcome')} by pattern{asked}")
        is_due = request is not None and plan is not None and not plan.is_empty and not dry_run
        result = run_with_progress(request, store) if request is not None and is_due else None
    if as_json:
        document = {"traces": list(ids), "by_pattern": n_ruled, "plan": asdict(plan) if plan else None}
        print_json(document | {"result": asdict(result) if result else None})
    if result is not None:
        if not as_json:
            say(judged_in_words(result))
            for remark in result.remarks:
                warn(remark)
        report(result, True)


def refuse_where_no_model_is_asked(max_cost: float | None, why: str) -> None:
    """Refuse what a call says of a model that it does not ask.

    Raises:
        ConfigError: naming the option.
    """
    said = {f"--{name}": said_after(f"--{name}") for name in ENDPOINT} | {"--max-cost": max_cost is not None}
    for option, is_said in said.items():
        if is_said:
            raise ConfigError(f"{why}; leave out {option}.")


def judged_in_words(result: RunResult) -> str:
    """How many verdicts a run that draws nothing came to, what they cost, and why it ended early if it did."""
    from core.resampling.noticing import remarks
    from tui.views.wording import money

    progress = result.progress
    counts = f"{progress.judgements_done} of {how_many(progress.judgements_total, 'verdict')}, {money(progress.spend)}"
    said = (f"judging {result.status}: {counts}", *remarks(progress.noticed), result.reason)
    return "; ".join(filter(None, said))


def _about_stored(
    options: Options,
    config: Config,
    store: Store,
    trace_ids: Sequence[str],
    max_cost: float | None,
) -> RunRequest:
    """A run that draws nothing, over every prefix that the endpoint's settings have rollouts of."""
    from core.resampling.measuring import measures
    from core.resampling.request import RunRequest, Spot
    from core.store.rates import rollouts_per_prefix
    from core.store.traces import load_trace

    sampled = options.resolve(config)
    measured = measures(config, sampled)
    spots = tuple(
        Spot(trace, prefix, 0)
        for trace in (load_trace(store.read, trace_id) for trace_id in trace_ids)
        for prefix in rollouts_per_prefix(store.read, trace.id, sampled.settings.id)
    )
    return RunRequest(sampled, spots, measured.judges, measured.rules, config.tags, max_cost)


judge.add_command(sample)
judge.add_command(label)


@judge.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="[FILE]", required=False)
@click.option("--labels", is_flag=True, help="Hold stored outcomes against what people say of the same rollouts.")
@click.option(
    "--judge",
    "name",
    help="five_criteria, four_criteria, keywords, or a behavior of yours; default: [judge]."
    " With --labels: name or id of a judge; default: all.",
)
@click.option("--limit", type=click.IntRange(1), help="Only the first texts of the file, this many.")
@click.option("--max-cost", type=click.FloatRange(0), help="Stop before it costs more than this, in US dollars.")
@click.option(
    "--kept",
    type=click.Path(path_type=Path),
    help="Database that keeps the votes; default: FILE with .db at its end.",
)
@click.option("--behavior", help="With --labels: the behavior that people judged; default: alignment_faking.")
@click.option(
    "--annotator",
    "annotators",
    multiple=True,
    shell_complete=complete_annotators,
    help="With --labels: only this one; default: everybody.",
)
@click.option(
    "--trace",
    "trace_ids",
    multiple=True,
    shell_complete=complete_traces,
    help="With --labels: only rollouts of this trace.",
)
@click.option("--any-order", is_flag=True, help="With --labels: count verdicts on rollouts that nobody drew, too.")
@click.option("--csv", "table", type=click.Path(path_type=Path), metavar="CSV", help="Write the numbers into CSV.")
@click.option("--dry-run", is_flag=True, help="Only say what it would take.")
@json_option
@takes("db", *ENDPOINT)
@click.pass_obj
def validate(
    options: Options,
    file: Path | None,
    labels: bool,
    name: str | None,
    limit: int | None,
    max_cost: float | None,
    kept: Path | None,
    behavior: str | None,
    annotators: tuple[str, ...],
    trace_ids: tuple[str, ...],
    any_order: bool,
    table: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Hold a judge against labels: sensitivity, specificity, accuracy, AUROC, kappa.

    Either against the labelled texts of FILE, which has a JSON object of "text" and "label" on every line: votes are
    kept; running again asks for those missing. The judge's own endpoint is asked, unless the call names one. Or, with
    --labels, every judge against what people say of stored rollouts; that asks nobody.
    """
    where = {f"--{name}": said_after(f"--{name}") for name in ENDPOINT}
    asks = {**where, "--limit": limit, "--max-cost": max_cost, "--kept": kept, "--dry-run": dry_run}
    people = {
        "--db": said_after("--db"),
        "--behavior": behavior,
        "--annotator": annotators,
        "--trace": trace_ids,
        "--any-order": any_order,
    }
    if labels == (file is not None):
        raise ConfigError("a judge is held either against the texts of a FILE, or with --labels; give one of the two.")
    for option, value in (asks if labels else people).items():
        if value:
            about = "asks no judge" if labels else "is for --labels"
            raise ConfigError(f"{'--labels' if labels else option} {about}; leave out {option}.")
    if file is None:
        from tui.cli.verdict_validation import AskedOfPeople, report_verdicts

        of_people = AskedOfPeople(behavior or ALIGNMENT_FAKING, name, annotators, trace_ids, any_order, table)
        report_verdicts(options, of_people, as_json=as_json)
        return
    from tui.cli.validation import Asked, report_validation

    report_validation(options, Asked(file, name, limit, max_cost, kept, table), dry_run=dry_run, as_json=as_json)
