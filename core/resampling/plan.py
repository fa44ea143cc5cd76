"""What a run would do: which rollouts are missing, which are unjudged, how many calls and tokens that takes."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.behaviors.behavior import Answer
from core.canonical import canonical_json, short_hash
from core.errors import ConfigError
from core.resampling.budget import estimated_tokens
from core.resampling.drawing import Place
from core.resampling.request import RunRequest
from core.resampling.samples import N_SAMPLES, Span, how_many_in, n_groups, without
from core.store.rollouts import mean_completion_tokens, sampled_indices, undecided_by
from core.traces.model import Trace

# Room under 2^31 for the sample indices that are added to a base.
_SEED_BASES = 2**31 - N_SAMPLES
_JUDGE_REPLY_TOKENS = 400
_SHORTEST_GUESS = 100
_WHOLE_ANSWER_TOKENS = 800


@dataclass(frozen=True)
class PrefixPlan:
    """What is to be done at one prefix of one trace: samples to draw, as spans, and verdicts on stored rollouts."""

    trace_id: str
    prefix_idx: int
    missing: tuple[Span, ...]
    n_undecided: int

    @property
    def place(self) -> Place:
        """Trace and prefix."""
        return self.trace_id, self.prefix_idx


@dataclass(frozen=True)
class Plan:
    """What a run would do.

    ``calls`` are requests for rollouts; ``judge_calls`` is an upper estimate (every rollout judged, every vote
    cast); tokens and ``cost`` (US dollars, None where no price is known) are estimates of both together. ``rulings``
    are outcomes on stored rollouts that need no judge.
    """

    prefixes: tuple[PrefixPlan, ...]
    calls: int
    rollouts: int
    judgements: int
    judge_calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    rulings: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether everything asked for is there."""
        return self.rollouts == 0 and self.judgements == 0 and self.rulings == 0


def parse_prefixes(text: str, n_prefixes: int) -> tuple[int, ...]:
    """Read ``18``, ``10-20``, ``3,5,8-10`` or ``all``; order is kept, repetitions are dropped.

    Raises:
        ConfigError: if it is none of these, or names a prefix outside 0..n_prefixes-1.
    """
    if text.strip().lower() == "all":
        return tuple(range(n_prefixes))
    found: dict[int, None] = {}
    for part in text.split(","):
        ends = re.fullmatch(r"\s*([0-9]{1,9})(?:\s*-\s*([0-9]{1,9}))?\s*", part)
        if ends is None:
            raise ConfigError(f"{_shown(text)} names no prefixes; write a list such as 18, 10-20 or 3,5,8-10, or all.")
        first, last = int(ends[1]), int(ends[2] or ends[1])
        if max(first, last) >= n_prefixes:
            raise ConfigError(f"there is no prefix {max(first, last)}; this trace has 0 to {n_prefixes - 1}.")
        if last < first:
            raise ConfigError(f"{first}-{last} runs backwards; write {last}-{first}.")
        found.update(dict.fromkeys(range(first, last + 1)))
    return tuple(found)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")


@lru_cache(maxsize=4096)
def seed_base(seed: int | None, trace_id: str, prefix_idx: int) -> int | None:
    """The seed of a prefix's sample 0; sample i has this plus i.

    A hash (31 bits) keeps the random numbers of neighbouring prefixes, and of traces, apart.
    """
    if seed is None:
        return None
    return int(short_hash(canonical_json([seed, trace_id, prefix_idx])), 16) % _SEED_BASES


def make_plan(connection: sqlite3.Connection, request: RunRequest) -> Plan:
    """Compare what is asked for with what the store has; reads only.

    Raises:
        ConfigError: as `RunRequest.check` and `RunRequest.refuse_without_prompt`.
    """
    request.check()
    endpoint, settings_id = request.endpoint, request.endpoint.settings.id
    wanted: dict[Place, list[Span]] = {}
    for spot in request.spots:
        wanted.setdefault((spot.trace.id, spot.prefix_idx), []).append(spot.samples)
    known_means = {trace_id: mean_completion_tokens(connection, trace_id, settings_id) for trace_id in request.traces}
    prefixes, calls, rollouts, rulings, prompt_tokens, completion_tokens = [], 0, 0, 0, 0, 0
    judging = _Judging(request)
    for (trace_id, prefix_idx), samples in wanted.items():
        trace = request.traces[trace_id]
        present = sampled_indices(connection, trace_id, settings_id, prefix_idx)
        missing = without(samples, present)
        n_missing = how_many_in(missing)
        undecided = [
            len(undecided_by(connection, trace_id, settings_id, prefix_idx, setup.judge)) for setup in request.judges
        ]
        for rule in request.rules:
            rulings += len(undecided_by(connection, trace_id, settings_id, prefix_idx, rule.judge))
        if missing:
            request.refuse_without_prompt(trace)
        prefixes.append(PrefixPlan(trace_id, prefix_idx, missing, sum(undecided)))
        prefix = trace.prefix(prefix_idx)
        n_calls = n_groups(missing, endpoint.n_per_request)
        calls += n_calls
        rollouts += n_missing
        prompt_tokens += n_calls * estimated_tokens(trace.prompt.text + prefix)
        each = known_means[trace_id].get(prefix_idx, _guessed_tokens(trace, prefix))
        completion_tokens += round(n_missing * min(each, endpoint.max_tokens))
        judging.add(trace, [n_missing + n for n in undecided])
    cost = endpoint.cost(prompt_tokens, completion_tokens)
    for setup, prompt, reply in zip(request.judges, judging.prompt_tokens, judging.reply_tokens, strict=True):
        cost = _sum(cost, setup.endpoint.cost(prompt, reply))
    return Plan(
        prefixes=tuple(prefixes),
        calls=calls,
        rollouts=rollouts,
        judgements=judging.judgements,
        judge_calls=judging.calls,
        prompt_tokens=prompt_tokens + sum(judging.prompt_tokens),
        completion_tokens=completion_tokens + sum(judging.reply_tokens),
        cost=cost,
        rulings=rulings,
    )


class _Judging:
    """What the judges of a request may take, added up trace by trace."""

    def __init__(self, request: RunRequest) -> None:
        self.judgements = 0
        self.calls = 0
        self.prompt_tokens = [0] * len(request.judges)
        self.reply_tokens = [0] * len(request.judges)
        self._setups = request.judges
        self._tags = request.tags

    def add(self, trace: Trace, rollouts: Sequence[int]) -> None:
        """Add what it takes to judge that many rollouts, one number per judge."""
        for place, (setup, n) in enumerate(zip(self._setups, rollouts, strict=True)):
            first = setup.procedure.next_call(())
            if n == 0 or first is None:
                continue
            calls = n * setup.procedure.max_calls
            asked = setup.procedure.messages(first, Answer(trace.response, None, self._tags))
            self.judgements += n
            self.calls += calls
            self.prompt_tokens[place] += calls * estimated_tokens("".join(turn.content for turn in asked))
            self.reply_tokens[place] += calls * first.n * min(_JUDGE_REPLY_TOKENS, setup.endpoint.max_tokens)


def _guessed_tokens(trace: Trace, prefix: str) -> int:
    """How long a rollout may be before any was drawn: as long as what the trace has left."""
    if not trace.response:
        return _WHOLE_ANSWER_TOKENS
    return max(_SHORTEST_GUESS, estimated_tokens(trace.response[len(prefix) :]))


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
