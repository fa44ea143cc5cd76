"""What `C` has estimated of a trace, shown as long as no rollout has been added since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from core.store.rates import SettingsInUse

if TYPE_CHECKING:
    from core.analysis.importance import Importance, SentenceImportance
    from core.analysis.instead import Alternatives


@dataclass(frozen=True)
class Estimates:
    """Importance by behavior and what was said instead by sentence, with the rollouts that they rest on.

    Nothing is told of the sentences that are ``withheld``.
    """

    settings: SettingsInUse
    by_behavior: Mapping[str, Importance]
    instead: tuple[Alternatives, ...] = ()
    withheld: frozenset[int] = frozenset()

    def of(self, behavior: str, index: int) -> SentenceImportance | None:
        """What is known of one sentence."""
        found = self.by_behavior.get(behavior)
        return None if found is None or index in self.withheld else found.rows[index]

    def said(self, index: int) -> Alternatives | None:
        """What was said in the place of one sentence; None where no rollout was drawn before it."""
        found = self.instead[index] if self.instead and index not in self.withheld else None
        return found if found is not None and found.n_rollouts else None

    def noise(self, behavior: str, index: int) -> float | None:
        """How large a direction of this sentence would be noise."""
        found = self.by_behavior.get(behavior)
        return None if found is None or index in self.withheld else found.noise(index)

    def turning_points(self, behavior: str) -> frozenset[int]:
        """Those of one behavior."""
        return self._turning_points.get(behavior, frozenset())

    @cached_property
    def _turning_points(self) -> Mapping[str, frozenset[int]]:
        return {name: frozenset(found.turning_points) - self.withheld for name, found in self.by_behavior.items()}

    def holds(self, settings: SettingsInUse | None) -> bool:
        """Whether these are the rollouts that are looked at, with none added."""
        return self.settings == settings

    @property
    def summary(self) -> str:
        """The turning points of each behavior, in one sentence."""
        parts = []
        for name, found in self.by_behavior.items():
            points = ", ".join(str(index) for index in found.turning_points) or "none"
            parts.append(f"{name} {points}")
        return f"turning points (q < 0.05): {'; '.join(parts)}."
