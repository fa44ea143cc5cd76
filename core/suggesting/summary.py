"""What a suggester has suggested: how often each category, how sure, and how it compares with labels."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.analysis.intervals import Interval, wilson
from core.annotation.annotation import SUGGESTION, Suggested
from core.annotation.codebook import Codebook
from core.store.gold import load_labels_of
from core.store.labels import load_circumstances
from core.store.suggestions import load_suggestions


class Compared(NamedTuple):
    """A suggestion, and the label that the sentence has; None: unlabelled, or labelled by accepting a suggestion."""

    suggested: Suggested
    label: str | None


@dataclass(frozen=True)
class SuggestedCategory:
    """What was suggested as ``category`` (None: as any): ``n`` sentences, of which ``n_labelled`` have a label.

    ``mean_confidence`` is 0..1, None where none is said; ``n_agreed`` of the labelled ones have this very label.
    """

    category: str | None
    n: int
    mean_confidence: float | None
    n_agreed: int
    n_labelled: int

    @property
    def agreement(self) -> float | None:
        """Share of the labelled sentences that have the suggested label, 0..1; None where none is labelled."""
        return self.n_agreed / self.n_labelled if self.n_labelled else None

    @property
    def interval(self) -> Interval | None:
        """Wilson's 95% interval of the agreement, as if sentences were independent."""
        return wilson(self.n_agreed, self.n_labelled)


@dataclass(frozen=True)
class SuggestionSummary:
    """The suggestions of one suggester: ``total`` and by category, in the order of the codebook.

    They are compared with the labels of ``annotator``; ``n_accepted`` labels that were themselves accepted from a
    suggestion are left out of that, as they agree by how they came about.
    """

    annotator: str
    total: SuggestedCategory
    categories: tuple[SuggestedCategory, ...]
    n_accepted: int


def summarise_suggestions(
    connection: sqlite3.Connection, trace_ids: Iterable[str], suggester_id: str, annotator: str, codebook: Codebook
) -> SuggestionSummary:
    """Count what a suggester suggests for some traces, beside the labels that ``annotator`` has there."""
    compared: list[Compared] = []
    n_accepted = 0
    for trace_id in trace_ids:
        suggestions = load_suggestions(connection, trace_id, suggester_id)
        labels = load_labels_of(connection, trace_id, annotator)
        made = load_circumstances(connection, trace_id, annotator)
        accepted = {index for index, how in made.items() if index in labels and how.source == SUGGESTION}
        n_accepted += len(accepted & suggestions.keys())
        compared += [
            Compared(suggested, None if index in accepted else labels.get(index))
            for index, suggested in suggestions.items()
        ]
    order = [category.name for category in codebook.categories]
    by_category = (
        counted(name, [one for one in compared if one.suggested.category == name]) for name in dict.fromkeys(order)
    )
    return SuggestionSummary(annotator, counted(None, compared), tuple(one for one in by_category if one.n), n_accepted)


def counted(category: str | None, compared: Sequence[Compared]) -> SuggestedCategory:
    """Count suggestions, and how many of those with a label agree with it."""
    said = [one.suggested.confidence for one in compared if one.suggested.confidence is not None]
    labelled = [one for one in compared if one.label is not None]
    return SuggestedCategory(
        category=category,
        n=len(compared),
        mean_confidence=sum(said) / len(said) if said else None,
        n_agreed=sum(one.label == one.suggested.category for one in labelled),
        n_labelled=len(labelled),
    )
