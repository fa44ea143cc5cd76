"""A queue of sentences to label: what was asked for, its order, and how far its annotator is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from core.annotation.order import DEFAULT_SEED, POSITION, RANDOM
from core.annotation.place import Place
from core.annotation.stopping import ALL, PerCategory, StopRule, Tally, parse_stop
from core.canonical import canonical_json

Decisions: TypeAlias = Mapping[Place, str | None]
"""The sentences that an annotator has decided: with their category, or with None where they were skipped."""


@dataclass(frozen=True)
class QueueSpec:
    """What a queue was asked to be.

    ``seed`` matters to a random order alone. ``is_fresh`` leaves out what was decided before the queue began, so that
    its counts begin at 0. ``ranked_by`` says in words what the order rests on; empty where its name says all.
    """

    order: str = POSITION
    trace_ids: tuple[str, ...] = ()
    until: StopRule = ALL
    seed: int = DEFAULT_SEED
    is_fresh: bool = False
    ranked_by: str = ""

    @property
    def name(self) -> str:
        """The order, as each label given in it records it; a random one with its seed."""
        return f"{RANDOM} {self.seed}" if self.order == RANDOM else self.order

    @property
    def canonical(self) -> str:
        """The whole of it as canonical JSON."""
        return canonical_json(
            {
                "order": self.order,
                "seed": self.seed if self.order == RANDOM else None,
                "traces": list(self.trace_ids),
                "until": self.until.name,
                "fresh": self.is_fresh,
                "ranked_by": self.ranked_by,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> QueueSpec:
        """Read what `canonical` gives."""
        raw: dict[str, Any] = json.loads(text)
        seed = DEFAULT_SEED if raw["seed"] is None else raw["seed"]
        traces = tuple(raw["traces"])
        return cls(raw["order"], traces, parse_stop(raw["until"]), seed, raw["fresh"], raw["ranked_by"])


@dataclass(frozen=True)
class Queue:
    """A queue that was started: its sentences, each once, in the order in which they are to be labelled."""

    id: int
    annotator: str
    spec: QueueSpec
    items: tuple[Place, ...]
    created_at: str

    @cached_property
    def places(self) -> Mapping[Place, int]:
        """Place of each sentence, from 0."""
        return {unit: place for place, unit in enumerate(self.items)}


@dataclass(frozen=True)
class QueueProgress:
    """How far an annotator is with a queue.

    ``decisions`` may hold other sentences as well; ``categories`` are those of the codebook, in its order. Nothing
    here is kept: labels given off the queue, undone or made by another process count as they stand.
    """

    queue: Queue
    decisions: Decisions
    categories: tuple[str, ...]

    @property
    def n(self) -> int:
        """Sentences of the queue."""
        return len(self.queue.items)

    @cached_property
    def n_decided(self) -> int:
        """How many of them are labelled or skipped."""
        return sum(unit in self.decisions for unit in self.queue.items)

    @cached_property
    def tally(self) -> Tally:
        """How many of them are labelled, and how many with each category."""
        found = Counter(category for unit in self.queue.items if (category := self.decisions.get(unit)) is not None)
        return Tally(found.total(), {category: found[category] for category in self.categories})

    def next_open(self, after: Place | None = None, step: int = 1) -> Place | None:
        """The nearest sentence that is not decided, from ``after`` on, in steps of 1 or -1 and round the ends.

        From a sentence outside the queue, or None, it is the first one. None: no other is left.
        """
        items, place = self.queue.items, None if after is None else self.queue.places.get(after)
        if place is None:
            around: Sequence[Place] = items
        elif step > 0:
            around = (*items[place + 1 :], *items[:place])
        else:
            around = (*items[:place][::-1], *items[place + 1 :][::-1])
        return next((unit for unit in around if unit not in self.decisions), None)

    def following(self, here: Place, given: Place | None, step: int = 1) -> Place | None:
        """Where to go on from ``here``, if the queue gave ``given`` last (None: nothing yet, or before a restart).

        Whoever has wandered off is led back to what was given, as long as that is open; else it is the next that is
        open. None: nothing but ``here`` is left.
        """
        if given is not None and given != here and given in self.queue.places and given not in self.decisions:
            return given
        found = self.next_open(given, step)
        return self.next_open(here, step) if found == here else found

    @property
    def told(self) -> str:
        """How far the rule is by which the queue ends, in a few words; empty for all sentences."""
        return self.queue.spec.until.progress(self.tally)

    @cached_property
    def ending(self) -> str:
        """Why the queue ends now, in a few words; empty while it goes on.

        Where the sentences ran out before every category had enough, it says which fell short.
        """
        until = self.queue.spec.until
        if until.is_reached(self.tally):
            return f"{until.name} reached"
        if self.n_decided < self.n:
            return ""
        short = until.short(self.tally) if isinstance(until, PerCategory) else {}
        named = ", ".join(f"{category} {n}" for category, n in short.items())
        return "no sentence is left" + (f"; short of {until.name}: {named}" if named else "")
