"""What the figure of one trace shows, number by number, before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from core.analysis.counts import Contrast, Count
from core.analysis.foregone import Foregone
from core.analysis.importance import Importance
from core.analysis.rates import RateTable
from core.behaviors.outcome import ALIGNMENT_FAKING
from core.errors import NotFoundError
from core.export.cells import bounds, estimate, probability
from core.export.table import Row
from core.store.rates import SettingsInUse
from core.traces.model import Trace


@dataclass(frozen=True)
class RateCurve:
    """One behavior over the prefixes 0..n: ``counts`` has n + 1 entries, with n = 0 where nothing is decided.

    ``foregone`` says from which prefix on the trace's own text decides it; None: nowhere.
    """

    behavior: str
    judge_id: str
    counts: tuple[Count, ...]
    foregone: Foregone | None = None


@dataclass(frozen=True)
class SentenceDirection:
    """One sentence: its raw text, and the direction that is drawn for it.

    That is the counterfactual direction, else the resampling one; ``estimate`` says which, and is None where both are
    undefined. ``floor`` is the trace's noise floor for that estimate, 0..1; ``q`` and ``turning_point`` are those of
    `core.analysis.importance`. ``own_text`` tells that the sentence's own text decides the behavior.
    """

    sentence_idx: int
    text: str
    estimate: Literal["counterfactual", "resampling"] | None
    contrast: Contrast
    floor: float | None
    q: float | None
    turning_point: bool
    own_text: bool = False

    @property
    def value(self) -> float | None:
        """The direction in -1..1, positive where the sentence promotes the behavior; None where undefined."""
        return self.contrast.value


@dataclass(frozen=True)
class TraceFigureData:
    """Everything on the figure of one trace.

    ``curves`` are the behaviors with a rate anywhere; ``sentences`` hold the directions on ``behavior``. ``threshold``
    is None where sentences were not compared. ``n_filtered`` rollouts were filtered by the server, and are in no rate.
    """

    trace_id: str
    tier: str | None
    prompt_variant: str | None
    query: str | None
    settings: SettingsInUse
    behavior: str
    threshold: float | None
    alpha: float
    curves: tuple[RateCurve, ...]
    sentences: tuple[SentenceDirection, ...]
    n_filtered: int = 0

    @property
    def turning_points(self) -> list[SentenceDirection]:
        """The sentences with q below alpha, in order, but the one whose own text decides the behavior."""
        return [sentence for sentence in self.sentences if sentence.turning_point and not sentence.own_text]


def trace_figure_data(
    trace: Trace, rates: RateTable, importance: Importance, settings: SettingsInUse
) -> TraceFigureData:
    """Collect what the figure of ``trace`` shows; all arguments are of one trace and one set of sampling settings.

    The directions are those of ``importance``, on its behavior (`main_behavior` chooses one).
    """
    curves = (
        RateCurve(
            behavior, rates.judges.get(behavior, ""), tuple(_counts(rates, behavior)), rates.foregone.get(behavior)
        )
        for behavior in rates.behaviors
    )
    compared = any(row.n_dissimilar is not None for row in importance.rows)
    return TraceFigureData(
        trace_id=trace.id,
        tier=trace.tier,
        prompt_variant=trace.prompt_variant,
        query=trace.query,
        settings=settings,
        behavior=importance.behavior,
        threshold=importance.threshold if compared else None,
        alpha=importance.alpha,
        curves=tuple(curve for curve in curves if any(count.n for count in curve.counts)),
        sentences=tuple(_directions(trace, importance, rates)),
        n_filtered=rates.n_filtered,
    )


def main_behavior(found: Mapping[str, Importance], trace_id: str, wanted: str | None = None) -> Importance:
    """The importance that a figure shows: of ``wanted``, else of alignment faking, else the first with a rate.

    Args:
        found: by behavior, from `core.analysis.estimates.importance_of`.
        trace_id: the trace, for the refusal.
        wanted: a behavior, or None.

    Raises:
        NotFoundError: if no rollout is decided for it.
    """
    decided = {name: one for name, one in found.items() if one.final.n or any(row.before.n for row in one.rows)}
    if wanted is not None and wanted not in decided:
        known = ", ".join(decided) or "nothing yet"
        raise NotFoundError(f"no rollout of trace {trace_id!r} is decided for {wanted!r}; there is: {known}.")
    if not decided:
        raise NotFoundError(
            f"trace {trace_id!r} has no decided rollouts to draw; `turnpoint resample TRACE --all` draws some."
        )
    return decided[wanted] if wanted else decided.get(ALIGNMENT_FAKING) or next(iter(decided.values()))


def _counts(rates: RateTable, behavior: str) -> Iterator[Count]:
    for prefix in range(rates.n_sentences + 1):
        rate = rates.rate(behavior, prefix)
        yield Count(0, 0) if rate is None else Count(rate.k, rate.n)


def _directions(trace: Trace, importance: Importance, rates: RateTable) -> Iterator[SentenceDirection]:
    for row in importance.rows:
        contrast = row.deciding
        kind: Literal["counterfactual", "resampling"] | None = None
        if contrast.value is not None:
            kind = "counterfactual" if contrast is row.counterfactual else "resampling"
        floor = {None: None, "counterfactual": importance.floor.counterfactual,
                 "resampling": importance.floor.resampling}[kind]  # fmt: skip
        text = trace.sentences[row.sentence_idx].text
        own_text = rates.decides_itself(importance.behavior, row.sentence_idx)
        yield SentenceDirection(row.sentence_idx, text, kind, contrast, floor, row.q, row.turning_point, own_text)


COLUMNS: Final[Mapping[str, str]] = {
    "trace_id": "the trace",
    "panel": "rates (a row per prefix and behavior) or directions (a row per sentence)",
    "behavior": "compliance, alignment_faking, or another",
    "prefix_idx": "prefix i keeps sentences 0..i-1; empty for a sentence",
    "sentence_idx": "sentence i, 0-based; empty for a prefix",
    "estimate": "rate, counterfactual or resampling; empty where the direction is undefined",
    "value": "the rate, or the direction, which is positive where the sentence promotes the behavior; empty: undefined",
    "low": "lower bound of the 95% interval: Wilson's for a rate, Newcombe's for a direction",
    "high": "upper bound of the 95% interval",
    "k": "rollouts that showed the behavior: at the prefix, or with the sentence kept",
    "n": "decided rollouts there",
    "k_without": "rollouts that showed the behavior without the sentence",
    "n_without": "decided rollouts there",
    "q": "p-value adjusted for the number of sentences",
    "noise_floor": "the largest difference in 95% of inert traces, for this estimate",
    "turning_point": "1 where q is below 0.05, else 0; empty for a prefix, and where q is",
    "threshold": "cosine from which two sentences say the same; empty where none were compared",
    "settings_id": "sampling settings",
    "model": "model that was sampled",
    "judge_id": "judge whose outcomes count",
    "text": "the raw sentence",
    "own_text": "1: the text of the prefix, or of the sentence, decides the behavior itself, whatever was generated",
}


def rows(data: TraceFigureData) -> Iterator[Row]:
    """The numbers of the figure under `COLUMNS`: all rates, then all directions, gaps included."""
    settings = (data.settings.id, data.settings.model)
    for curve in data.curves:
        for prefix, count in enumerate(curve.counts):
            low, high = bounds(count.interval)
            yield (
                data.trace_id, "rates", curve.behavior, prefix, None, "rate", estimate(count.rate), low, high,
                count.k, count.n, None, None, None, None, None, None, *settings, curve.judge_id, None,
                int(curve.foregone is not None and prefix >= curve.foregone.prefix_idx),
            )  # fmt: skip
    judge = next((curve.judge_id for curve in data.curves if curve.behavior == data.behavior), "")
    for one in data.sentences:
        kept, without = one.contrast.kept, one.contrast.without
        low, high = bounds(one.contrast.interval)
        yield (
            data.trace_id, "directions", data.behavior, None, one.sentence_idx, one.estimate, estimate(one.value),
            low, high, kept.k, kept.n, without.k, without.n, probability(one.q), estimate(one.floor),
            None if one.q is None else int(one.turning_point), data.threshold, *settings, judge, one.text,
            int(one.own_text),
        )  # fmt: skip
