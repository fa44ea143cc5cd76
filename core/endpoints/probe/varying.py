"""Whether samples are samples: several at once, other seeds, the same seed, none."""

from __future__ import annotations

from core.endpoints.probe.evidence import Evidence
from core.endpoints.probe.finding import FAILED, PASSED, UNKNOWN, Finding
from core.endpoints.probe.steps import (
    AFTER,
    AFTER_AGAIN,
    OTHER_SEED,
    PLAIN,
    SEEDED,
    SEEDED_AGAIN,
    SEVERAL,
    Step,
)

N_HONOURED, SEED_HONOURED, DIFFERENT, NOT_LEFT = (
    "n is honoured",
    "seed is honoured",
    "samples differ",
    "no seed is left behind",
)

UNANSWERED = "no request would be answered"

# Below this a sure model may well say the same thing five times.
LOWEST_TEMPERATURE = 0.3


def varying_findings(evidence: Evidence) -> list[Finding]:
    """What the answers say about sampling."""
    return [different(evidence), n_honoured(evidence), seed_honoured(evidence), not_left(evidence)]


def _text(evidence: Evidence, step: Step) -> str | None:
    heard = evidence.heard(step)
    return heard.text if heard is not None and heard.text.strip() else None


def repeats(evidence: Evidence) -> str:
    """Why all rollouts of a prefix would be the same, in a few words; empty where they would not."""
    if evidence.endpoint.temperature < LOWEST_TEMPERATURE:
        return ""
    several = evidence.heard(SEVERAL)
    choices = several.continuations if several is not None else ()
    if len(choices) > 1 and any(text.strip() for text in choices) and len(set(choices)) == 1:
        return "all choices of one request are the same"
    texts = [_text(evidence, step) for step in _one_by_one(evidence)]
    known = [text for text in (*texts, *choices[:1]) if text is not None and text.strip()]
    if len(known) >= 3 and len(set(known)) == 1:
        return f"{len(known)} requests for the same prefix were answered with the same text"
    return ""


def _one_by_one(evidence: Evidence) -> tuple[Step, ...]:
    """Requests as a run makes them: each with a seed of its own, or without any."""
    return (PLAIN, AFTER, AFTER_AGAIN) if evidence.endpoint.seed is None else (SEEDED, OTHER_SEED)


def different(evidence: Evidence) -> Finding:
    """Whether several answers to one prefix are different ones."""
    endpoint = evidence.endpoint
    steps = (PLAIN, AFTER, AFTER_AGAIN, SEEDED, OTHER_SEED)
    texts = [text for step in steps if (text := _text(evidence, step)) is not None]
    if endpoint.temperature < LOWEST_TEMPERATURE:
        return Finding(DIFFERENT, UNKNOWN, f"temperature {endpoint.temperature:g}: the same answer is to be expected")
    if len(texts) < 3:
        return Finding(DIFFERENT, UNKNOWN, "too few answers with any text")
    if why := repeats(evidence):
        many = len(set(texts)) > 1 and "choices" in why
        do = "set n_per_request = 1" if many else "switch off the server's response cache, or its greedy decoding"
        return Finding(DIFFERENT, FAILED, why, "a hundred rollouts would be one, counted a hundred times", do)
    seen = f"{len(set(texts))} of {len(texts)} answers to one prefix are different"
    unseeded = [_text(evidence, step) for step in (PLAIN, AFTER, AFTER_AGAIN)]
    if None not in unseeded and len(set(unseeded)) == 1:
        means = "a request without a seed is answered as before; turnpoint sends each rollout a seed of its own"
        return Finding(DIFFERENT, PASSED, seen, means, "leave the endpoint's seed on")
    return Finding(DIFFERENT, PASSED, seen)


def n_honoured(evidence: Evidence) -> Finding:
    """Whether one request gives several answers."""
    fault, heard = evidence.refused(SEVERAL), evidence.heard(SEVERAL)
    costs = "each rollout is a request of its own"
    if fault is not None:
        return Finding(N_HONOURED, FAILED, fault.message, costs, "set n_per_request = 1")
    if heard is None:
        one_only = evidence.endpoint.n_per_request == 1
        return Finding(N_HONOURED, UNKNOWN, "not asked: n_per_request is 1" if one_only else evidence.why_not(SEVERAL))
    got = len(heard.written)
    seen = f"{got} of {SEVERAL.n} answers came"
    if got >= SEVERAL.n:
        return Finding(N_HONOURED, PASSED, seen)
    return Finding(N_HONOURED, FAILED, seen, costs, "set n_per_request = 1")


def seed_honoured(evidence: Evidence) -> Finding:
    """Whether one seed gives one answer, and another seed another."""
    if evidence.endpoint.seed is None:
        return Finding(SEED_HONOURED, UNKNOWN, "not asked: this endpoint sends no seed")
    fault = evidence.refused(SEEDED)
    if fault is not None:
        return Finding(SEED_HONOURED, FAILED, fault.message, UNANSWERED, 'set seed = "none"')
    one, same, other = (_text(evidence, step) for step in (SEEDED, SEEDED_AGAIN, OTHER_SEED))
    if one is None or same is None or other is None:
        return Finding(SEED_HONOURED, UNKNOWN, "too few answers with any text")
    if one != same:
        means = "rollouts differ, as they must, but cannot be drawn a second time"
        return Finding(SEED_HONOURED, FAILED, "the same seed gave two answers", means)
    if one == other:
        return Finding(SEED_HONOURED, UNKNOWN, "two seeds gave the same answer")
    return Finding(SEED_HONOURED, PASSED, "the same seed gave the same answer, another seed another")


def not_left(evidence: Evidence) -> Finding:
    """Whether an answer without a seed is independent of a seed that was sent before it."""
    if evidence.endpoint.seed is None:
        return Finding(NOT_LEFT, UNKNOWN, "not asked: this endpoint sends no seed")
    before, after, again = (_text(evidence, step) for step in (PLAIN, AFTER, AFTER_AGAIN))
    if before is None or after is None or again is None:
        return Finding(NOT_LEFT, UNKNOWN, "too few answers with any text")
    if after != again:
        return Finding(NOT_LEFT, PASSED, "two requests after the same seed gave two answers")
    if before == after:
        return Finding(NOT_LEFT, UNKNOWN, "requests without a seed give the same answer anyway")
    means = "the seed of one request decides about the next ones that have none, whoever sends them"
    return Finding(NOT_LEFT, FAILED, "after the same seed, requests without one repeat", means, "leave the seed on")
