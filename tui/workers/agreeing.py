"""How far annotators agree, measured off the event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.analysis.agreement.agreement import Agreement
    from tui.context import Context


async def agreement_of(context: Context) -> Agreement:
    """Measure the agreement of all raters on all traces of the store."""

    def work() -> Agreement:
        from core.analysis.agreement.agreement import load_agreement

        order = [category.name for category in context.codebook.categories]
        return load_agreement(context.store.read, order=order)

    return await asyncio.to_thread(work)
