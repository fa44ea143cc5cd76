"""Blind mode: what may be shown of a trace while its annotator has not decided all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from core.store.database import Store
from core.store.queues import count_sentences, load_decisions
from core.store.traces import known_ids
from tui.views.session import TraceView

SENTENCE, TRACE, EVERYTHING = "sentence", "trace", "everything"
REVEALING: Final[Mapping[str, str]] = {
    "instead": SENTENCE,
    "rollouts": SENTENCE,
    "next_change": TRACE,
    "importance": TRACE,
    "adaptive": TRACE,
    "links": TRACE,
    "disagreements": TRACE,
    "summary": EVERYTHING,
}
"""Actions that show numbers on another screen or by where they go, and what has to be decided before they may."""


def hidden(view: TraceView) -> TraceView:
    """What panes may show of a view: all of it, or in blind mode nothing about the sentences that are not decided.

    A rate is left where no sentence beside its prefix is open, as else a direction could be read off two rates.
    Directions, turning points, what was said instead, confirmed directions and suggestions are left of the sentences
    that are decided; `TraceView.known_of` tells one of these by itself.
    """
    if not view.is_blind:
        return view
    withheld = frozenset(index for index in range(len(view.trace.sentences)) if not view.is_shown(index))
    rates = {key: rate for key, rate in view.rates.rates.items() if view.is_prefix_shown(rate.prefix_idx)}
    foregone = {name: one for name, one in view.rates.foregone.items() if one.sentence_idx not in withheld}
    return replace(
        view,
        # The behaviors stay those of all rates: which of them are decided is no secret, and panes keep their order.
        rates=replace(view.rates, rates=rates, chosen=view.rates.behaviors, foregone=foregone),
        big_changes=view.big_changes - withheld,
        estimates=None if view.estimates is None else replace(view.estimates, withheld=withheld),
        confirmed={place: one for place, one in view.confirmed.items() if place[1] not in withheld},
        suggestions={index: one for index, one in view.suggestions.items() if index not in withheld},
        whole=view,
    )


def refusal(view: TraceView, index: int, action: str) -> str:
    """Why an action is refused on sentence ``index`` in blind mode, in one sentence; empty where it is not.

    Actions that show more than one trace are `refusal_of_all`'s.
    """
    needed = REVEALING.get(action) if view.is_blind else None
    if needed == SENTENCE and not view.is_shown(index):
        return f"blind: sentence {index} is not decided; label or skip it first, or B ends blind mode."
    n_open = sum(not view.is_shown(one) for one in range(len(view.trace.sentences)))
    if needed == TRACE and n_open:
        return f"blind: this tells of the {n_open} sentences that are not decided; decide them, or B ends blind mode."
    return ""


def refusal_of_all(store: Store, annotator: str, action: str, *, is_blind: bool) -> str:
    """Why an action that shows all traces is refused in blind mode; empty where it is not, or all are decided."""
    if not is_blind or REVEALING.get(action) != EVERYTHING:
        return ""
    counts = count_sentences(store.read, known_ids(store.read))
    n_open = sum(counts.values()) - len(load_decisions(store.read, annotator, counts))
    if not n_open:
        return ""
    return f"blind: this tells of the {n_open} sentences that are not decided; decide them, or B in a trace ends it."
