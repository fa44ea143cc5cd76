"""The article's Figure 4: how often the model complies and fakes alignment, by tier and prompt variant."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

from core.analysis.collected import NOT_SAID
from core.endpoints.origin import is_synthetic, origin
from core.figures import lettering
from core.figures.lettering import clipped, drawable, wrapped
from core.figures.page import POINTS, Page, blank, leading
from core.figures.palette import INK, PAID_HATCH, PAPER, curve_style
from core.figures.rates_data import RateCell, RatesFigureData
from core.figures.sources import filtered, named
from core.figures.style import SIZE, SMALL, style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NARROWEST: Final = 3.5
"""Inches: the width of one of two columns of a page."""

_MARGIN: Final = 0.1
_AXIS: Final = 0.42
_PLOT: Final = 2.2
_BAR: Final = 0.3
_WIDEST_BAR: Final = 0.6
_BAR_WIDTH: Final = 0.86
_BETWEEN_TIERS: Final = 0.35
_BETWEEN_VARIANTS: Final = 0.9
_TICKS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
_FOOT_LINES: Final = 8
_COUNT: Final = 5.5  # points of k of n


def draw(data: RatesFigureData) -> Figure:
    """Draw ``data``, 3.5 inches wide or as wide as its bars need; letters have 6 points or more at that size.

    A bar is the pooled rate with its Wilson interval and k of n above it, a dot one trace; collected answers, of which
    there are few to a prompt, have no dots. Paid tiers are hatched. A cell without decided rollouts is a gap that says
    "none".
    """
    with style():
        places = _places(data)
        units = places[-1] + 1
        width = max(NARROWEST, 2 * _MARGIN + _AXIS + units * _narrowest_bar(data))
        plotted = width - 2 * _MARGIN - _AXIS
        bar = min(_WIDEST_BAR, plotted / units)
        keys = _keys(data)
        head = leading(SMALL) * (ceil(len(keys) / 2)) + 0.16
        foot = wrapped(drawable(_foot(data)), (width - 2 * _MARGIN) * POINTS, SMALL, _FOOT_LINES)
        below = 2 * leading(SIZE) + 0.16
        page = blank(width, head + _PLOT + below + len(foot) * leading(SMALL) + _MARGIN)
        axes = page.axes(_MARGIN + _AXIS, head, plotted, _PLOT)
        top = _top(data)
        for where, cell in zip(places, data.cells, strict=True):
            _draw_cell(axes, cell, _dots(data, cell), where, data.behaviors.index(cell.behavior), top)
        # Few bars stand in the middle, rather than growing as wide as the page.
        aside = (plotted / bar - units) / 2
        axes.set_xlim(-0.5 - aside, units - 0.5 + aside)
        _draw_scale(axes, top)
        _name_groups(axes, data, places, bar)
        page.figure.legend(handles=keys, loc="upper left", ncols=2, borderpad=0, borderaxespad=0,
                           columnspacing=1.3, handlelength=2.0, handletextpad=0.5,
                           bbox_to_anchor=((_MARGIN + _AXIS) / width, 1 - 0.06 / page.height))  # fmt: skip
        _write_foot(page, foot, head + _PLOT + below)
        return page.figure


def _counted(cell: RateCell) -> str:
    return f"{cell.count.k}/{cell.count.n}"


def _narrowest_bar(data: RatesFigureData) -> float:
    """Inches from one bar to the next, so that the counts above two of one height do not touch."""
    return max(_BAR, *((lettering.width(_counted(cell), _COUNT) + 2) / POINTS for cell in data.cells))


def _places(data: RatesFigureData) -> list[float]:
    """Where each cell's bar stands, in bars from the first."""
    found, at = [], 0.0
    for _ in data.variants:
        for _ in data.tiers:
            found += [at + number for number in range(len(data.behaviors))]
            at += len(data.behaviors) + _BETWEEN_TIERS
        at += _BETWEEN_VARIANTS - _BETWEEN_TIERS
    return found


def _top(data: RatesFigureData) -> float:
    """The rate at which the axis ends, so that every interval and dot is on it, with room for the numbers."""
    ends = [cell.count.interval.high for cell in data.cells if cell.count.interval]
    ends += [dot for cell in data.cells for dot in _dots(data, cell)]
    return max([0.04, *ends]) * 1.18


def _dots(data: RatesFigureData, cell: RateCell) -> list[float]:
    """The rate of each trace behind a bar; none where a prompt has so few answers that its rate says nothing."""
    return [] if data.collected else [one.count.rate for one in cell.traces if one.count.rate is not None]


