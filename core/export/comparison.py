"""How the sentences of an export are compared, and what comparing them tells about each trace."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.analysis.continuations import Reappearances, find_reappearances, load_continuations
from core.analysis.estimates import sweeps_of
from core.analysis.importance import MIN_DISSIMILAR, Importance, analyse
from core.analysis.instead import Alternative, instead
from core.analysis.null import PERMUTATIONS
from core.analysis.resilience import MIN_SURVIVORS, Resilience, resilience
from core.analysis.sweep import THRESHOLD
from core.analysis.turning_points import ALPHA
from core.similarity.cache import OnProgress, encoder_for
from core.similarity.cosine import comparison
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

    ``tags`` enclose the reasoning of a rollout. Without ``similarity`` there are resampling estimates only.
    """

    similarity: Similarity | None = None
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
    similarity = comparison(store, config, on_progress, encoder=encoder)
    return Comparison(similarity, encoder, config.threshold, tuple(tags), config.dtype)


@dataclass(frozen=True)
class Estimated:
    """What comparing the rollouts of one trace under one of its settings tells.

    ``importance`` and ``resilience`` go by behavior, ``alternatives`` by sentence. All but the first are empty, and
    ``reappearances`` is None, without a similarity.
    """

    trace: Trace
    settings_id: str
    importance: Mapping[str, Importance]
    alternatives: Mapping[int, Sequence[Alternative]] = field(default_factory=dict)
    resilience: Mapping[str, Sequence[Resilience]] = field(default_factory=dict)
    reappearances: Reappearances | None = None


def estimate_trace(connection: sqlite3.Connection, trace_id: str, settings_id: str, compared: Comparison) -> Estimated:
    """Estimate all there is for one trace under one of its settings, from the rows that ``connection`` sees.

    Raises:
        SimilarityError: if a text has to be encoded and there is no encoder that works.
        NotFoundError: if there is no such trace.
    """
    trace, threshold, similarity = load_trace(connection, trace_id), compared.threshold, compared.similarity
    sweeps = sweeps_of(connection, trace, settings_id, similarity)
    importance = {behavior: analyse(sweep, threshold, seed=SEED) for behavior, sweep in sweeps.items()}
    if similarity is None or not sweeps:
        return Estimated(trace, settings_id, importance)
    first, *others = sweeps.values()
    alternatives = {
        sentence.index: instead(first, sentence.index, threshold, also=others, similarity=similarity)
        for sentence in trace.sentences
    }
    found = reappearances_of(connection, trace, settings_id, compared)
    return Estimated(
        trace=trace,
        settings_id=settings_id,
        importance=importance,
        alternatives=alternatives,
        resilience={behavior: resilience(sweep, found, threshold) for behavior, sweep in sweeps.items()},
        reappearances=found,
    )


def reappearances_of(
    connection: sqlite3.Connection, trace: Trace, settings_id: str, compared: Comparison
) -> Reappearances:
    """Which sentences of ``trace`` its rollouts say again, by a comparison that has a similarity.

    Raises:
        SimilarityError: if a text has to be encoded and there is no encoder that works.
        ValueError: if the comparison has no similarity.
    """
    if compared.similarity is None:
        raise ValueError("sentences cannot be looked for without a similarity; compare with one")
    sentences = [sentence.text.strip() for sentence in trace.sentences]
    continuations = load_continuations(connection, trace, settings_id, compared.tags)
    return find_reappearances(sentences, continuations, compared.similarity, compared.threshold)


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
