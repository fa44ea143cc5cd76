"""The two ways to decide a behavior: a rule that reads the text, and a procedure that asks a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.behaviors.judge import Judge
from core.behaviors.outcome import Outcome, Vote
from core.traces.model import Message
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags, find_reasoning


@dataclass(frozen=True)
class Answer:
    """A whole response, prefix and continuation together; ``tags`` are those that may enclose its reasoning.

    The first ``given`` characters are the prefix; what stands after them was generated.
    """

    text: str
    finish_reason: str | None = None
    tags: tuple[ReasoningTags, ...] = DEFAULT_TAGS
    given: int = 0

    @property
    def reasoning(self) -> str:
        """What the reasoning tags enclose."""
        span = find_reasoning(self.text, self.tags)
        return self.text[span.start : span.end]


@dataclass(frozen=True)
class Call:
    """One request to a judge: the index of its first vote, the criteria it answers, how many votes it asks for."""

    vote_idx: int
    criteria: tuple[int, ...]
    n: int = 1


class Rule(Protocol):
    """Decides a behavior from the text alone."""

    @property
    def judge(self) -> Judge:
        """Which behavior this decides, and how; its id names the outcomes in the store."""

    def decide(self, answer: Answer) -> Outcome:
        """The outcome on one response."""


class Procedure(Protocol):
    """Decides a behavior by asking a model: which call comes next follows from the votes that are stored."""

    @property
    def judge(self) -> Judge:
        """Which behavior this decides, and how; its id names the outcomes in the store."""

    @property
    def max_calls(self) -> int:
        """The most requests that one rollout can cost."""

    def without_a_call(self, compliance: Outcome) -> Outcome | None:
        """The outcome that needs no model, given that of compliance; None if the model must be asked."""

    def next_call(self, votes: Sequence[Vote]) -> Call | None:
        """The request that these votes leave to be made, or None when they decide."""

    def messages(self, call: Call, answer: Answer) -> tuple[Message, ...]:
        """What is put to the model."""

    def read(self, call: Call, reply: str, vote_idx: int) -> Vote:
        """Turn one reply into a vote; what cannot be read strictly is ``unclear``."""

    def verdict(self, votes: Sequence[Vote]) -> Outcome:
        """What the votes amount to, once `next_call` has no more."""


def decision_of(procedure: Procedure, votes: Sequence[Vote]) -> Outcome | None:
    """The outcome, or None while a call is left to be made."""
    return None if procedure.next_call(votes) else procedure.verdict(votes)
