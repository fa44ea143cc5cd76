"""The encoder: texts in, unit vectors out, quickly in batches or exactly one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from core.endpoints.config import EmbeddingConfig
from core.errors import SimilarityError
from core.packages import install_command
from core.similarity.batches import batches, token_counts
from core.similarity.precision import faster_dtype, narrow_products
from core.similarity.quiet import quiet
from core.similarity.weights import Weights, find_weights
from core.store.embeddings import BFLOAT16, FLOAT32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Encoder(Protocol):
    """What turns texts into vectors: `SentenceEncoder`, or anything that behaves like it.

    ``accepts`` are the dtypes whose stored vectors serve as well as fresh ones, the best first; ``dtype`` is the one
    that `encode` computes in, and is asked for only after a call of it.
    """

    @property
    def name(self) -> str:
        """What the model is called."""

    @property
    def weights(self) -> str:
        """Hash of all that decides its numbers."""

    @property
    def accepts(self) -> tuple[str, ...]:
        """Dtypes of stored vectors that serve."""

    @property
    def dtype(self) -> str:
        """Dtype of what `encode` computes."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode ``texts``, best many at once: (n, d) float32 of unit length, cosines within 5e-3 of exact."""

    def encode_exactly(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode ``texts`` in float32, each by itself: (n, d), whatever the other texts, within 1e-6 on any CPU."""


class SentenceEncoder:
    """A sentence-transformers model on the CPU, loaded by the first call that needs it; one thread at a time."""

    def __init__(self, weights: Weights, dtype: str) -> None:
        self._found = weights
        self._wanted = dtype
        self._models: dict[str, Any] = {}
        # Tokenizers keep state: two threads in one of them fail.
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """What the model is called."""
        return self._found.model

    @property
    def weights(self) -> str:
        """Hash of the folder it was loaded from."""
        return self._found.digest

    @property
    def accepts(self) -> tuple[str, ...]:
        """Both dtypes if the choice was left to the CPU, else the one that was asked for."""
        return accepted(self._wanted)

    @property
    def dtype(self) -> str:
        """The arithmetic of `encode`; for ``auto`` the faster one here."""
        return faster_dtype() if self._wanted == "auto" else self._wanted

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode in batches of texts of about one length.

        Beside which others a text stands moves its numbers by no more than the arithmetic does: 1e-6 in float32.

        Raises:
            SimilarityError: if the model cannot be loaded, or gives numbers that are not finite.
        """
        _need_libraries()
        return self._run(texts, self.dtype, lambda model: batches(token_counts(model, texts)))

    def encode_exactly(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode one by one in float32, so that no padding enters.

        Raises:
            SimilarityError: if the model cannot be loaded, or gives numbers that are not finite.
        """
        _need_libraries()
        return self._run(texts, FLOAT32, lambda _: [[index] for index in range(len(texts))])

    def _run(self, texts: Sequence[str], dtype: str, divide: Callable[[Any], list[list[int]]]) -> NDArray[np.float32]:
        import numpy as np

        with self._lock:
            model = self._model(dtype)
            divided = divide(model)
            given = [
                model.encode([texts[index] for index in batch], batch_size=len(batch), show_progress_bar=False)
                for batch in divided
            ]
        stacked = np.concatenate(given).astype(np.float32, copy=False)
        vectors = np.empty_like(stacked)
        vectors[[index for batch in divided for index in batch]] = stacked
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and (lengths > 0).all()):
            raise SimilarityError(
                f"{self.name} gives vectors without a direction; name another model or folder under [embedding]."
            )
        unit: NDArray[np.float32] = vectors / lengths
        return unit

    def _model(self, dtype: str) -> Any:
        if dtype not in self._models:
            model = _load(self._found)
            if dtype == BFLOAT16:
                narrow_products(model)
            self._models[dtype] = model
        return self._models[dtype]


def _need_libraries() -> None:
    try:
        import sentence_transformers  # noqa: F401
    except ImportError as error:
        raise SimilarityError(
            f"Similarity needs sentence-transformers, which does not load ({error}); run"
            f" {install_command('sentence-transformers')}."
        ) from error


def _load(weights: Weights) -> Any:
    from sentence_transformers import SentenceTransformer

    try:
        with quiet():
            return SentenceTransformer(str(weights.folder), device="cpu", local_files_only=True)
    except Exception as error:  # each file format has exceptions of its own
        reason = " ".join(str(error).split())[:200]
        raise SimilarityError(
            f"{weights.folder}: this sentence encoder cannot be loaded ({reason}); install it afresh or name another."
        ) from error


def accepted(dtype: str) -> tuple[str, ...]:
    """The dtypes of stored vectors that serve where ``dtype`` is asked for, the best first."""
    return (FLOAT32, BFLOAT16) if dtype == "auto" else (dtype,)


@dataclass(frozen=True)
class StoredEncoder:
    """Stands in where the weights cannot be had: what the store holds serves, and no text can be added."""

    name: str
    weights: str
    dtype: str
    accepts: tuple[str, ...]
    refusal: SimilarityError

    def encode(self, texts: Sequence[str]) -> NoReturn:
        """Refuse, as `find_weights` did."""
        raise self.refusal

    def encode_exactly(self, texts: Sequence[str]) -> NoReturn:
        """Refuse, as `find_weights` did."""
        raise self.refusal


_OPENING = threading.Lock()


def open_encoder(config: EmbeddingConfig) -> Encoder:
    """The process's one encoder for ``config``; no model is loaded before a text is encoded.

    Raises:
        SimilarityError: if there are no weights, saying what to install.
    """
    with _OPENING:
        # The threshold is no part of an encoder.
        return _opened(replace(config, threshold=0.0))


@lru_cache(maxsize=4)
def _opened(config: EmbeddingConfig) -> Encoder:
    return SentenceEncoder(find_weights(config), config.dtype)
