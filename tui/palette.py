"""The few styles of turnpoint; each also has a glyph or a word, so that nothing is told by colour alone."""

from __future__ import annotations

from rich.style import Style

from core.annotation.categories import COLOURS

PLAIN = Style.null()
DIM = Style(dim=True)
BOLD = Style(bold=True)
REVERSE = Style(reverse=True)
UNDERLINE = Style(underline=True)
BAR = Style(reverse=True, bold=True)
CURSOR = Style(bold=True, color="bright_cyan")
AT_CURSOR = Style(bold=True, color="bright_white")
HIT = Style(underline=True, bold=True)
LABEL = Style(color="cyan")

TURNING_POINT, TURNING_POINT_ELSEWHERE = "◆", "◇"
"""A turning point of the behavior that is shown; one of another behavior only."""

FOREGONE = "†"
"""A sentence whose own text decides a behavior, and the rates that are what they are by that text."""

SUGGESTED = "~"
"""Stands before a category that is only suggested."""

# Indexed colours: a 16-colour terminal maps them to its nearest, unlike truecolor they cost few bytes.
PROMOTES = Style(color="color(208)")
SUPPRESSES = Style(color="color(134)")
BEHAVIOR = {"alignment_faking": Style(color="color(208)"), "compliance": Style(color="color(33)")}
OTHER_BEHAVIOR = Style(color="color(36)")


_LABELS = {colour: Style(color=colour) for colour in COLOURS}


def label_style(colour: str) -> Style:
    """Style of a category's tag, by the name of its colour."""
    return _LABELS.get(colour, LABEL)


def behavior_style(behavior: str) -> Style:
    """Colour of a behavior's curve: alignment faking orange, compliance blue."""
    return BEHAVIOR.get(behavior, OTHER_BEHAVIOR)
