"""Printing what a suggester has suggested, and how far it agrees with labels."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tui.cli.output import interval, interval_json, number, print_table, say
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from core.suggesting.summary import SuggestedCategory, SuggestionSummary


def print_summary(summary: SuggestionSummary) -> None:
    """The table by category, then the agreement with labels where there are any."""
    total = summary.total
    if total.n == 0:
        say("nothing is suggested for these traces yet")
        return
    header = ["category", "sentences", "confidence", f"as {summary.annotator}"]
    rows = [
        [one.category or "all", str(one.n), number(one.mean_confidence), _agreed(one)]
        for one in (*summary.categories, total)
    ]
    if not total.n_labelled:
        header, rows = header[:-1], [row[:-1] for row in rows]
    print_table(header, rows, right=(1, 2, 3))
    if total.n_labelled:
        share = f"{total.n_agreed} of {total.n_labelled} labels ({number(total.agreement)}) {interval(total.interval)}"
        say(f"the same as {share} of {summary.annotator}")
    if summary.n_accepted:
        say(f"{how_many(summary.n_accepted, 'label')} accepted from a suggestion left out: they agree anyway")


def document(name: str, summary: SuggestionSummary) -> dict[str, Any]:
    """The same as JSON has it, with the suggester's name."""
    return {
        "suggester": name,
        "annotator": summary.annotator,
        "n_accepted": summary.n_accepted,
        "total": _counted(summary.total),
        "categories": [_counted(one) for one in summary.categories],
    }


def _agreed(one: SuggestedCategory) -> str:
    return f"{one.n_agreed}/{one.n_labelled}" if one.n_labelled else ""


def _counted(one: SuggestedCategory) -> dict[str, Any]:
    return asdict(one) | {"agreement": one.agreement, "interval": interval_json(one.interval)}
