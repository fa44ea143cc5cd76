"""A sample of rollouts of many traces and prefixes, to validate a judge by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.store.database import Store
from core.store.judges import JudgeInUse
from core.store.rollouts import StoredRollout, load_rollouts_by_id
from core.store.traces import load_trace
from core.traces.model import Trace
from tui.actions import JUDGING, bindings_for
from tui.context import context_of
from tui.screens.judging import JudgingScreen


@dataclass(frozen=True)
class VerdictSample:
    """Which rollouts are judged, in which order they were drawn, and the judge whose verdicts they are about."""

    judge: JudgeInUse
    rollout_ids: tuple[int, ...]
    order: str
    seed: int


class SampleScreen(JudgingScreen):
    """The rollouts of a sample; it begins at the first that is not judged."""

    SCOPE = JUDGING
    BINDINGS = bindings_for(JUDGING)  # Textual's own declaration

    def __init__(self, store: Store, sample: VerdictSample) -> None:
        super().__init__(store, None, sample.order)
        self._sample = sample
        self._traces: dict[str, Trace] = {}

    def begin(self) -> None:
        """Go to the first that is not judged."""
        judge = self._sample.judge
        self._judges = {**context_of(self).judges, judge.behavior: judge.id}
        self._verdicts = replace(self._verdicts, behavior=judge.behavior, is_working=True)
        super().begin()
        stored = self.at_cursor
        if stored is not None and self._verdicts.of(stored).is_done:
            self.action_next_unjudged(1)

    def stored(self) -> Sequence[StoredRollout]:
        """Those of the sample."""
        return load_rollouts_by_id(self._store.read, self._sample.rollout_ids, self._judges)

    def trace_of(self, stored: StoredRollout) -> Trace:
        """Its trace, read once."""
        trace_id = stored.rollout.trace_id
        if trace_id not in self._traces:
            self._traces[trace_id] = load_trace(self._store.read, trace_id)
        return self._traces[trace_id]

    def number_of(self, place: int, stored: StoredRollout) -> int:
        """Its place in the sample, counted from 1."""
        return self._sample.rollout_ids.index(stored.id) + 1

    def title_parts(self) -> list[str]:
        """The behavior and how the sample was drawn."""
        sample = self._sample
        return [self._verdicts.behavior, f"{sample.order} sample, seed {sample.seed}", sample.judge.name]

    def above_text(self, stored: StoredRollout) -> list[str]:
        """Where the rollout is from, and the sentence that it follows."""
        rollout, trace = stored.rollout, self.trace_of(stored)
        tier = f", {trace.tier} tier" if trace.tier else ""
        where = f"{rollout.trace_id}{tier}, prefix {rollout.prefix_idx}, sample {rollout.sample_idx}"
        return [where, *super().above_text(stored)]

    def empty(self) -> str:
        """There is always something in a sample."""
        return "this sample is empty."

    def action_leave(self) -> None:
        """Quit; everything is saved already."""
        self.app.exit()
