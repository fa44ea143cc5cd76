"""The categories of a codebook: what each says, which one comes first, and the id that names them all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from core.canonical import canonical_json, short_hash

BASE_COLOURS: Final = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
COLOURS: Final = (*BASE_COLOURS, *(f"bright_{name}" for name in BASE_COLOURS))
"""The sixteen colours of every terminal."""

DEFAULT_COLOUR: Final = "cyan"

_WORDS = ("key", "name", "tag", "definition")
_RULES = ("include", "exclude", "examples")


@dataclass(frozen=True)
class Category:
    """One category: the key that gives it, its name in tables, a tag of up to three letters, its definition.

    ``include`` and ``exclude`` are rules on what belongs here and what does not, ``examples`` sentences that do.
    ``colour`` is one of `COLOURS`, ``line`` that of its key in the file it was read from (None: from no file).
    """

    key: str
    name: str
    tag: str
    definition: str
    colour: str = field(default=DEFAULT_COLOUR, compare=False)
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    line: int | None = field(default=None, compare=False)

    @property
    def meaning(self) -> tuple[Any, ...]:
        """What decides whether a sentence belongs here: definition and rules."""
        return self.definition, self.include, self.exclude

    def as_dict(self) -> dict[str, Any]:
        """All that an annotator reads, as JSON has it; what the file does not say is left out."""
        rules = {name: list(getattr(self, name)) for name in _RULES if getattr(self, name)}
        return {name: getattr(self, name) for name in _WORDS} | rules


@dataclass(frozen=True)
class Codebook:
    """All categories, in order of precedence, with the version that every label records.

    ``path`` is the file it was read from (None: from no file); ``earlier`` are categories of other codebooks by name,
    under which labels were given that still stand. Neither is part of what the id names.
    """

    version: str
    categories: tuple[Category, ...]
    path: Path | None = field(default=None, compare=False)
    earlier: Mapping[str, Category] = field(default_factory=dict, compare=False)

    @cached_property
    def canonical(self) -> str:
        """The whole codebook as canonical JSON, but for colours, which change no label's meaning."""
        return canonical_json({"version": self.version, "categories": [one.as_dict() for one in self.categories]})

    @cached_property
    def id(self) -> str:
        """Short hash of the canonical JSON."""
        return short_hash(self.canonical)

    @property
    def title(self) -> str:
        """Version and the beginning of the id, for people."""
        return f"codebook {self.version} ({self.id[:8]})"

    @cached_property
    def _by_name(self) -> Mapping[str, Category]:
        return {category.name: category for category in self.categories}

    def own(self, name: str) -> Category | None:
        """The category of this codebook with that name."""
        return self._by_name.get(name)

    def find(self, name: str) -> Category | None:
        """The category with that name, of this codebook or else of an earlier one."""
        return self._by_name.get(name) or self.earlier.get(name)

    def tag(self, name: str) -> str:
        """The tag of a category, as its own codebook has it; one that nobody knows gives its first three letters."""
        found = self.find(name)
        return name[:3] if found is None else found.tag

    def colour(self, name: str) -> str:
        """The colour of a category, one of `COLOURS`."""
        found = self.find(name)
        return DEFAULT_COLOUR if found is None else found.colour

    def knowing(self, others: Iterable[Codebook]) -> Codebook:
        """The same codebook, which knows the categories of ``others`` by their own tags; the last to name one wins."""
        found = {category.name: category for other in others if other.id != self.id for category in other.categories}
        return replace(self, earlier=found)


def codebook_of(canonical: str) -> Codebook:
    """The codebook that canonical JSON stands for; its id is the same.

    Raises:
        ValueError: if the text is no codebook.
    """
    try:
        raw = json.loads(canonical)
        return Codebook(raw["version"], tuple(_category(entry) for entry in raw["categories"]))
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no codebook: {error!r}") from error


def _category(entry: Mapping[str, Any]) -> Category:
    key, name, tag, definition = (str(entry[name]) for name in _WORDS)
    include, exclude, examples = (tuple(map(str, entry.get(name, ()))) for name in _RULES)
    return Category(key, name, tag, definition, include=include, exclude=exclude, examples=examples)
