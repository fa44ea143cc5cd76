"""Numbers as they are shown, on the screen and by the command line."""

from __future__ import annotations


def how_many(n: int, noun: str) -> str:
    """A number with its noun."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def probability(value: float | None) -> str:
    """A p- or q-value with three decimals, or that it is smaller than these tell; nothing where there is none."""
    if value is None:
        return ""
    return "<.001" if value < 0.001 else f"{value:.3f}"
