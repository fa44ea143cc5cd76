"""Whether what a sentence says comes back when it is replaced, and what happens where it never does.

Both are read off rollouts that exist, by looking at what they went on to say. That is cheaper than resampling until
the content is gone, and different: to keep the rollouts in which nothing like sentence i came back is to select by
what happened later, so their rate tells what goes with its absence, not only what its absence causes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from core.analysis.continuations import Reappearances
from core.analysis.counts import Contrast, Count, contrast, count_arms
from core.analysis.permutation import fisher
from core.analysis.sweep import THRESHOLD, UNDECIDED, Sweep
from core.analysis.turning_points import benjamini_hochberg

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_SURVIVORS: Final = 5
"""Fewer decided rollouts in which nothing similar came back leave counterfactual++ undefined."""


@dataclass(frozen=True)
class Resilience:
    """What becomes of one sentence in the rollouts of its own prefix.

    ``returned`` counts, among complete rollouts that begin otherwise, those that say something similar later: its
    rate, 0..1 with a Wilson interval, is the resilience. ``counterfactual_plus_plus`` contrasts the next prefix with
    the survivors, in which nothing similar is said anywhere. ``n_survivors`` of ``n_complete`` rollouts survive,
    decided or not; ``n_censored`` were cut off before one could tell and count nowhere. ``n_more`` further rollouts
    of prefix i would make it enough, at the share seen so far; 0 if there are enough, None if none survived.
    """

    sentence_idx: int
    returned: Count
    counterfactual_plus_plus: Contrast
    n_complete: int
    n_survivors: int
    n_censored: int
    n_more: int | None

    @property
    def n_drawn(self) -> int:
        """Rollouts of prefix i, complete or cut off."""
        return self.n_complete + self.n_censored


def rollouts_wanted(rows: Iterable[Resilience]) -> int | None:
    """How many rollouts prefix i should have in all, for enough survivors by each of ``rows``.

    ``rows`` are about one sentence, one per behavior. None where nothing is to be had by drawing: there are enough, or
    nothing survived that would say how many it takes.
    """
    return max((row.n_drawn + row.n_more for row in rows if row.n_more), default=None)


def resilience(
    sweep: Sweep, found: Reappearances, threshold: float = THRESHOLD, min_survivors: int = MIN_SURVIVORS
) -> list[Resilience]:
    """Resilience and counterfactual++ of every sentence, in order.

    Rollouts that only one of ``sweep`` and ``found`` knows are left out, so that rows which land between loading
    the two do no harm.

    Source: METHODS, section 2; U. Macar et al., "Thought Branches" (2025), which resamples anew where this conditions.

    Raises:
        ValueError: if the sweep has no cosines, or ``found`` is about another number of sentences.
    """
    import numpy as np

    if sweep.cosines is None:
        raise ValueError("the sweep has no cosines; give it some with with_cosines")
    if found.said.shape[1] != sweep.n_sentences:
        raise ValueError(
            f"{found.said.shape[1]} sentences were looked for in rollouts of a trace of {sweep.n_sentences}"
        )
    _, in_sweep, in_found = np.intersect1d(sweep.rollout_ids, found.rollout_ids, return_indices=True)
    values, cosines, prefix = sweep.values[in_sweep], sweep.cosines[in_sweep], sweep.prefix_idx[in_sweep]
    complete, said = found.complete[in_found], found.said[in_found]
    after = count_arms(sweep, threshold).everything
    rows = [
        _of_sentence(
            i, after.at(i + 1), values[here], cosines[here] >= threshold, complete[here], said[here, i], min_survivors
        )
        for i, here in ((i, prefix == i) for i in range(sweep.n_sentences))
    ]
    return _with_tests(rows)


def _of_sentence(
    sentence: int,
    after: Count,
    values: NDArray[np.int8],
    alike: NDArray[np.bool_],
    complete: NDArray[np.bool_],
    said: NDArray[np.bool_],
    min_survivors: int,
) -> Resilience:
    replaced = complete & ~alike
    surviving = replaced & ~said
    survivors = Count(int((values[surviving] == 1).sum()), int((values[surviving] != UNDECIDED).sum()))
    missing = max(0, min_survivors - survivors.n)
    return Resilience(
        sentence_idx=sentence,
        returned=Count(int((said & replaced).sum()), int(replaced.sum())),
        counterfactual_plus_plus=contrast(after, survivors, min_survivors),
        n_complete=int(complete.sum()),
        n_survivors=int(surviving.sum()),
        n_censored=int((~complete).sum()),
        n_more=_n_more(missing, survivors.n, len(values)),
    )


def _n_more(missing: int, had: int, drawn: int) -> int | None:
    if not missing:
        return 0
    return math.ceil(missing * drawn / had) if had else None


def _with_tests(rows: list[Resilience]) -> list[Resilience]:
    import numpy as np

    contrasts = [row.counterfactual_plus_plus for row in rows]
    columns = [(c.without.k, c.without.n, c.kept.k, c.kept.n) for c in contrasts]
    p_values = fisher(*np.array(columns, dtype=np.int64).reshape(-1, 4).T).tolist()
    defined = [None if c.value is None else p for c, p in zip(contrasts, p_values, strict=True)]
    q_values = benjamini_hochberg(defined)
    return [
        replace(row, counterfactual_plus_plus=replace(c, p=p, q=q))
        for row, c, p, q in zip(rows, contrasts, defined, q_values, strict=True)
    ]
