"""The rates of a trace, prefix by prefix, and how each sentence moves them.

Everything is derived from rollout rows when it is asked for, and nothing undefined is ever a number: a prefix without
decided rollouts has no rate, and a sentence beside such a prefix has no direction.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from core.analysis.foregone import Foregone, load_foregone, notes_of
from core.analysis.intervals import Interval, newcombe, wilson
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.errors import NotFoundError
from core.store.rates import PrefixCounts, SettingsInUse, failed_samples, prefix_counts, settings_in_use

if TYPE_CHECKING:
    from core.analysis.counts import Count

ALWAYS_SHOWN = (COMPLIANCE, ALIGNMENT_FAKING)
BIG_CHANGE = 0.1


@dataclass(frozen=True)
class PrefixRate(PrefixCounts):
    """One behavior at one prefix: ``k`` of ``n`` decided rollouts showed it.

    The undecided ones are counted apart; ``n_error`` holds outcomes that failed and samples that were given up.
    ``judge_id`` is empty where no judge has decided anything yet. ``k_recycled`` of ``n_recycled`` are the recycled
    rollouts among these: drawn at an earlier prefix, and counted here too (`counting_recycled`).
    """

    k_recycled: int = 0
    n_recycled: int = 0

    @property
    def without_recycled(self) -> PrefixRate:
        """The rollouts that were drawn at the prefix itself."""
        if not self.n_recycled:
            return self
        return replace(self, k=self.k - self.k_recycled, n=self.n - self.n_recycled, k_recycled=0, n_recycled=0)

    @property
    def rate(self) -> float | None:
        """``k / n`` in 0..1; None where nothing is decided."""
        return self.k / self.n if self.n else None

    @cached_property
    def interval(self) -> Interval | None:
        """Wilson 95% interval of the rate; None where nothing is decided."""
        return wilson(self.k, self.n)


@dataclass(frozen=True)
class Direction:
    """Resampling direction of sentence i: the rate at prefix i+1 less the rate at prefix i, in -1..1.

    Positive promotes the behavior. ``value`` and its Newcombe 95% ``interval`` are None where either side has no
    decided rollouts; ``before`` and ``after`` are None where nothing was sampled. Recycled rollouts are never in it:
    both sides would share them, and the interval is that of independent samples.
    """

    sentence_idx: int
    behavior: str
    value: float | None
    before: PrefixRate | None
    after: PrefixRate | None

    @cached_property
    def interval(self) -> Interval | None:
        """Newcombe 95% interval of the value; None where that is undefined."""
        if self.value is None or self.before is None or self.after is None:
            return None
        return newcombe(self.before.k, self.before.n, self.after.k, self.after.n)

    @property
    def importance(self) -> float | None:
        """Magnitude of the direction, 0..1."""
        return None if self.value is None else abs(self.value)


@dataclass(frozen=True)
class RateTable:
    """All rates of one trace under one set of sampling settings.

    ``rates`` is keyed by (behavior, prefix) and holds no entry where nothing was sampled; ``judges`` names the
    judge behind each behavior that has outcomes or was asked for; ``counts_recycled`` says whether recycled rollouts
    are in the rates. ``foregone`` has the behaviors that the trace's own text decides from some prefix on.
    """

    trace_id: str
    settings_id: str
    n_sentences: int
    rates: Mapping[tuple[str, int], PrefixRate]
    judges: Mapping[str, str]
    counts_recycled: bool = False
    chosen: tuple[str, ...] = ()
    foregone: Mapping[str, Foregone] = field(default_factory=dict)

    def about(self, behaviors: Sequence[str]) -> RateTable:
        """The same table about some behaviors only, in the order given.

        Raises:
            NotFoundError: if one of them was not measured.
        """
        for behavior in behaviors:
            if behavior not in self.behaviors:
                raise NotFoundError(
                    f"no rollout of trace {self.trace_id!r} is decided for {behavior!r};"
                    f" there is: {', '.join(self.behaviors)}."
                )
        return replace(self, chosen=tuple(dict.fromkeys(behaviors)))

    @cached_property
    def recycled_at(self) -> Mapping[int, int]:
        """Prefix to the recycled rollouts that its rates count (of several behaviors, the most); only where any are."""
        found: dict[int, int] = {}
        for (_, prefix), rate in self.rates.items():
            if rate.n_recycled:
                found[prefix] = max(rate.n_recycled, found.get(prefix, 0))
        return found

    @property
    def n_restarted(self) -> int:
        """Rollouts that began the reasoning anew, and are in no rate."""
        return self._at_all_prefixes(lambda rate: rate.n_restarted)

    @property
    def n_filtered(self) -> int:
        """Rollouts that the server kept back or cut short because of what they say, and that are in no rate."""
        return self._at_all_prefixes(lambda rate: rate.n_filtered)

    def _at_all_prefixes(self, count: Callable[[PrefixRate], int]) -> int:
        """The sum of a count of rollouts of which every behavior counts the same ones."""
        at: dict[int, int] = {}
        for (_, prefix), rate in self.rates.items():
            at[prefix] = max(count(rate), at.get(prefix, 0))
        return sum(at.values())

    @cached_property
    def behaviors(self) -> tuple[str, ...]:
        """Compliance and alignment faking, then the others by name.

        Of the first two, those on which nothing is decided are left out once something is on another. Where some were
        ``chosen`` (`about`), those.
        """
        if self.chosen:
            return self.chosen
        measured = {behavior for behavior, _ in self.rates}
        decided = {behavior for (behavior, _), rate in self.rates.items() if rate.n}
        others = sorted(measured.union(self.judges).difference(ALWAYS_SHOWN))
        if decided.isdisjoint(others) and not (others and measured.isdisjoint(ALWAYS_SHOWN)):
            return (*ALWAYS_SHOWN, *others)
        return (*(behavior for behavior in ALWAYS_SHOWN if behavior in decided), *others)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of rates that a text decides, in one sentence for each behavior."""
        return notes_of(self.foregone, self.behaviors)

    def is_foregone(self, behavior: str, prefix: int) -> bool:
        """Whether the rate at ``prefix`` is what it is by the prefix's own text, whatever was generated."""
        found = self.foregone.get(behavior)
        return found is not None and prefix >= found.prefix_idx

    def decides_itself(self, behavior: str, sentence: int) -> bool:
        """Whether the text of ``sentence`` is what decides the behavior, so that its direction is none of the model."""
        found = self.foregone.get(behavior)
        return found is not None and sentence == found.sentence_idx

    def rate(self, behavior: str, prefix: int) -> PrefixRate | None:
        """What is known at ``prefix`` (0..n_sentences); None where nothing was sampled.

        Raises:
            IndexError: if the trace has no such prefix.
        """
        if not 0 <= prefix <= self.n_sentences:
            raise IndexError(f"prefix {prefix} of a trace with {self.n_sentences} sentences")
        return self.rates.get((behavior, prefix))

    def direction(self, behavior: str, sentence: int) -> Direction:
        """How ``sentence`` (0..n_sentences - 1) moves the behavior.

        Raises:
            IndexError: if the trace has no such sentence.
        """
        if not 0 <= sentence < self.n_sentences:
            raise IndexError(f"sentence {sentence} of a trace with {self.n_sentences} sentences")
        before, after = (_drawn_there(self.rate(behavior, prefix)) for prefix in (sentence, sentence + 1))
        if before is None or after is None or before.rate is None or after.rate is None:
            return Direction(sentence, behavior, None, before, after)
        return Direction(sentence, behavior, after.rate - before.rate, before, after)

    def directions(self, behavior: str) -> list[Direction]:
        """The direction of every sentence, in order."""
        return [self.direction(behavior, sentence) for sentence in range(self.n_sentences)]

    def largest(self, behavior: str, m: int) -> list[Direction]:
        """The ``m`` directions of largest importance, largest first, the earlier sentence first among equals."""
        defined = [(d.importance, d) for d in self.directions(behavior) if d.importance is not None]
        defined.sort(key=lambda pair: -pair[0])
        return [direction for _, direction in defined[:m]]


