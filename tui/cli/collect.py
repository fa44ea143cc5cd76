"""`turnpoint collect`: ask every query in both tiers, and compare how the answers came out."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import ConfigError
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, say, yes_option
from tui.cli.shared import ENDPOINT, said_after, takes
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.analysis.collected import CollectedTable
    from core.collecting.answers import MadeTraces
    from core.collecting.queries import QueryFile
    from core.collecting.scenario import Scenario
    from core.endpoints.endpoint import Endpoint
    from core.resampling.request import RunRequest
    from core.store.database import Store
    from core.traces.model import Trace


@click.command()
@click.option("--scenario", "scenarios", multiple=True, metavar="FILE",
              help="System prompt to ask under (may be repeated), or a packaged one by its name; default: "
              "alignment_faking_original and alignment_faking_ablated.")  # fmt: skip
@click.option("--user-template", metavar="FILE",
              help="User turn with {query} in it, for every scenario; may have {tier} in its name.")  # fmt: skip
@click.option("--queries", "queries_file", type=click.Path(path_type=Path), metavar="FILE",
              help="Queries: .csv, .jsonl, or one a line; default: the scenario's, or packaged ones.")  # fmt: skip
@click.option("--column", help="Where the query is in that file; default: query, goal, prompt or text.")
@click.option("--tiers", default="free,paid", show_default=True, help="Every query is asked in each.")
@click.option("-n", "n", default=1, show_default=True, type=click.IntRange(1), help="Answers each prompt shall have.")
@click.option("--limit", type=click.IntRange(1), help="Ask only the first so many queries.")
@click.option("--temperature", type=click.FloatRange(0, 2),
              help="Temperature to ask at; default: the endpoint's, 0.6 unless turnpoint.toml says.")  # fmt: skip
@click.option("--max-cost", type=click.FloatRange(0), help="Stop before the run costs more than this, in US dollars.")
@click.option("--max-rollouts", type=click.IntRange(0), help="Collect no more answers than this.")
@click.option("--no-judge", is_flag=True, help="Ask no judge: measure compliance and your patterns only.")
@click.option("--dry-run", is_flag=True, help="Only say what it would take.")
@click.option("--table", is_flag=True, help="Ask nothing: print the table of what was collected.")
@yes_option
@click.option("--settings", "settings_id", help="With --table: id of the sampling settings; default: the most used.")
@json_option
@takes("db", *ENDPOINT)
@click.pass_obj
def collect(
    options: Options,
    scenarios: tuple[str, ...],
    user_template: str | None,
    queries_file: Path | None,
    column: str | None,
    tiers: str,
    n: int,
    limit: int | None,
    temperature: float | None,
    max_cost: float | None,
    max_rollouts: int | None,
    no_judge: bool,
    dry_run: bool,
    table: bool,
    is_meant: bool,
    settings_id: str | None,
    as_json: bool,
) -> None:
    """Ask every query in every tier under each scenario, top up to n answers, and make traces of them.

    It ends with the rates by tier and prompt variant, and the compliance gap paired by query.
    """
    from core.collecting.asking import fresh_answers, parse_tiers
    from core.resampling.measuring import Measures, measures, own_rules
    from core.resampling.request import RunRequest

    config = options.config()
    if table:
        where = any(said_after(f"--{name}") for name in ENDPOINT)
        _refuse_asking(scenarios, user_template, queries_file, column, limit, dry_run, where)
        with options.open_store() as store:
            _print_stored(store, settings_id, options, as_json)
        return
    if settings_id is not None:
        raise ConfigError("--settings belongs to --table; add --table, or name an endpoint to ask at.")
    sampled = _at(options.resolve(config), temperature)
    asked, n_repeated = _prompts(scenarios, user_template, queries_file, column, parse_tiers(tiers), limit)
    measured = Measures(rules=own_rules(config)) if no_judge else measures(config, sampled)
    request = RunRequest(
        endpoint=sampled,
        spots=fresh_answers(asked, n),
        judges=measured.judges,
        rules=measured.rules,
        tags=config.tags,
        max_cost=max_cost,
        max_rollouts=max_rollouts,
    )
    with options.open_store(create=True) as store:
        _collect(store, request, asked, n_repeated, options, dry_run=dry_run, is_meant=is_meant, as_json=as_json)


def _collect(
    store: Store,
    request: RunRequest,
    asked: Sequence[Trace],
    n_repeated: int,
    options: Options,
    *,
    dry_run: bool,
    is_meant: bool,
    as_json: bool,
) -> None:
    """Plan, and unless that is all: ask, make traces of the answers, print how they came out."""
    from functools import partial

    from core.collecting.answers import make_traces
    from core.collecting.asking import add_unanswered, check_against
    from core.resampling.largeness import largeness
    from core.resampling.plan import make_plan
    from tui.cli.resample import end_as, planned, refuse_large, run_with_progress, tell

    check_against(store.read, asked)
    plan = make_plan(store.read, request)
    if not as_json:
        repeated = f" ({n_repeated} repeated in the file dropped)" if n_repeated else ""
        say(f"{how_many(len(asked), 'prompt')}{repeated} at {request.endpoint.label}: {planned(plan)}")
    if dry_run:
        if as_json:
            print_json(asdict(plan))
        return
    if not is_meant:
        refuse_large(largeness(plan, request))
    store.write(partial(add_unanswered, traces=asked)).result()
    result = run_with_progress(request, store)
    made = make_traces(store, request.tags)
    counted = _counted(store, request)
    if as_json:
        print_json({"run": asdict(result), "made": asdict(made), "table": _json(counted)})
    else:
        tell(result)
        _say_made(made)
        if counted is not None:
            _print(counted, options)
    end_as(result)


def _at(endpoint: Endpoint, temperature: float | None) -> Endpoint:
    return endpoint if temperature is None else replace(endpoint, temperature=temperature)


def _refuse_asking(*given: object) -> None:
    if any(given):
        raise ConfigError("--table asks nothing; leave scenarios, queries, endpoints and --dry-run out.")


def _prompts(
    scenarios: Sequence[str],
    user_template: str | None,
    queries_file: Path | None,
    column: str | None,
    tiers: tuple[str, ...],
    limit: int | None,
) -> tuple[tuple[Trace, ...], int]:
    """The unanswered traces that the options ask for, and how many queries stood in a file more than once."""
    from core.collecting.asking import check_distinct, query_by_query, unanswered
    from core.collecting.packaged import DEFAULT_SCENARIOS, scenario_path
    from core.collecting.scenario import read_scenario, with_user_template

    parts: list[tuple[Trace, ...]] = []
    n_repeated = 0
    for given in scenarios or DEFAULT_SCENARIOS:
        scenario = read_scenario(scenario_path(given))
        if user_template is not None:
            scenario = with_user_template(scenario, user_template, tiers)
        file = _queries(scenario, queries_file, column)
        n_repeated = max(n_repeated, file.n_repeated)
        parts.append(unanswered(scenario, file.queries[:limit], tiers))
    traces = query_by_query(parts, len(tiers))
    check_distinct(traces)
    return traces, n_repeated


def _queries(scenario: Scenario, queries_file: Path | None, column: str | None) -> QueryFile:
    from core.collecting.packaged import DEFAULT_QUERIES, samples_directory
    from core.collecting.queries import read_queries

    return read_queries(queries_file or scenario.queries or samples_directory() / DEFAULT_QUERIES, column)


def _counted(store: Store, request: RunRequest) -> CollectedTable | None:
    from core.analysis.collected import collected_table
    from core.store.collected import collected_settings

    settings_id = request.endpoint.settings.id
    if settings_id not in {settings.id for settings in collected_settings(store.read)}:
        return None
    return collected_table(store.read, settings_id, request.measured)


def _print_stored(store: Store, settings_id: str | None, options: Options, as_json: bool) -> None:
    """The table of what is stored; traces are made first of answers that a killed run left behind."""
    from core.analysis.collected import collected_table
    from core.collecting.answers import make_traces

    made = make_traces(store, options.config().tags)
    counted = collected_table(store.read, settings_id)
    if as_json:
        print_json({"made": asdict(made), "table": _json(counted)})
        return
    _say_made(made)
    _print(counted, options)


def _json(counted: CollectedTable | None) -> object:
    from tui.cli.collected import table_json

    return None if counted is None else table_json(counted)


def _print(counted: CollectedTable, options: Options) -> None:
    from tui.cli.collected import next_command, print_table_of

    print_table_of(counted)
    say(next_command(counted, options.db))


def _say_made(made: MadeTraces) -> None:
    parts = [f"made {how_many(len(made.trace_ids), 'trace')} of new answers"] if made.trace_ids else []
    if made.n_without_reasoning:
        parts.append(f"{how_many(made.n_without_reasoning, 'answer')} without reasoning tags stay rollouts")
    if made.n_cut_off:
        parts.append(f"{how_many(made.n_cut_off, 'answer')} cut off in the reasoning stay rollouts")
    if made.n_filtered:
        parts.append(f"{how_many(made.n_filtered, 'answer')} filtered by the server stay rollouts")
    if parts:
        say("; ".join(parts))
