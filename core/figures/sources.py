"""The words at the foot of a figure: what its numbers rest on."""

from __future__ import annotations

from collections.abc import Sequence

from core.analysis.counts import Count
from core.endpoints.endpoint import SIMULATOR_MODEL, SIMULATOR_URL
from core.endpoints.simulator import LABEL
from core.store.rates import SettingsInUse


def is_synthetic(settings: SettingsInUse) -> bool:
    """Whether the simulator made the rollouts, in this process or served over HTTP."""
    return settings.model == SIMULATOR_MODEL or settings.base_url == SIMULATOR_URL


def place(settings: SettingsInUse) -> str:
    """Where the rollouts were sampled: endpoint, model, temperature, and that they are synthetic where they are."""
    parts = [
        f"{settings.endpoint or 'no endpoint'}{f' ({LABEL})' if is_synthetic(settings) else ''}",
        settings.model,
        *([] if settings.temperature is None else [f"temperature {settings.temperature:g}"]),
        f"settings {settings.id}",
    ]
    return " · ".join(parts)


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


def signed(number: float) -> str:
    """A direction or a bound of one, with its sign and two decimals."""
    return f"{number:+.2f}".replace("-", "−")


def named(behavior: str) -> str:
    """A behavior as a person reads it."""
    return behavior.replace("_", " ")
