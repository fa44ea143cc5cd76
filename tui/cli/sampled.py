"""Which sampling settings a command looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import NotFoundError
from tui.cli.options import Options
from tui.cli.output import warn

if TYPE_CHECKING:
    from core.endpoints.config import Config
    from core.store.database import Store
    from core.store.rates import SettingsInUse


def named_settings(options: Options) -> str | None:
    """Settings of the endpoint that flags or settings files name; without one, the most used are looked at."""
    config = options.config()
    if options.names_endpoint or config.default_endpoint:
        return options.resolve(config).settings.id
    return None


def refuse_other_settings(store: Store, trace_id: str, asked: str | None, found: SettingsInUse | None) -> None:
    """Refuse to look at settings ``found`` in place of the ones that were ``asked`` for by id.

    Raises:
        NotFoundError: if the trace has no rollouts under them.
    """
    from core.store.rates import settings_in_use

    if asked is None or (found is not None and found.id == asked):
        return
    ids = ", ".join(used.id for used in settings_in_use(store.read, trace_id)) or "none"
    raise NotFoundError(f"trace {trace_id!r} has no rollouts under settings {asked!r}; it has: {ids}.")


def warn_of_earlier_scopes(store: Store, config: Config) -> None:
    """Say which of the user's behaviors are counted by what they were decided on before, prefixes included."""
    from core.resampling.measuring import of_continuations
    from core.store.judges import earlier_scopes

    for sentence in earlier_scopes(store.read, of_continuations(config)):
        warn(sentence)
