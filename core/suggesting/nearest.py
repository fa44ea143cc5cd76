"""Suggestions without a model: the category of the nearest sentence that somebody has labelled."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from core.annotation.annotation import GOLD
from core.annotation.codebook import Codebook
from core.canonical import canonical_json, short_hash
from core.endpoints.config import EmbeddingConfig
from core.errors import NotFoundError
from core.similarity.cache import OnProgress, embed, encoder_for
from core.similarity.encoder import Encoder
from core.store.database import Store
from core.store.gold import load_labels_of
from core.store.suggestions import add_suggester, add_suggestions
from core.store.traces import load_trace
from core.suggesting.request import lacking
from core.suggesting.suggester import Suggester, nearest_suggester
from core.traces.model import Trace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sqlite_utils import Database

K: Final = 5
VERSION: Final = "1"
_DECIMALS = 4


class Example(NamedTuple):
    """A sentence that has a label."""

    trace_id: str
    sentence_idx: int
    text: str
    category: str


class Neighbour(NamedTuple):
    """A category by nearness, and how far the nearest sentences bear it out, 0..1."""

    category: str
    confidence: float


@dataclass(frozen=True)
class Nearest:
    """What was suggested by nearness: ``n_suggested`` sentences, from ``n_examples`` labelled ones in ``n_traces``.

    Held out, trace by trace, ``n_right`` of ``n_held_out`` labelled sentences get their own category from the labels
    of the other traces; with labels in one trace only there are none.
    """

    suggester: Suggester
    annotator: str
    n_examples: int
    n_traces: int
    n_suggested: int
    n_right: int
    n_held_out: int


def suggest_nearest(
    store: Store,
    traces: Sequence[Trace],
    annotator: str,
    codebook: Codebook,
    config: EmbeddingConfig,
    on_progress: OnProgress | None = None,
    *,
    limit: int | None = None,
    encoder: Encoder | None = None,
) -> Nearest:
    """Suggest for each sentence of ``traces`` the category of the nearest one that ``annotator`` has labelled.

    A sentence never learns from its own label. Labels are those of all traces in the store, as far as ``codebook``
    has their category; when they change, it is another suggester, and all sentences are suggested for anew. ``limit``
    is the most sentences. The call blocks: use a thread.

    Raises:
        NotFoundError: if the annotator has labelled nothing with this codebook.
        SimilarityError: if there is no encoder that works.
    """
    examples = labelled_sentences(store.read, annotator, codebook)
    if not examples:
        raise NotFoundError(
            f"{annotator} has labelled nothing to learn from; label some sentences, or name another with --from."
        )
    encoder = encoder or encoder_for(store, config)
    suggester = _suggester(annotator, codebook, encoder, examples)
    known = embed(store, [example.text for example in examples], config, on_progress, encoder=encoder)
    store.write(partial(add_suggester, suggester=suggester)).result()
    n_suggested, left = 0, limit
    for trace, sentences in lacking(store.read, suggester, traces):
        wanted = sentences if left is None else sentences[:left]
        left = None if left is None else left - len(wanted)
        texts = [trace.sentences[index].text for index in wanted]
        vectors = embed(store, texts, config, on_progress, encoder=encoder)
        own = [(trace.id, index) for index in wanted]
        guesses = zip(wanted, nearest(vectors, own, known, examples), strict=True)
        found = {index: guess for index, guess in guesses if guess is not None}
        n_suggested += len(found)
        _write(store, suggester, trace.id, found)
    n_right, n_held_out = held_out(known, examples)
    n_traces = len({example.trace_id for example in examples})
    return Nearest(suggester, annotator, len(examples), n_traces, n_suggested, n_right, n_held_out)


def labelled_sentences(connection: sqlite3.Connection, annotator: str, codebook: Codebook) -> tuple[Example, ...]:
    """The sentences that an annotator has given a category of ``codebook``, in the order of traces and sentences.

    Those of `GOLD` are adjudicated, or agreed on by all their annotators.
    """
    names = {category.name for category in codebook.categories}
    rows = connection.execute("SELECT DISTINCT trace_id FROM label_events ORDER BY trace_id").fetchall()
    found = []
    for trace_id in (row["trace_id"] for row in rows):
        labels = load_labels_of(connection, trace_id, annotator)
        sentences = load_trace(connection, trace_id).sentences if labels else ()
        found += [
            Example(trace_id, index, sentences[index].text, category)
            for index, category in sorted(labels.items())
            if category in names
        ]
    return tuple(found)


def who_to_learn_from(connection: sqlite3.Connection, annotator: str, codebook: Codebook) -> str:
    """The gold labels where there are any, else those of ``annotator``."""
    return GOLD if labelled_sentences(connection, GOLD, codebook) else annotator


def nearest(
    vectors: NDArray[np.float32],
    own: Sequence[tuple[str, int]],
    known: NDArray[np.float32],
    examples: Sequence[Example],
    k: int = K,
) -> list[Neighbour | None]:
    """The category of the nearest example for each of n sentences; None where every example is the sentence itself.

    ``vectors`` is (n, d) and ``known`` (m, d), both of unit length; ``own`` says which sentence (trace and index) a row
    is, so that its own label has no say. The confidence is the sum of the cosines (negative ones as 0) of those of the
    ``k`` nearest examples that have the category, divided by k: 1 only if there are k equal sentences that all have it,
    and small where the nearest are few, far, or of several minds.
    """
    import numpy as np

    if not len(vectors) or not examples:
        return [None] * len(vectors)
    # Beyond what embeddings are stored to, a product differs from machine to machine: such cosines are equal.
    cosines = np.round((vectors @ known.T).astype(np.float64), _DECIMALS)
    places = {(example.trace_id, example.sentence_idx): column for column, example in enumerate(examples)}
    for row, place in enumerate(own):
        if place in places:
            cosines[row, places[place]] = -np.inf
    return [_vote(row, examples, k) for row in cosines]


def _vote(cosines: NDArray[np.float64], examples: Sequence[Example], k: int) -> Neighbour | None:
    import numpy as np

    # Stable: of equal cosines the first in the order of traces and sentences wins.
    order = [int(at) for at in np.argsort(-cosines, kind="stable")[:k] if np.isfinite(cosines[at])]
    if not order:
        return None
    category = examples[order[0]].category
    agreeing = sum(max(0.0, float(cosines[at])) for at in order if examples[at].category == category)
    return Neighbour(category, min(1.0, agreeing / k))


def held_out(known: NDArray[np.float32], examples: Sequence[Example]) -> tuple[int, int]:
    """How many examples get their own category from the examples of the other traces, and of how many.

    ``known`` is (m, d), the examples' unit vectors. With examples in one trace only it is 0 of 0.
    """
    traces = sorted({example.trace_id for example in examples})
    n_right = n_held_out = 0
    for trace_id in traces if len(traces) > 1 else ():
        inside = [at for at, example in enumerate(examples) if example.trace_id == trace_id]
        outside = [at for at, example in enumerate(examples) if example.trace_id != trace_id]
        own = [(trace_id, examples[at].sentence_idx) for at in inside]
        guesses = nearest(known[inside], own, known[outside], [examples[at] for at in outside], k=1)
        rights = (guess and guess.category == examples[at].category for at, guess in zip(inside, guesses, strict=True))
        n_right += sum(map(bool, rights))
        n_held_out += len(inside)
    return n_right, n_held_out


def _suggester(annotator: str, codebook: Codebook, encoder: Encoder, examples: Iterable[Example]) -> Suggester:
    learned = [[example.trace_id, example.sentence_idx, example.category] for example in examples]
    decides = {
        "version": VERSION,
        "k": K,
        "encoder": [encoder.name, encoder.weights],
        "labels": short_hash(canonical_json(learned)),
    }
    return nearest_suggester(annotator, codebook, decides)


def _write(store: Store, suggester: Suggester, trace_id: str, found: dict[int, Neighbour]) -> None:
    def job(database: Database) -> None:
        add_suggestions(database, suggester, trace_id, found)

    store.write(job).result()
