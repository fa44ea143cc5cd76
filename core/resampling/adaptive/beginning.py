"""How an adaptive run would begin; what follows depends on what the first rollouts show."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.resampling.adaptive.deciding import next_round
from core.resampling.adaptive.policy import AdaptivePolicy
from core.resampling.adaptive.stopping import Until
from core.resampling.adaptive.sweep import adaptive_evidence, round_request, unjudged_request
from core.resampling.plan import Plan, make_plan
from core.resampling.request import RunRequest, check_most, top_up
from core.store.database import Store
from core.traces.model import Trace

JUDGE = "judge"


@dataclass(frozen=True)
class Beginning:
    """The first stage of a run, why it comes first, and what it takes."""

    stage: str
    reason: str
    plan: Plan


def make_policy(until: Until, most: int = AdaptivePolicy.most, recycle: bool = True) -> AdaptivePolicy:
    """The policy of a run whose prefixes shall have at most ``most`` (1 or more) exploratory rollouts each.

    Raises:
        ConfigError: if no prefix can have so many.
    """
    check_most(most)
    return AdaptivePolicy(until, first=min(AdaptivePolicy.first, most), most=most, recycle=recycle)


def widest_request(trace: Trace, request: RunRequest, policy: AdaptivePolicy) -> RunRequest:
    """The request for all exploratory rollouts that a run may come to: a server is checked for these."""
    return replace(request, spots=top_up(trace, range(trace.n_prefixes), policy.most))


def beginning(trace: Trace, request: RunRequest, policy: AdaptivePolicy, store: Store) -> Beginning | None:
    """What `AdaptiveRun` would do first; None where there is nothing to judge and nothing to draw. Reads only.

    Raises:
        ConfigError: as `RunRequest.check`.
    """
    unjudged = make_plan(store.read, unjudged_request(trace, request))
    if not unjudged.is_empty:
        return Beginning(JUDGE, "rollouts that are there", unjudged)
    round_ = next_round(adaptive_evidence(trace, request, policy, store), policy, request.max_rollouts)
    if round_ is None:
        return None
    return Beginning(round_.stage, round_.reason, make_plan(store.read, round_request(trace, request, round_)))
