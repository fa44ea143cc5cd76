"""One sweep: every rollout of a trace under one setting, as columns, ready for the estimates of one behavior."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from core.traces.model import Trace
from core.traces.splitter import first_sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Similarity = Callable[[list[str], list[list[str]]], Sequence[NDArray[np.floating[Any]]]]
    """Cosines of each anchor to its own candidates: one array per anchor, in the candidates' order."""

THRESHOLD: Final = 0.8
"""Cosine from which two sentences say the same (METHODS, section 1)."""

UNDECIDED: Final = -1
"""Stands in `Sweep.values` for a rollout that counts neither for nor against the behavior."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """The rollouts of one trace for one behavior, ordered by prefix; N rollouts, n sentences.

    ``sentences`` are the trace's own, without the white space around them. Of rollout r, ``rollout_ids[r]`` is its
    row id, ``prefix_idx[r]`` (0..n) where it was drawn, ``values[r]`` 1, 0 or `UNDECIDED`, and ``firsts[r]`` its
    first sentence, ``""`` if it said nothing. ``cosines[r]``, in -1..1, compares that to sentence ``prefix_idx[r]``;
    at prefix n, where there is none, it holds -1 and is never read. None: similarity has not been computed.
    """

    trace_id: str
    settings_id: str
    behavior: str
    judge_id: str
    sentences: tuple[str, ...]
    rollout_ids: NDArray[np.int64]
    prefix_idx: NDArray[np.int64]
    values: NDArray[np.int8]
    firsts: tuple[str, ...]
    cosines: NDArray[np.float64] | None = None

    @property
    def n_sentences(self) -> int:
        """How many sentences the trace has; it has one prefix more."""
        return len(self.sentences)


def make_sweep(
    sentences: Sequence[str],
    prefix_idx: Sequence[int],
    values: Sequence[int | None],
    firsts: Sequence[str],
    *,
    rollout_ids: Sequence[int] | None = None,
    cosines: Sequence[float] | None = None,
    trace_id: str = "",
    settings_id: str = "",
    behavior: str = "",
    judge_id: str = "",
) -> Sweep:
    """Build a sweep from columns in any order; without ``rollout_ids`` the rows are numbered from 0.

    Raises:
        ValueError: if the columns differ in length, a prefix is outside 0..n, or a value is not 1, 0 or None.
    """
    import numpy as np

    ids = range(len(prefix_idx)) if rollout_ids is None else rollout_ids
    lengths = {len(prefix_idx), len(values), len(firsts), len(ids)} | ({len(cosines)} if cosines is not None else set())
    if len(lengths) != 1:
        raise ValueError(f"the columns of a sweep are of different lengths: {sorted(lengths)}")
    if any(value not in (0, 1, None) for value in values):
        raise ValueError("a value of a sweep is 1, 0 or None")
    prefixes = np.asarray(prefix_idx, dtype=np.int64)
    if len(prefixes) and not 0 <= prefixes.min() <= prefixes.max() <= len(sentences):
        raise ValueError(f"a prefix of a sweep lies outside 0..{len(sentences)}")
    order = np.argsort(prefixes, kind="stable")
    coded = np.array([UNDECIDED if value is None else value for value in values], dtype=np.int8)
    return Sweep(
        trace_id=trace_id,
        settings_id=settings_id,
        behavior=behavior,
        judge_id=judge_id,
        sentences=tuple(sentences),
        rollout_ids=np.asarray(ids, dtype=np.int64)[order],
        prefix_idx=prefixes[order],
        values=coded[order],
        firsts=tuple(firsts[row] for row in order.tolist()),
        cosines=None if cosines is None else np.asarray(cosines, dtype=np.float64)[order],
    )


def load_sweep(connection: sqlite3.Connection, trace: Trace, settings_id: str, behavior: str, judge_id: str) -> Sweep:
    """Load all rollouts of ``trace`` under ``settings_id``, valued by one judge; without cosines.

    A rollout that the judge has not decided is there, undecided; one that began anew or was filtered is not. The first
    sentence is cut by the trace's splitter.
    """
    rows = connection.execute(
        """
        SELECT r.id, r.prefix_idx, r.text, o.value FROM rollouts r
          LEFT JOIN outcomes o ON o.rollout_id = r.id AND o.behavior = ? AND o.judge_id = ?
         WHERE r.trace_id = ? AND r.settings_id = ? AND r.continuation IS NULL ORDER BY r.prefix_idx, r.sample_idx
        """,
        [behavior, judge_id, trace.id, settings_id],
    )
    ids: list[int] = []
    prefixes: list[int] = []
    values: list[int | None] = []
    firsts: list[str] = []
    for rollout_id, prefix, text, value in rows:
        ids.append(rollout_id)
        prefixes.append(prefix)
        values.append(value)
        firsts.append(text[: first_sentence(text).end].strip())
    return make_sweep(
        [sentence.text.strip() for sentence in trace.sentences],
        prefixes,
        values,
        firsts,
        rollout_ids=ids,
        trace_id=trace.id,
        settings_id=settings_id,
        behavior=behavior,
        judge_id=judge_id,
    )


def with_behavior(connection: sqlite3.Connection, sweep: Sweep, behavior: str, judge_id: str) -> Sweep:
    """The same rollouts valued for another behavior; no text is read again, and cosines stay."""
    import numpy as np

    decided = dict(
        connection.execute(
            """
            SELECT o.rollout_id, o.value FROM rollouts r JOIN outcomes o ON o.rollout_id = r.id
             WHERE r.trace_id = ? AND r.settings_id = ? AND o.behavior = ? AND o.judge_id = ? AND o.value IS NOT NULL
            """,
            [sweep.trace_id, sweep.settings_id, behavior, judge_id],
        ).fetchall()
    )
    values = np.array([decided.get(rollout, UNDECIDED) for rollout in sweep.rollout_ids.tolist()], dtype=np.int8)
    return replace(sweep, behavior=behavior, judge_id=judge_id, values=values)


def with_cosines(sweep: Sweep, similarity: Similarity) -> Sweep:
    """The sweep with each first sentence compared to the sentence that it stands in for.

    ``similarity`` is called once, with each sampled sentence as an anchor and the distinct first sentences of its
    prefix as candidates. A rollout that said nothing is as dissimilar as can be: -1.
    """
    import numpy as np

    at: dict[int, list[str]] = {}
    for prefix, first in dict.fromkeys(zip(sweep.prefix_idx.tolist(), sweep.firsts, strict=True)):
        if first and prefix < sweep.n_sentences:
            at.setdefault(prefix, []).append(first)
    compared = similarity([sweep.sentences[prefix] for prefix in at], list(at.values())) if at else []
    known = {
        (prefix, first): float(cosine)
        for (prefix, firsts), cosines in zip(at.items(), compared, strict=True)
        for first, cosine in zip(firsts, cosines, strict=True)
    }
    pairs = zip(sweep.prefix_idx.tolist(), sweep.firsts, strict=True)
    return replace(sweep, cosines=np.array([known.get(pair, -1.0) for pair in pairs], dtype=np.float64))
