"""Putting labelled texts to a judge, with all that a run does for rollouts: resumed, retried, and within a budget.

Each text is a trace, and its only rollout is the text itself. So nothing that was paid for is lost, and the app shows
what the judge said of each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, is_dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.analysis.validation import Scored
from core.behaviors.behavior import Answer, Call, Procedure, Rule
from core.behaviors.judge import Judge
from core.behaviors.outcome import Outcome, Vote
from core.behaviors.voting import ALWAYS, without_a_call
from core.endpoints.client import ClientOpener, open_app, open_client
from core.endpoints.endpoint import Endpoint
from core.errors import ConfigError, ImportRefusedError
from core.resampling.progress import Progress
from core.resampling.request import JudgeSetup, RunRequest, Spot
from core.resampling.rollout import Rollout
from core.resampling.runner import Run
from core.store.database import Store
from core.store.rollouts import add_judge, add_rollouts, add_settings, load_rollouts
from core.store.traces import add_traces, known_ids
from core.traces.build import NoReasoningError, make_trace
from core.traces.labelled import LabelledText
from core.traces.model import Message, Trace
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from sqlite_utils import Database

NOWHERE = Endpoint(
    name="labelled texts", base_url="labelled:", model="labelled texts", price_prompt=0.0, price_completion=0.0
)
"""Where the texts were "drawn"; nothing is ever sent there."""


@dataclass(frozen=True)
class Judged:
    """One labelled text and what the judge made of it; None where it has not been asked or failed."""

    text: LabelledText
    outcome: Outcome | None
    scheme: str

    @property
    def scored(self) -> Scored:
        """For `core.analysis.validation.validate`; the score is the share of yes votes, or the verdict where none vote.

        Under the scheme ``criteria`` a vote is about one criterion, so that there the verdict is all there is.
        """
        value = None if self.outcome is None else self.outcome.value
        if self.outcome is None or value is None:
            return Scored(self.text.label, None)
        yes, cast = self.outcome.votes_yes, self.outcome.votes_cast
        share = yes / cast if yes is not None and cast and self.scheme != "criteria" else float(value)
        return Scored(self.text.label, value == 1, share)


def asked_of_every_text(judge: Rule | JudgeSetup) -> Rule | JudgeSetup:
    """The same judge, asked whatever the answer was: a labelled text may be reasoning alone, and not comply.

    So is every judge that asks a model, of whatever class, and every rule that has a ``when``.

    Raises:
        ConfigError: for a rule that decides some texts only and cannot be told to decide all.
    """
    if judge.judge.when == ALWAYS:
        return judge
    if isinstance(judge, JudgeSetup):
        return JudgeSetup(AskedAlways(judge.procedure), judge.endpoint)
    if is_dataclass(judge) and "when" in judge.__dataclass_fields__:
        of_every_text: Rule = replace(judge, when=ALWAYS)
        if of_every_text.judge.when == ALWAYS:
            return of_every_text
    raise ConfigError(f"{judge.judge.name} decides some answers only, so that no labelled text can be put to it.")


@dataclass(frozen=True)
class AskedAlways:
    """A procedure that is asked whatever compliance came out as, and under the name that it has then."""

    asked: Procedure

    @cached_property
    def judge(self) -> Judge:
        """See `core.behaviors.behavior.Procedure`."""
        return replace(self.asked.judge, when=ALWAYS)

    @property
    def max_calls(self) -> int:
        """See `core.behaviors.behavior.Procedure`."""
        return self.asked.max_calls

    def without_a_call(self, compliance: Outcome) -> Outcome | None:
        """Only what was cut off is decided without a call."""
        return without_a_call(self.judge, compliance.outcome)

    def next_call(self, votes: Sequence[Vote]) -> Call | None:
        """See `core.behaviors.behavior.Procedure`."""
        return self.asked.next_call(votes)

    def messages(self, call: Call, answer: Answer) -> tuple[Message, ...]:
        """See `core.behaviors.behavior.Procedure`."""
        return self.asked.messages(call, answer)

    def read(self, call: Call, reply: str, vote_idx: int) -> Vote:
        """See `core.behaviors.behavior.Procedure`."""
        return self.asked.read(call, reply, vote_idx)

    def verdict(self, votes: Sequence[Vote]) -> Outcome:
        """See `core.behaviors.behavior.Procedure`."""
        return replace(self.asked.verdict(votes), judge_id=self.judge.id)


def request_about(
    texts: Sequence[LabelledText],
    judge: Rule | JudgeSetup,
    tags: tuple[ReasoningTags, ...] = DEFAULT_TAGS,
    max_cost: float | None = None,
) -> RunRequest:
    """The run that puts the texts to a judge (see `asked_of_every_text`).

    Raises:
        ImportRefusedError: for a text that has no reasoning.
    """
    spots = tuple(Spot(trace, 0, 1) for trace in {text.id: _trace(text, tags) for text in texts}.values())
    if isinstance(judge, JudgeSetup):
        return RunRequest(NOWHERE, spots, judges=(judge,), tags=tags, max_cost=max_cost)
    return RunRequest(NOWHERE, spots, rules=(judge,), tags=tags, max_cost=max_cost)


def enter(store: Store, request: RunRequest) -> None:
    """Write the request's texts, as far as they are not in the store."""
    known = known_ids(store.read)
    new = [trace for trace_id, trace in request.traces.items() if trace_id not in known]

    def job(database: Database) -> None:
        add_settings(database, NOWHERE.settings)
        add_traces(database, new)
        add_rollouts(database, None, [(_rollout(trace), ()) for trace in new])
        for judge in request.deciders:
            add_judge(database, judge)

    store.write(job).result()


def judging_run(
    store: Store, request: RunRequest, on_progress: Callable[[Progress], None], clients: ClientOpener = open_client
) -> Run:
    """The run, to be executed; it draws nothing."""

    @asynccontextmanager
    async def opened(endpoint: Endpoint) -> AsyncIterator[AsyncOpenAI]:
        async with open_app(_nobody) if endpoint == NOWHERE else clients(endpoint) as client:
            yield client

    return Run(request, store, on_progress, opened)


def judged(store: Store, texts: Sequence[LabelledText], judge: Rule | JudgeSetup) -> list[Judged]:
    """What the store has of the judge's outcomes, for every text in order."""
    name = judge.judge
    found = []
    for text in texts:
        stored = load_rollouts(store.read, text.id, NOWHERE.settings.id, 0, {name.behavior: name.id})
        outcome = stored[0].outcomes.get(name.behavior) if stored else None
        found.append(Judged(text, outcome, name.scheme))
    return found


def _trace(text: LabelledText, tags: tuple[ReasoningTags, ...]) -> Trace:
    try:
        return make_trace(text.id, text.text, tags=tags, source=f"line {text.line}", model=NOWHERE.model)
    except NoReasoningError as error:
        raise ImportRefusedError("the labelled texts", str(error), text.line) from error


def _rollout(trace: Trace) -> Rollout:
    return Rollout(trace.id, NOWHERE.settings.id, 0, 0, trace.response[len(trace.prefix(0)) :], finish_reason="stop")


async def _nobody(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("labelled texts are drawn nowhere")
