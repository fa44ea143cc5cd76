"""When a queue of sentences ends: with all of them, with so many labels, or with so many of each category."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from core.errors import ConfigError

MOST_NAMED: Final = 4


class Tally(NamedTuple):
    """What is labelled of a queue now: how many sentences, and how many with each category of the codebook, 0 too."""

    n_labelled: int
    by_category: Mapping[str, int]


class StopRule(Protocol):
    """When enough is labelled. A queue ends as well when no sentence of it is left."""

    @property
    def name(self) -> str:
        """As it is typed, and stored."""

    def is_reached(self, tally: Tally) -> bool:
        """Whether enough is labelled."""

    def progress(self, tally: Tally) -> str:
        """How far it is, in a few words; empty where the number of sentences says it all."""


@dataclass(frozen=True)
class AllSentences:
    """Until every sentence is labelled or skipped."""

    name = "all"

    def is_reached(self, tally: Tally) -> bool:
        """See `StopRule`; what is left of the queue decides."""
        return False

    def progress(self, tally: Tally) -> str:
        """See `StopRule`."""
        return ""


@dataclass(frozen=True)
class Labels:
    """Until ``n`` sentences are labelled; skipped ones do not count."""

    n: int

    @property
    def name(self) -> str:
        """See `StopRule`."""
        return "1 label" if self.n == 1 else f"{self.n} labels"

    def is_reached(self, tally: Tally) -> bool:
        """See `StopRule`."""
        return tally.n_labelled >= self.n

    def progress(self, tally: Tally) -> str:
        """See `StopRule`."""
        return f"{tally.n_labelled} of {self.name}"


@dataclass(frozen=True)
class PerCategory:
    """Until each category of the codebook has ``n`` sentences; a rare one may never get there."""

    n: int

    @property
    def name(self) -> str:
        """See `StopRule`."""
        return f"{self.n} per category"

    def is_reached(self, tally: Tally) -> bool:
        """See `StopRule`."""
        return bool(tally.by_category) and not self.short(tally)

    def short(self, tally: Tally) -> dict[str, int]:
        """The categories that have fewer, with how many they have, in the order of the codebook."""
        return {category: n for category, n in tally.by_category.items() if n < self.n}

    def progress(self, tally: Tally) -> str:
        """See `StopRule`; it names the categories that are furthest behind."""
        short, n = self.short(tally), len(tally.by_category)
        done = f"{n - len(short)} of {n} categories have {self.n}"
        if not short:
            return done
        behind = sorted(short.items(), key=lambda pair: pair[1])
        named = ", ".join(f"{category} {has}" for category, has in behind[:MOST_NAMED])
        more = f" and {len(behind) - MOST_NAMED} more" if len(behind) > MOST_NAMED else ""
        return f"{done}; short: {named}{more}"


ALL: Final = AllSentences()


def parse_stop(text: str) -> StopRule:
    """Read ``all``, ``100 labels`` or ``20 per category``.

    Raises:
        ConfigError: if it is none of these, or the number is 0.
    """
    words = " ".join(text.split())
    if words == ALL.name:
        return ALL
    found = re.fullmatch(r"([0-9]{1,9}) (labels?|per category)", words)
    if found is None or int(found[1]) == 0:
        raise ConfigError(f"{words[:40]!r} is no place to stop; write all, 100 labels, or 20 per category.")
    return PerCategory(int(found[1])) if found[2] == "per category" else Labels(int(found[1]))
