"""All that the rollouts of a trace say, sentence by sentence, and which of its own sentences reappear in them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from core.finishing import was_cut
from core.traces.model import Trace
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags, closes_reasoning, find_reasoning
from core.traces.splitter import split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.analysis.sweep import Similarity

OnCompared: TypeAlias = Callable[[int, int], None]
"""Told how many of the distinct sentences that were said are compared, and how many there are."""

CHUNK: Final = 64
"""Distinct sentences compared at once: what embeddings take in memory, and how soon the work can be ended."""


@dataclass(frozen=True)
class Continuation:
    """The reasoning of one rollout, cut into sentences without the white space around them.

    ``complete`` is false where the reasoning was cut off, as by a token limit: what is not there might still have come.
    """

    rollout_id: int
    prefix_idx: int
    sentences: tuple[str, ...]
    complete: bool


@dataclass(frozen=True, eq=False)
class Reappearances:
    """Which sentences of the trace each rollout says again; N rollouts, n sentences.

    ``said[r, t]``, shape (N, n), is true where some sentence of rollout r resembles sentence t.
    """

    rollout_ids: NDArray[np.int64]
    prefix_idx: NDArray[np.int64]
    complete: NDArray[np.bool_]
    said: NDArray[np.bool_]


def load_continuations(
    connection: sqlite3.Connection, trace: Trace, settings_id: str, tags: Sequence[ReasoningTags] = DEFAULT_TAGS
) -> list[Continuation]:
    """Cut the reasoning of every rollout of ``trace`` under ``settings_id``, ordered by prefix and sample.

    Rollouts that began the reasoning anew or were filtered are left out.
    """
    rows = connection.execute(
        """
        SELECT id, prefix_idx, text, finish_reason FROM rollouts
         WHERE trace_id = ? AND settings_id = ? AND continuation IS NULL ORDER BY prefix_idx, sample_idx
        """,
        [trace.id, settings_id],
    )
    prefixes = [trace.prefix(i) for i in range(trace.n_prefixes)]
    return [
        _cut(rollout_id, prefix_idx, prefixes[prefix_idx], text, was_cut(finish_reason), tags)
        for rollout_id, prefix_idx, text, finish_reason in rows
    ]


def _cut(
    rollout_id: int, prefix_idx: int, prefix: str, text: str, ran_out: bool, tags: Sequence[ReasoningTags]
) -> Continuation:
    whole = prefix + text
    reasoning = whole[len(prefix) : find_reasoning(whole, tags).end]
    sentences = tuple(reasoning[start:end].strip() for start, end in split(reasoning))
    closed = closes_reasoning(text, tags)
    return Continuation(rollout_id, prefix_idx, sentences, closed or not ran_out)


def find_reappearances(
    sentences: Sequence[str],
    continuations: Iterable[Continuation],
    similarity: Similarity,
    threshold: float,
    on_compared: OnCompared | None = None,
) -> Reappearances:
    """Compare everything that was said with every sentence of the trace.

    ``similarity`` is called with ``sentences`` as anchors, and up to `CHUNK` distinct sentences of the continuations
    as the candidates of each. What ``on_compared`` raises between two calls ends the work. The working memory is n
    bytes per sentence said, and the embeddings of one chunk.
    """
    import numpy as np

    drawn = list(continuations)
    number: dict[str, int] = {}
    spoken = [[number.setdefault(text, len(number)) for text in c.sentences if text] for c in drawn]
    texts = list(number)
    said = np.zeros((len(drawn), len(sentences)), dtype=np.bool_)
    if texts and sentences:
        alike = np.zeros((len(texts), len(sentences)), dtype=np.bool_)
        # Longest first: an encoder's batches are then hardly padded, and the work never takes longer than it seems.
        order = sorted(range(len(texts)), key=lambda at: -len(texts[at]))
        for start in range(0, len(texts), CHUNK):
            chunk = order[start : start + CHUNK]
            cosines = similarity(list(sentences), [[texts[at] for at in chunk]] * len(sentences))
            alike[chunk] = np.stack([np.asarray(row) >= threshold for row in cosines], axis=1)
            if on_compared is not None:
                on_compared(start + len(chunk), len(texts))
        talking = [row for row, indices in enumerate(spoken) if indices]
        starts = np.cumsum([0, *(len(spoken[row]) for row in talking)])[:-1]
        flat = np.concatenate([spoken[row] for row in talking])
        said[talking] = np.logical_or.reduceat(alike[flat], starts, axis=0)
    return Reappearances(
        rollout_ids=np.array([c.rollout_id for c in drawn], dtype=np.int64),
        prefix_idx=np.array([c.prefix_idx for c in drawn], dtype=np.int64),
        complete=np.array([c.complete for c in drawn], dtype=np.bool_),
        said=said,
    )
