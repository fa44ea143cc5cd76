"""The rollouts of one prefix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.store.database import Store
from core.store.rollouts import StoredRollout, load_rollouts
from core.traces.model import Trace
from tui.actions import ROLLOUTS, bindings_for
from tui.screens.judging import JudgingScreen


@dataclass(frozen=True)
class Subset:
    """Some rollouts of a prefix, and what they have in common."""

    title: str
    rollout_ids: frozenset[int]


class RolloutsScreen(JudgingScreen):
    """Rollouts of a prefix, with their outcomes; new ones appear as they land, unless they are of no ``subset``."""

    SCOPE = ROLLOUTS
    BINDINGS = bindings_for(ROLLOUTS)  # Textual's own declaration

    def __init__(
        self,
        store: Store,
        trace: Trace,
        settings_id: str,
        prefix_idx: int,
        judges: Mapping[str, str] | None,
        subset: Subset | None = None,
    ) -> None:
        super().__init__(store, judges)
        self._trace, self._settings_id, self._prefix_idx, self._subset = trace, settings_id, prefix_idx, subset

    def stored(self) -> Sequence[StoredRollout]:
        """Those of the prefix, or of the subset."""
        found = load_rollouts(self._store.read, self._trace.id, self._settings_id, self._prefix_idx, self._judges)
        if self._subset is None:
            return found
        return [rollout for rollout in found if rollout.id in self._subset.rollout_ids]

    def trace_of(self, stored: StoredRollout) -> Trace:
        """The one trace."""
        return self._trace

    def title_parts(self) -> list[str]:
        """The trace and the prefix, or what the subset is."""
        return [self._trace.id, f"prefix {self._prefix_idx}"] if self._subset is None else [self._subset.title]

    def empty(self) -> str:
        """How to get some."""
        return f"no rollouts at prefix {self._prefix_idx} under these settings; r on the trace draws some."
