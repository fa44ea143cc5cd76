"""What the settings ask to be measured on every rollout, beside compliance: rules, and judges with their endpoints."""

from __future__ import annotations

from dataclasses import dataclass

from core.behaviors.behavior import Rule
from core.behaviors.keywords import Keywords
from core.behaviors.own_prompt import OwnPrompt, own_judge
from core.behaviors.parts import CONTINUATION
from core.behaviors.pattern import Pattern
from core.behaviors.settings import KEYWORDS, NONE, BehaviorConfig, PatternConfig
from core.endpoints.config import Config
from core.endpoints.endpoint import Endpoint
from core.resampling.request import JudgeSetup, judge_setup, judging_endpoint


@dataclass(frozen=True)
class Measures:
    """The behaviors that a run decides, in the order of the settings; fit for a `RunRequest`'s fields."""

    rules: tuple[Rule, ...] = ()
    judges: tuple[JudgeSetup, ...] = ()


def measures(config: Config, sampled: Endpoint) -> Measures:
    """All that the settings ask for: alignment faking, and the user's own behaviors.

    ``sampled`` judges where no other endpoint is named.

    Raises:
        NotFoundError: if a judge's endpoint does not exist.
    """
    faking = alignment_faking(config, sampled)
    found = [] if faking is None else [faking]
    found += [own_behavior(config, behavior, sampled) for behavior in config.behaviors.values()]
    return Measures(
        rules=tuple(one for one in found if not isinstance(one, JudgeSetup)),
        judges=tuple(one for one in found if isinstance(one, JudgeSetup)),
    )


def own_rules(config: Config) -> tuple[Rule, ...]:
    """The user's patterns: what can be decided of any text, at no cost and without an endpoint."""
    return tuple(_pattern(one) for one in config.behaviors.values() if isinstance(one, PatternConfig))


def of_continuations(config: Config) -> tuple[str, ...]:
    """The user's behaviors that are decided on what was generated alone."""
    return tuple(one.behavior for one in config.behaviors.values() if one.scope == CONTINUATION)


def alignment_faking(config: Config, sampled: Endpoint) -> Rule | JudgeSetup | None:
    """Who decides alignment faking; None where the settings say nobody.

    Raises:
        NotFoundError: if the judge's endpoint does not exist.
    """
    if config.judge.kind == KEYWORDS:
        return Keywords(config.judge.when)
    return None if config.judge.kind == NONE else judge_setup(config, sampled)


def own_behavior(config: Config, behavior: BehaviorConfig, sampled: Endpoint) -> Rule | JudgeSetup:
    """Who decides one of the user's behaviors.

    Raises:
        NotFoundError: if the judge's endpoint does not exist.
    """
    if isinstance(behavior, PatternConfig):
        return _pattern(behavior)
    endpoint = judging_endpoint(config, behavior.endpoint, sampled)
    judge = own_judge(
        behavior=behavior.behavior,
        prompt=behavior.prompt,
        model=endpoint.model,
        base_url=endpoint.base_url,
        temperature=endpoint.temperature if behavior.temperature is None else behavior.temperature,
        when=behavior.when,
        max_votes=1 if endpoint.is_synthetic else behavior.max_votes,
        scope=behavior.scope,
    )
    return JudgeSetup(OwnPrompt(judge), endpoint)


def _pattern(behavior: PatternConfig) -> Pattern:
    return Pattern(behavior.behavior, behavior.pattern, behavior.where, behavior.ignore_case, behavior.scope)
