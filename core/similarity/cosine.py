"""Which sentences are similar: cosines of unit vectors, with whatever is close to the threshold decided again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.endpoints.config import EmbeddingConfig
from core.similarity.cache import OnProgress, embed, embed_exactly, encoder_for
from core.similarity.encoder import Encoder
from core.similarity.texts import plain
from core.store.database import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MARGIN = 5e-3
"""A cosine from the quick pass that is this close to the threshold is computed again exactly."""

TIE = 1e-6
"""What float32 leaves open between two CPUs; an exact cosine this close to the threshold reaches it."""


@dataclass(frozen=True, eq=False)
class Similarity:
    """Each anchor compared to its own candidates, in their order.

    ``cosines`` (float64, -1..1) and ``masks`` (bool) hold one array per anchor; a mask is true exactly where the
    cosine is at least the threshold. ``n_decided_again`` counts the comparisons that were made exactly.
    """

    cosines: tuple[NDArray[np.float64], ...]
    masks: tuple[NDArray[np.bool_], ...]
    n_decided_again: int


def similar(
    store: Store,
    anchors: Sequence[str],
    candidates: Sequence[Sequence[str]],
    config: EmbeddingConfig,
    on_progress: OnProgress | None = None,
    *,
    encoder: Encoder | None = None,
) -> Similarity:
    """Compare ``anchors[i]`` to each of ``candidates[i]``; give one list to many anchors and it is one product.

    A cosine is the product of two unit vectors (METHODS, section 1). Within `MARGIN` of ``config.threshold`` it is
    computed again from vectors that each text got by itself in float32, so that no decision depends on the CPU or on
    the texts beside it. Two texts that differ in the white space around them only have the cosine 1.

    Raises:
        ValueError: if there are not as many lists of candidates as anchors.
        SimilarityError: if a text has to be encoded and there is no encoder that works.
        StoreError: if the database cannot be written.
    """
    pairs = _compare(store, anchors, candidates, config, on_progress, encoder)
    decided_again = _decide_again(
        pairs.cosines,
        pairs.left,
        pairs.right,
        pairs.texts,
        config.threshold,
        lambda texts: embed_exactly(store, texts, config, on_progress, encoder=encoder),
    )
    return Similarity(tuple(pairs.cosines), tuple(row >= config.threshold for row in pairs.cosines), decided_again)


def comparison(
    store: Store,
    config: EmbeddingConfig,
    on_progress: OnProgress | None = None,
    *,
    encoder: Encoder | None = None,
) -> Callable[[list[str], list[list[str]]], tuple[NDArray[np.float64], ...]]:
    """A function from anchors and their candidates to cosines, as the analyses take it.

    Raises:
        SimilarityError: at once, before anything is analysed, if there is no encoder.
    """
    encoder = encoder or encoder_for(store, config)

    def compare(anchors: list[str], candidates: list[list[str]]) -> tuple[NDArray[np.float64], ...]:
        return similar(store, anchors, candidates, config, on_progress, encoder=encoder).cosines

    return compare


def quick_comparison(
    store: Store,
    config: EmbeddingConfig,
    on_progress: OnProgress | None = None,
    *,
    encoder: Encoder | None = None,
) -> Callable[[list[str], list[list[str]]], tuple[NDArray[np.float64], ...]]:
    """Like `comparison`, without computing anything again near the threshold: for grouping, never for an estimate.

    Many wordings compared with each other have thousands of cosines within `MARGIN`; exact ones take a minute, and
    which of two groups a borderline wording joins changes no number of a sentence.

    Raises:
        SimilarityError: at once, before anything is analysed, if there is no encoder.
    """
    encoder = encoder or encoder_for(store, config)

    def compare(anchors: list[str], candidates: list[list[str]]) -> tuple[NDArray[np.float64], ...]:
        return tuple(_compare(store, anchors, candidates, config, on_progress, encoder).cosines)

    return compare


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Cosines of the quick pass, with the numbers of the texts on either side."""

    texts: list[str]
    left: NDArray[np.intp]
    right: list[NDArray[np.intp]]
    cosines: list[NDArray[np.float64]]


def _compare(
    store: Store,
    anchors: Sequence[str],
    candidates: Sequence[Sequence[str]],
    config: EmbeddingConfig,
    on_progress: OnProgress | None,
    encoder: Encoder | None,
) -> _Pairs:
    import numpy as np

    if len(anchors) != len(candidates):
        raise ValueError(f"{len(anchors)} anchors, but {len(candidates)} lists of candidates")
    numbers: dict[str, int] = {}
    left = np.array([_number(numbers, anchor) for anchor in anchors], dtype=np.intp)
    lists: dict[int, NDArray[np.intp]] = {}
    for texts in candidates:
        if id(texts) not in lists:
            lists[id(texts)] = np.array([_number(numbers, text) for text in texts], dtype=np.intp)
    vectors = embed(store, list(numbers), config, on_progress, encoder=encoder)
    cosines = _products(vectors, left, [id(texts) for texts in candidates], lists)
    return _Pairs(list(numbers), left, [lists[id(texts)] for texts in candidates], cosines)


def _number(numbers: dict[str, int], text: str) -> int:
    return numbers.setdefault(plain(text), len(numbers))


def _products(
    vectors: NDArray[np.float32], left: NDArray[np.intp], of: Sequence[int], lists: dict[int, NDArray[np.intp]]
) -> list[NDArray[np.float64]]:
    """One array of cosines per anchor; anchors that share a list of candidates share one matrix product."""
    import numpy as np

    sharing: dict[int, list[int]] = {}
    for anchor, key in enumerate(of):
        sharing.setdefault(key, []).append(anchor)
    cosines: dict[int, NDArray[np.float64]] = {}
    for key, together in sharing.items():
        right = lists[key]
        if not len(right):
            cosines |= {anchor: np.zeros(0) for anchor in together}
            continue
        product = vectors[left[together]] @ vectors[right].T
        block = np.clip(product.astype(np.float64), -1.0, 1.0)
        block[left[together][:, None] == right[None, :]] = 1.0
        cosines |= dict(zip(together, block, strict=True))
    return [cosines[anchor] for anchor in range(len(of))]


def _decide_again(
    cosines: list[NDArray[np.float64]],
    left: NDArray[np.intp],
    right: list[NDArray[np.intp]],
    texts: list[str],
    threshold: float,
    exactly: Callable[[list[str]], NDArray[np.float32]],
) -> int:
    """Replace what lies within the margin, in place, and say how many comparisons that were."""
    import numpy as np

    close = [
        np.flatnonzero((np.abs(row - threshold) <= MARGIN) & (right[anchor] != left[anchor]))
        for anchor, row in enumerate(cosines)
    ]
    pairs = [(int(left[a]), int(right[a][at]), a, int(at)) for a, places in enumerate(close) for at in places]
    if not pairs:
        return 0
    needed = sorted({number for first, second, _, _ in pairs for number in (first, second)})
    vectors = exactly([texts[number] for number in needed]).astype(np.float64)
    row_of = {number: row for row, number in enumerate(needed)}
    for first, second, anchor, at in pairs:
        cosine = float(vectors[row_of[first]] @ vectors[row_of[second]])
        cosines[anchor][at] = threshold if abs(cosine - threshold) <= TIE else min(1.0, max(-1.0, cosine))
    return len(pairs)
