"""The rows around the panes: the header, the category keys and the status row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.cells import cell_len

from core.annotation.annotation import Annotation
from core.annotation.codebook import Codebook
from core.sanitize import visible_line
from tui.actions import ACTIONS, shown
from tui.palette import BAR, BOLD, DIM, PLAIN, REVERSE, UNDERLINE, label_style
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
    "filter_decided",
    "list_disagreements",
    "find",
    "open",
    "importance",
    "adaptive",
    "undo",
    "codebook",
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


def category_rows(codebook: Codebook, width: int) -> int:
    """Rows that the category keys take with their counts."""
    return -(-len(codebook.categories) // _in_a_row(codebook, width))


def category_lines(
    codebook: Codebook, keys: Mapping[str, str], held: Annotation, labels: Iterable[str], width: int
) -> list[Line]:
    """Each category's key and tag with how often it was given; those that the sentence has stand out.

    Every category has a column of its own, so that a count that grows moves no other.
    """
    given = Counter(labels)
    lines: list[list[Piece]] = [[] for _ in range(category_rows(codebook, width))]
    in_a_row, room = _in_a_row(codebook, width), _category_cells(codebook)
    for place, category in enumerate(codebook.categories):
        count = str(given[category.name] or "")
        name, colour = category.name, label_style(category.colour)
        standing = REVERSE if name == held.category else UNDERLINE if name == held.secondary else PLAIN
        key = shown([keys[name]]) + " "
        rest = max(0, room - cell_len(key) - len(category.tag) - len(count))
        tag = (category.tag, colour + standing)
        lines[place // in_a_row] += [(key, BOLD), tag, (count + " " * rest, DIM)]
    return list(lines)


def _category_cells(codebook: Codebook) -> int:
    """A key, a tag, a count of two digits, and a gap."""
    return 2 + max(len(category.tag) for category in codebook.categories) + 2 + 1


def _in_a_row(codebook: Codebook, width: int) -> int:
    return max(1, width // _category_cells(codebook))


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
