"""The history of one annotator's labels: every change is an event, and undo is one more event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from core.annotation.annotation import Annotation


@dataclass(frozen=True)
class LabelEvent:
    """One change of what an annotator holds of one sentence.

    ``kind`` is label, clear, skip, unsure, secondary, note, undo or redo. ``uid`` names the event in every database
    that holds it, ``step`` is the uid of the first event of the same key press. ``target`` is the event that an undo
    or redo concerns.
    """

    id: int
    uid: str
    step: str
    annotator: str
    trace_id: str
    sentence_idx: int
    kind: str
    before: Annotation
    after: Annotation
    target: int | None

    @property
    def category(self) -> str | None:
        """The label after the event; None is unlabelled."""
        return self.after.category

    @property
    def previous(self) -> str | None:
        """The label before the event."""
        return self.before.category


class Step(NamedTuple):
    """What the history needs of a key press: its id, its kind, and the step that it undoes or redoes."""

    id: str
    kind: str
    target: str | None


@dataclass(frozen=True)
class History:
    """Ids of the steps that can be undone and redone, the next one last."""

    undoable: tuple[str, ...]
    redoable: tuple[str, ...]


def fold(steps: Iterable[Step]) -> History:
    """Read the whole log of one annotator, oldest first; a new change ends what could be redone.

    Steps are looked up by what they undo, not by their place, as the logs of two databases may have been joined.
    """
    undoable: dict[str, None] = {}
    redoable: dict[str, None] = {}
    for step in steps:
        if step.kind == "undo" and step.target is not None:
            undoable.pop(step.target, None)
            redoable[step.target] = None
        elif step.kind == "redo" and step.target is not None:
            redoable.pop(step.target, None)
            undoable[step.target] = None
        else:
            undoable[step.id] = None
            redoable.clear()
    return History(tuple(undoable), tuple(redoable))
