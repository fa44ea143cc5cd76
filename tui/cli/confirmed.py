"""Printing what fresh rollouts confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.output import interval, print_table, say
from tui.views.numbers import how_many, probability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.resampling.adaptive.confirm import ConfirmedDirection
    from core.traces.model import Trace


def print_confirmed(trace: Trace, found: Sequence[ConfirmedDirection]) -> None:
    """The confirmed sentences, largest change first; nothing where there are none."""
    if not found:
        return
    say(f"{how_many(len(found), 'direction')} from fresh rollouts alone, beside the most likely turning points:")
    rows = [
        [
            str(one.sentence_idx),
            one.behavior,
            "" if one.fresh.value is None else f"{one.fresh.value:+z.2f}",
            interval(one.fresh.interval, signed=True),
            f"{one.fresh.without.k}/{one.fresh.without.n}",
            f"{one.fresh.kept.k}/{one.fresh.kept.n}",
            probability(one.fresh.q),
            trace.sentences[one.sentence_idx].text.strip(),
        ]
        for one in sorted(found, key=lambda one: -abs(one.fresh.value or 0.0))
    ]
    header = ["sentence", "behavior", "direction", "95%", "before", "after", "q", "text"]
    print_table(header, rows, right=(0, 2, 4, 5, 6))
