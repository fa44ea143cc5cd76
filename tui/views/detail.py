"""The pane about the sentence under the cursor: rates before and after, direction, category."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.analysis.rates import PrefixRate
from core.annotation.codebook import Codebook
from core.sanitize import visible_line
from tui.palette import BOLD, DIM, FOREGONE, PLAIN, TURNING_POINT, behavior_style, label_style
from tui.views.annotating import said, suggestion
from tui.views.instead import instead_lines
from tui.views.numbers import probability
from tui.views.session import TraceView, number, of, short_name, undecided
from tui.widgets.lines import Line, Piece
from tui.widgets.sentence_list import signed
from tui.widgets.wrapping import wrap

if TYPE_CHECKING:
    from core.analysis.importance import SentenceImportance
    from core.resampling.adaptive.confirm import ConfirmedDirection

ONE_LINE_CELLS = 72
"""From this width on, the rates before and after stand on one line."""
RECYCLED_CELLS = 26
"""What marking recycled rollouts on either side takes."""
FEWEST_ROWS = 5
"""With fewer rows than this for what was said instead, what stands below it gives way."""
MOST_NOTE_ROWS = 2
UNLIMITED = 1000
BLIND = "blind: numbers, suggestions and the labels of others are shown once you have labelled or skipped it"
MOST_ROWS = 8
"""More rows than this would make a step dear on a thin link; `I` shows all."""


def detail_lines(
    view: TraceView, index: int, codebook: Codebook, width: int, height: int = UNLIMITED, shown: str = ""
) -> list[Line]:
    """Lines about sentence ``index``; every number comes with its k of n and its 95% interval.

    Behaviors stand in the order of `TraceView.in_order`, so that with many of them ``shown`` is the first.
    What was said instead, where it is known, takes the rows of ``height`` that the numbers leave; where and how it was
    sampled gives way first.
    """
    view, held = view.known_of(index), view.held(index)
    style = label_style(codebook.colour(held.category)) if held.category else DIM
    title = [(f"sentence {index}", BOLD), (" · ", DIM), (visible_line(said(held)), style)]
    behaviors = view.in_order(shown)
    turned = [short_name(name) for name in behaviors if view.mark(name, index) == TURNING_POINT]
    if turned:
        names = "" if len(turned) == len(behaviors) else f" {', '.join(turned)}"
        title += [(" · ", DIM), (f"turning point {TURNING_POINT}{names}", BOLD)]
    lines: list[Line] = [title]
    suggested = view.suggested(index)
    if suggested is not None:
        offered = suggestion(suggested, held)
        lines += [[(offered[row.start : row.end], DIM)] for row in wrap(offered, width)]
    if held.note:
        note = visible_line(f"note: {held.note}")
        lines += [[(note[row.start : row.end], PLAIN)] for row in wrap(note, width)[:MOST_NOTE_ROWS]]
    if not view.is_shown(index):
        lines += [[(BLIND[row.start : row.end], DIM)] for row in wrap(BLIND, width)]
        return lines + _origin(view, width)
    for behavior in behaviors:
        lines += _behavior_lines(view, index, behavior, width)
    below = _origin(view, width)
    category = codebook.find(held.category) if held.category else None
    if category is not None:
        definition = visible_line(category.definition)
        below += [[(definition[row.start : row.end], DIM)] for row in wrap(definition, width)]
    instead = view.estimates.said(index) if view.estimates is not None else None
    if instead is None:
        return lines + below
    room = height - len(lines)
    wanted = len(instead_lines(instead, width, MOST_ROWS))
    kept = below if room - len(below) >= min(wanted, FEWEST_ROWS) else []
    return lines + instead_lines(instead, width, min(MOST_ROWS, room - len(kept))) + kept


def _origin(view: TraceView, width: int) -> list[Line]:
    """Where and how the rollouts were drawn."""
    if view.settings is not None:
        used = view.settings
        recycled = " · recycled rollouts in rates, not directions (T)" if view.rates.counts_recycled else ""
        drawn = f"{used.endpoint or used.base_url} · {used.model} · T={used.temperature:g}"
        if len(view.other_settings) > 1:
            drawn += f" · settings {view.other_settings.index(used.id) + 1} of {len(view.other_settings)} (t)"
        drawn = visible_line(drawn + recycled)
        return [[(drawn[row.start : row.end], DIM)] for row in wrap(drawn, width)]
    return [[("no rollouts yet: r resamples this prefix, R every prefix", DIM)]]


def _behavior_lines(view: TraceView, index: int, behavior: str, width: int) -> list[Line]:
    before, after = view.rates.rate(behavior, index), view.rates.rate(behavior, index + 1)
    name = f"{short_name(behavior):<7}"[:7] + " "
    style = behavior_style(behavior)
    wide = width >= ONE_LINE_CELLS + (RECYCLED_CELLS if view.rates.counts_recycled else 0)
    lines: list[Line]
    if wide:
        lines = [[(name, style + BOLD), *_rate(before), (" → ", DIM), *_rate(after)]]
    else:
        lines = [
            [(name, style + BOLD), ("before ", DIM), *_rate(before)],
            [(" " * len(name), PLAIN), ("after  ", DIM), *_rate(after)],
        ]
    indent = " " * len(name)
    moved = _resampling(view, index, behavior)
    estimated = view.estimates.of(behavior, index) if view.estimates else None
    replaced = _counterfactual(estimated) if estimated is not None else []
    if wide and moved and replaced:
        lines.append([(indent, PLAIN), *moved, ("  ", PLAIN), *replaced])
    else:
        value = view.rates.direction(behavior, index).value
        importance = [] if value is None else [(f"  importance {abs(value):.2f}", PLAIN)]
        lines += [[(indent, PLAIN), *moved, *importance]] if moved else []
        lines += [[(indent, PLAIN), *replaced]] if replaced else []
    if view.rates.is_foregone(behavior, index + 1):
        foregone = view.rates.foregone[behavior]
        # In full where it is so, and in a row after it, for a step repaints it.
        what = foregone.sentence if index == max(0, foregone.prefix_idx - 1) else foregone.in_short
        told = visible_line(f"{FOREGONE} {what}")
        lines += [[(indent, PLAIN), (told[row.start : row.end], PLAIN)] for row in wrap(told, width - len(indent))]
    fresh = view.confirmed.get((behavior, index))
    if fresh is not None:
        lines += [[(indent, PLAIN), *pieces] for pieces in _confirmed(fresh, width - len(indent))]
    return lines


def _resampling(view: TraceView, index: int, behavior: str) -> list[Piece]:
    """The rate after the sentence less the rate before it."""
    direction = view.rates.direction(behavior, index)
    if direction.value is None or direction.interval is None:
        return []
    arrow, style = signed(direction.value)
    low, high = direction.interval
    return [(f"{arrow[0]} {direction.value:+z.2f}", style + BOLD), (f" [{low:+z.2f}, {high:+z.2f}]", PLAIN)]


def _counterfactual(estimated: SentenceImportance) -> list[Piece]:
    """The rate where the sentence is kept less the rate where the model said something else instead."""
    contrast = estimated.counterfactual
    if contrast is None:
        return []
    if contrast.value is None or contrast.interval is None:
        return [(f"instead: only {estimated.n_dissimilar} said something else", DIM)]
    low, high = contrast.interval
    shown = f"instead {contrast.value:+z.2f} [{low:+z.2f}, {high:+z.2f}] n {estimated.n_dissimilar}{_q(estimated.q)}"
    return [(shown, PLAIN)]


def _confirmed(confirmed: ConfirmedDirection, room: int) -> list[list[Piece]]:
    """What the fresh rollouts on both sides say by themselves, the number to cite; on two rows where one is short."""
    from core.resampling.adaptive.fresh import is_confirmed

    fresh = confirmed.fresh
    if fresh.value is None or fresh.interval is None:
        return []
    low, high = fresh.interval
    arrow, style = signed(fresh.value)
    word = "confirmed" if is_confirmed(confirmed) else "not confirmed"
    value: list[Piece] = [(f"{word} ", PLAIN), (f"{arrow[0]} {fresh.value:+z.2f}", style + BOLD)]
    value.append((f" [{low:+z.2f}, {high:+z.2f}]", PLAIN))
    counts = f"{fresh.without.k}/{fresh.without.n} → {fresh.kept.k}/{fresh.kept.n} fresh{_q(fresh.q)}"
    if sum(len(text) for text, _ in value) + 2 + len(counts) <= room:
        return [[*value, (f"  {counts}", PLAIN)]]
    return [value, [(counts, PLAIN)]]


def _q(q: float | None) -> str:
    return "" if q is None else f"  q {probability(q)}"


def _rate(rate: PrefixRate | None) -> Line:
    if rate is None or (rate.n == 0 and not undecided(rate)):
        return [("not sampled", DIM)]
    pieces = []
    if rate.n and rate.interval is not None:
        low, high = rate.interval
        pieces.append((f"{number(rate.rate)} ({of(rate)}) [{low:.2f}, {high:.2f}]", PLAIN))
    counts = {
        "undecided": rate.n_no_decision,
        "cut": rate.n_truncated,
        "restarted": rate.n_restarted,
        "filtered": rate.n_filtered,
        "failed": rate.n_error,
    }
    apart = [f"{n} {name}" for name, n in counts.items() if n]
    if apart:
        pieces.append((("  +" if pieces else "") + ", ".join(apart), DIM))
    return pieces
