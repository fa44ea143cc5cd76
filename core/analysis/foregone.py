"""What the text of a prefix decides by itself: from some sentence on, a rate is then 1 or 0 whatever is generated.

So it is for a rule that looks at the prefix too. Its rate says nothing from there on, and the leap of the rate at that
sentence is no effect of the sentence on the model.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.behaviors.judge import Judge
from core.behaviors.keywords import Keywords
from core.behaviors.outcome import YES
from core.behaviors.pattern import Pattern
from core.behaviors.rules import rule_of
from core.store.judges import load_judges
from core.traces.model import Trace


@dataclass(frozen=True)
class Foregone:
    """A behavior that is ``outcome`` (yes or no) from prefix ``prefix_idx`` on, whatever is generated.

    ``judge`` is the rule that decides so.
    """

    behavior: str
    prefix_idx: int
    outcome: str
    judge: Judge

    @property
    def sentence_idx(self) -> int | None:
        """The sentence whose text decides; None where the text before the first one does."""
        return self.prefix_idx - 1 if self.prefix_idx else None

    @property
    def sentence(self) -> str:
        """What this means for the rates, in one sentence."""
        return f"{self.behavior}: {self.clause}"

    @property
    def clause(self) -> str:
        """The same without the name of the behavior."""
        of = "every rollout that complies" if self.judge.when == "complied" else "every rollout"
        says = "shows it" if self.outcome == YES else "does not show it"
        mend = "" if self.judge.text is None else '; scope = "continuation" looks at what was generated alone'
        return f"{self._who} decides it, so from prefix {self.prefix_idx} on {of} {says}{mend}."

    @property
    def in_short(self) -> str:
        """What decides, in a few words."""
        return f"decided by {self._who}"

    @property
    def _who(self) -> str:
        return (
            "the text before sentence 0" if self.sentence_idx is None else f"the text of sentence {self.sentence_idx}"
        )


def foregone_of(judge: Judge, trace: Trace) -> Foregone | None:
    """From which prefix on the text of a trace decides a behavior by itself under this judge; None: nowhere."""
    rule = rule_of(judge)
    if rule is None or not rule.reads_prefixes:
        return None
    ends = [*(sentence.start for sentence in trace.sentences), trace.reasoning.end]
    return _find(rule, trace.response, trace.reasoning.start, ends)


def load_foregone(connection: sqlite3.Connection, trace_id: str, judge_ids: Iterable[str]) -> dict[str, Foregone]:
    """What the text of a stored trace decides under these judges, by behavior; most decide nothing so."""
    found = [rule_of(judge) for judge in load_judges(connection, judge_ids).values()]
    rules = [rule for rule in found if rule is not None and rule.reads_prefixes]
    if not rules:
        return {}
    row = connection.execute(
        "SELECT response, reasoning_start, reasoning_end FROM traces WHERE id = ?", [trace_id]
    ).fetchone()
    starts = connection.execute("SELECT start FROM sentences WHERE trace_id = ? ORDER BY idx", [trace_id])
    ends = [*(start for (start,) in starts), row["reasoning_end"]]
    foregone = (_find(rule, row["response"], row["reasoning_start"], ends) for rule in rules)
    return {one.behavior: one for one in foregone if one is not None}


def notes_of(foregone: Mapping[str, Foregone], behaviors: Iterable[str]) -> tuple[str, ...]:
    """One sentence for each of the behaviors that a text decides."""
    return tuple(foregone[behavior].sentence for behavior in behaviors if behavior in foregone)


def _find(rule: Pattern | Keywords, response: str, reasoning_start: int, ends: list[int]) -> Foregone | None:
    """``ends[i]`` is the length of prefix i. What a prefix decides, each longer one decides too."""

    def decided(end: int) -> str | None:
        return rule.foregone(response[:end], response[reasoning_start:end])

    at = bisect_left(ends, True, key=lambda end: decided(end) is not None)
    if at == len(ends):
        return None
    outcome = decided(ends[at])
    assert outcome is not None
    return Foregone(rule.judge.behavior, at, outcome, rule.judge)
