"""The two panels above the sentences of a trace: rates by prefix, and the direction of each sentence between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import ceil, floor
from typing import TYPE_CHECKING, Any, Final

from core.analysis.counts import Count
from core.figures.lettering import clipped, drawable
from core.figures.page import POINTS
from core.figures.palette import (
    GREY,
    INK,
    PALE,
    PAPER,
    PROMOTES,
    SUPPRESSES,
    SUPPRESSES_HATCH,
    CurveStyle,
    curve_style,
    tint,
)
from core.figures.sources import named
from core.figures.style import SMALL
from core.figures.trace_data import RateCurve, SentenceDirection, TraceFigureData

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

DAGGER: Final = "†"
"""Stands where a sentence's own text decides the behavior."""

CURVES_IN_A_ROW: Final = 3
"""Keys of curves that fit beside each other above the panel."""

_TICKS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_STEP: Final = 0.25
_MARKER: Final = 3.2
_STAR: Final[dict[str, Any]] = {
    "linestyle": "none",
    "marker": "*",
    "markersize": 4.5,
    "color": INK,
    "markeredgewidth": 0,
    "clip_on": False,
}
_KEY: Final = 80  # points that the name of a behavior may take
_STAR_ROOM: Final = 0.07
_MARGIN: Final = 0.05


def draw_rates(axes: Axes, data: TraceFigureData, spacing: float) -> list[Artist]:
    """Draw the curves with their bands and return their keys; ``spacing`` is from prefix to prefix, in points.

    A line joins neighbouring prefixes only: where nothing is decided there is a gap. A prefix without a neighbour
    shows its interval as a bar.
    """
    from matplotlib.lines import Line2D

    shade_turning_points(axes, data)
    size = max(1.3, min(_MARKER, 0.55 * spacing))
    keys: list[Artist] = []
    for place, curve in enumerate(data.curves):
        look = curve_style(curve.behavior, place)
        line = _line(look)
        for run in _runs(curve):
            prefixes = [prefix for prefix, _ in run]
            rates, lows, highs = _heights([count for _, count in run])
            if len(run) == 1:
                broad = 1.0 if look.is_full else 3.0
                axes.vlines(prefixes, lows, highs, color=look.color, linewidth=broad, alpha=1 / broad, clip_on=False)
            axes.fill_between(prefixes, lows, highs, color=look.color, alpha=0.17, linewidth=0)
            # A hollow marker is larger, so that it shows around a full one at the same rate.
            marker = size if look.is_full else 1.3 * size
            axes.plot(prefixes, rates, **line, markersize=marker, clip_on=False, zorder=3)
        at = None if curve.foregone is None else curve.foregone.prefix_idx
        height = None if at is None else curve.counts[at].rate
        if at is not None and height is not None:
            beside = (0, 3 if height < 0.5 else -9)
            axes.annotate(DAGGER, (at, height), beside, textcoords="offset points", ha="center", fontsize=SMALL)
        label = clipped(drawable(named(curve.behavior)), _KEY, SMALL)
        keys.append(Line2D([], [], **line, markersize=_MARKER, label=label))
    _across(axes, len(data.sentences), 0.0)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    axes.set_ylabel("rate")
    axes.set_xlabel("prefix (number of sentences kept)", labelpad=1.5)
    return keys


def draw_directions(axes: Axes, data: TraceFigureData, spacing: float) -> None:
    """Draw a bar for each sentence that has a direction, with its interval, over the noise floor.

    A bar stands between the prefix without its sentence and the prefix with it. A resampling direction, which stands
    in for a counterfactual one that is undefined, is hollow.
    """
    shade_turning_points(axes, data)
    for height, run in groupby(data.sentences, key=lambda one: one.floor):
        if height is not None:
            stretch = [one.sentence_idx for one in run]
            axes.fill_between([stretch[0], stretch[-1] + 1], -height, height, color=PALE, linewidth=0)
    for one in data.sentences:
        if one.value is not None:
            axes.bar(one.sentence_idx + 0.5, one.value, width=0.74, zorder=2, **_bar(one.value, one.estimate))
    known = [(one.sentence_idx + 0.5, *one.contrast.interval) for one in data.sentences if one.contrast.interval]
    middles, lows, highs = ([bounds[part] for bounds in known] for part in range(3))
    axes.vlines(middles, lows, highs, color=INK, linewidth=max(0.4, min(0.7, spacing / 12)), zorder=3)
    for one in data.sentences:
        if one.own_text:
            axes.text(one.sentence_idx + 0.5, _star(one), DAGGER, ha="center", va="center", fontsize=SMALL, zorder=5)
    points = data.turning_points
    axes.plot([one.sentence_idx + 0.5 for one in points], [_star(one) for one in points], **_STAR, zorder=4)
    low, high = _range(data.sentences)
    axes.axhline(0, color=INK, linewidth=0.5, zorder=2)
    _across(axes, len(data.sentences), 0.5)
    axes.set_ylim(low, high)
    first, last = ceil(low / _STEP), floor(high / _STEP)
    steps = [step * _STEP for step in range(first, last + 1)]
    axes.set_yticks(steps, [f"{step:+g}".replace("-", "−") if step else "0" for step in steps])
    axes.set_ylabel("direction")
    axes.set_xlabel("sentence", labelpad=1.5)