def _draw_cell(axes: Axes, cell: RateCell, dots: list[float], where: float, number: int, top: float) -> None:
    rate, interval = cell.count.rate, cell.count.interval
    if rate is None or interval is None:
        axes.text(where, top * 0.015, "none", ha="center", va="bottom", size=SMALL, style="italic")
        return
    colour = curve_style(cell.behavior, number).color
    paid = cell.tier == "paid"
    axes.bar(where, rate, width=_BAR_WIDTH, facecolor=PAPER if paid else colour, edgecolor=colour,
             hatch=PAID_HATCH if paid else None, linewidth=0.8, zorder=2)  # fmt: skip
    # Paper around the ink, for a bar may be as dark.
    for colour, width in ((PAPER, 2.0), (INK, 0.8)):
        axes.errorbar(where, rate, yerr=[[rate - interval.low], [interval.high - rate]], color=colour, linewidth=width,
                      capsize=2, capthick=width, zorder=4)  # fmt: skip
    if len(dots) > 1:
        spread = [where + _BAR_WIDTH * 0.8 * ((place + 0.5) / len(dots) - 0.5) for place in range(len(dots))]
        axes.plot(spread, dots, linestyle="none", marker="o", markersize=2.4, markerfacecolor=PAPER,
                  markeredgecolor=INK, markeredgewidth=0.5, clip_on=False, zorder=5)  # fmt: skip
    above = max([interval.high, *dots])
    axes.text(where, above + 0.02 * top, _counted(cell), ha="center", va="bottom", size=_COUNT)


def _draw_scale(axes: Axes, top: float) -> None:
    step = next((step for step in _TICKS if top / step <= 6), _TICKS[-1])
    marks = [number * step for number in range(int(min(top, 1.0) / step + 1e-9) + 1)]
    axes.set_yticks(marks, [f"{100 * mark:g}%" for mark in marks])
    axes.set_ylim(0, top)
    axes.set_ylabel("rate")


def _name_groups(axes: Axes, data: RatesFigureData, places: list[float], bar: float) -> None:
    """Name the tiers under their bars, and the prompt variants under their tiers."""
    n_bars, n_tiers = len(data.behaviors), len(data.tiers)
    middles, names = [], []
    for group in range(len(data.variants) * n_tiers):
        first = places[group * n_bars]
        middles.append(first + (n_bars - 1) / 2)
        names.append(clipped(drawable(data.tiers[group % n_tiers] or "no tier"), n_bars * bar * POINTS, SIZE))
    axes.set_xticks(middles, names, fontsize=SIZE)
    axes.tick_params(axis="x", length=0)
    room = (n_tiers * n_bars + (n_tiers - 1) * _BETWEEN_TIERS) * bar * POINTS
    for number, variant in enumerate(data.variants):
        own = middles[number * n_tiers : (number + 1) * n_tiers]
        name = "no variant" if variant == NOT_SAID else f"{variant} prompt"
        axes.annotate(clipped(drawable(name), room, SIZE, bold=True), ((own[0] + own[-1]) / 2, 0),
                      xycoords=("data", "axes fraction"), xytext=(0, -(leading(SIZE) + 0.06) * POINTS),
                      textcoords="offset points", ha="center", va="top", size=SIZE, weight="bold",
                      annotation_clip=False)  # fmt: skip


def _keys(data: RatesFigureData) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    keys: list[Artist] = []
    for number, behavior in enumerate(data.behaviors):
        colour = curve_style(behavior, number).color
        keys.append(Patch(facecolor=colour, edgecolor=colour, label=clipped(drawable(named(behavior)), 70, SMALL)))
    if "paid" in data.tiers:
        keys.append(Patch(facecolor=PAPER, edgecolor=INK, hatch=PAID_HATCH, linewidth=0.8, label="hatched: paid tier"))
    if any(len(_dots(data, cell)) > 1 for cell in data.cells):
        keys.append(Line2D([], [], linestyle="none", marker="o", markersize=2.4, markerfacecolor=PAPER,
                           markeredgecolor=INK, markeredgewidth=0.5, label="one trace's prompt"))  # fmt: skip
    return keys


def _foot(data: RatesFigureData) -> str:
    sampled = [cell.traces for cell in data.cells if cell.behavior == data.behaviors[0]]
    n_traces = sum(map(len, sampled))
    what, one = ("collected answers", "prompt") if data.collected else ("fresh answers: rollouts of prefix 0", "trace")
    parts = [
        f"{origin(data.settings)} · settings {data.settings.id}",
        f"{what} of {n_traces} {one}{'' if n_traces == 1 else 's'}",
        "bars: k of n decided rollouts, pooled, with Wilson 95% intervals that take rollouts for independent",
    ]
    parts += filtered(data.n_filtered)
    if is_synthetic(data.settings):
        parts.append("synthetic: no real model")
    if data.n_elsewhere:
        parts.append(f"{data.n_elsewhere} more sampled under other settings only")
    return " · ".join(parts)


def _write_foot(page: Page, foot: list[str], top: float) -> None:
    for number, line in enumerate(foot):
        page.write(line, _MARGIN, top + (number + 0.8) * leading(SMALL), SMALL)
