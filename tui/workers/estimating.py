"""Estimating importance, and what was said instead, off the event loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.store.rates import SettingsInUse
from tui.views.estimates import Estimates
from tui.workers.beside import Tell, beside

if TYPE_CHECKING:
    from core.analysis.estimates import TraceEstimates
    from core.endpoints.config import EmbeddingConfig
    from core.store.database import Store
    from core.traces.model import Trace


async def estimate(
    store: Store,
    trace: Trace,
    settings: SettingsInUse,
    judges: Mapping[str, str],
    config: EmbeddingConfig,
    on_encoded: Tell,
) -> Estimates:
    """Compare what was said instead of each sentence; the first time, this loads an encoder.

    ``on_encoded`` is called on the event loop. Cancelling ends the thread at the next batch; what was embedded is kept.

    Raises:
        SimilarityError: if there is no encoder.
    """

    def work(encoded: Tell, go_on: Tell) -> TraceEstimates:
        from core.analysis.estimates import estimates_of
        from core.similarity.cosine import comparison, quick_comparison

        compare, group = comparison(store, config, encoded), quick_comparison(store, config, go_on)
        return estimates_of(store.read, trace, settings.id, compare, config.threshold, judges, grouping=group)

    found = await beside(work, on_encoded)
    return Estimates(settings, found.importance, found.instead)
