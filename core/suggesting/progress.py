"""How far a run of suggestions is: a count that the run keeps, and the frozen picture that others get."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.resampling.budget import Bill, Budget


@dataclass(frozen=True)
class SuggestingProgress:
    """A run of suggestions at one moment.

    ``sentences_done`` counts those that have a suggestion now, ``unreadable`` those that were given up because no
    reply about them could be read, ``failures`` those whose requests failed, by kind. ``spend`` is in US dollars, None
    where the endpoint has no prices; ``elapsed`` in seconds; ``waiting_for`` is the address of a server that is gone,
    ``waiting_since`` when (Unix seconds) nothing began to come, None while answers do.
    """

    sentences_total: int
    sentences_done: int = 0
    calls: int = 0
    unreadable: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    in_flight: int = 0
    spend: float | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    elapsed: float = 0.0
    waiting_for: str = ""
    waiting_since: float | None = None

    @property
    def n_failed(self) -> int:
        """Sentences given up."""
        return self.unreadable + sum(self.failures.values())


@dataclass(frozen=True)
class SuggestingResult:
    """How a run ended: ``status`` is done, cancelled (told to stop), stopped (a cap) or failed; ``reason`` says why.

    ``reason`` is one sentence, empty when all that was asked for is there.
    """

    status: str
    reason: str
    progress: SuggestingProgress
    run_id: int | None = None


class SuggestingTally:
    """The running count of one run; ``budget`` is None where the spend cannot be known."""

    def __init__(self, sentences: int, budget: Budget | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.done = 0
        self.calls = 0
        self.unreadable = 0
        self.failures: Counter[str] = Counter()
        self.in_flight = 0
        self.waiting_for = ""
        self.waiting_since: float | None = None
        self._sentences = sentences
        self._budget = budget
        self._clock = clock
        self._started = clock()
        self._prompt_tokens = 0
        self._completion_tokens = 0

    def bill(self, bill: Bill) -> None:
        """Add one response and its tokens."""
        self.calls += 1
        self._prompt_tokens += bill.prompt_tokens
        self._completion_tokens += bill.completion_tokens

    def picture(self) -> SuggestingProgress:
        """The count as it stands."""
        return SuggestingProgress(
            sentences_total=self._sentences,
            sentences_done=self.done,
            calls=self.calls,
            unreadable=self.unreadable,
            failures=dict(self.failures),
            in_flight=self.in_flight,
            spend=None if self._budget is None else self._budget.spent,
            prompt_tokens=self._prompt_tokens,
            completion_tokens=self._completion_tokens,
            elapsed=self._clock() - self._started,
            waiting_for=self.waiting_for,
            waiting_since=self.waiting_since,
        )
