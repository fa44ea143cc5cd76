"""From the store to the links between the sentences of a trace, and to what comes back of each when it is replaced."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.analysis.continuations import OnCompared, find_reappearances, load_continuations
from core.analysis.estimates import sweeps_of
from core.analysis.influence import Influence, influence
from core.analysis.resilience import Resilience, resilience
from core.analysis.sweep import THRESHOLD
from core.traces.model import Trace
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags

if TYPE_CHECKING:
    from core.analysis.sweep import Similarity


@dataclass(frozen=True)
class Links:
    """What the sentences of one trace do to one another, and whether each comes back when it is replaced.

    ``resilience`` has, for each behavior that has outcomes, an entry per sentence in order; `Resilience.returned` does
    not depend on the behavior. ``threshold`` is the cosine from which two sentences say the same.
    """

    trace_id: str
    settings_id: str
    threshold: float
    influence: Influence
    resilience: Mapping[str, tuple[Resilience, ...]]
    judges: Mapping[str, str]


def links_of(
    connection: sqlite3.Connection,
    trace: Trace,
    settings_id: str,
    similarity: Similarity,
    threshold: float = THRESHOLD,
    judges: Mapping[str, str] | None = None,
    tags: Sequence[ReasoningTags] = DEFAULT_TAGS,
    on_compared: OnCompared | None = None,
) -> Links:
    """Estimate the influence between all sentences of ``trace``, and the resilience of each for every behavior.

    Everything that the rollouts under ``settings_id`` said is read and compared once, whatever the number of
    behaviors; ``similarity`` is what `core.similarity.cosine.comparison` gives. ``judges`` maps a behavior to the judge
    whose outcomes count (default: the one with the most); ``tags`` enclose the reasoning. The call blocks, the first
    time for as long as the encoder takes to embed every distinct sentence: use a thread. ``on_compared`` is told how
    many of them are done, and ends the work by raising; what was embedded stays in the store.

    Raises:
        SimilarityError: if sentences have to be compared and there is no encoder.
    """
    said = load_continuations(connection, trace, settings_id, tags)
    sentences = [sentence.text.strip() for sentence in trace.sentences]
    found = find_reappearances(sentences, said, similarity, threshold, on_compared)
    sweeps = sweeps_of(connection, trace, settings_id, similarity, judges)
    return Links(
        trace_id=trace.id,
        settings_id=settings_id,
        threshold=threshold,
        influence=influence(found),
        resilience={behavior: tuple(resilience(sweep, found, threshold)) for behavior, sweep in sweeps.items()},
        judges={behavior: sweep.judge_id for behavior, sweep in sweeps.items()},
    )
