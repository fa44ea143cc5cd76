"""Waiting until what a key changed is on disk."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import TurnpointError

if TYPE_CHECKING:
    from tui.screens.base import ListScreen

T = TypeVar("T")

LONGEST_WAIT = 3.0
"""Seconds that a label key may wait for the disk before the screen goes on."""

BUSY = "another process holds the database; this is written, and shown here, as soon as it lets go."


def written(screen: ListScreen[Any], writing: Future[T]) -> T | None:
    """What a job gave, once it is on disk; None, and a sentence on ``screen``, where that takes too long or fails."""
    try:
        return writing.result(timeout=LONGEST_WAIT)
    except TimeoutError:
        screen.say(BUSY)
    except TurnpointError as error:
        screen.say(str(error))
    return None
