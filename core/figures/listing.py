"""All sentences of a trace in two columns, on paper tinted by their direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.figures.lettering import drawable, wrapped
from core.figures.page import POINTS, Page, leading
from core.figures.palette import INK, mark, tint
from core.figures.sources import signed
from core.figures.style import SMALL
from core.figures.trace_data import SentenceDirection

LISTED: Final = 400
"""Longer traces list the sentences of largest direction only."""

_MOST_LINES: Final = 4
_NUMBER: Final = 0.24
_VALUE: Final = 0.52
_GUTTER: Final = 0.14
_PADDING: Final = 0.016


@dataclass(frozen=True)
class Entry:
    """A sentence and its text broken into lines."""

    sentence: SentenceDirection
    lines: tuple[str, ...]

    @property
    def height(self) -> float:
        """In inches, with the gap below."""
        return leading(SMALL) * len(self.lines) + 3 * _PADDING


def listed(sentences: Sequence[SentenceDirection]) -> list[SentenceDirection]:
    """The sentences that are listed, in order: all, or in a very long trace those of largest direction."""
    if len(sentences) <= LISTED:
        return list(sentences)
    largest = sorted(sentences, key=lambda one: (not one.turning_point, -abs(one.value or 0.0)))[:LISTED]
    return sorted(largest, key=lambda one: one.sentence_idx)


def columns(sentences: Sequence[SentenceDirection], width: float) -> tuple[list[Entry], list[Entry]]:
    """Break the sentences into lines and the entries into two columns of nearly equal height, on ``width`` inches."""
    room = (width - _GUTTER) / 2 - _NUMBER - _VALUE - _PADDING
    entries = [
        Entry(one, tuple(wrapped(drawable(one.text.strip()), room * POINTS, SMALL, _MOST_LINES))) for one in sentences
    ]
    total, left = sum(entry.height for entry in entries), 0.0
    for at, entry in enumerate(entries):
        if left + entry.height / 2 > total / 2:
            return entries[:at], entries[at:]
        left += entry.height
    return entries, []


def height(pair: tuple[Sequence[Entry], Sequence[Entry]]) -> float:
    """Inches that the taller column takes."""
    return max(sum(entry.height for entry in column) for column in pair)


def draw_listing(
    page: Page, pair: tuple[Sequence[Entry], Sequence[Entry]], left: float, top: float, width: float
) -> None:
    """Draw both columns: number, star, direction and text of each sentence on its tint.

    A resampling direction stands in brackets, and an undefined one as a dash.
    """
    room = (width - _GUTTER) / 2
    for number, column in enumerate(pair):
        _draw_column(page, column, left + number * (room + _GUTTER), top, room)


def _draw_column(page: Page, entries: Sequence[Entry], left: float, top: float, room: float) -> None:
    step = leading(SMALL)
    for entry in entries:
        one = entry.sentence
        page.box(left, top, room, entry.height - _PADDING, facecolor=tint(one.value))
        if one.turning_point:
            page.box(left, top, room, entry.height - _PADDING, facecolor="none", edgecolor=INK, linewidth=0.7)
        baseline = top + 0.8 * step + _PADDING / 2
        weight = "bold" if one.turning_point else "normal"
        page.write(f"{one.sentence_idx}", left + _NUMBER, baseline, SMALL, ha="right", weight=weight)
        page.write(_value(one), left + _NUMBER + 0.05, baseline, SMALL, weight=weight)
        for line, text in enumerate(entry.lines):
            page.write(text, left + _NUMBER + _VALUE, baseline + line * step, SMALL)
        top += entry.height


def _value(one: SentenceDirection) -> str:
    if one.value is None:
        return "–"
    number = signed(one.value)
    return f"{mark(one.value)}({number})" if one.estimate == "resampling" else f"{mark(one.value)}{number}"
