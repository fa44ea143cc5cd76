"""What makes a sentence worth labelling first: how much it matters, how open its rates are, how far raters differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING

from core.annotation.disagreement import entropy
from core.annotation.place import Place

if TYPE_CHECKING:
    from core.analysis.importance import Importance
    from core.analysis.rates import RateTable
    from core.store.ratings import Rating


def resampling_scores(table: RateTable) -> dict[Place, float]:
    """Importance of each sentence by resampling directions, 0..1: the largest over the behaviors.

    Sentences without a direction are left out.
    """
    return _largest(
        (Place(table.trace_id, direction.sentence_idx), direction.importance)
        for behavior in table.behaviors
        for direction in table.directions(behavior)
    )


def estimated_scores(by_behavior: Mapping[str, Importance]) -> dict[Place, float]:
    """Importance of each sentence by the directions that decide about it, 0..1: the largest over the behaviors.

    The deciding direction is the counterfactual one where that is defined, else the resampling one. Sentences without
    either are left out.
    """
    return _largest(
        (Place(found.trace_id, row.sentence_idx), None if row.deciding.value is None else abs(row.deciding.value))
        for found in by_behavior.values()
        for row in found.rows
    )


def width_scores(table: RateTable) -> dict[Place, float]:
    """How open the rates beside each sentence are, 0..0.5: the largest half-width of their Wilson 95% intervals.

    It is the largest over both prefixes and all behaviors, of those that have a rate; sentences beside none that has
    one are left out.
    """
    rates = ((rate.prefix_idx, rate.interval) for rate in table.rates.values())
    return _largest(
        (Place(table.trace_id, sentence), interval.half_width)
        for prefix, interval in rates
        if interval is not None
        for sentence in (prefix - 1, prefix)
        if 0 <= sentence < table.n_sentences
    )


def disagreement_scores(ratings: Iterable[Rating]) -> dict[Place, float]:
    """Entropy in bits of the categories that each sentence was given, 0 to log2 of the number of its raters.

    Sentences with fewer than two raters are left out. ``ratings`` come in the order of `core.store.ratings`.
    """
    scores = {}
    for unit, found in groupby(ratings, key=lambda rating: Place(rating.trace_id, rating.sentence_idx)):
        counts = Counter(rating.category for rating in found)
        if counts.total() > 1:
            scores[unit] = entropy(counts.values())
    return scores


def uncertainty_scores(
    suggestions: Iterable[Rating], confidences: Mapping[tuple[str, int, str], float | None]
) -> dict[Place, float]:
    """How uncertain the suggestions for each sentence are, 0..1: 1 less the support of the category with most of it.

    The support of a category is the sum of the confidences with which it was suggested, divided by the number of
    suggesters; one that named no confidence counts as 1. With one suggester that is 1 less its confidence ("least
    confidence": D. D. Lewis and W. A. Gale, "A sequential algorithm for training text classifiers", SIGIR 1994); with
    several it grows as they disagree. A sentence with a single suggestion that names no confidence is left out.
    ``confidences`` is keyed by trace, sentence and rater.
    """
    scores = {}
    for unit, group in groupby(suggestions, key=lambda one: Place(one.trace_id, one.sentence_idx)):
        found = [(one.category, confidences.get((*unit, one.rater))) for one in group]
        if len(found) == 1 and found[0][1] is None:
            continue
        support: dict[str, float] = defaultdict(float)
        for category, confidence in found:
            support[category] += 1.0 if confidence is None else confidence
        scores[unit] = 1 - max(support.values()) / len(found)
    return scores


def _largest(scores: Iterable[tuple[Place, float | None]]) -> dict[Place, float]:
    """The largest defined score of each sentence."""
    largest: dict[Place, float] = {}
    for unit, score in scores:
        if score is not None:
            largest[unit] = max(score, largest.get(unit, score))
    return largest
