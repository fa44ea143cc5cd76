"""How long the numbers of one trace take once its sentences are embedded, step by step.

Run it as ``python -m benchmarks.analysis``: 52 sentences with 100 rollouts at each prefix. Vectors are drawn, not
computed: what is measured is reading them and all that follows. The last line counts what was encoded.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.long_trace import fill, long_trace
from core.analysis.estimates import importance_of
from core.analysis.importance import analyse
from core.analysis.rates import load_rates
from core.analysis.sweep import load_sweep, with_cosines
from core.behaviors.outcome import ALIGNMENT_FAKING
from core.endpoints.config import EmbeddingConfig
from core.similarity.cosine import comparison
from core.store.database import Store
from core.store.embeddings import FLOAT32
from core.store.rates import settings_in_use

T = TypeVar("T")

SENTENCES, PER_PREFIX, DIMENSION = 52, 100, 384
ROUNDS = 9


class DrawnEncoder:
    """A direction for each text, drawn more or less near a common one, so that some pairs come out similar."""

    name, weights, dtype, accepts = "drawn", "1", FLOAT32, (FLOAT32,)

    def __init__(self) -> None:
        self.n_encoded = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Draw from the text's own seed."""
        self.n_encoded += len(texts)
        drawn = np.stack([self._direction(np.random.default_rng(zlib.crc32(text.encode()))) for text in texts])
        unit: NDArray[np.float32] = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def _direction(self, generator: np.random.Generator) -> NDArray[np.float64]:
        own: NDArray[np.float64] = generator.normal(size=DIMENSION) * generator.uniform(0.2, 1.2)
        return own + 1.0

    def encode_exactly(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Draw the same again."""
        return self.encode(texts)


def main() -> None:
    """Measure and print."""
    trace, encoder = long_trace(SENTENCES), DrawnEncoder()
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "t.db") as store:
        fill(store, trace, PER_PREFIX)
        settings_id = settings_in_use(store.read, trace.id)[0].id
        judge_id = load_rates(store.read, trace.id, settings_id).judges[ALIGNMENT_FAKING]
        similarity = comparison(store, EmbeddingConfig(), encoder=encoder)
        importance_of(store.read, trace, settings_id, similarity)
        first, encoder.n_encoded = encoder.n_encoded, 0
        taken: dict[str, list[tuple[float, float]]] = {}
        for _ in range(ROUNDS):
            start = _now()
            sweep = _timed(
                taken, "load", lambda: load_sweep(store.read, trace, settings_id, ALIGNMENT_FAKING, judge_id)
            )
            compared = _timed(taken, "compare", lambda sweep=sweep: with_cosines(sweep, similarity))  # type: ignore[misc]
            _timed(taken, "numbers", lambda compared=compared: analyse(compared))  # type: ignore[misc]
            taken.setdefault("total, one behavior", []).append(_since(start))
            _timed(taken, "rates and both behaviors", lambda: importance_of(store.read, trace, settings_id, similarity))
        print(f"{SENTENCES} sentences, {len(sweep.firsts):,} rollouts, {len(set(sweep.firsts)):,} distinct beginnings")
        for name, seconds in taken.items():
            wall, own = (1000 * statistics.median(column) for column in zip(*seconds, strict=True))
            print(f"{name:<26}{wall:>7.1f} ms, {own:>7.1f} ms of it on the CPU")
        print(f"texts encoded: {first:,} at first, {encoder.n_encoded:,} in {2 * ROUNDS} further analyses")


def _timed(taken: dict[str, list[tuple[float, float]]], name: str, way: Callable[[], T]) -> T:
    start = _now()
    result = way()
    taken.setdefault(name, []).append(_since(start))
    return result


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.thread_time()


def _since(start: tuple[float, float]) -> tuple[float, float]:
    return time.perf_counter() - start[0], time.thread_time() - start[1]


if __name__ == "__main__":
    main()
