"""Printing the links from sentence to sentence: the strongest of a trace, and the same as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.analysis.turning_points import ALPHA
from core.sanitize import visible_line
from tui.cli.links import change_cells, change_json, mark
from tui.cli.output import print_table, say
from tui.views.numbers import how_many
from tui.widgets.wrapping import clip

if TYPE_CHECKING:
    from core.analysis.influence import Influence, Link
    from core.analysis.links import Links
    from core.traces.model import Trace

TOP = 20
SOURCE_CELLS = 36


def print_influence(trace: Trace, links: Links, top: int | None) -> None:
    """Print the strongest links that change anything; ``*`` marks those that stand out from chance."""
    found = links.influence
    shown = [link for link in found.strongest(top or TOP) if link.strength]
    say("")
    say(
        f"influence: {how_many(len(shown), 'strongest link')} of {len(found.links):,}; two sentences say the same from"
        f" cosine {links.threshold:g}"
    )
    header = ("from", "to", "change", "95%", "q", "kept", "without", "sentence", "later sentence")
    print_table(header, [_row(trace, link) for link in shown], right=range(7))
    say(f"* q < {ALPHA:g}: {how_many(sum(bool(mark(link.contrast)) for link in found.links), 'link')}{_cut_off(found)}")


def _row(trace: Trace, link: Link) -> tuple[str, ...]:
    change = link.contrast
    texts = [visible_line(trace.sentences[index].text.strip()) for index in (link.source, link.target)]
    return (
        f"{link.source}{mark(change)}",
        str(link.target),
        *change_cells(change),
        f"{change.kept.k}/{change.kept.n}",
        f"{change.without.k}/{change.without.n}",
        clip(texts[0], SOURCE_CELLS),
        texts[1],
    )


def _cut_off(found: Influence) -> str:
    if not found.n_cut_off:
        return ""
    return f"; {how_many(found.n_cut_off, 'rollout')} cut off in the reasoning, and left out"


def influence_json(links: Links, top: int | None) -> dict[str, Any]:
    """The ``top`` strongest links, strongest first; all without it."""
    found = links.influence
    return {
        "threshold": links.threshold,
        "n_links": len(found.links),
        "n_drawn": found.n_drawn,
        "n_complete": found.n_complete,
        "links": [
            {"source": link.source, "target": link.target} | change_json(link.contrast)
            for link in found.strongest(len(found.links) if top is None else top)
        ],
    }
