"""From a rollout to the next call of its judge, and from the reply to a vote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.behaviors.behavior import Answer, Call
from core.behaviors.judge import Judge
from core.behaviors.outcome import UNCLEAR, Vote
from core.canonical import canonical_json, short_hash
from core.endpoints.completion import Choice, Completion
from core.endpoints.continuation import Ask
from core.endpoints.endpoint import Endpoint
from core.endpoints.question import question_ask
from core.resampling.budget import Bill, shares
from core.resampling.request import JudgeSetup
from core.resampling.rollout import Failure, Rollout


@dataclass(frozen=True)
class Question:
    """One call of a judge about one rollout; ``sent`` is the text whose tokens are paid for."""

    call: Call
    ask: Ask
    sent: str


def question_of(
    setup: JudgeSetup, rollout: Rollout, answer: Answer, votes: Sequence[Vote], most_votes: int | None = None
) -> Question | None:
    """Build the call that the votes so far leave to be made about a rollout, or None if they decide.

    ``answer`` is prefix and continuation together; the procedure says what of it the judge reads. ``most_votes`` is how
    many its server gives in one request, as far as that is known.
    """
    call = setup.procedure.next_call(votes)
    if call is None:
        return None
    if most_votes is not None:
        call = replace(call, n=min(call.n, most_votes))
    messages = setup.procedure.messages(call, answer)
    seed = _seed(setup.endpoint, setup.judge, rollout, call.vote_idx)
    ask = question_ask(setup.endpoint, messages, setup.judge.temperature, seed, call.n)
    return Question(call, ask, "".join(turn.content for turn in messages))


def votes_in(setup: JudgeSetup, question: Question, completion: Completion, bill: Bill) -> list[Vote]:
    """Turn the choices of a judge's answer into votes; choices nobody asked for are dropped.

    A filtered reply decides nothing, whatever of it has come. The tokens and the cost of the response are split over
    its votes, so that sums over rows are what was paid.
    """
    call = question.call
    kept = completion.choices[: call.n]
    prompt = shares(bill.prompt_tokens, [1] * len(kept))
    replies = shares(bill.completion_tokens, [len(choice.text) for choice in kept])
    cached = shares(bill.cached_tokens or 0, prompt)
    return [
        replace(
            _vote(setup, call, choice, call.vote_idx + place),
            model=completion.model,
            prompt_tokens=None if completion.prompt_tokens is None else prompt_tokens,
            completion_tokens=None if completion.completion_tokens is None else reply_tokens,
            cost=setup.endpoint.cost(prompt_tokens, reply_tokens, cached_tokens),
        )
        for place, (choice, prompt_tokens, reply_tokens, cached_tokens) in enumerate(
            zip(kept, prompt, replies, cached, strict=True)
        )
    ]


def _vote(setup: JudgeSetup, call: Call, choice: Choice, vote_idx: int) -> Vote:
    if choice.is_filtered:
        return Vote(vote_idx, UNCLEAR, (None, None, None, None, None), choice.text)
    return setup.procedure.read(call, choice.text, vote_idx)


def judge_failure(rollout: Rollout, kind: str, message: str, attempts: int) -> Failure:
    """A judgement that was given up."""
    return Failure(
        rollout.trace_id,
        rollout.settings_id,
        rollout.prefix_idx,
        rollout.sample_idx,
        stage="judge",
        kind=kind,
        message=message,
        attempts=attempts,
    )


def _seed(endpoint: Endpoint, judge: Judge, rollout: Rollout, vote_idx: int) -> int | None:
    """A seed of its own for every vote: with one seed, a server casts the same vote five times."""
    if endpoint.seed is None:
        return None
    what = [endpoint.seed, judge.id, rollout.trace_id, rollout.prefix_idx, rollout.sample_idx, vote_idx]
    return int(short_hash(canonical_json(what)), 16) % 2**31
