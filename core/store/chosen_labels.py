"""Which label of each sentence an analysis uses: the gold label, or else that of one annotator."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from core.annotation.annotation import GOLD
from core.annotation.gold import ADJUDICATED, GoldLabel, is_gold
from core.store.labels import count_labels, load_labels


@dataclass(frozen=True)
class ChosenLabels:
    """The category of each labelled sentence of one trace.

    ``n_gold`` of them are gold labels, of which ``n_adjudicated`` were adjudicated; the others are those of
    ``annotator``, who is None where none is used.
    """

    categories: Mapping[int, str]
    annotator: str | None
    n_gold: int = 0
    n_adjudicated: int = 0

    @property
    def source(self) -> str:
        """Whose labels these are, in a few words; empty where there are none."""
        return label_source(self.n_gold, self.n_adjudicated, () if self.annotator is None else (self.annotator,))


def choose_labels(
    connection: sqlite3.Connection,
    trace_id: str,
    gold: Mapping[int, GoldLabel],
    annotator: str | None = None,
    only: str | None = None,
) -> ChosenLabels:
    """The labels of a trace: of each sentence the ``gold`` one, else that of ``annotator``.

    Without ``annotator``, whoever labelled most of the trace fills in. ``only`` is `GOLD` for gold labels and nothing
    else, or a name for the labels of that annotator and nothing else.
    """
    if only not in (None, GOLD):
        gold, annotator = {}, only
    if only == GOLD:
        who = None
    else:
        who = next(iter(count_labels(connection, trace_id)), None) if annotator is None else annotator
    own = {} if who is None or is_gold(who) else load_labels(connection, trace_id, who)
    filled = {index: category for index, category in own.items() if index not in gold}
    categories = filled | {index: label.category for index, label in gold.items()}
    return ChosenLabels(
        categories=dict(sorted(categories.items())),
        annotator=who if filled else None,
        n_gold=len(gold),
        n_adjudicated=sum(label.how == ADJUDICATED for label in gold.values()),
    )


def label_source(n_gold: int, n_adjudicated: int, annotators: tuple[str, ...]) -> str:
    """Whose labels are used, in a few words: gold on so many sentences, else these annotators'; empty for neither."""
    names = ", ".join(annotators)
    if not n_gold:
        return names
    gold = f"gold on {n_gold} sentence{'' if n_gold == 1 else 's'} ({n_adjudicated} adjudicated)"
    return f"{gold}, else {names}" if names else gold
