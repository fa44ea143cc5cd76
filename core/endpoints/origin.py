"""Where rollouts were sampled, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.endpoints.endpoint import SIMULATOR_MODEL, SIMULATOR_URL
from core.endpoints.simulator import LABEL

if TYPE_CHECKING:
    from core.store.rates import SettingsInUse


def is_synthetic(settings: SettingsInUse) -> bool:
    """Whether the simulator made the rollouts, in this process or served over HTTP."""
    return settings.model == SIMULATOR_MODEL or settings.base_url == SIMULATOR_URL


def endpoint_name(settings: SettingsInUse) -> str:
    """The endpoint's name, marked where it is synthetic."""
    return (settings.endpoint or "no endpoint") + (f" ({LABEL})" if is_synthetic(settings) else "")


def origin(settings: SettingsInUse) -> str:
    """Endpoint, model and temperature, and that the rollouts are synthetic where they are."""
    parts = [endpoint_name(settings), settings.model]
    if settings.temperature is not None:
        parts.append(f"temperature {settings.temperature:g}")
    return " · ".join(parts)
