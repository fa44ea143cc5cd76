"""The rule that a stored judge names, so that what a text decides can be told without the settings of that time."""

from __future__ import annotations

from core.behaviors.judge import Judge
from core.behaviors.keywords import Keywords
from core.behaviors.pattern import Pattern, pattern_of


def rule_of(judge: Judge) -> Pattern | Keywords | None:
    """A user's pattern or the keyword baseline; None for any other judge, and for a rule that is no longer known."""
    baseline = Keywords(judge.when)
    return baseline if baseline.judge.id == judge.id else pattern_of(judge)