def _drawn_there(rate: PrefixRate | None) -> PrefixRate | None:
    return None if rate is None else rate.without_recycled


def choose_settings(connection: sqlite3.Connection, trace_id: str, wanted: str | None) -> SettingsInUse | None:
    """Choose the settings whose rollouts are looked at: ``wanted`` if it has any, else the most used.

    None where the trace has no rollouts.
    """
    return preferred_settings(settings_in_use(connection, trace_id), wanted)


def preferred_settings(in_use: Sequence[SettingsInUse], wanted: str | None) -> SettingsInUse | None:
    """The wanted settings if they are ``in_use``, else the first; None where none are in use."""
    return next((settings for settings in in_use if settings.id == wanted), in_use[0] if in_use else None)


def load_rates(
    connection: sqlite3.Connection, trace_id: str, settings_id: str, judges: Mapping[str, str] | None = None
) -> RateTable:
    """Count the rollouts of a trace under ``settings_id``.

    ``judges`` maps a behavior to the id of the judge whose outcomes count; for a behavior that it does not name,
    the judge with the most outcomes counts, and of equal ones the newest. Votes of two judges are never mixed in one
    rate.
    """
    counts = prefix_counts(connection, trace_id, settings_id)
    decided: Counter[tuple[str, str]] = Counter()
    for c in counts:
        decided[c.behavior, c.judge_id] += c.n + c.n_undecided
    chosen: dict[str, str] = {}
    newest = {row["id"]: place for place, row in enumerate(connection.execute("SELECT id FROM judges ORDER BY rowid"))}
    for behavior, judge_id in sorted(decided, key=lambda key: (-decided[key], -newest[key[1]])):
        chosen.setdefault(behavior, judge_id)
    chosen |= judges or {}
    given_up = failed_samples(connection, trace_id, settings_id)
    rates = {
        (c.behavior, c.prefix_idx): PrefixRate(
            **{**vars(c), "n_error": c.n_error + given_up.get(c.prefix_idx, 0)},
        )
        for c in counts
        if chosen[c.behavior] == c.judge_id
    }
    for prefix, n_given_up in given_up.items():
        for behavior in {*ALWAYS_SHOWN, *chosen}:
            nothing_drawn = PrefixRate(prefix, behavior, chosen.get(behavior, ""), 0, 0, 0, 0, n_given_up)
            rates.setdefault((behavior, prefix), nothing_drawn)
    (n_sentences,) = connection.execute("SELECT count(*) FROM sentences WHERE trace_id = ?", [trace_id]).fetchone()
    foregone = load_foregone(connection, trace_id, {rate.judge_id for rate in rates.values()})
    return RateTable(trace_id, settings_id, n_sentences, rates, chosen, foregone=foregone)


