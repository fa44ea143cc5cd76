"""What one annotator holds of one sentence, how a key changes it, and under which circumstances it was given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

GOLD: Final = "gold"
"""The annotator under whose name adjudicated labels stand; nobody labels under it directly."""

KEY, SUGGESTION, IMPORT, MAPPED, ADJUDICATED = "key", "suggestion", "import", "map", "adjudication"
SOURCES: Final = (KEY, SUGGESTION, IMPORT, MAPPED, ADJUDICATED)


@dataclass(frozen=True)
class Annotation:
    """All that an annotator has said of a sentence.

    ``category`` is the label (None: unlabelled), ``secondary`` a second category beside it, which makes no label by
    itself. A skipped sentence was looked at and left open, which is no label either. A note or a doubt needs none.
    """

    category: str | None = None
    secondary: str | None = None
    is_skipped: bool = False
    is_unsure: bool = False
    note: str = ""

    @property
    def is_decided(self) -> bool:
        """Whether the sentence was labelled or skipped, so that an annotator is done with it."""
        return self.category is not None or self.is_skipped

    def given(self, category: str) -> Annotation:
        """With this label; a secondary category that is the same goes."""
        secondary = None if self.secondary == category else self.secondary
        return replace(self, category=category, secondary=secondary, is_skipped=False)

    def given_too(self, secondary: str) -> Annotation:
        """With this secondary category, or without it where it is there already; the label itself cannot be one.

        It may come before the label, which a key that goes on would otherwise leave no time for.
        """
        if self.category == secondary:
            return self
        return replace(self, secondary=None if self.secondary == secondary else secondary)

    def cleared(self) -> Annotation:
        """Without label, skip and doubt; a note stays."""
        return Annotation(note=self.note)

    def skipped(self) -> Annotation:
        """Skipped, unless it is labelled."""
        return self if self.category is not None else replace(self, is_skipped=True)

    def doubted(self) -> Annotation:
        """Marked unsure, or no longer."""
        return replace(self, is_unsure=not self.is_unsure)

    def noted(self, note: str) -> Annotation:
        """With this note; an empty one takes it off."""
        return replace(self, note=note.strip())


NOTHING: Final = Annotation()


@dataclass(frozen=True)
class Suggested:
    """A category that was suggested for a sentence: by whom, and how sure, 0..1 (None: not said)."""

    category: str
    by: str
    confidence: float | None = None


@dataclass(frozen=True)
class Circumstances:
    """How a label came about.

    ``source`` is one of `SOURCES`. ``is_verified`` tells that a person gave or confirmed it. ``suggested`` is the
    suggestion that there was, whether or not it was shown. ``is_blind`` tells that rates, directions, suggestions and
    the labels of others were hidden, ``seconds`` how long the sentence had been looked at, ``ordered_by`` in which
    order the work came (None: as the annotator moved), ``decided_by`` who adjudicated.
    """

    source: str = KEY
    is_verified: bool = True
    suggested: Suggested | None = None
    is_blind: bool = False
    seconds: float | None = None
    ordered_by: str | None = None
    decided_by: str | None = None
