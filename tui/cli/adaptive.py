"""`turnpoint resample --adaptive`: rollouts where the answer is still open, and what fresh ones confirm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from core.errors import ConfigError
from tui.cli.confirmed import print_confirmed
from tui.cli.output import print_json, say

if TYPE_CHECKING:
    from core.resampling.adaptive.confirm import ConfirmedDirection
    from core.resampling.adaptive.policy import AdaptivePolicy, Round
    from core.resampling.progress import Progress
    from core.resampling.request import RunRequest, RunResult
    from core.store.database import Store
    from core.traces.model import Trace


def policy_of(adaptive: bool, most: int, until: str | None, recycle: bool | None) -> AdaptivePolicy | None:
    """The policy that the options ask for; None where they ask for an ordinary run.

    Raises:
        ConfigError: if an option of adaptive runs stands alone, or says what cannot be.
    """
    from core.resampling.adaptive.beginning import make_policy
    from core.resampling.adaptive.stopping import parse_until

    if adaptive:
        return make_policy(parse_until(until or "settled"), most, recycle is not False)
    if until is not None or recycle is not None:
        raise ConfigError("--until and --recycle belong to --adaptive; add it, or leave them out.")
    return None


@dataclass(frozen=True)
class How:
    """How adaptive runs are made: ``dry_run`` only says how they would begin, ``no_check`` leaves the check out."""

    policy: AdaptivePolicy
    store: Store
    no_check: bool
    dry_run: bool
    as_json: bool


def resample_adaptively(trace: Trace, request: RunRequest, how: How) -> None:
    """Run to the policy's end and print what is confirmed."""
    from tui.cli.resample import report

    if how.dry_run:
        _say_beginning(trace, request, how)
        return
    result, found = _run(trace, request, how)
    if how.as_json:
        print_json(asdict(result) | {"confirmed": [asdict(direction) for direction in found]})
    report(result, how.as_json)


def resample_each_adaptively(traces: Sequence[Trace], request: RunRequest, how: How) -> None:
    """Run on one trace after the other, all on one budget; what stops a run, or makes it fail, stops them all."""
    from core.resampling.adaptive.beginning import beginning
    from core.resampling.request import DONE
    from tui.cli.resample import end_as, tell

    if how.dry_run and how.as_json:
        firsts = [beginning(trace, request, how.policy, how.store) for trace in traces]
        print_json([None if first is None else asdict(first.plan) for first in firsts])
        return
    documents, results = [], []
    for place, trace in enumerate(traces, 1):
        if not how.as_json:
            say(f"{trace.id} ({place} of {len(traces)})")
        if how.dry_run:
            _say_beginning(trace, request, how)
            continue
        result, found = _run(trace, request, how)
        results.append(result)
        documents.append({"trace_id": trace.id} | asdict(result) | {"confirmed": [asdict(one) for one in found]})
        if not how.as_json:
            tell(result)
        request = _less(request, result.progress)
        if result.status != DONE:
            break
    if how.dry_run:
        return
    if how.as_json:
        print_json(documents)
    for one in results:
        end_as(one)


def _less(request: RunRequest, spent: Progress) -> RunRequest:
    """The request with what is left of its caps."""
    rollouts, cost = request.max_rollouts, request.max_cost
    return replace(
        request,
        max_rollouts=None if rollouts is None else max(0, rollouts - spent.rollouts_done),
        max_cost=None if cost is None else max(0.0, cost - (spent.spend or 0.0)),
    )


def _run(trace: Trace, request: RunRequest, how: How) -> tuple[RunResult, Sequence[ConfirmedDirection]]:
    from core.resampling.adaptive.beginning import widest_request
    from core.resampling.adaptive.confirm import confirmed_directions
    from core.resampling.adaptive.sweep import AdaptiveRun
    from tui.cli.resample import watched

    def announce(round_: Round) -> None:
        if not how.as_json:
            say(f"{round_.stage}: {round_.reason}")

    result = watched(
        lambda show: AdaptiveRun(trace, request, how.policy, how.store, show, announce),
        how.store,
        None if how.no_check else widest_request(trace, request, how.policy),
    )
    settings_id = request.endpoint.settings.id
    found = confirmed_directions(
        how.store.read, trace.id, settings_id, trace.n_prefixes, request.measured, how.policy.change
    )
    if not how.as_json:
        print_confirmed(trace, found)
    return result, found


def _say_beginning(trace: Trace, request: RunRequest, how: How) -> None:
    from core.resampling.adaptive.beginning import beginning
    from tui.cli.resample import planned

    first = beginning(trace, request, how.policy, how.store)
    if how.as_json:
        print_json(None if first is None else asdict(first.plan))
    elif first is None:
        say("nothing to draw: what was asked for is there.")
    else:
        say(f"{first.stage}: {planned(first.plan)}; what follows depends on what these show.")
