"""Annotations in words and signs: progress, what a key changed, and the marks in the list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.annotation.annotation import NOTHING, Annotation, Suggested
from core.annotation.codebook import Codebook
from core.annotation.history import LabelEvent
from core.sanitize import visible_line
from tui.palette import SUGGESTED
from tui.widgets.wrapping import clip

SKIPPED_TAG = "···"
TAG_CELLS = 3
UNSURE, UNVERIFIED, NOTED, SECONDARY, NO_FLAG = "?", "!", "*", "+", " "


def tag_and_flag(
    held: Annotation, codebook: Codebook, suggested: Suggested | None = None, *, is_verified: bool = True
) -> tuple[str | None, str]:
    """The category in up to three cells (None: unlabelled), and one cell for what stands beside it.

    That is a doubt, or else that nobody has confirmed the label, a note, or a secondary category. Of a sentence of
    which nothing is held, it is the category that is suggested, and the mark that it is only that.
    """
    if suggested is not None and held == NOTHING:
        return _tag(suggested.category, codebook), SUGGESTED
    tag = _tag(held.category, codebook) if held.category is not None else SKIPPED_TAG if held.is_skipped else None
    flags = ((held.is_unsure, UNSURE), (not is_verified, UNVERIFIED), (held.note, NOTED), (held.secondary, SECONDARY))
    return tag, next((flag for is_so, flag in flags if is_so), NO_FLAG)


def _tag(category: str, codebook: Codebook) -> str:
    """The tag of a category, which may be one of a codebook that nobody here has read."""
    return clip(visible_line(codebook.tag(category)), TAG_CELLS)


def progress(annotations: Mapping[int, Annotation], n_sentences: int, *, brief: bool) -> str:
    """How many of a trace's sentences are labelled, and how many are skipped or unsure, if any are."""
    held = annotations.values()
    labelled = f"{sum(one.category is not None for one in held)}/{n_sentences} labelled"
    skipped, unsure = sum(one.is_skipped for one in held), sum(one.is_unsure for one in held)
    if brief:
        return " ".join([labelled, *(f"{n}{sign}" for n, sign in ((skipped, "·"), (unsure, UNSURE)) if n)])
    return ", ".join([labelled, *(f"{n} {word}" for n, word in ((skipped, "skipped"), (unsure, "unsure")) if n)])


def said(held: Annotation) -> str:
    """What an annotator holds of a sentence, in words."""
    label = held.category or ("skipped" if held.is_skipped else "unlabelled")
    return label + (f" + {held.secondary}" if held.secondary else "") + (" (unsure)" if held.is_unsure else "")


def replayed(verb: str, events: Sequence[LabelEvent]) -> str:
    """What undo or redo did, in one sentence."""
    event = events[0]
    if len(events) > 1:
        where = sentences(event.sentence_idx for event in events)
        return f"{verb}: {len(events)} {where}"
    before, after = said(event.before), said(event.after)
    if before == after:
        before, after = (f"note {one.note!r}" if one.note else "no note" for one in (event.before, event.after))
    return f"{verb}: sentence {event.sentence_idx} {before} → {after}"


def sentences(indices: Iterable[int]) -> str:
    """Sentences from the first to the last of ``indices``, in words."""
    found = sorted(indices)
    return f"sentence {found[0]}" if len(found) == 1 else f"sentences, {found[0]} to {found[-1]}"


def suggestion(suggested: Suggested, held: Annotation) -> str:
    """What is suggested for a sentence, how sure and by whom, and the key that accepts it where that is open."""
    sure = "" if suggested.confidence is None else f" {suggested.confidence:.2f}"
    offer = "" if held.is_decided else ": Enter accepts"
    return visible_line(f"suggested {suggested.category}{sure} by {suggested.by}{offer}")
