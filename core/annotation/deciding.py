"""How far the disagreements are decided, and where the next open one is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.annotation.disagreement import PARTIAL, Disagreement
from core.annotation.gold import ADJUDICATED, AGREED, GoldLabel
from core.annotation.place import Place


@dataclass(frozen=True)
class GoldCounts:
    """Sentences by where their gold label comes from.

    ``n_adjudicated`` were decided, ``n_agreed`` are labelled alike by all of two or more annotators, on ``n_open``
    categories differ and nobody has decided. Of the agreed ones ``n_partial`` differ in the secondary category alone;
    of the adjudicated ones ``n_changed`` have a rater whose category became another one since.
    """

    n_adjudicated: int = 0
    n_agreed: int = 0
    n_open: int = 0
    n_partial: int = 0
    n_changed: int = 0


def count_gold(gold: Mapping[Place, GoldLabel], found: Iterable[Disagreement]) -> dict[str, GoldCounts]:
    """The counts of each trace that has any, in the order in which ``gold`` and then ``found`` name the traces.

    ``found`` are disagreements of people.
    """
    how = Counter((place.trace_id, label.how) for place, label in gold.items())
    changed = Counter(place.trace_id for place, label in gold.items() if label.changed_since)
    undecided = Counter((one.place.trace_id, one.extent == PARTIAL) for one in found if one.is_open or is_partial(one))
    names = dict.fromkeys([*(place.trace_id for place in gold), *(name for name, _ in undecided)])
    return {
        name: GoldCounts(
            how[name, ADJUDICATED], how[name, AGREED], undecided[name, False], undecided[name, True], changed[name]
        )
        for name in names
    }


def is_partial(one: Disagreement) -> bool:
    """Whether only secondary categories differ, and nobody has decided."""
    return one.extent == PARTIAL and one.gold is None


def decided(found: Iterable[Disagreement]) -> tuple[int, int]:
    """How many are decided, of how many there are to decide; partial ones need no decision."""
    to_decide = [one for one in found if one.is_open or one.gold is not None]
    return sum(one.gold is not None for one in to_decide), len(to_decide)


def next_open(found: Sequence[Disagreement], index: int, step: int = 1) -> int | None:
    """The nearest open one after (step -1: before) ``index``, going round at the ends; None: none other is open."""
    n = len(found)
    places = ((index + step * offset) % n for offset in range(1, n)) if n else ()
    return next((place for place in places if found[place].is_open), None)
