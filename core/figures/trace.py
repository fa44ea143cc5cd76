"""The article's Figure 1, for any trace: rates by prefix, directions by sentence, turning points, and all sentences."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

from core.endpoints.origin import is_synthetic, origin
from core.figures import listing
from core.figures.callouts import badge_room, draw_badges, draw_callouts, fit_callouts, place_badges
from core.figures.lettering import clipped, drawable, wrapped
from core.figures.page import POINTS, Page, blank, leading
from core.figures.panels import CURVES_IN_A_ROW, DAGGER, direction_keys, draw_directions, draw_rates, place_keys
from core.figures.sources import filtered, named, sizes, told
from core.figures.style import HEADING, SIZE, SMALL, style
from core.figures.trace_data import TraceFigureData

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH: Final = 7.2
"""Inches: the text width of a page in two columns."""

_MARGIN: Final = 0.1
_AXIS: Final = 0.42
_SIDE: Final = 2.0
_RATES: Final = 1.75
_DIRECTIONS: Final = 1.45
_BETWEEN: Final = 0.58
_BELOW: Final = 0.6
_GAP: Final = 0.12
_FOOT_LINES: Final = 6


def draw(data: TraceFigureData) -> Figure:
    """Draw ``data``, 7.2 inches wide and as tall as its sentences need; letters have 6 points or more at that size.

    The figure belongs to no window: save it with `core.figures.write`, or show it in a notebook as it is.
    """
    with style():
        points, inner = data.turning_points, WIDTH - 2 * _MARGIN
        plotted = inner - _AXIS - (_SIDE + _GAP if points else 0.0)
        spacing = plotted * POINTS / max(1, len(data.sentences))
        badges = place_badges(points, spacing)
        pair = listing.columns(listing.listed(data.sentences), inner)
        foot = _foot(data, inner)
        head = 0.5 if data.query else 0.34
        top = head + _keys_room(data) + badge_room(badges)
        listed_from = top + _RATES + _BETWEEN + _DIRECTIONS + _BELOW
        foot_from = listed_from + listing.height(pair) + _GAP
        page = blank(WIDTH, foot_from + len(foot) * leading(SMALL) + _MARGIN)

        _draw_head(page, data, inner)
        rates = page.axes(_MARGIN + _AXIS, top, plotted, _RATES)
        place_keys(rates, draw_rates(rates, data, spacing), (badge_room(badges) + 0.05) * POINTS, CURVES_IN_A_ROW)
        draw_badges(rates, badges)
        directions = page.axes(_MARGIN + _AXIS, top + _RATES + _BETWEEN, plotted, _DIRECTIONS)
        draw_directions(directions, data, spacing)
        keys = direction_keys(data)
        place_keys(directions, keys, 0.05 * POINTS, len(keys))
        if points:
            beside = top + _RATES + _BETWEEN + _DIRECTIONS - head - leading(SMALL)
            callouts = fit_callouts(points, _SIDE, beside)
            draw_callouts(page, callouts, len(points), WIDTH - _MARGIN - _SIDE, head, _SIDE)
        page.write(_listing_title(data), _MARGIN, listed_from - 0.06, SMALL, style="italic")
        listing.draw_listing(page, pair, _MARGIN, listed_from, inner)
        for number, line in enumerate(foot):
            page.write(line, _MARGIN, foot_from + (number + 0.8) * leading(SMALL), SMALL)
        return page.figure


def _keys_room(data: TraceFigureData) -> float:
    """Inches that the keys of the curves take."""
    return ceil(len(data.curves) / CURVES_IN_A_ROW) * leading(SMALL) + 0.1


def _draw_head(page: Page, data: TraceFigureData, inner: float) -> None:
    title = " · ".join([data.trace_id, *told(data.tier, data.prompt_variant)])
    synthetic = " · synthetic model" if is_synthetic(data.settings) else ""
    room = inner * POINTS
    page.write(clipped(drawable(title + synthetic), room, HEADING, bold=True), _MARGIN, 0.2, HEADING, weight="bold")
    if data.query:
        page.write(clipped(drawable(data.query.strip()), room, SIZE), _MARGIN, 0.36, SIZE)


def _listing_title(data: TraceFigureData) -> str:
    n_listed, n = len(listing.listed(data.sentences)), len(data.sentences)
    which = f"All {n} sentences" if n_listed == n else f"{n_listed} of {n} sentences, those of largest direction"
    return f"{which}, tinted by their direction on “{drawable(named(data.behavior))}”"


def _foot(data: TraceFigureData, inner: float) -> list[str]:
    counts = next((curve.counts for curve in data.curves if curve.behavior == data.behavior), ())
    compared = (
        "sentences not compared: resampling directions only"
        if data.threshold is None
        else f"similar from cosine {data.threshold:g}; (resampling direction) where the counterfactual one is undefined"
    )
    parts = [
        f"{origin(data.settings)} · settings {data.settings.id}",
        sizes(counts),
        *filtered(data.n_filtered),
        *(f"{DAGGER} {curve.foregone.sentence.rstrip('.')}" for curve in data.curves if curve.foregone is not None),
        "bands and bars: 95% intervals (Wilson, Newcombe)",
        compared,
        f"turning point: q < {data.alpha:g} over the sentences (Benjamini-Hochberg)",
    ]
    return wrapped(drawable(" · ".join(parts)), inner * POINTS, SMALL, _FOOT_LINES)
