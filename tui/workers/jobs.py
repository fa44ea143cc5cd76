"""What the app can be asked to sample: a number of rollouts at some prefixes, or an adaptive run over all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.behaviors.outcome import ALIGNMENT_FAKING
from tui.views.session import short_name
from tui.views.wording import outcome, remarked
from tui.widgets.sentence_list import signed

if TYPE_CHECKING:
    from core.resampling.adaptive.confirm import ConfirmedDirection
    from core.resampling.adaptive.policy import AdaptivePolicy, Round
    from core.resampling.adaptive.sweep import AdaptiveRun
    from core.resampling.progress import Progress
    from core.resampling.request import RunRequest, RunResult
    from core.resampling.runner import Run
    from core.store.database import Store
    from core.traces.model import Trace

EVENLY = 100
"""Rollouts per prefix that an adaptive run is measured by."""
MOST_NAMED = 4


class Job(Protocol):
    """A run to be."""

    def takes(self, store: Store) -> str:
        """What it would draw, in a few words; empty where there is nothing to do.

        Raises:
            ConfigError: if it cannot be run as it is.
        """

    def largeness(self, store: Store) -> str:
        """What it would come to, in a few words, if that is so much that it is asked for twice; else empty."""

    @property
    def nothing(self) -> str:
        """The sentence that says why there is nothing to do."""

    @property
    def cautions(self) -> tuple[str, ...]:
        """What its rates will say nothing about, a sentence each."""

    def doubtful(self, store: Store) -> RunRequest | None:
        """The request that the endpoint may have to be checked for, if prefixes are to be continued there."""

    def run(
        self, store: Store, on_progress: Callable[[Progress], None], on_round: Callable[[Round], None]
    ) -> Run | AdaptiveRun:
        """The run, not yet executed; ``on_round`` gets each stage of a run that has several."""

    def ending(self, store: Store, result: RunResult) -> str:
        """How it ended, in one sentence."""


@dataclass(frozen=True)
class TopUp:
    """The same number of rollouts at each of the request's prefixes."""

    request: RunRequest

    def takes(self, store: Store) -> str:
        """See `Job`."""
        from core.resampling.plan import make_plan

        plan = make_plan(store.read, self.request)
        drawn = "" if plan.is_empty else f"{plan.rollouts} rollouts"
        return f"{drawn} and {plan.rulings} outcomes by pattern" if plan.rulings else drawn

    def largeness(self, store: Store) -> str:
        """See `Job`."""
        from core.resampling.largeness import largeness
        from core.resampling.plan import make_plan

        return largeness(make_plan(store.read, self.request), self.request)

    @property
    def nothing(self) -> str:
        """See `Job`."""
        return f"nothing to draw: there are {max(spot.n for spot in self.request.spots)} rollouts or more already."

    @property
    def cautions(self) -> tuple[str, ...]:
        """See `Job`."""
        from core.resampling.cautions import cautions

        return cautions(self.request)

    def doubtful(self, store: Store) -> RunRequest | None:
        """See `Job`."""
        from core.resampling.checked import continues_prefixes

        return self.request if continues_prefixes(self.request, store) else None

    def run(
        self, store: Store, on_progress: Callable[[Progress], None], on_round: Callable[[Round], None]
    ) -> Run | AdaptiveRun:
        """See `Job`; it has one stage only."""
        from core.resampling.runner import Run

        return Run(self.request, store, on_progress)

    def ending(self, store: Store, result: RunResult) -> str:
        """See `Job`."""
        return remarked(result)


@dataclass(frozen=True)
class Adaptively:
    """Rollouts wherever the answer is still open; endpoint, judges and caps are the request's."""

    trace: Trace
    request: RunRequest
    policy: AdaptivePolicy

    def takes(self, store: Store) -> str:
        """See `Job`; what follows the first stage depends on what that shows."""
        from core.resampling.adaptive.beginning import beginning

        first = beginning(self.trace, self.request, self.policy, store)
        if first is None:
            return ""
        if not first.plan.rollouts:
            return f"adaptively, once {first.plan.judgements} rollouts that are there are judged"
        return f"adaptively, first {first.plan.rollouts} rollouts ({first.stage}: {first.reason})"

    def largeness(self, store: Store) -> str:
        """See `Job`."""
        from core.resampling.largeness import adaptive_largeness

        return adaptive_largeness([self.trace], self.request, self.policy)

    @property
    def nothing(self) -> str:
        """See `Job`."""
        return "nothing to draw: what was asked for is there."

    @property
    def cautions(self) -> tuple[str, ...]:
        """See `Job`."""
        from core.resampling.cautions import cautions

        return cautions(self.request, (self.trace,))

    def doubtful(self, store: Store) -> RunRequest | None:
        """See `Job`."""
        from core.resampling.adaptive.beginning import widest_request

        return widest_request(self.trace, self.request, self.policy)

    def run(
        self, store: Store, on_progress: Callable[[Progress], None], on_round: Callable[[Round], None]
    ) -> Run | AdaptiveRun:
        """See `Job`."""
        from core.resampling.adaptive.sweep import AdaptiveRun

        return AdaptiveRun(self.trace, self.request, self.policy, store, on_progress, on_round)

    def ending(self, store: Store, result: RunResult) -> str:
        """See `Job`; it says what fresh rollouts confirm, and what the same number everywhere would have taken."""
        from core.resampling.adaptive.fresh import fresh_directions, largest_confirmed
        from core.resampling.request import DONE, STOPPED
        from core.store.rates import rollouts_per_prefix

        if result.status not in (DONE, STOPPED):
            return remarked(result, "adaptive run")
        trace, settings_id, judges = self.trace, self.request.endpoint.settings.id, self.request.measured
        found = largest_confirmed(fresh_directions(store.read, trace.id, settings_id, trace.n_prefixes, judges))
        n_stored = sum(rollouts_per_prefix(store.read, trace.id, settings_id).values())
        compared = f"{n_stored} in all, where {EVENLY} at every prefix would be {EVENLY * trace.n_prefixes}"
        parts = (outcome(result, "adaptive run"), confirmed(found), compared, result.reason)
        return " ".join(("; ".join(filter(None, parts)), *result.remarks))


def confirmed(found: Sequence[ConfirmedDirection]) -> str:
    """Which sentences fresh rollouts confirm, by behavior; ``found`` has the largest change first."""
    if not found:
        return "fresh rollouts confirm no sentence"
    parts = []
    for behavior in sorted({one.behavior for one in found}, key=lambda name: (name != ALIGNMENT_FAKING, name)):
        values = [(one.sentence_idx, one.fresh.value or 0.0) for one in found if one.behavior == behavior]
        named = ", ".join(f"{index} {signed(value)[0][0]}{value:+z.2f}" for index, value in values[:MOST_NAMED])
        more = f" and {len(values) - MOST_NAMED} more" if len(values) > MOST_NAMED else ""
        parts.append(f"{short_name(behavior)} {named}{more}")
    return f"confirmed: {'; '.join(parts)}"
