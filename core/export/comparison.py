"""How the sentences of an export are compared, and what comparing them tells about each trace."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.analysis.estimates import TraceEstimates, estimates_of
from core.analysis.importance import MIN_DISSIMILAR
from core.analysis.links import Links, links_of
from core.analysis.null import PERMUTATIONS
from core.analysis.resilience import MIN_SURVIVORS
from core.analysis.sweep import THRESHOLD
from core.analysis.turning_points import ALPHA
from core.similarity.cache import OnProgress, encoder_for
from core.similarity.cosine import comparison, quick_comparison
from core.store.embeddings import stored_models
from core.store.traces import load_trace
from core.traces.model import Trace
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags

if TYPE_CHECKING:
    from core.analysis.sweep import Similarity
    from core.endpoints.config import EmbeddingConfig
    from core.similarity.encoder import Encoder
    from core.store.database import Store

SEED = 0
"""Of the permutations behind the noise floor."""


@dataclass(frozen=True)
class Comparison:
    """A similarity, the cosine from which it counts as the same, and the encoder behind it.

    ``grouping`` compares what was said instead with each other. ``tags`` enclose the reasoning of a rollout. Without
    ``similarity`` there are resampling estimates only.
    """

    similarity: Similarity | None = None
    grouping: Similarity | None = None
    encoder: Encoder | None = None
    threshold: float = THRESHOLD
    tags: tuple[ReasoningTags, ...] = DEFAULT_TAGS
    dtype: str | None = None

    @property
    def encoder_name(self) -> str | None:
        """What the encoder is called; None without one."""
        return None if self.encoder is None else self.encoder.name


def compare_with(
    store: Store,
    config: EmbeddingConfig,
    tags: Sequence[ReasoningTags] = DEFAULT_TAGS,
    on_progress: OnProgress | None = None,
    *,
    encoder: Encoder | None = None,
) -> Comparison:
    """The comparison that ``config`` asks for; vectors are read from ``store``, and what is missing is added to it.

    Raises:
        SimilarityError: if there is no encoder, and the store has vectors of none by that name.
    """
    encoder = encoder or encoder_for(store, config)
    return Comparison(
        comparison(store, config, on_progress, encoder=encoder),
        quick_comparison(store, config, on_progress, encoder=encoder),
        encoder,
        config.threshold,
        tuple(tags),
        config.dtype,
    )


@dataclass(frozen=True)
class Estimated:
    """What the rollouts of one trace under one of its settings tell; ``links`` is None without a similarity."""

    trace: Trace
    settings_id: str
    estimates: TraceEstimates
    links: Links | None


def estimate_trace(connection: sqlite3.Connection, trace_id: str, settings_id: str, compared: Comparison) -> Estimated:
    """Estimate all there is for one trace under one of its settings, from the rows that ``connection`` sees.

    Raises:
        SimilarityError: if a text has to be encoded and there is no encoder that works.
        NotFoundError: if there is no such trace.
    """
    trace, threshold, similarity = load_trace(connection, trace_id), compared.threshold, compared.similarity
    estimates = estimates_of(connection, trace, settings_id, similarity, threshold, grouping=compared.grouping)
    if similarity is None or not estimates.importance:
        return Estimated(trace, settings_id, estimates, None)
    links = links_of(connection, trace, settings_id, similarity, threshold, tags=compared.tags)
    return Estimated(trace, settings_id, estimates, links)


def comparison_provenance(store: Store, compared: Comparison) -> dict[str, Any]:
    """What the estimates of an export rest on besides the rows; null where sentences were not compared."""
    encoder = compared.encoder
    models = [] if encoder is None else stored_models(store.read, encoder.name, encoder.weights)
    return {
        "encoder": compared.encoder_name,
        "weights": None if encoder is None else encoder.weights,
        "dtype": compared.dtype,
        "dtypes_stored": [model.dtype for model in models],
        "threshold": None if compared.similarity is None else compared.threshold,
        "min_dissimilar": None if compared.similarity is None else MIN_DISSIMILAR,
        "min_survivors": None if compared.similarity is None else MIN_SURVIVORS,
        "alpha": ALPHA,
        "permutations": PERMUTATIONS,
        "seed": SEED,
    }
