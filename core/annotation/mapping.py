"""Mapping the labels of one codebook onto another: what becomes of each category, and what is still sure then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from core.annotation.annotation import IMPORT, MAPPED, Annotation, Circumstances
from core.annotation.categories import Codebook
from core.endpoints.fields import nearest
from core.errors import ConfigError

NO_LABEL: Final = ""
"""In place of a new category: the label is taken off, and the sentence waits to be labelled anew."""


@dataclass(frozen=True)
class CategoryMap:
    """For each category of the ``old`` codebook, by name, the one of the ``new``; `NO_LABEL` takes the label off."""

    old: Codebook
    new: Codebook
    pairs: Mapping[str, str]

    def keeps_meaning(self, name: str) -> bool:
        """Whether a label of this category says as much as before.

        So it does where no other category was mapped to the same one, and definition and rules are what they were.
        """
        after = self.pairs[name]
        before, new = self.old.own(name), self.new.own(after)
        is_alone = sum(other == after for other in self.pairs.values()) == 1
        return is_alone and before is not None and new is not None and before.meaning == new.meaning

    def after(self, before: Annotation) -> Annotation | None:
        """What becomes of a labelled sentence; None: one of its categories is mapped to nothing.

        A note and a doubt stay. A secondary category that is now the same as the category goes.
        """
        names = self.unmapped(before)
        if names or before.category is None:
            return None
        category = self.pairs[before.category]
        if category == NO_LABEL:
            return replace(before.cleared(), is_unsure=before.is_unsure)
        secondary = None if before.secondary is None else self.pairs[before.secondary] or None
        return replace(before, category=category, secondary=None if secondary == category else secondary)

    def unmapped(self, annotation: Annotation) -> tuple[str, ...]:
        """Its categories of which the map says nothing."""
        names = (annotation.category, annotation.secondary)
        return tuple(name for name in names if name is not None and name not in self.pairs)

    def circumstances(self, before: Annotation, made: Circumstances) -> Circumstances:
        """How the mapped label came about: nobody has confirmed it, unless all its categories mean what they meant.

        What the label was given under (blind, how long, which suggestion) stays. One that was imported and never
        confirmed stays imported.
        """
        names = [name for name in (before.category, before.secondary) if name is not None]
        is_verified = made.is_verified and all(self.keeps_meaning(name) for name in names)
        is_imported = made.source == IMPORT and not made.is_verified
        return replace(made, source=IMPORT if is_imported else MAPPED, is_verified=is_verified)


def same_names(old: Codebook, new: Codebook) -> dict[str, str]:
    """The pairs of categories that are called the same in both."""
    return {category.name: category.name for category in old.categories if new.own(category.name) is not None}


def category_map(old: Codebook, new: Codebook, pairs: Mapping[str, str], occurring: Iterable[str] = ()) -> CategoryMap:
    """A map of which every name is known; ``occurring`` are names among the labels that the old codebook may lack.

    Raises:
        ConfigError: if both codebooks are the same, or a name is in neither of them.
    """
    if old.id == new.id:
        raise ConfigError(f"{old.title} is the codebook to map to as well; name the changed one with --to.")
    known_before = {category.name for category in old.categories} | set(occurring)
    known_after = {category.name for category in new.categories}
    for before, after in pairs.items():
        if before not in known_before:
            raise ConfigError(f"{old.title} has no category {before!r}; {nearest(before, known_before)}")
        if after != NO_LABEL and after not in known_after:
            raise ConfigError(f"{new.title} has no category {after!r}; {nearest(after, known_after)}")
    return CategoryMap(old, new, dict(pairs))
