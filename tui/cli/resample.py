"""`turnpoint resample`: top up the rollouts of a trace, without the app."""

from __future__ import annotations

from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING

import click

from core.errors import ConfigError
from tui.cli.completing import complete_traces
from tui.cli.draining import drained
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, say, warn, yes_option
from tui.cli.shared import ENDPOINT, takes
from tui.views.numbers import how_many
from tui.views.wording import NO_PROMPT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.resampling.checked import Stoppable
    from core.resampling.plan import Plan
    from core.resampling.progress import Progress
    from core.resampling.request import RunRequest, RunResult
    from core.store.database import Store
    from core.suggesting.progress import SuggestingResult
    from core.traces.model import Trace
    from core.traces.reasoning import ReasoningTags
    from tui.cli.terminal_line import TerminalLine


@click.command()
@click.argument("trace_id", metavar="[TRACE]", required=False, shell_complete=complete_traces)
@click.option("--behavior", help="Instead of TRACE: the collected traces whose own answer shows this behavior.")
@click.option(
    "--outcome", type=click.Choice(["yes", "no"]), help="With --behavior: no takes those that do not show it."
)
@click.option("--limit", type=click.IntRange(1), help="With --behavior: no more traces than this.")
@click.option("--prefix", "prefixes", help="Which prefixes: 18, 10-20, 3,5,8-10 or all.")
@click.option("--all", "every", is_flag=True, help="Every prefix.")
@click.option(
    "-n", "n", default=100, show_default=True, type=click.IntRange(1), help="Rollouts each prefix shall have."
)
@click.option(
    "--adaptive", is_flag=True, help="Every prefix, but rollouts only where the answer is open; -n is the most."
)
@click.option("--until", help="When to stop: settled (default), budget, or half-width=0.1.  [with --adaptive]")
@click.option(
    "--recycle/--no-recycle",
    default=None,
    help="Whether a rollout that goes on with exactly the next sentence counts after it too.  [with --adaptive]",
)
@click.option("--max-cost", type=click.FloatRange(0), help="Stop before the run costs more than this, in US dollars.")
@click.option("--max-rollouts", type=click.IntRange(0), help="Draw no more than this.")
@click.option("--no-prompt", is_flag=True, help="Sample a trace that has no prompt, as if nobody had asked anything.")
@click.option("--no-judge", is_flag=True, help="Ask no judge: measure compliance and your patterns only.")
@click.option("--no-check", is_flag=True, help="Do not check first that the server continues a prefix.")
@click.option("--dry-run", is_flag=True, help="Only say what it would take.")
@yes_option
@json_option
@takes("db", *ENDPOINT)
@click.pass_obj
def resample(
    options: Options,
    trace_id: str | None,
    behavior: str | None,
    outcome: str | None,
    limit: int | None,
    prefixes: str | None,
    every: bool,
    n: int,
    adaptive: bool,
    until: str | None,
    recycle: bool | None,
    max_cost: float | None,
    max_rollouts: int | None,
    no_prompt: bool,
    no_judge: bool,
    no_check: bool,
    dry_run: bool,
    is_meant: bool,
    as_json: bool,
) -> None:
    """Top up to n rollouts at prefixes of TRACE; what is there already is kept and not drawn again.

    With --behavior it is the traces made of collected answers that show the behavior, queries taking turns.
    """
    from core.resampling.cautions import cautions
    from core.resampling.largeness import adaptive_largeness, largeness
    from core.resampling.measuring import Measures, measures, own_rules
    from core.resampling.plan import make_plan, parse_prefixes
    from core.resampling.request import RunRequest, top_up
    from tui.cli.adaptive import How, policy_of, resample_adaptively, resample_each_adaptively
    from tui.cli.chosen import chosen_traces

    if adaptive and (every or prefixes is not None):
        raise ConfigError("--adaptive chooses the prefixes by itself; leave --prefix and --all out.")
    if not adaptive and every == (prefixes is not None):
        raise ConfigError("say which prefixes: --prefix 18, --prefix 10-20, or --all.")
    policy = policy_of(adaptive, n, until, recycle)
    config = options.config()
    sampled = options.resolve(config)
    measured = Measures(rules=own_rules(config)) if no_judge else measures(config, sampled)
    with options.open_store() as store:
        traces = chosen_traces(store, trace_id, behavior, outcome, limit, config.tags)
        spots = (top_up(trace, parse_prefixes(prefixes or "all", trace.n_prefixes), n) for trace in traces)
        request = RunRequest(
            endpoint=sampled,
            spots=tuple(chain.from_iterable(spots)),
            judges=measured.judges,
            rules=measured.rules,
            tags=config.tags,
            max_cost=max_cost,
            max_rollouts=max_rollouts,
            without_prompt=no_prompt,
        )
        for caution in cautions(request):
            warn(caution)
        warn_of_unread_answers(traces, config.tags)
        if policy is not None:
            if not (dry_run or is_meant):
                refuse_large(adaptive_largeness(traces, request, policy))
            how = How(policy, store, no_check, dry_run, as_json)
            if trace_id is not None:
                resample_adaptively(traces[0], request, how)
            else:
                resample_each_adaptively(traces, request, how)
            return
        plan = make_plan(store.read, request)
        if not as_json:
            what = trace_id or how_many(len(traces), "trace")
            what += "" if all(trace.prompt.asks for trace in traces) else f" ({NO_PROMPT})"
            say(f"{what} at {sampled.label}: {planned(plan)}")
        if dry_run:
            if as_json:
                print_json(asdict(plan))
            return
        if not is_meant:
            refuse_large(largeness(plan, request))
        result = run_with_progress(request, store, None if no_check else request)
    if as_json:
        print_json(asdict(result))
    report(result, as_json)


