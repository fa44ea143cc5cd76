"""In which order sentences are labelled: by what is known of them, as they stand, or at random."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from core.annotation.place import Place
from core.canonical import canonical_json
from core.errors import ConfigError

POSITION, IMPORTANCE, WIDTH = "position", "importance", "width"
DISAGREEMENT, UNCERTAINTY, RANDOM = "disagreement", "uncertainty", "random"
ORDERS: Final = (POSITION, IMPORTANCE, WIDTH, DISAGREEMENT, UNCERTAINTY, RANDOM)
DEFAULT_SEED: Final = 0


def check_order(order: str) -> str:
    """Return ``order`` if it is one of `ORDERS`.

    Raises:
        ConfigError: if it is not.
    """
    if order not in ORDERS:
        raise ConfigError(f"{order[:40]!r} is no order; there are {', '.join(ORDERS)}.")
    return order


def by_score(units: Sequence[Place], scores: Mapping[Place, float]) -> tuple[Place, ...]:
    """``units`` with the largest score first; equals stay as they stand, and those without a score come last."""
    return tuple(sorted(units, key=lambda unit: (unit not in scores, -scores.get(unit, 0.0))))


def shuffled(units: Sequence[Place], seed: int = DEFAULT_SEED) -> tuple[Place, ...]:
    """``units`` in a random order that the seed and their names alone decide.

    Each is placed by the SHA-256 of the seed and its name: the order is the same on every machine and in every version
    of Python, and a trace that is added later leaves the others in their order.
    """
    return tuple(sorted(units, key=lambda unit: (_draw(seed, unit), unit)))


def _draw(seed: int, unit: Place) -> bytes:
    return hashlib.sha256(canonical_json([seed, *unit]).encode()).digest()
