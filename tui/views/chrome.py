"""The rows around the panes: the header, the category keys and the status row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.cells import cell_len

from core.annotation.codebook import Codebook
from core.sanitize import visible_line
from tui.actions import ACTIONS, shown
from tui.palette import BAR, BOLD, DIM, LABEL, PLAIN, REVERSE
from tui.widgets.lines import Line, Piece
from tui.widgets.wrapping import clip, wrap

FIRST_KEYS = (
    "help",
    "verdict_yes",
    "verdict_no",
    "verdict_skip",
    "read",
    "jump",
    "follow",
    "resample",
    "resample_all",
    "rollouts",
    "filter",
    "find",
    "open",
    "importance",
    "adaptive",
    "undo",
    "export",
    "quit",
    "close",
)
"""In the order in which a new user needs them."""


def header_line(parts: Iterable[str | None], right: str, width: int) -> Line:
    """Names on the left, progress on the right; the left gives way."""
    right = f" {right} " if right else " "
    left = " " + "  ".join(visible_line(part) for part in parts if part)
    left = clip(left, max(0, width - cell_len(right)))
    return [(left + " " * max(0, width - cell_len(left) - cell_len(right)), BAR), (right, REVERSE)]


def category_line(
    codebook: Codebook, keys: Mapping[str, str], current: str | None, labels: Iterable[str], width: int
) -> Line:
    """Each category's key and tag, with how often it was given where there is room."""
    given = Counter(labels)
    cells = [
        (keys[c.name], c.tag + (f"·{given[c.name]}" if given[c.name] else ""), c.name == current)
        for c in codebook.categories
    ]
    if sum(len(key) + len(tag) + 2 for key, tag, _ in cells) > width:
        cells = [(keys[c.name], c.tag, c.name == current) for c in codebook.categories]
    spaced = sum(len(key) + len(tag) + 2 for key, tag, _ in cells) <= width
    line: list[Piece] = []
    for key, tag, is_current in cells:
        line += [
            (key + (" " if spaced else ""), BOLD),
            (tag, LABEL + REVERSE if is_current else LABEL),
            (" ", PLAIN),
        ]
    return line


def hint_line(scope: str, keys: Mapping[str, tuple[str, ...]], width: int) -> Line:
    """The keys that one needs first, as many as fit."""
    hinted = {action.id: action.hint for action in ACTIONS if scope in action.scopes and action.hint}
    line = ""
    for action_id in FIRST_KEYS:
        if action_id in hinted:
            hint = f"{shown(keys[action_id][:1])} {hinted[action_id]}  "
            line += hint if cell_len(line + hint) <= width + 2 else ""
    return [(line.rstrip(), DIM)]


def message_lines(text: str, width: int) -> list[Line]:
    """What just happened, in one sentence, on as many rows as it takes (at most four)."""
    shown_text = visible_line(text)
    return [[(shown_text[row.start : row.end], PLAIN)] for row in wrap(shown_text, width)[:4]]
