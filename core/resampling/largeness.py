"""Runs so large that they are asked for twice: a slip of the finger must not cost a fortune."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from core.resampling.adaptive.policy import AdaptivePolicy
from core.resampling.adaptive.stopping import HalfWidth
from core.resampling.plan import Plan
from core.resampling.request import RunRequest
from core.traces.model import Trace

LARGE_ROLLOUTS: Final = 20_000
LARGE_COST: Final = 100.0
"""US dollars, by the estimate of the plan."""


def largeness(plan: Plan, request: RunRequest) -> str:
    """What a large run would draw and cost within its caps, in a few words; empty where it is not large."""
    rollouts = min(plan.rollouts, _cap(request.max_rollouts))
    cost = min(plan.cost or 0.0, _cap(request.max_cost))
    if rollouts <= LARGE_ROLLOUTS and cost <= LARGE_COST:
        return ""
    return f"{rollouts:,} rollouts" + (f" for about ${cost:,.0f}" if cost else "")


def adaptive_largeness(traces: Iterable[Trace], request: RunRequest, policy: AdaptivePolicy) -> str:
    """The same of adaptive runs, by the most that they can come to: every prefix up to the policy's limit."""
    most = policy.until.most if isinstance(policy.until, HalfWidth) else policy.most
    rollouts = min(most * sum(trace.n_prefixes for trace in traces), _cap(request.max_rollouts))
    return f"up to {rollouts:,} rollouts" if rollouts > LARGE_ROLLOUTS else ""


def _cap(cap: float | None) -> float:
    return math.inf if cap is None else cap