def counting_recycled(table: RateTable, recycled: Mapping[str, Sequence[Count]]) -> RateTable:
    """The same rates with recycled rollouts counted in ``k`` and ``n``; directions stay as they are.

    ``recycled`` has k of n decided recycled rollouts per behavior and prefix, shape (n_sentences + 1,), as
    `core.resampling.recycling.recycled_counts` gives them. A prefix that nobody sampled has a rate from them alone.

    Raises:
        ValueError: if the table counts recycled rollouts already.
    """
    if table.counts_recycled:
        raise ValueError("these rates count recycled rollouts already")
    rates = dict(table.rates)
    for behavior, counts in recycled.items():
        for prefix, (k, n) in enumerate(counts):
            if n == 0:
                continue
            unsampled = PrefixRate(prefix, behavior, table.judges.get(behavior, ""), 0, 0, 0, 0, 0)
            own = rates.get((behavior, prefix), unsampled)
            rates[behavior, prefix] = replace(own, k=own.k + k, n=own.n + n, k_recycled=k, n_recycled=n)
    return replace(table, rates=rates, counts_recycled=True)


def big_changes(table: RateTable, behaviors: Sequence[str]) -> list[int]:
    """Sentences that change any of ``behaviors`` by 0.1 or more, by an interval that excludes 0.

    An interim criterion: it takes each sentence for itself, so that some of many inert sentences pass by chance;
    a noise floor per trace, and a correction for the number of sentences, belong to the importance analysis.
    """
    return [
        sentence
        for sentence in range(table.n_sentences)
        if any(_is_big(table.direction(behavior, sentence)) for behavior in behaviors)
    ]


def _is_big(direction: Direction) -> bool:
    # The tolerance lets 0.4 - 0.3 count as 0.1, which in floating point it just misses.
    if direction.importance is None or direction.importance < BIG_CHANGE - 1e-9:
        return False
    return direction.interval is not None and direction.interval.excludes(0.0)
