"""Embeddings through the store: each distinct text is encoded once per model, and read back ever after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from core.endpoints.config import EmbeddingConfig
from core.errors import SimilarityError, StoreError
from core.similarity.encoder import Encoder, StoredEncoder, accepted, open_encoder
from core.similarity.texts import plain, text_hash
from core.similarity.weights import model_name
from core.store.database import Store
from core.store.embeddings import EXACT, EmbeddingModel, add_embeddings, load_embeddings, stored_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OnProgress: TypeAlias = Callable[[int, int], None]
"""Told how many of the texts that had to be encoded are done, and how many they are."""

GROUP = 512
EXACT_GROUP = 16


def embed(
    store: Store,
    texts: Sequence[str],
    config: EmbeddingConfig,
    on_progress: OnProgress | None = None,
    *,
    encoder: Encoder | None = None,
) -> NDArray[np.float32]:
    """Embed ``texts``: (n, d) float32 of unit length, row by row; (0, 0) for none.

    A text is embedded without the white space around it. What the store holds is read; the rest is encoded, longest
    first, and stored in groups as float16, which moves a cosine by less than 2e-4. The vectors returned are those
    that the store gives back, so that a second analysis sees the same numbers. The call blocks: use a thread.

    Raises:
        SimilarityError: if a text has to be encoded and there is no encoder that works.
        StoreError: if the database cannot be written.
    """
    encoder = encoder or encoder_for(store, config)
    return _embed(store, texts, _quick(encoder), on_progress)


def embed_exactly(
    store: Store,
    texts: Sequence[str],
    config: EmbeddingConfig,
    on_progress: OnProgress | None = None,
    *,
    encoder: Encoder | None = None,
) -> NDArray[np.float32]:
    """Embed ``texts`` as `embed` does, but each by itself in float32, and stored as float32.

    Raises:
        SimilarityError: if a text has to be encoded and there is no encoder that works.
        StoreError: if the database cannot be written.
    """
    encoder = encoder or encoder_for(store, config)
    return _embed(store, texts, _exact(encoder), on_progress)


def encoder_for(store: Store, config: EmbeddingConfig) -> Encoder:
    """The encoder of ``config``; without weights, whatever the store has of that name still serves.

    Raises:
        SimilarityError: if there are no weights, and the store has no vectors of that name.
    """
    try:
        return open_encoder(config)
    except SimilarityError as refusal:
        name = model_name(config)
        weights = stored_weights(store.read, name)
        if weights is None:
            raise
        return StoredEncoder(name, weights, config.dtype, accepted(config.dtype), refusal)


@dataclass(frozen=True)
class _Way:
    """One way to a vector: where to read it, how to compute it, what to file it under, how it is stored."""

    reads: tuple[EmbeddingModel, ...]
    encode: Callable[[Sequence[str]], NDArray[np.float32]]
    files_under: Callable[[], EmbeddingModel]
    stored_as: str
    group: int


def _quick(encoder: Encoder) -> _Way:
    model = partial(EmbeddingModel, encoder.name, encoder.weights)
    reads = tuple(model(dtype) for dtype in encoder.accepts)
    return _Way(reads, encoder.encode, lambda: model(encoder.dtype), "<f2", GROUP)


def _exact(encoder: Encoder) -> _Way:
    model = EmbeddingModel(encoder.name, encoder.weights, EXACT)
    return _Way((model,), encoder.encode_exactly, lambda: model, "<f4", EXACT_GROUP)


def _embed(store: Store, texts: Sequence[str], way: _Way, on_progress: OnProgress | None) -> NDArray[np.float32]:
    import numpy as np

    if not texts:
        return np.zeros((0, 0), dtype=np.float32)
    hashes = [text_hash(plain(text)) for text in texts]
    distinct = dict(zip(hashes, texts, strict=True))
    blobs: dict[str, bytes] = {}
    for model in way.reads:
        blobs |= load_embeddings(store.read, model, distinct.keys() - blobs.keys())
    missing = [(key, plain(text)) for key, text in distinct.items() if key not in blobs]
    blobs |= _encode(store, missing, way, on_progress)
    if len({len(blob) for blob in blobs.values()}) != 1:
        raise StoreError(f"{store.path}: embeddings of one model differ in length; delete those rows and run it again.")
    rows = {key: row for row, key in enumerate(distinct)}
    stored = np.frombuffer(b"".join(blobs[key] for key in rows), dtype=way.stored_as).reshape(len(rows), -1)
    vectors = stored.astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors[[rows[key] for key in hashes]]


def _encode(
    store: Store, missing: list[tuple[str, str]], way: _Way, on_progress: OnProgress | None
) -> dict[str, bytes]:
    """Encode and store the texts that are missing, and return their vectors as they are stored."""
    # Longest first: a batch is then hardly padded, and the time that is left is never more than it seems.
    missing.sort(key=lambda item: (-len(item[1]), item[0]))
    fresh: dict[str, bytes] = {}
    writing: list[Future[None]] = []
    for start in range(0, len(missing), way.group):
        keys, texts = zip(*missing[start : start + way.group], strict=True)
        vectors = way.encode(texts).astype(way.stored_as)
        group = {key: vector.tobytes() for key, vector in zip(keys, vectors, strict=True)}
        writing.append(store.write(partial(add_embeddings, model=way.files_under(), vectors=group)))
        fresh |= group
        if on_progress is not None:
            on_progress(len(fresh), len(missing))
    for written in writing:
        written.result()
    return fresh