def refuse_large(large: str) -> None:
    """Refuse a run that is as ``large`` as that; an empty text is none.

    Raises:
        ConfigError: saying how it can be carried out all the same.
    """
    if large:
        raise ConfigError(f"this is a large run, {large}: add --yes if it is meant, or cap it lower.")


def warn_of_unread_answers(traces: Sequence[Trace], tags: Sequence[ReasoningTags]) -> None:
    """Say that compliance, and all that is read of answers, will stay undecided."""
    from core.traces.unread import with_unread_answers

    unread = with_unread_answers(traces, tags)
    if unread:
        who = unread[0] if len(unread) == 1 else f"{how_many(len(unread), 'trace')} ({unread[0]}, ...)"
        warn(
            f"{who}: other tags enclose the reasoning than those that this run looks for, so no answer will be found;"
            " name them as tags under [reasoning] in turnpoint.toml."
        )


def planned(plan: Plan) -> str:
    """What a plan would take, in a few words."""
    judged = f", up to {how_many(plan.judge_calls, 'judge call')}" if plan.judge_calls else ""
    ruled = f", {how_many(plan.rulings, 'outcome')} by pattern" if plan.rulings else ""
    return f"{how_many(plan.rollouts, 'rollout')} in {how_many(plan.calls, 'call')}{judged}{ruled}, {about(plan.cost)}"


def about(cost: float | None) -> str:
    """An estimate in US dollars, in words."""
    from tui.views.wording import money

    return money(cost) if cost is None else f"about {money(cost)}"


def run_with_progress(request: RunRequest, store: Store, doubtful: RunRequest | None = None) -> RunResult:
    """Run a request; the first Ctrl-C keeps what is in flight, the second aborts. Progress goes to standard error.

    The endpoint of a ``doubtful`` request is checked before, unless the store has a check of it.
    """
    from core.resampling.checked import continues_prefixes
    from core.resampling.runner import Run

    if doubtful is not None and not continues_prefixes(request, store):
        doubtful = None
    return watched(lambda show: Run(request, store, show), store, doubtful)


def watched(
    make: Callable[[Callable[[Progress], None]], Stoppable], store: Store, doubtful: RunRequest | None = None
) -> RunResult:
    """Execute the run that ``make`` builds around a progress callback, as `run_with_progress` does."""
    from core.resampling.checked import CheckedRun
    from tui.cli.check import on_the_way
    from tui.views.wording import running

    def build(line: TerminalLine, show: Callable[[Progress], None]) -> Stoppable:
        run = make(show)
        if doubtful is None:
            return run
        return CheckedRun(run, doubtful, store, on_the_way(doubtful.endpoint, line), warn)

    return drained(build, running)


def report(result: RunResult, as_json: bool) -> None:
    """Say how a run ended, unless JSON has said it, and turn what is missing into the exit code."""
    if not as_json:
        tell(result)
    end_as(result)


def tell(result: RunResult) -> None:
    """Say how a run ended, and what its numbers are worth; a failure, and every remark, on standard error."""
    from core.resampling.request import FAILED
    from tui.views.wording import ending

    (warn if result.status == FAILED else say)(ending(result))
    for remark in result.remarks:
        warn(remark)


def end_as(result: RunResult | SuggestingResult) -> None:
    """Turn what is missing into the exit code."""
    from core.resampling.request import DONE, STOPPED, RunResult

    if isinstance(result, RunResult) and result.is_void:
        raise SystemExit(1)
    # A cap was set on purpose; whatever else is missing is worth another run, and the exit code says so.
    if result.status != STOPPED and (result.status != DONE or result.reason):
        raise SystemExit(1)
