"""Where raters disagree: who says what of a sentence, how far apart they are, and in which order to decide it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import log2
from typing import Final

from core.annotation.gold import GoldLabel
from core.annotation.place import Place

FULL, PARTIAL, NONE = "full", "partial", "none"
EXTENTS: Final = (FULL, PARTIAL, NONE)


@dataclass(frozen=True)
class Opinion:
    """What one rater says of one sentence.

    ``kind`` is one of `core.store.ratings.KINDS`. ``seconds`` is how long an annotator had looked at the sentence,
    ``confidence``, 0..1, how sure a model is; None where nobody said. ``at`` is when it was said, UTC.
    """

    place: Place
    rater: str
    kind: str
    category: str
    secondary: str | None = None
    is_unsure: bool = False
    note: str = ""
    is_blind: bool = False
    seconds: float | None = None
    confidence: float | None = None
    codebook_id: str | None = None
    at: str = ""


@dataclass(frozen=True)
class Disagreement:
    """A sentence that two or more raters labelled differently, or that was adjudicated.

    ``extent`` is one of `EXTENTS`: full where their categories differ; partial where only what they give as a
    secondary category does (none is one, too); none where they agree by now. ``opinions`` are those of the raters
    compared, ``beside`` what other raters say, such as models. ``gold`` is the adjudicated label, if there is one.
    """

    place: Place
    opinions: tuple[Opinion, ...]
    extent: str
    beside: tuple[Opinion, ...] = ()
    gold: GoldLabel | None = None

    @property
    def is_open(self) -> bool:
        """Whether categories differ and nobody has decided."""
        return self.extent == FULL and self.gold is None

    @cached_property
    def by_category(self) -> Mapping[str, tuple[Opinion, ...]]:
        """The opinions by category, that of most raters first, then by name."""
        given = Counter(opinion.category for opinion in self.opinions)
        order = sorted(given, key=lambda name: (-given[name], name))
        return {name: tuple(one for one in self.opinions if one.category == name) for name in order}

    @cached_property
    def entropy(self) -> float:
        """How evenly the raters are split over categories, in bits; see `entropy`."""
        return entropy([len(held) for held in self.split])

    @property
    def split(self) -> tuple[tuple[Opinion, ...], ...]:
        """The opinions of each category."""
        return tuple(self.by_category.values())


def entropy(counts: Collection[int]) -> float:
    """How evenly so many ratings are split over categories, in bits, 0 to log2 of their number; 0 where all give one.

    Source: C. E. Shannon, "A mathematical theory of communication", Bell System Technical Journal 27 (1948), section 6.
    """
    n = sum(counts)
    return sum(k / n * log2(n / k) for k in counts if k)


def find_disagreements(
    opinions: Iterable[Opinion],
    adjudicated: Mapping[Place, GoldLabel],
    kinds: Collection[str],
    raters: Collection[str] | None = None,
) -> tuple[Disagreement, ...]:
    """Each sentence on which raters of ``kinds`` (and of these names; None: all) differ, or that was adjudicated.

    They come in the order in which ``opinions`` has its sentences, whose opinions must stand together; adjudicated
    sentences without an opinion come last.
    """
    found: list[Disagreement] = []
    seen: set[Place] = set()
    for place, group in groupby(opinions, key=lambda opinion: opinion.place):
        compared: list[Opinion] = []
        beside: list[Opinion] = []
        for one in group:
            is_compared = one.kind in kinds and (raters is None or one.rater in raters)
            (compared if is_compared else beside).append(one)
        extent, gold = _extent(compared), adjudicated.get(place)
        seen.add(place)
        if extent != NONE or gold is not None:
            found.append(Disagreement(place, tuple(compared), extent, tuple(beside), gold))
    found += [Disagreement(place, (), NONE, (), gold) for place, gold in adjudicated.items() if place not in seen]
    return tuple(found)


def widest_first(found: Sequence[Disagreement]) -> tuple[Disagreement, ...]:
    """Those of most raters first, then those that are split most evenly; ties stay in their order."""
    return tuple(sorted(found, key=lambda one: (-len(one.opinions), -one.entropy)))


def _extent(compared: Sequence[Opinion]) -> str:
    if len({opinion.category for opinion in compared}) > 1:
        return FULL
    return PARTIAL if len({opinion.secondary for opinion in compared}) > 1 else NONE
