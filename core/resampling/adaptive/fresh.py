"""What the fresh rollouts of a trace confirm: the numbers to cite for sentences that were chosen for standing out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from core.analysis.turning_points import ALPHA
from core.resampling.adaptive.confirm import ConfirmedDirection, directions_of
from core.resampling.adaptive.evidence import load_evidence


def fresh_directions(
    connection: sqlite3.Connection, trace_id: str, settings_id: str, n_prefixes: int, judges: Mapping[str, str]
) -> list[ConfirmedDirection]:
    """As `core.resampling.adaptive.confirm.confirmed_directions`; quick, and empty, where nothing fresh was drawn.

    ``judges`` maps each behavior of interest to the id of its judge, as `RateTable.judges` does.
    """
    evidence = load_evidence(connection, trace_id, settings_id, n_prefixes, judges)
    return directions_of(evidence) if any(evidence.fresh_drawn) else []


def is_confirmed(direction: ConfirmedDirection) -> bool:
    """Whether the fresh rollouts by themselves tell the direction from none: q < 0.05."""
    return direction.fresh.q is not None and direction.fresh.q < ALPHA


def largest_confirmed(found: Iterable[ConfirmedDirection]) -> list[ConfirmedDirection]:
    """Those that are confirmed, largest magnitude first."""
    return sorted(filter(is_confirmed, found), key=lambda one: -abs(one.fresh.value or 0.0))
