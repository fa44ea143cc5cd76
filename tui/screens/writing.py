"""Waiting until what a key changed is on disk."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from core.errors import TurnpointError

if TYPE_CHECKING:
    from core.annotation.history import LabelEvent
    from tui.screens.base import ListScreen

LONGEST_WAIT = 3.0
"""Seconds that a label key may wait for the disk before the screen goes on."""

BUSY = "another process holds the database; this is written, and shown here, as soon as it lets go."


def written(screen: ListScreen[Any], writing: Future[tuple[LabelEvent, ...]]) -> tuple[LabelEvent, ...] | None:
    """The events, once they are on disk; None, and a sentence on ``screen``, where that takes too long or cannot be."""
    try:
        return writing.result(timeout=LONGEST_WAIT)
    except TimeoutError:
        screen.say(BUSY)
    except TurnpointError as error:
        screen.say(str(error))
    return None
