"""How every run ends: its row in the store is closed, whatever became of its work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from core.errors import StoreError, TurnpointError
from core.resampling.request import CANCELLED, FAILED
from core.resampling.retrying import RunEndedError


async def concluded(
    work: Callable[[], Awaitable[tuple[str, str]]], close: Callable[[str], Awaitable[None]]
) -> tuple[str, str]:
    """Do ``work``, which gives status and reason, and ``close`` the run's row with the status that it came to.

    Raises:
        asyncio.CancelledError: if the task was cancelled; the row says so.
    """
    status, reason = FAILED, ""
    closing: Awaitable[None] | None = None
    try:
        status, reason = await work()
    except (RunEndedError, TurnpointError) as error:
        reason = str(error)
    except asyncio.CancelledError:
        status = CANCELLED
        raise
    finally:
        # Queued without waiting: an aborted run ends now, and the writer still commits its row.
        with suppress(StoreError):
            closing = close(status)
    if closing is not None:
        with suppress(StoreError):
            await closing
    return status, reason
