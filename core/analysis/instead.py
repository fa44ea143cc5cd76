"""What the model said instead of a sentence: the dissimilar first sentences, grouped by what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from core.analysis.counts import Count
from core.analysis.sweep import THRESHOLD, Sweep

if TYPE_CHECKING:
    from core.analysis.sweep import Similarity


@dataclass(frozen=True)
class Alternative:
    """One thing that was said instead: ``n`` rollouts that begin alike.

    ``text`` is its most frequent wording (``""``: nothing was said), ``n_wordings`` how many there are.
    ``outcomes`` counts each behavior among these rollouts, ``rollout_ids`` names them in sweep order.
    """

    text: str
    n_wordings: int
    n: int
    outcomes: Mapping[str, Count]
    rollout_ids: tuple[int, ...]


@dataclass(frozen=True)
class Alternatives:
    """All that was said in the place of one sentence, by the rollouts drawn right before it.

    ``others`` said something else (``D_i``), grouped by what they say, most frequent first; ``same`` are those that
    said the sentence itself or a paraphrase of it (``E_i``), None where nobody did. Both are empty where nothing was
    sampled.
    """

    sentence_idx: int
    others: tuple[Alternative, ...]
    same: Alternative | None

    @property
    def n_same(self) -> int:
        """How many rollouts said the same."""
        return 0 if self.same is None else self.same.n

    @property
    def n_rollouts(self) -> int:
        """How many rollouts there are, decided or not."""
        return self.n_same + sum(other.n for other in self.others)


def instead(
    sweep: Sweep,
    sentence: int,
    threshold: float = THRESHOLD,
    *,
    also: Sequence[Sweep] = (),
    similarity: Similarity | None = None,
) -> list[Alternative]:
    """The alternatives to ``sentence`` (0..n - 1) that the sweep holds, most frequent first.

    Wordings are taken by frequency: each joins the likest group whose leading wording it resembles by ``threshold``
    or more, or leads a group of its own. Without ``similarity`` only identical wordings are one group. ``also`` are
    other behaviors' sweeps of the same rollouts (`core.analysis.sweep.with_behavior`), counted alongside.

    Raises:
        IndexError: if the trace has no such sentence.
        ValueError: if the sweep has no cosines, or one of ``also`` holds other rollouts.
    """
    if not 0 <= sentence < sweep.n_sentences:
        raise IndexError(f"sentence {sentence} of a trace with {sweep.n_sentences} sentences")
    (found,) = _compared(sweep, [sentence], threshold, also, similarity)
    return list(found.others)


def alternatives(
    sweep: Sweep,
    threshold: float = THRESHOLD,
    *,
    also: Sequence[Sweep] = (),
    similarity: Similarity | None = None,
) -> list[Alternatives]:
    """What was said in the place of every sentence, in order; grouped as `instead` does.

    ``similarity`` is called once, with all dissimilar wordings of the trace.

    Raises:
        ValueError: if the sweep has no cosines, or one of ``also`` holds other rollouts.
    """
    return _compared(sweep, range(sweep.n_sentences), threshold, also, similarity)


def _compared(
    sweep: Sweep, sentences: Sequence[int], threshold: float, also: Sequence[Sweep], similarity: Similarity | None
) -> list[Alternatives]:
    import numpy as np

    cosines = sweep.cosines
    if cosines is None:
        raise ValueError("the sweep has no cosines; give it some with with_cosines")
    if any(not np.array_equal(other.rollout_ids, sweep.rollout_ids) for other in also):
        raise ValueError("the sweeps hold different rollouts")
    # A sweep is ordered by prefix.
    bounds = np.searchsorted(sweep.prefix_idx, np.arange(sweep.n_sentences + 1))
    drawn = [np.arange(bounds[i], bounds[i + 1]) for i in sentences]
    others = [rows[cosines[rows] < threshold].tolist() for rows in drawn]
    same = [rows[cosines[rows] >= threshold].tolist() for rows in drawn]
    wordings = [_by_frequency(sweep, rows) for rows in others]
    sweeps = [sweep, *also]
    found = []
    for i, rows, alike, leader in zip(sentences, others, same, _leaders(wordings, threshold, similarity), strict=True):
        groups: dict[str, list[int]] = {}
        for row in rows:
            groups.setdefault(leader[sweep.firsts[row]], []).append(row)
        grouped = [_alternative(text, members, sweeps) for text, members in groups.items()]
        grouped.sort(key=lambda alternative: (-alternative.n, alternative.text))
        said = _alternative(_by_frequency(sweep, alike)[0], alike, sweeps) if alike else None
        found.append(Alternatives(i, tuple(grouped), said))
    return found


def _by_frequency(sweep: Sweep, rows: Sequence[int]) -> list[str]:
    """The distinct first sentences of these rollouts, most frequent first."""
    frequency = Counter(sweep.firsts[row] for row in rows)
    return sorted(frequency, key=lambda text: (-frequency[text], text))


def _leaders(wordings: Sequence[list[str]], threshold: float, similarity: Similarity | None) -> list[dict[str, str]]:
    """For each sentence, the leading wording of each wording's group."""
    leaders = [{text: text for text in texts} for texts in wordings]
    spoken = [[text for text in texts if text] for texts in wordings]
    anchors = [text for texts in spoken for text in texts]
    if similarity is None or not anchors:
        return leaders
    # One list of candidates for all wordings of a sentence: one product.
    cosines = iter(similarity(anchors, [texts for texts in spoken for _ in texts]))
    for leader, texts in zip(leaders, spoken, strict=True):
        compared = list(islice(cosines, len(texts)))
        leading: list[int] = []
        for i, text in enumerate(texts):
            likest = max(leading, key=lambda j: compared[i][j], default=None)
            if likest is not None and compared[i][likest] >= threshold:
                leader[text] = texts[likest]
            else:
                leading.append(i)
    return leaders


def _alternative(text: str, rows: list[int], sweeps: Sequence[Sweep]) -> Alternative:
    first = sweeps[0]
    outcomes = {}
    for sweep in sweeps:
        values = sweep.values[rows]
        outcomes[sweep.behavior] = Count(int((values == 1).sum()), int((values >= 0).sum()))
    return Alternative(
        text=text,
        n_wordings=len({first.firsts[row] for row in rows}),
        n=len(rows),
        outcomes=outcomes,
        rollout_ids=tuple(first.rollout_ids[rows].tolist()),
    )
