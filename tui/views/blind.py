"""Blind mode: what may be shown of a trace while its annotator has not decided all of it."""

from __future__ import annotations

from dataclasses import replace

from core.store.database import Store
from core.store.queues import count_sentences, load_decisions
from core.store.traces import known_ids
from tui.actions import NOTHING, OF_SENTENCE, OF_TRACE
from tui.views.session import TraceView

UNKNOWN = "blind: it is not known what this would tell, so it is refused; B in a trace ends blind mode."


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


def refusal(view: TraceView, index: int, revealed: str | None) -> str:
    """Why what reveals that is refused on sentence ``index`` in blind mode, in one sentence; empty where it is not.

    What shows more than one trace is `refusal_of_all`'s.
    """
    if not view.is_blind:
        return ""
    if revealed is None:
        return UNKNOWN
    if revealed == OF_SENTENCE and not view.is_shown(index):
        return f"blind: sentence {index} is not decided; label or skip it first, or B ends blind mode."
    n_open = sum(not view.is_shown(one) for one in range(len(view.trace.sentences)))
    if revealed == OF_TRACE and n_open:
        return f"blind: this tells of the {n_open} sentences that are not decided; decide them, or B ends blind mode."
    return ""


def refusal_of_all(store: Store, annotator: str, revealed: str | None) -> str:
    """Why what reveals more than nothing is refused where many traces are shown; empty where all are decided."""
    if revealed is None:
        return UNKNOWN
    if revealed == NOTHING:
        return ""
    counts = count_sentences(store.read, known_ids(store.read))
    n_open = sum(counts.values()) - len(load_decisions(store.read, annotator, counts))
    if not n_open:
        return ""
    return f"blind: this tells of the {n_open} sentences that are not decided; decide them, or B in a trace ends it."
