"""How far a run is: a count that the run keeps, and the frozen picture that others get."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from core.behaviors.outcome import Outcome
from core.resampling.budget import Bill, Budget


@dataclass(frozen=True)
class Progress:
    """A run at one moment.

    ``rollouts_done`` counts those that other processes stored meanwhile; ``failures`` are samples and judgements
    given up, by kind; ``spend`` is in US dollars, None where an endpoint has no prices; ``elapsed`` in seconds;
    ``rollouts_per_second`` counts this run's own; ``cached_tokens`` are those of ``prompt_tokens`` that came from the
    servers' caches, None where no server says so; ``waiting_for`` is the address of a server that is gone and waited
    for, else empty; ``waiting_since`` is when (Unix seconds) nothing began to come, None while answers do; ``outcomes``
    counts what the run has come to know, by behavior and outcome; ``noticed`` what is worth saying of the answers, see
    `core.resampling.noticing`.
    """

    rollouts_total: int
    rollouts_done: int = 0
    judgements_total: int = 0
    judgements_done: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    in_flight: int = 0
    spend: float | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    rollouts_per_second: float = 0.0
    elapsed: float = 0.0
    cached_tokens: int | None = None
    waiting_for: str = ""
    outcomes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    waiting_since: float | None = None
    noticed: Mapping[str, int] = field(default_factory=dict)

    @property
    def n_failed(self) -> int:
        """Samples and judgements given up."""
        return sum(self.failures.values())

    @property
    def cached_share(self) -> float | None:
        """Share of the prompt tokens that came from a cache, 0..1; None where no server says so."""
        if self.cached_tokens is None or self.prompt_tokens == 0:
            return None
        return self.cached_tokens / self.prompt_tokens


class Tally:
    """The running count of one run; ``budget`` is None where the spend cannot be known."""

    def __init__(
        self, rollouts: int, judgements: int, budget: Budget | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.drawn = 0
        self.found = 0
        self.judged = 0
        self.failures: Counter[str] = Counter()
        self.outcomes: dict[str, Counter[str]] = {}
        self.noticed: Counter[str] = Counter()
        self.in_flight = 0
        self.waiting_for = ""
        self.waiting_since: float | None = None
        self._rollouts = rollouts
        self._judgements = judgements
        self._budget = budget
        self._clock = clock
        self._started = clock()
        self._prompt_tokens = 0
        self._completion_tokens = 0
        self._cached_tokens: int | None = None

    def bill(self, bill: Bill) -> None:
        """Add the tokens of one response."""
        self._prompt_tokens += bill.prompt_tokens
        self._completion_tokens += bill.completion_tokens
        if bill.cached_tokens is not None:
            self._cached_tokens = (self._cached_tokens or 0) + bill.cached_tokens

    def count(self, outcomes: Iterable[Outcome]) -> None:
        """Add what was decided of a rollout."""
        for outcome in outcomes:
            self.outcomes.setdefault(outcome.behavior, Counter())[outcome.outcome] += 1

    def picture(self) -> Progress:
        """The count as it stands."""
        elapsed = self._clock() - self._started
        return Progress(
            rollouts_total=self._rollouts,
            rollouts_done=self.drawn + self.found,
            judgements_total=self._judgements,
            judgements_done=self.judged,
            failures=dict(self.failures),
            in_flight=self.in_flight,
            spend=None if self._budget is None else self._budget.spent,
            prompt_tokens=self._prompt_tokens,
            completion_tokens=self._completion_tokens,
            rollouts_per_second=self.drawn / elapsed if elapsed > 0 else 0.0,
            elapsed=elapsed,
            cached_tokens=self._cached_tokens,
            waiting_for=self.waiting_for,
            waiting_since=self.waiting_since,
            outcomes={behavior: dict(counts) for behavior, counts in self.outcomes.items()},
            noticed=dict(self.noticed),
        )
