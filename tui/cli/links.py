"""Comparing all that the rollouts of a trace said, with how far it is on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.analysis.turning_points import ALPHA
from tui.cli.output import interval
from tui.cli.terminal_line import TerminalLine
from tui.views.numbers import probability

if TYPE_CHECKING:
    from core.analysis.counts import Contrast
    from core.analysis.intervals import Interval
    from core.analysis.links import Links
    from core.endpoints.config import Config
    from core.store.database import Store
    from core.traces.model import Trace


def find_links(store: Store, trace: Trace, settings_id: str, config: Config) -> Links:
    """The links of a trace.

    Raises:
        SimilarityError: if there is no encoder.
    """
    from core.analysis.links import links_of
    from core.similarity.cosine import comparison

    line = TerminalLine()
    embedding = config.embedding
    try:
        return links_of(
            store.read,
            trace,
            settings_id,
            comparison(store, embedding),
            embedding.threshold,
            tags=config.tags,
            on_compared=lambda done, total: line.show(f"{trace.id}: {done:,} of {total:,} sentences compared"),
        )
    finally:
        line.end()


def change_cells(change: Contrast) -> tuple[str, str, str]:
    """Value, interval and q of a change, empty where it is undefined."""
    if change.value is None:
        return "", "", ""
    return (
        f"{change.value:+z.2f}",
        interval(change.interval, signed=True),
        probability(change.q),
    )


def mark(change: Contrast) -> str:
    """The sign of a change that stands out from chance."""
    return "*" if change.q is not None and change.q < ALPHA else ""


def change_json(change: Contrast) -> dict[str, Any]:
    """A change with its counts, undefined as null."""
    return {
        "value": change.value,
        "interval": bounds_json(change.interval),
        "p": change.p,
        "q": change.q,
        "kept": change.kept._asdict(),
        "without": change.without._asdict(),
    }


def bounds_json(bounds: Interval | None) -> list[float] | None:
    """An interval as two numbers, undefined as null."""
    return None if bounds is None else [bounds.low, bounds.high]
