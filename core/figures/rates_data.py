"""What the figure of rates by tier and prompt variant shows, number by number, before anything is drawn."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.analysis.collected import NOT_SAID, VARIANTS, in_order
from core.analysis.counts import Count
from core.analysis.rates import ALWAYS_SHOWN
from core.errors import NotFoundError
from core.export.cells import bounds, estimate
from core.export.table import Row, choose_traces
from core.store.collected import unanswered_ids
from core.store.rates import SettingsInUse, StartCounts, counts_at_start, settings_at_start
from core.traces.tiers import TIERS

MOST_BARS: Final = 120


@dataclass(frozen=True)
class TraceRate:
    """One trace: its decided rollouts of prefix 0, and how many more were drawn but not decided."""

    trace_id: str
    count: Count
    n_undecided: int


@dataclass(frozen=True)
class RateCell:
    """One bar: a behavior under one prompt variant and tier, and the traces behind it (none: a gap)."""

    prompt_variant: str
    tier: str
    behavior: str
    traces: tuple[TraceRate, ...]

    @property
    def count(self) -> Count:
        """The decided rollouts of all its traces, as if they were one sample."""
        return Count(sum(one.count.k for one in self.traces), sum(one.count.n for one in self.traces))

    @property
    def n_undecided(self) -> int:
        """How many rollouts were drawn but not decided."""
        return sum(one.n_undecided for one in self.traces)


@dataclass(frozen=True)
class RatesFigureData:
    """Everything on the figure of rates.

    ``cells`` has one entry for each variant, tier and behavior, in that order. ``judges`` maps a behavior to the judge
    whose outcomes count. ``n_elsewhere`` traces were left out, as they have rollouts of prefix 0 under other settings
    only. ``n_filtered`` rollouts were filtered by the server, and are in no rate. ``collected`` says that the traces
    are unanswered ones, whose rollouts are collected answers.
    """

    settings: SettingsInUse
    variants: tuple[str, ...]
    tiers: tuple[str, ...]
    behaviors: tuple[str, ...]
    judges: Mapping[str, str]
    cells: tuple[RateCell, ...]
    n_elsewhere: int
    collected: bool = False
    n_filtered: int = 0


def rates_figure_data(
    connection: sqlite3.Connection, trace_ids: Sequence[str] | None = None, settings_id: str | None = None
) -> RatesFigureData:
    """Pool the rollouts of prefix 0, which are fresh answers to the traces' prompts, by tier and prompt variant.

    Without ``trace_ids`` these are the unanswered traces, if answers were collected, and else all traces. Only one set
    of sampling settings is looked at, so that no bar mixes two models: ``settings_id`` if it has such rollouts, else
    the one that most traces have. The judge of a behavior is the one with most outcomes.

    Raises:
        NotFoundError: if a trace is not in the database, none of them has decided rollouts of prefix 0, or there are
            more bars than a figure can hold.
    """
    ids: Sequence[str] = choose_traces(connection, trace_ids).trace_ids
    in_use = settings_at_start(connection, ids)
    asked = unanswered_ids(connection) if trace_ids is None else []
    answered = settings_at_start(connection, asked)
    elsewhere = {settings.id for settings, _ in in_use} - {settings.id for settings, _ in answered}
    collected = bool(answered) and settings_id not in elsewhere
    if collected:
        ids, in_use = asked, answered
    if not in_use:
        raise NotFoundError("no trace has rollouts of prefix 0 yet; `turnpoint resample TRACE --prefix 0` draws some.")
    settings, sampled = next((pair for pair in in_use if pair[0].id == settings_id), in_use[0])
    counts = counts_at_start(connection, ids, settings.id)
    judges = _judges(counts)
    counts = [one for one in counts if judges[one.behavior] == one.judge_id]
    decided = {one.behavior for one in counts if one.n}
    behaviors = (*(name for name in ALWAYS_SHOWN if name in decided), *sorted(decided.difference(ALWAYS_SHOWN)))
    variants = in_order({one.prompt_variant or NOT_SAID for one in counts}, VARIANTS)
    tiers = {one.tier or NOT_SAID for one in counts}
    tiers_shown = in_order(tiers.union(TIERS) if tiers.intersection(TIERS) else tiers, TIERS)
    if not behaviors:
        raise NotFoundError(f"no rollout of prefix 0 is decided under settings {settings.id!r}; resample again.")
    n_bars = len(variants) * len(tiers_shown) * len(behaviors)
    if n_bars > MOST_BARS:
        raise NotFoundError(f"{n_bars} bars are more than a figure can hold ({MOST_BARS}); name fewer traces.")
    cells = (
        RateCell(variant, tier, behavior, tuple(_traces(counts, variant, tier, behavior)))
        for variant in variants
        for tier in tiers_shown
        for behavior in behaviors
    )
    anywhere = frozenset[str]().union(*(traces for _, traces in in_use))
    return RatesFigureData(
        settings,
        variants,
        tiers_shown,
        behaviors,
        {behavior: judges[behavior] for behavior in behaviors},
        tuple(cells),
        len(anywhere - sampled),
        collected,
        _n_filtered(counts),
    )


def _n_filtered(counts: Sequence[StartCounts]) -> int:
    """Of each trace the most of any behavior: all count the same ones."""
    of: dict[str, int] = {}
    for one in counts:
        of[one.trace_id] = max(one.n_filtered, of.get(one.trace_id, 0))
    return sum(of.values())


def _judges(counts: Sequence[StartCounts]) -> dict[str, str]:
    drawn: Counter[tuple[str, str]] = Counter()
    for one in counts:
        drawn[one.behavior, one.judge_id] += one.n + one.n_undecided
    chosen: dict[str, str] = {}
    for behavior, judge_id in sorted(drawn, key=lambda key: (-drawn[key], key)):
        chosen.setdefault(behavior, judge_id)
    return chosen


def _traces(counts: Sequence[StartCounts], variant: str, tier: str, behavior: str) -> Iterator[TraceRate]:
    for one in counts:
        if (one.prompt_variant or NOT_SAID, one.tier or NOT_SAID, one.behavior) == (variant, tier, behavior):
            yield TraceRate(one.trace_id, Count(one.k, one.n), one.n_undecided)


COLUMNS: Final[Mapping[str, str]] = {
    "level": "pooled (a bar) or trace (a dot)",
    "prompt_variant": "variant of the prompt; empty where the trace names none",
    "tier": "tier that the prompt claims; empty where the trace names none",
    "behavior": "compliance, alignment_faking, or another",
    "trace_id": "the trace; empty for a bar",
    "n_traces": "traces behind the row",
    "k": "rollouts of prefix 0 that showed the behavior",
    "n": "decided rollouts of prefix 0",
    "n_undecided": "rollouts of prefix 0 without decision, cut off, restarted, filtered, or with a failed judge",
    "rate": "k / n; empty where n is 0",
    "low": "lower bound of the Wilson 95% interval, which takes the rollouts for independent",
    "high": "upper bound of that interval",
    "settings_id": "sampling settings",
    "model": "model that was sampled",
    "judge_id": "judge whose outcomes count",
}


def rows(data: RatesFigureData) -> Iterator[Row]:
    """The numbers of the figure under `COLUMNS`: each bar, a gap included, and after it the traces behind it."""
    for cell in data.cells:
        key = (cell.prompt_variant, cell.tier, cell.behavior)
        rest = (data.settings.id, data.settings.model, data.judges[cell.behavior])
        yield ("pooled", *key, None, len(cell.traces), *_numbers(cell.count, cell.n_undecided), *rest)
        for one in cell.traces:
            yield ("trace", *key, one.trace_id, 1, *_numbers(one.count, one.n_undecided), *rest)


def _numbers(count: Count, n_undecided: int) -> Row:
    return (
        count.k,
        count.n,
        n_undecided,
        estimate(count.rate),
        *bounds(count.interval),
    )
