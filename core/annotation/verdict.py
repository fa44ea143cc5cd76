"""What one annotator holds of one rollout: whether it shows a behavior; and under which circumstances that was said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.behaviors.outcome import NO, YES

SKIPPED: Final = "skipped"
WORDS: Final = (YES, NO, SKIPPED)


@dataclass(frozen=True)
class HumanVerdict:
    """What a person has said of a rollout and a behavior: ``word`` is yes, no, skipped, or None for nothing yet.

    A skipped rollout was looked at and left open, which is no verdict. A note needs no verdict.
    """

    word: str | None = None
    note: str = ""

    @property
    def shows(self) -> bool | None:
        """Whether the rollout shows the behavior; None where that is not said."""
        return None if self.word in (None, SKIPPED) else self.word == YES

    @property
    def is_done(self) -> bool:
        """Whether the annotator is done with it: a yes, a no, or skipped."""
        return self.word is not None


UNJUDGED: Final = HumanVerdict()


@dataclass(frozen=True)
class VerdictCircumstances:
    """How a verdict came about.

    ``is_blind`` tells that the judge's verdict was hidden, ``seconds`` how long the rollout had been looked at,
    ``ordered_by`` in which order the sample was drawn (None: the annotator came to it otherwise), and ``judge_id``
    whose verdict stood beside it, or was hidden, and by whose verdicts the sample was drawn (None: none had).
    """

    is_blind: bool = False
    seconds: float | None = None
    ordered_by: str | None = None
    judge_id: str | None = None


@dataclass(frozen=True)
class VerdictEvent:
    """One change of what an annotator holds of one rollout and behavior.

    ``kind`` is label, clear, skip, note, undo or redo; ``uid`` names the event in every database that holds it;
    ``target`` is the event that an undo or redo concerns.
    """

    id: int
    uid: str
    annotator: str
    rollout_id: int
    behavior: str
    kind: str
    before: HumanVerdict
    after: HumanVerdict
    target: int | None
