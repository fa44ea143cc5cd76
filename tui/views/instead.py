"""What was said instead of a sentence, as rows: how often, with which outcomes, in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from core.sanitize import visible_line
from tui.palette import BOLD, DIM, PLAIN, behavior_style
from tui.views.session import short_name
from tui.widgets.lines import Line, Piece
from tui.widgets.wrapping import clip, wrap

if TYPE_CHECKING:
    from core.analysis.counts import Count
    from core.analysis.instead import Alternative, Alternatives

ROWS_EACH = 2
TIGHT = 5
"""On fewer rows than this a group has one row, and the number of groups stands beside the titles."""
NOTHING = "(nothing)"


def groups_of(said: Alternatives) -> list[Alternative]:
    """All groups, those that said the same last."""
    return [*said.others, *([said.same] if said.same is not None else [])]


def behaviors_of(said: Alternatives) -> list[str]:
    """The behaviors that were measured, alignment faking first."""
    measured = next((list(group.outcomes) for group in groups_of(said)), [])
    return sorted(measured, key=lambda name: (name != "alignment_faking", name != "compliance", name))


def wording(group: Alternative) -> str:
    """What most of the group said, as a terminal may show it."""
    return visible_line(group.text) or NOTHING


def counted(count: Count) -> str:
    """K of n."""
    return f"{count.k}/{count.n}"


def measured(count: Count) -> str:
    """A rate with its counts and its interval."""
    if count.rate is None or count.interval is None:
        return "none decided"
    return f"{count.rate:.2f} ({counted(count)}) [{count.interval.low:.2f}, {count.interval.high:.2f}]"


def instead_lines(said: Alternatives, width: int, height: int) -> list[Line]:
    """The groups, most frequent first, on at most ``height`` rows; what has no room is counted."""
    if not said.others:
        always: Line = [(f"the model always says this sentence: {said.n_same} of {said.n_rollouts}", PLAIN)]
        return [always][: max(0, height)]
    behaviors = behaviors_of(said)
    cells = _cells(said, behaviors)
    is_tight = height < TIGHT
    lines = [_titles(said, behaviors, cells, f" (I lists all {len(said.others)})" if is_tight else "")]
    for at, group in enumerate(said.others):
        rows = _group_lines(group, behaviors, cells, width, 1 if is_tight else ROWS_EACH)
        # The row that counts the rest, unless there is none or the titles count all.
        kept = 0 if is_tight or at == len(said.others) - 1 else 1
        if len(lines) + len(rows) + kept > height:
            left = said.others[at:]
            more = f"… {len(left)} more, {sum(group.n for group in left)} rollouts: I lists them"
            return [*lines, *([] if is_tight else [[(more, DIM)]])][: max(0, height)]
        lines += rows
    return lines


def _cells(said: Alternatives, behaviors: list[str]) -> dict[str, int]:
    """The width of each column of counts."""
    return {
        name: max(len(short_name(name)), *(len(counted(group.outcomes[name])) for group in said.others))
        for name in behaviors
    }


def _titles(said: Alternatives, behaviors: list[str], cells: dict[str, int], also: str) -> Line:
    pieces: list[Piece] = [(" " * 4, PLAIN)]
    pieces += [(f"  {short_name(name):>{cells[name]}}", behavior_style(name)) for name in behaviors]
    return [*pieces, ("  said instead", BOLD), (f"; {said.n_same} of {said.n_rollouts} said the same{also}", DIM)]


def _group_lines(group: Alternative, behaviors: list[str], cells: dict[str, int], width: int, most: int) -> list[Line]:
    head = f"{group.n:>3}x" + "".join(f"  {counted(group.outcomes[name]):>{cells[name]}}" for name in behaviors) + "  "
    rows = _text_rows(wording(group), _wordings(group), max(1, width - len(head)), most)
    return [
        [(head if at == 0 else " " * len(head), PLAIN), (text, PLAIN), (suffix, DIM)]
        for at, (text, suffix) in enumerate(rows)
    ]


def _wordings(group: Alternative) -> str:
    return f" · {group.n_wordings} wordings" if group.n_wordings > 1 else ""


def _text_rows(text: str, suffix: str, room: int, most: int) -> list[tuple[str, str]]:
    """The text on at most ``most`` rows, cut so that what is said of it fits behind."""
    rows = wrap(text, room)
    shown = [text[row.start : row.end] for row in rows[:most]]
    free = room - cell_len(suffix)
    if len(rows) > most or (len(shown) == most and cell_len(shown[-1]) > free):
        shown[-1] = clip(text[rows[most - 1].start :], free)
    elif cell_len(shown[-1]) > free:
        shown.append("")
    return [(row, suffix if at == len(shown) - 1 else "") for at, row in enumerate(shown)]