def direction_keys(data: TraceFigureData) -> list[Artist]:
    """Keys of what `draw_directions` draws for ``data``."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    kinds = {one.estimate for one in data.sentences}
    keys: list[Artist] = [
        Patch(**_bar(1.0, "counterfactual"), label="▲ promotes"),
        Patch(**_bar(-1.0, "counterfactual"), label="▼ suppresses"),
    ]
    if "resampling" in kinds:
        keys.append(Patch(facecolor=PAPER, edgecolor=GREY, linewidth=0.7, label="resampling"))
    if kinds - {None}:
        keys.append(Patch(facecolor=PALE, label="noise floor"))
    if data.turning_points:
        keys.append(Line2D([], [], **_STAR, label="turning point"))
    return keys


def place_keys(axes: Axes, keys: Sequence[Artist], above: float, in_a_row: int) -> None:
    """Place keys, so many ``in_a_row``, and ``above`` points above a panel, where they hide nothing."""
    from matplotlib.transforms import ScaledTranslation

    figure = axes.get_figure()
    assert figure is not None
    lifted = axes.transAxes + ScaledTranslation(0, above / POINTS, figure.dpi_scale_trans)
    axes.legend(
        handles=list(keys),
        loc="lower left",
        bbox_to_anchor=(0, 1),
        bbox_transform=lifted,
        borderpad=0,
        borderaxespad=0,
        ncols=in_a_row,
        columnspacing=1.1,
        handlelength=2.2,
        handletextpad=0.5,
    )


def shade_turning_points(axes: Axes, data: TraceFigureData) -> None:
    """Tint the strip of each turning point, so that it can be followed from one panel to the other."""
    for one in data.turning_points:
        axes.axvspan(one.sentence_idx, one.sentence_idx + 1, color=tint(one.value), alpha=0.45, linewidth=0, zorder=0)


def _line(look: CurveStyle) -> dict[str, Any]:
    return {
        "color": look.color,
        "linestyle": look.dashes,
        "linewidth": 1.0,
        "marker": look.marker,
        "markerfacecolor": look.color if look.is_full else PAPER,
        "markeredgewidth": 0.6,
    }


def _bar(value: float, estimate: str | None) -> dict[str, Any]:
    """Colour, outline and hatch of a bar: a resampling direction is hollow, one that suppresses is hatched."""
    colour = PROMOTES if value >= 0 else SUPPRESSES
    if estimate == "resampling":
        return {"facecolor": PAPER, "edgecolor": colour, "linewidth": 0.7}
    return {"facecolor": colour, "edgecolor": INK, "linewidth": 0.3, "hatch": SUPPRESSES_HATCH if value < 0 else None}


def _runs(curve: RateCurve) -> Iterator[list[tuple[int, Count]]]:
    """Stretches of neighbouring prefixes that have a rate."""
    for decided, run in groupby(enumerate(curve.counts), key=lambda pair: pair[1].n > 0):
        if decided:
            yield list(run)


def _heights(counts: Sequence[Count]) -> tuple[list[float], list[float], list[float]]:
    known = [(count.rate, count.interval) for count in counts]
    return (
        [rate for rate, _ in known if rate is not None],
        [interval.low for _, interval in known if interval is not None],
        [interval.high for _, interval in known if interval is not None],
    )


def _across(axes: Axes, n_sentences: int, offset: float) -> None:
    """Number the prefixes (``offset`` 0) or the sentences between them (0.5), at most about twelve of them."""
    step = next((step for step in _TICKS if n_sentences / step <= 12), _TICKS[-1])
    last = n_sentences if offset == 0 else n_sentences - 1
    marks = range(0, last + 1, step)
    axes.set_xlim(0, max(1, n_sentences))
    axes.set_xticks([mark + offset for mark in marks], [str(mark) for mark in marks])


def _range(sentences: Sequence[SentenceDirection]) -> tuple[float, float]:
    """Lower and upper end of the axis of directions: what there is to show, and 0.25 on either side of 0 at least."""
    bounds = [bound for one in sentences if one.contrast.interval is not None for bound in one.contrast.interval]
    bounds += [sign * one.floor for one in sentences if one.floor is not None for sign in (-1, 1)]
    bounds += [_star(one) for one in sentences if one.turning_point]
    return min([-_STEP, *bounds]) - _MARGIN, max([_STEP, *bounds]) + _MARGIN


def _star(one: SentenceDirection) -> float:
    """Height of the star of a turning point: beyond its interval, on the side it turns to."""
    low, high = one.contrast.interval or (0.0, 0.0)
    return high + _STAR_ROOM if (one.value or 0.0) >= 0 else low - _STAR_ROOM
