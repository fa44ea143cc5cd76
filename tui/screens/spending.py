"""Reading what is typed into the adaptive bar, and saying how the run would begin."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from core.errors import ConfigError, TurnpointError
from core.traces.model import Trace
from tui.screens.resampling import WITHOUT_PROMPT, dollars, whole
from tui.views.wording import money
from tui.workers.jobs import Adaptively
from tui.workers.resampler import Resampler

if TYPE_CHECKING:
    from core.resampling.adaptive.stopping import Until
    from core.store.database import Store

DEFAULT = "settled"
USAGE = "settled, half-width=0.1, or a budget: 2000 rollouts or $5; `settled $5` caps it, `n=50` caps each prefix"


def read_adaptive(resampler: Resampler, trace: Trace, text: str) -> Adaptively:
    """Read ``settled``, ``half-width=0.1`` or ``budget``, with caps: rollouts, dollars, and ``n=50`` of a prefix.

    Caps alone are a budget. ``no-recycle`` decides without recycled rollouts, ``no-prompt`` samples without one.

    Raises:
        ConfigError: if the text is something else, or a budget has no cap.
    """
    from core.resampling.adaptive.beginning import make_policy
    from core.resampling.adaptive.policy import AdaptivePolicy
    from core.resampling.adaptive.stopping import Spent, parse_until

    until: Until | None = None
    max_rollouts: int | None = None
    max_cost: float | None = None
    most, recycle, without_prompt = AdaptivePolicy.most, True, False
    for word in text.split():
        if word.startswith("$"):
            max_cost = dollars(word[1:])
        elif word.isdecimal():
            max_rollouts = _positive(word)
        elif word.startswith("n="):
            most = _positive(word[2:])
        elif word == "no-recycle":
            recycle = False
        elif word in WITHOUT_PROMPT:
            without_prompt = True
        elif until is None and (word in ("settled", "budget") or word.startswith("half-width=")):
            until = parse_until(word)
        else:
            raise ConfigError(f"{_shown(word)} says not when to stop: type {USAGE}.")
    has_cap = max_rollouts is not None or max_cost is not None
    if until is None and not has_cap:
        raise ConfigError(f"say when to stop: type {USAGE}.")
    if isinstance(until, Spent) and not has_cap:
        raise ConfigError("say how much the budget is: `budget 2000` for rollouts, `budget $5` for dollars.")
    request = resampler.completed(max_rollouts=max_rollouts, max_cost=max_cost, without_prompt=without_prompt)
    return Adaptively(trace, request, make_policy(until or Spent(), most, recycle))


def _positive(digits: str) -> int:
    if not digits.isdecimal() or whole(digits) < 1:
        raise ConfigError(f"{_shown(digits)} is no number of rollouts; give 1 or more.")
    return whole(digits)


def _shown(word: str) -> str:
    return repr(word if len(word) <= 40 else word[:40] + "...")


def beginning_note(store: Store, resampler: Resampler, trace: Trace, text: str) -> str:
    """What the first stage would take, or what is wrong with the answer."""
    from core.resampling.adaptive.beginning import beginning

    try:
        job = read_adaptive(resampler, trace, text)
        first = beginning(trace, job.request, job.policy, store)
    except TurnpointError as error:
        return str(error)
    except sqlite3.Error as error:
        return f"the database cannot be read now ({error})."
    if first is None:
        return job.nothing
    plan, cap = first.plan, job.request.max_rollouts
    if not plan.rollouts:
        return f"first {plan.judgements} rollouts to judge, {plan.judge_calls} calls; what follows depends on them"
    what = f"{plan.rollouts} rollouts" if cap is None or cap >= plan.rollouts else f"{cap} of {plan.rollouts} rollouts"
    calls = f"{plan.calls}+{plan.judge_calls} calls" if plan.judge_calls else f"{plan.calls} calls"
    # Money before calls: at 80 columns the end is cut off.
    return f"{first.stage}: {what}, {money(plan.cost)}, {calls}; what follows depends on them"
