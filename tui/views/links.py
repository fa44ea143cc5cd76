"""What the screen of links says about a sentence: its strongest links, and whether it comes back. No Textual here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.analysis.resilience import MIN_SURVIVORS
from core.analysis.turning_points import ALPHA
from core.sanitize import visible_line
from tui.palette import BOLD, DIM, PLAIN, behavior_style
from tui.views.numbers import probability
from tui.views.session import number, short_name
from tui.widgets.lines import Line, Piece
from tui.widgets.sentence_list import signed
from tui.widgets.text_list import TextItem
from tui.widgets.wrapping import clip, wrap

if TYPE_CHECKING:
    from rich.style import Style

    from core.analysis.counts import Contrast, Count
    from core.analysis.influence import Influence, Link
    from core.analysis.links import Links
    from core.analysis.resilience import Resilience

SHOWN, SHOWN_AT_LEAST = 12, 5
"""Links on each side: those that stand out from chance, and if they are few, the strongest of the others."""

MARK = "◆"
NAME_CELLS = 8


@dataclass(frozen=True)
class LinkRow:
    """A row of the list; ``sentence`` is the one that a link leads to or comes from, None where it is no link."""

    item: TextItem
    sentence: int | None = None


def link_rows(influence: Influence, texts: Sequence[str], sentence: int) -> list[LinkRow]:
    """Both sections for ``sentence``: where it leads, and where it comes from, strongest first.

    ``texts`` are the sentences of the trace as a terminal may show them, each on one line.
    """
    out = [(link.target, link) for link in influence.strongest_out(sentence, len(texts))]
    into = [(link.source, link) for link in influence.strongest_in(sentence, len(texts))]
    return [
        *_section("leads to", "later", out, texts, _no_way_out(influence, sentence)),
        *_section("comes from", "earlier", into, texts, _no_way_in(sentence)),
    ]


def _section(
    name: str, where: str, links: Sequence[tuple[int, Link]], texts: Sequence[str], why_empty: str
) -> list[LinkRow]:
    if not links:
        nothing = TextItem(why_empty, (("  ", PLAIN),), style=DIM)
        return [LinkRow(TextItem(name, is_heading=True)), LinkRow(nothing)]
    clear = sum(is_clear(link.contrast) for _, link in links)
    changed = [(other, link) for other, link in links if link.strength]
    shown = [pair for rank, pair in enumerate(changed) if rank < SHOWN_AT_LEAST or is_clear(pair[1].contrast)][:SHOWN]
    sentences = f"{len(links)} {where} sentence{'s' if len(links) > 1 else ''}"
    if not shown:
        heading = f"{name} · none of {sentences}: each is said as often with it as without"
    else:
        strongest = f"{len(shown)} of {sentences}" if shown == changed else f"the {len(shown)} strongest of {sentences}"
        heading = f"{name} · {strongest} · {clear or 'none'} with q < {ALPHA:g}{f' ({MARK})' if clear else ''}"
    rows = [LinkRow(_item(link, other, texts[other]), other) for other, link in shown]
    return [LinkRow(TextItem(heading, is_heading=True)), *rows]


def _item(link: Link, other: int, text: str) -> TextItem:
    clear = is_clear(link.contrast)
    head = (("  ", PLAIN), *_change(link.contrast), (f" {other:>3} ", BOLD if clear else DIM))
    return TextItem(text, head, max_rows=2 if clear else 1, style=PLAIN if clear else DIM)


def is_clear(contrast: Contrast) -> bool:
    """Whether a change stands out from chance among all that were tested."""
    return contrast.q is not None and contrast.q < ALPHA


def _change(contrast: Contrast) -> tuple[Piece, ...]:
    """Sign, size, interval and q of a change that is defined; dim where it may be chance."""
    if contrast.value is None or contrast.interval is None:
        return ()
    arrow, colour = signed(contrast.value)
    low, high = contrast.interval
    clear = is_clear(contrast)
    return (
        (f"{arrow[0]} {contrast.value:+z.2f}", colour + BOLD if clear else DIM),
        (f" [{low:+z.2f}, {high:+z.2f}] {MARK if clear else ' '} {_q(contrast.q)}", PLAIN if clear else DIM),
    )


def _q(q: float | None) -> str:
    return "" if q is None else f"q {probability(q)}"


def _no_way_out(influence: Influence, sentence: int) -> str:
    if sentence + 1 == len(influence.n_drawn) - 1:
        return "it is the last sentence: no other comes after it."
    for prefix in (sentence, sentence + 1):
        drawn = influence.n_drawn[prefix]
        if not drawn:
            return f"no rollouts at prefix {prefix}: both sides of the sentence are compared."
        if not influence.n_complete[prefix]:
            return f"all {drawn} rollouts at prefix {prefix} were cut off in their reasoning: nothing can be told."
    return "nothing can be told."


def _no_way_in(sentence: int) -> str:
    if sentence == 0:
        return "it is the first sentence: no other comes before it."
    return "no earlier sentence has complete rollouts both before and after it."


def about_lines(links: Links, text: str, sentence: int, width: int, rows_of_text: int) -> list[Line]:
    """The sentence, whether it comes back when it is replaced, and counterfactual++ for each behavior.

    ``text`` is the sentence as a terminal may show it; at most ``rows_of_text`` rows of it are shown.
    """
    rows = wrap(text, width)
    shown = [text[row.start : row.end] for row in rows[:rows_of_text]]
    if len(rows) > rows_of_text:
        shown[-1] = clip(text[rows[rows_of_text - 1].start :], width)
    lines: list[Line] = [[(f"sentence {sentence}", BOLD)], *([(row, PLAIN)] for row in shown)]
    entries = {name: rows[sentence] for name, rows in links.resilience.items() if any(map(_is_measured, rows))}
    if not entries:
        return [*lines, [("no behavior has been measured on these rollouts.", DIM)]]
    some = next(iter(entries.values()))
    if not some.n_drawn:
        return [*lines, [(f"no rollouts at prefix {sentence}: r draws some.", DIM)]]
    lines += _comes_back(some, width)
    for behavior in sorted(entries, key=lambda name: name != "alignment_faking"):
        lines += _plus_plus(behavior, entries[behavior], width)
    return lines


def _comes_back(some: Resilience, width: int) -> list[Line]:
    cut_off = f"; {some.n_censored} cut off" if some.n_censored else ""
    if some.returned.n:
        replaced = f"comes back in {_counted(some.returned)} of the rollouts that replace it{cut_off}"
    elif some.n_complete:
        replaced = f"never replaced: all {some.n_complete} complete rollouts say it again at once{cut_off}"
    else:
        replaced = f"all {some.n_censored} rollouts of prefix {some.sentence_idx} were cut off: nothing can be told"
    survive = f"counterfactual++: kept less survivors, the {some.n_survivors} of {some.n_complete} that never say it"
    return [*_wrapped(replaced, width, PLAIN), *(_wrapped(survive, width, DIM) if some.n_complete else [])]


def _plus_plus(behavior: str, found: Resilience, width: int) -> list[Line]:
    name = f"{visible_line(short_name(behavior)):<7}"[:7] + " "
    label = (name, behavior_style(behavior) + BOLD)
    change = found.counterfactual_plus_plus
    if change.value is not None:
        counts = f"  {_counted(change.kept, interval=False)} less {_counted(change.without, interval=False)}"
        return [[label, *_change(change), (counts, PLAIN if is_clear(change) else DIM)]]
    first, *others = _wrapped(why_undefined(found), width - NAME_CELLS, DIM)
    return [[label, *first], *([(" " * NAME_CELLS, PLAIN), *line] for line in others)]


def why_undefined(found: Resilience) -> str:
    """Why counterfactual++ has no value, and what would give it one."""
    i, change = found.sentence_idx, found.counterfactual_plus_plus
    if found.n_more:
        few = f"only {change.without.n} of {MIN_SURVIVORS} survivors"
        return f"{few}: r asks for about {found.n_more} more rollouts of prefix {i}"
    if found.n_more is None:
        none = f"none of {found.n_survivors} survivors is decided" if found.n_survivors else "none survived"
        return f"{none}: how many more rollouts it takes is unknown"
    return f"no decided rollouts at prefix {i + 1}, where the sentence is kept"


def _is_measured(found: Resilience) -> bool:
    return found.counterfactual_plus_plus.kept.n + found.counterfactual_plus_plus.without.n > 0


def _counted(count: Count, *, interval: bool = True) -> str:
    bounds = count.interval
    between = f" [{bounds.low:.2f}, {bounds.high:.2f}]" if interval and bounds is not None else ""
    return f"{number(count.rate)} ({count.k}/{count.n}){between}"


def _wrapped(text: str, width: int, style: Style) -> list[Line]:
    return [[(text[row.start : row.end], style)] for row in wrap(text, width)]
