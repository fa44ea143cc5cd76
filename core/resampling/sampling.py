"""From a group of missing samples to a request, and from its answer to rollouts with their outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.behaviors.outcome import FILTERED, NO_DECISION, RESTARTED, TRUNCATED, Outcome
from core.endpoints.completion import Choice, Completion
from core.endpoints.continuation import MODES, Ask
from core.endpoints.restarting import began_anew
from core.finishing import was_cut
from core.resampling.budget import Bill, shares
from core.resampling.drawing import Group
from core.resampling.plan import seed_base
from core.resampling.request import RunRequest
from core.resampling.rollout import Failure, Rollout


@dataclass(frozen=True)
class Draw:
    """One request for the samples of a group; ``sent`` is the text whose tokens are paid for."""

    group: Group
    prefix: str
    seed: int | None
    ask: Ask
    sent: str


def draw_of(request: RunRequest, group: Group) -> Draw:
    """Build the request for a group."""
    trace_id, prefix_idx = group.place
    trace, settings = request.traces[trace_id], request.endpoint.settings
    prefix = trace.prefix(prefix_idx)
    base = seed_base(settings.seed, trace_id, prefix_idx)
    seed = None if base is None else base + group.indices[0]
    ask = MODES[settings.mode].ask(trace.prompt.messages, prefix, settings, len(group.indices), seed)
    return Draw(group, prefix, seed, ask, trace.prompt.text + prefix)


def read_draw(request: RunRequest, draw: Draw, body: object) -> Completion:
    """Read the continuations out of the response to a draw."""
    trace = request.traces[draw.group.place[0]]
    return MODES[request.endpoint.mode].read(body, trace.prompt.messages, draw.prefix)


def rollouts_of(
    request: RunRequest, draw: Draw, completion: Completion, bill: Bill
) -> list[tuple[Rollout, list[Outcome]]]:
    """Turn choices into rollouts with the outcomes that need no judge call; choices nobody asked for are dropped.

    The tokens and the cost of the response are split over its rollouts, so that sums over rows are what was paid.
    """
    kept = [choice for choice in completion.choices if choice.index < len(draw.group.indices)]
    prompt = shares(bill.prompt_tokens, [1] * len(kept))
    answers = shares(bill.completion_tokens, [len(choice.text) for choice in kept])
    # In proportion to the prompt's own shares, so that no rollout has more cached tokens than tokens.
    cached = shares(bill.cached_tokens or 0, prompt)
    trace_id, prefix_idx = draw.group.place
    found = []
    for choice, prompt_tokens, completion_tokens, cached_tokens in zip(kept, prompt, answers, cached, strict=True):
        rollout = Rollout(
            trace_id=trace_id,
            settings_id=request.endpoint.settings.id,
            prefix_idx=prefix_idx,
            sample_idx=draw.group.indices[choice.index],
            text=choice.text,
            finish_reason=choice.finish_reason,
            model=completion.model,
            system_fingerprint=completion.system_fingerprint,
            seed=None if draw.seed is None else draw.seed + choice.index,
            prompt_tokens=None if completion.prompt_tokens is None else prompt_tokens,
            completion_tokens=None if completion.completion_tokens is None else completion_tokens,
            cost=request.endpoint.cost(prompt_tokens, completion_tokens, cached_tokens),
            cached_tokens=None if completion.cached_tokens is None else cached_tokens,
            replica=completion.replica,
            provider=completion.provider,
            continuation=_continuation(request, draw, choice),
        )
        found.append((rollout, outcomes_without_calls(request, rollout)))
    return found


def _continuation(request: RunRequest, draw: Draw, choice: Choice) -> str | None:
    if choice.is_filtered:
        return FILTERED
    return RESTARTED if began_anew(draw.prefix, choice.text, request.tags) else None


def outcomes_without_calls(request: RunRequest, rollout: Rollout) -> list[Outcome]:
    """What the rules say, compliance first, and the judged behaviors that compliance settles.

    Of a rollout that began anew or was filtered no behavior is decided, and no judge asked; nor is one about nothing.
    """
    if rollout.continuation is not None:
        return [Outcome(judge.behavior, judge.id, rollout.continuation) for judge in request.deciders]
    answer = request.answer(rollout)
    outcomes = [rule.decide(answer) for rule in request.every_rule]
    if not rollout.text.strip():
        none = TRUNCATED if was_cut(rollout.finish_reason) else NO_DECISION
        return [*outcomes, *(Outcome(setup.judge.behavior, setup.judge.id, none) for setup in request.judges)]
    settled = (setup.procedure.without_a_call(outcomes[0]) for setup in request.judges)
    return [*outcomes, *filter(None, settled)]


def failures_of(request: RunRequest, group: Group, kind: str, message: str, attempts: int) -> Sequence[Failure]:
    """One failure for each sample of a group that was given up."""
    (trace_id, prefix_idx), settings_id = group.place, request.endpoint.settings.id
    return [
        Failure(trace_id, settings_id, prefix_idx, index, "sample", kind, message, attempts) for index in group.indices
    ]
