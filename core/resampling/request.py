"""What a run is asked for, and what it came to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from core.behaviors.behavior import Answer, Procedure, Rule
from core.behaviors.compliance import Compliance
from core.behaviors.five_criteria import five_criteria_judge
from core.behaviors.four_criteria import TEMPERATURE, FourCriteria, four_criteria_judge
from core.behaviors.judge import Judge
from core.behaviors.settings import FIVE_CRITERIA, FOUR_CRITERIA, JudgeConfig
from core.behaviors.voting import FiveCriteria
from core.canonical import canonical_json
from core.endpoints.choice import named_endpoint
from core.endpoints.config import Config
from core.endpoints.endpoint import Endpoint
from core.endpoints.refusals import refuse_if_it_cannot_continue
from core.errors import ConfigError
from core.resampling.budget import check_cap
from core.resampling.progress import Progress
from core.resampling.retrying import PATIENT, RetryPolicy
from core.resampling.rollout import Rollout
from core.resampling.samples import CONFIRM_BASE, N_SAMPLES, Span
from core.traces.model import Trace
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags

DONE, CANCELLED, STOPPED, FAILED = "done", "cancelled", "stopped", "failed"


@dataclass(frozen=True)
class Spot:
    """One prefix of one trace, and the rollouts it shall have: samples ``first_sample`` and on, ``n`` of them.

    Rollouts drawn for a purpose of their own are told apart by a ``first_sample`` of their own.
    """

    trace: Trace
    prefix_idx: int
    n: int
    first_sample: int = 0

    @property
    def samples(self) -> Span:
        """Indices of the samples."""
        return self.first_sample, self.first_sample + self.n


def check_most(n: int, first_sample: int = 0) -> None:
    """Refuse more rollouts of one prefix than can be told apart: exploratory ones from fresh ones, or by their seeds.

    Raises:
        ConfigError: naming how many there can be.
    """
    most = (CONFIRM_BASE if first_sample < CONFIRM_BASE else N_SAMPLES) - first_sample
    if n > most:
        raise ConfigError(f"no prefix can have {_spoken(n)} rollouts; give {most:,} or less.")


def _spoken(n: int) -> str:
    return f"{n:,}" if n < 10**15 else "so many"


def top_up(trace: Trace, prefixes: Iterable[int], n: int) -> tuple[Spot, ...]:
    """``n`` rollouts at each of some prefixes of a trace, in that order."""
    return tuple(Spot(trace, prefix_idx, n) for prefix_idx in prefixes)


@dataclass(frozen=True)
class JudgeSetup:
    """A judge, and the endpoint that its calls go to (over chat, whatever the endpoint's continuation mode)."""

    procedure: Procedure
    endpoint: Endpoint

    @property
    def judge(self) -> Judge:
        """Which behavior it decides, and how."""
        return self.procedure.judge


def judge_setup(config: Config, sampled: Endpoint) -> JudgeSetup:
    """The model that judges alignment faking as the settings ask; `core.resampling.measuring` has all they ask for.

    The simulator's judge reads by fixed rules and would cast the same vote over and over, so it casts one.

    Raises:
        ConfigError: if the settings leave alignment faking to no model.
        NotFoundError: if the judge's endpoint does not exist.
    """
    wanted = config.judge
    endpoint = judging_endpoint(config, wanted.endpoint, sampled)
    if wanted.kind == FOUR_CRITERIA:
        return JudgeSetup(_four_criteria(wanted, endpoint), endpoint)
    if wanted.kind != FIVE_CRITERIA:
        raise ConfigError(f'no model judges alignment faking under kind = "{wanted.kind}"; choose another in [judge].')
    judge = five_criteria_judge(
        model=endpoint.model,
        base_url=endpoint.base_url,
        temperature=endpoint.temperature if wanted.temperature is None else wanted.temperature,
        scheme=wanted.scheme,
        when=wanted.when,
        max_votes=1 if endpoint.is_synthetic else wanted.max_votes,
    )
    return JudgeSetup(FiveCriteria(judge), endpoint)


def judging_endpoint(config: Config, name: str | None, sampled: Endpoint) -> Endpoint:
    """The endpoint of that name; without one, ``sampled`` judges as well.

    Raises:
        NotFoundError: if there is none of that name.
    """
    return sampled if name is None else named_endpoint(config, name)


def _four_criteria(wanted: JudgeConfig, endpoint: Endpoint) -> FourCriteria:
    return FourCriteria(
        four_criteria_judge(
            model=endpoint.model,
            base_url=endpoint.base_url,
            temperature=TEMPERATURE if wanted.temperature is None else wanted.temperature,
            when=wanted.when,
            votes=1 if endpoint.is_synthetic else wanted.votes,
            threshold=wanted.threshold,
        )
    )


@dataclass(frozen=True)
class RunRequest:
    """Top up the rollouts of ``spots`` (worked in that order), and decide every behavior that is undecided there.

    Compliance is always measured, ``rules`` and ``judges`` beside it. ``max_cost`` is in US dollars and, like
    ``max_rollouts``, counts this run alone. ``without_prompt`` says that traces without a prompt are meant to be drawn.
    """

    endpoint: Endpoint
    spots: tuple[Spot, ...] = ()
    judges: tuple[JudgeSetup, ...] = ()
    rules: tuple[Rule, ...] = ()
    tags: tuple[ReasoningTags, ...] = DEFAULT_TAGS
    max_cost: float | None = None
    max_rollouts: int | None = None
    retrying: RetryPolicy = PATIENT
    without_prompt: bool = False

    @cached_property
    def traces(self) -> dict[str, Trace]:
        """The traces of the spots, by id."""
        return {spot.trace.id: spot.trace for spot in self.spots}

    @property
    def every_rule(self) -> tuple[Rule, ...]:
        """The rules, compliance first."""
        return (Compliance(self.tags), *self.rules)

    @property
    def deciders(self) -> tuple[Judge, ...]:
        """Who decides, rules first."""
        return (*(rule.judge for rule in self.every_rule), *(setup.judge for setup in self.judges))

    @property
    def measured(self) -> dict[str, str]:
        """Every behavior that the run decides, with the id of its judge."""
        return {judge.behavior: judge.id for judge in self.deciders}

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints that the run talks to, the sampled one first."""
        return tuple(dict.fromkeys((self.endpoint, *(setup.endpoint for setup in self.judges))))

    def answer(self, rollout: Rollout) -> Answer:
        """The whole response that a rollout is the end of."""
        prefix = self.traces[rollout.trace_id].prefix(rollout.prefix_idx)
        return Answer(prefix + rollout.text, rollout.finish_reason, self.tags, len(prefix))

    @property
    def canonical(self) -> str:
        """What was asked, as JSON for the run's row; it holds no key and no text."""
        asked: dict[str, dict[str, list[int]]] = {}
        for spot in self.spots:
            asked.setdefault(spot.trace.id, {})[str(spot.prefix_idx)] = [spot.first_sample, spot.n]
        return canonical_json(
            {
                "traces": asked,
                "judges": [setup.judge.id for setup in self.judges],
                "max_cost": self.max_cost,
                "max_rollouts": self.max_rollouts,
            }
        )

    def check(self) -> None:
        """Refuse what cannot be run.

        Raises:
            ConfigError: for a prefix that a trace has not, a number of rollouts that is negative or more than a prefix
                can have, a cost cap without prices, or a chat template that cannot be rendered for one of the prompts.
            CannotContinueError: for a prefix to be continued where the endpoint is known to answer anew.
        """
        for spot in self.spots:
            if not 0 <= spot.prefix_idx < spot.trace.n_prefixes:
                raise ConfigError(
                    f"trace {spot.trace.id} has no prefix {spot.prefix_idx};"
                    f" its prefixes are 0 to {spot.trace.n_prefixes - 1}."
                )
        numbers = [number for spot in self.spots for number in (spot.n, spot.first_sample)]
        if min(numbers, default=0) < 0 or (self.max_rollouts is not None and self.max_rollouts < 0):
            raise ConfigError("a number of rollouts cannot be negative; give 0 or more.")
        for spot in self.spots:
            check_most(spot.n, spot.first_sample)
        self._check_continuing()
        check_cap(self.max_cost, self.endpoints)

    def refuse_without_prompt(self, trace: Trace) -> None:
        """Refuse to draw from a trace without a prompt where one is sent, unless that is meant.

        Plain text is continued as it stands; a chat, or a template, is a conversation in which nobody asked.

        Raises:
            ConfigError: saying how to give it one.
        """
        if self.without_prompt or trace.prompt.asks:
            return
        if self.endpoint.mode != "completions" or self.endpoint.template is not None:
            raise ConfigError(
                f"trace {trace.id} has no prompt, so that rates would mean nothing; `turnpoint import FILE --prompt"
                " PROMPT` gives it one, and --no-prompt samples without."
            )

    def _check_continuing(self) -> None:
        # An empty prefix is an ordinary question, which any server answers; what is only judged is not sampled.
        if any(spot.n and spot.trace.prefix(spot.prefix_idx) for spot in self.spots):
            refuse_if_it_cannot_continue(self.endpoint)
        template = self.endpoint.settings.template
        if template is not None:
            for trace in self.traces.values():
                template.prompt(trace.prompt.messages, "")


@dataclass(frozen=True)
class RunResult:
    """How a run ended: ``status`` is done, cancelled (told to stop), stopped (a cap) or failed; ``reason`` says why.

    ``reason`` is one sentence, empty when all that was asked for is there. ``remarks`` are sentences about what its
    numbers are worth; ``is_void`` says that a behavior was decided on no rollout at all.
    """

    status: str
    reason: str
    progress: Progress
    run_id: int | None = None
    remarks: tuple[str, ...] = ()
    is_void: bool = False
