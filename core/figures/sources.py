"""The words at the foot of a figure: what its numbers rest on."""

from __future__ import annotations

from collections.abc import Sequence

from core.analysis.counts import Count


def told(tier: str | None, prompt_variant: str | None) -> list[str]:
    """Tier and prompt variant in words, as far as they are known."""
    return [*([f"{tier} tier"] if tier else []), *([f"{prompt_variant} prompt"] if prompt_variant else [])]


def sizes(counts: Sequence[Count]) -> str:
    """How many prefixes have a rate, and from how many decided rollouts each."""
    decided = [count.n for count in counts if count.n]
    if not decided:
        return f"no rate at any of {len(counts)} prefixes"
    low, high = min(decided), max(decided)
    each = f"{low}" if low == high else f"{low} to {high}"
    return f"n = {each} decided rollouts at {len(decided)} of {len(counts)} prefixes"


def filtered(n: int) -> list[str]:
    """That so many rollouts were kept back by the server, where any were."""
    return [f"{n} more rollouts filtered by the server: in no rate"] if n else []


def signed(number: float) -> str:
    """A direction or a bound of one, with its sign and two decimals."""
    return f"{number:+z.2f}".replace("-", "−")


def named(behavior: str) -> str:
    """A behavior as a person reads it."""
    return behavior.replace("_", " ")
