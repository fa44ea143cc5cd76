"""The links of a trace for the screen: compared off the event loop, kept as long as no rollout has been added since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.store.rates import SettingsInUse
from tui.workers.beside import Tell, beside

if TYPE_CHECKING:
    from core.analysis.continuations import OnCompared
    from core.analysis.links import Links
    from core.endpoints.config import EmbeddingConfig
    from core.store.database import Store
    from core.traces.model import Trace
    from core.traces.reasoning import ReasoningTags


@dataclass(frozen=True)
class LinkedTrace:
    """The links of a trace, and the rollouts that they rest on."""

    settings: SettingsInUse
    links: Links

    def holds(self, settings: SettingsInUse | None) -> bool:
        """Whether these are the rollouts that are looked at, with none added."""
        return self.settings == settings


async def link(
    store: Store,
    trace: Trace,
    settings: SettingsInUse,
    judges: Mapping[str, str],
    config: EmbeddingConfig,
    tags: Sequence[ReasoningTags],
    on_compared: OnCompared,
) -> LinkedTrace:
    """Compare everything that the rollouts said; ``on_compared`` is called on the event loop.

    Cancelling ends the thread within some tens of sentences; what was embedded is kept.

    Raises:
        SimilarityError: if there is no encoder.
    """

    def work(compared: Tell, go_on: Tell) -> Links:
        from core.analysis.links import links_of
        from core.similarity.cosine import comparison

        similarity = comparison(store, config, go_on)
        return links_of(store.read, trace, settings.id, similarity, config.threshold, judges, tags, compared)

    return LinkedTrace(settings, await beside(work, on_compared))
