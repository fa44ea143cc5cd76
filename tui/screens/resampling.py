"""Reading what is typed into the resample bar, and saying what it would take."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.errors import ConfigError, TurnpointError
from core.traces.model import Trace
from tui.palette import FOREGONE
from tui.views.wording import money
from tui.workers.jobs import TopUp
from tui.workers.resampler import Resampler

if TYPE_CHECKING:
    from core.store.database import Store

_MOST_DIGITS = 18

USAGE = "a number such as 100; `100 10-20` names other prefixes, `100 $5` caps the cost"
WITHOUT_PROMPT = ("no-prompt", "--no-prompt")
"""Words that say that a trace without a prompt is meant to be sampled."""


def read_top_up(resampler: Resampler, traces: Sequence[Trace], prefixes: str, text: str) -> TopUp:
    """Read ``n [prefixes] [$cap] [no-prompt]``; without prefixes those that the key meant, of each of ``traces``.

    Raises:
        ConfigError: if the text is something else.
    """
    from core.resampling.plan import parse_prefixes
    from core.resampling.request import top_up

    n: int | None = None
    cap: float | None = None
    for word in text.split():
        if word in WITHOUT_PROMPT:
            continue
        if word.startswith("$"):
            cap = dollars(word[1:])
        elif n is None:
            if not word.isdecimal():
                raise ConfigError(f"{word!r} is no number of rollouts: type {USAGE}.")
            n = whole(word)
        else:
            prefixes = word
    if n is None or n < 1:
        raise ConfigError(f"type {USAGE}.")
    spots = (spot for trace in traces for spot in top_up(trace, parse_prefixes(prefixes, trace.n_prefixes), n))
    without_prompt = not set(WITHOUT_PROMPT).isdisjoint(text.split())
    return TopUp(resampler.completed(spots=tuple(spots), max_cost=cap, without_prompt=without_prompt))


def whole(digits: str) -> int:
    """Read a number of any length; one that is beyond all use is read as such a number."""
    return int(digits) if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


def dollars(text: str) -> float:
    """Read an amount of US dollars.

    Raises:
        ConfigError: if it is none.
    """
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"${text} is no amount of dollars; write it as $5 or $0.50.") from None


def preview_note(store: Store, resampler: Resampler, traces: Sequence[Trace], prefixes: str, text: str) -> str:
    """What the answer would cost, or what is wrong with it."""
    from core.resampling.plan import make_plan

    try:
        job = read_top_up(resampler, traces, prefixes, text)
        plan = make_plan(store.read, job.request)
    except TurnpointError as error:
        return str(error)
    except sqlite3.Error as error:
        return f"the database cannot be read now ({error})."
    if plan.is_empty:
        return "nothing to draw: all of them are there."
    # In few cells: at 80 columns half the row is taken by the question.
    calls = f"{plan.calls}+{plan.judge_calls} calls" if plan.judge_calls else f"{plan.calls} calls"
    ruled = f", {plan.rulings} by pattern" if plan.rulings else ""
    # What it is about is said when it starts, in the row below, which has the room; here a trace is looked at per key.
    decided = f" {FOREGONE}" if len(traces) == 1 and job.cautions else ""
    return f"{plan.rollouts} rollouts{decided}, {money(plan.cost)}, {calls}{ruled}"
