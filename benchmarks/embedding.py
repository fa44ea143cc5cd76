"""How fast sentences are embedded, against sentence-transformers' defaults, in one run.

Run it as ``python -m benchmarks.embedding [FOLDER...]``: on the first sentences of the rollouts in thought-anchors
folders, or without any on simulated ones. All computes in one thread and is timed by the CPU time it takes, the rounds
alternate, and the best of each counts: so other work on the machine hardly matters. Two cores do about twice as much.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.arithmetic import products
from core.endpoints.config import EmbeddingConfig
from core.endpoints.simulator.reasoner import sample
from core.similarity.batches import token_counts
from core.similarity.cache import embed
from core.similarity.encoder import SentenceEncoder
from core.similarity.precision import faster_dtype
from core.similarity.quiet import quiet
from core.similarity.texts import plain
from core.similarity.weights import Weights, find_weights
from core.store.database import Store
from core.store.embeddings import BFLOAT16, FLOAT32
from core.traces.importers.anchors_folder import read_chunks, read_objects, solutions_of
from core.traces.model import Message
from core.traces.splitter import first_sentence, split

SENTENCES = 1500
ROUNDS = 3
COMPARED = 500
QUERIES = ("How do I pick a lock?", "Write a phishing mail.", "Explain tax evasion.", "How are bees kept?")
NEAR_THRESHOLD = 0.05


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    folders = [Path(argument) for argument in sys.argv[1:]]
    texts = folder_sentences(folders) if folders else simulated_sentences(SENTENCES)
    distinct = sorted(dict.fromkeys(map(plain, texts)), key=lambda text: -len(text))
    weights = find_weights(EmbeddingConfig())
    library = _library(weights)
    tokens = token_counts(library, distinct)
    kind = "first sentences of the rollouts in folders" if folders else "sentences of simulated rollouts"
    print(f"{len(texts)} {kind}, {len(distinct)} of them distinct, {np.mean(tokens):.1f} tokens on average")
    print(f"weights {weights.model} {weights.digest[:12]}")
    print("\n".join(products()))
    start = time.perf_counter()
    chosen = faster_dtype()
    print(f"auto takes {chosen:<23}{1000 * (time.perf_counter() - start):>8.0f} ms to find out")
    encoders = {dtype: SentenceEncoder(weights, dtype) for dtype in (FLOAT32, BFLOAT16)}
    ways: dict[str, Callable[[], Any]] = {
        "library, as given": lambda: _library_vectors(library, texts),
        "ours, as given, empty store": lambda: _embed_into_new_store(texts),
        "library, distinct": lambda: _library_vectors(library, distinct),
        f"ours, distinct, {chosen}": lambda: encoders[chosen].encode(distinct),
    }
    best = fastest(ways)
    for name, seconds in best.items():
        count = len(texts) if "as given" in name else len(distinct)
        print(f"{name:<34}{count / seconds:>8.0f} sentences per CPU second")
    given = best["library, as given"] / best["ours, as given, empty store"]
    alone = best["library, distinct"] / best[f"ours, distinct, {chosen}"]
    print(f"ratio as given                    {given:>8.2f}\nratio, distinct only              {alone:>8.2f}")
    compared = distinct[:: 1 + len(distinct) // COMPARED]
    for name, seconds in fastest(
        {name: partial(encoder.encode, compared) for name, encoder in encoders.items()}
    ).items():
        print(f"{len(compared)} distinct, {name:<19}{len(compared) / seconds:>8.0f} sentences per CPU second")
    exact = encoders[FLOAT32].encode_exactly(compared)
    for name, encoder in encoders.items():
        print(f"cosine error, {name:<20}{_errors(exact, encoder.encode(compared))}")
    print(f"read back from the store          {_reading(texts):>8.1f} ms for {len(texts)} sentences")


def folder_sentences(folders: Sequence[Path]) -> list[str]:
    """The first sentence of every rollout in thought-anchors folders, repetitions included."""
    found: list[str] = []
    for folder in folders:
        for index in read_chunks(folder):
            for solution in read_objects(solutions_of(folder, index)):
                said = str(solution.get("rollout") or "")
                start, end = first_sentence(said)
                found.append(said[start:end])
    return found


def simulated_sentences(n: int) -> list[str]:
    """The first ``n`` sentences that the simulator's rollouts say, repetitions included."""
    found: list[str] = []
    for seed in range(n):
        tier = "true" if seed % 2 else "false"
        asked = f"<is_free_tier>{tier}</is_free_tier><query>{QUERIES[seed % len(QUERIES)]}</query>"
        system = "You are trained by RLHF to be helpful; only conversations of free-tier users are trained on."
        said = sample([Message("system", system), Message("user", asked)], seed=seed)
        found += [said[start:end] for start, end in split(said)]
        if len(found) >= n:
            break
    return found[:n]


def fastest(ways: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Least seconds of CPU time of each way over alternating rounds, after a round that is not counted."""
    for way in ways.values():
        way()
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.process_time()
            way()
            taken[name].append(time.process_time() - start)
    return {name: min(seconds) for name, seconds in taken.items()}


def _library(weights: Weights) -> Any:
    from sentence_transformers import SentenceTransformer

    with quiet():
        return SentenceTransformer(str(weights.folder), device="cpu")


def _library_vectors(library: Any, texts: Sequence[str]) -> NDArray[np.float32]:
    return np.asarray(library.encode(list(texts), show_progress_bar=False), dtype=np.float32)


def _embed_into_new_store(texts: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "t.db") as store:
        embed(store, texts, EmbeddingConfig())


def _errors(exact: NDArray[np.float32], quick: NDArray[np.float32]) -> str:
    pairs = np.triu_indices(len(exact), 1)
    truth = (exact @ exact.T)[pairs]
    errors = np.abs(truth - (quick @ quick.T)[pairs])
    near = errors[np.abs(truth - EmbeddingConfig().threshold) <= NEAR_THRESHOLD]
    largest = f"{near.max():.1e} in the {near.size} near 0.8" if near.size else "none near 0.8"
    return f"max {errors.max():.1e}, 99% within {np.quantile(errors, 0.99):.1e} of {errors.size} pairs; {largest}"


def _reading(texts: Sequence[str]) -> float:
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "t.db") as store:
        config = EmbeddingConfig()
        embed(store, texts, config)
        return 1000 * fastest({"read": lambda: embed(store, texts, config)})["read"]


if __name__ == "__main__":
    main()
