"""What the whole app shares: the store, who annotates, where is sampled, which keys mean what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.annotation.codebook import Codebook
from core.endpoints.config import AnnotationConfig, EmbeddingConfig
from core.store.database import Store
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from tui.workers.resampler import Resampler

DEFAULT_N = 100


@dataclass
class BlindMode:
    """Whether what could sway an annotator is hidden now; stored with each label, and nowhere else."""

    is_on: bool


@dataclass(frozen=True)
class Context:
    """Handed to every screen; nothing in it changes while the app runs, but what the resampler does, and blind mode.

    ``settings_id`` names the endpoint's sampling settings, ``judges`` the judge of each behavior.
    """

    store: Store
    annotator: str
    codebook: Codebook
    endpoint_label: str
    settings_id: str
    judges: Mapping[str, str]
    keys: Mapping[str, tuple[str, ...]]
    resampler: Resampler
    default_n: int = DEFAULT_N
    greeting: str = ""
    embedding: EmbeddingConfig = field(default_factory=EmbeddingConfig)
    tags: tuple[ReasoningTags, ...] = DEFAULT_TAGS
    annotation: AnnotationConfig = field(default_factory=AnnotationConfig)
    blind: BlindMode = field(init=False)

    def __post_init__(self) -> None:
        """Blind mode begins as the settings say."""
        object.__setattr__(self, "blind", BlindMode(self.annotation.blind))


def context_of(node: DOMNode) -> Context:
    """What the app of this screen or widget shares with it."""
    context = getattr(node.app, "context", None)
    assert isinstance(context, Context)
    return context
