"""How much each sentence of a trace matters for a behavior, which way it turns it, and whether that is noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from core.analysis.counts import Arms, Contrast, Count, Tally, contrast, count_arms
from core.analysis.divergence import kl_with_null
from core.analysis.noise import NoiseFloor, noise_floor
from core.analysis.null import PERMUTATIONS
from core.analysis.permutation import fisher
from core.analysis.sweep import THRESHOLD, Sweep
from core.analysis.turning_points import ALPHA, benjamini_hochberg

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_DISSIMILAR: Final = 5
"""Fewer decided rollouts that begin otherwise leave the counterfactual direction undefined."""


@dataclass(frozen=True)
class SentenceImportance:
    """Everything that METHODS, section 2, estimates for one sentence and behavior.

    ``before`` and ``after`` are the rates of prefixes i and i + 1. Three contrasts share the kept arm ``after``:
    ``resampling`` against all rollouts of prefix i, ``counterfactual`` (the headline) against those that begin
    dissimilarly, ``paraphrase`` against those that begin similarly, which should be near 0 and is not tested.

    ``kl`` is the divergence in nats of the dissimilar rollouts from all others, ``kl_null`` what 95% of permutations
    stay within. Shares in 0..1: ``different_trajectories_fraction`` of the drawn rollouts begin dissimilarly;
    ``overdeterminedness`` is 1 less the distinct first sentences per drawn rollout. ``q`` belongs to the
    counterfactual contrast where that is defined, else to the resampling one; it decides ``turning_point``.

    None is undefined: nothing sampled, too few dissimilar rollouts, or no cosines. The counts are None without
    cosines only.
    """

    sentence_idx: int
    before: Count
    after: Count
    resampling: Contrast
    counterfactual: Contrast | None
    paraphrase: Contrast | None
    kl: float | None
    kl_null: float | None
    n_rollouts: int
    n_dissimilar: int | None
    n_similar: int | None
    different_trajectories_fraction: float | None
    overdeterminedness: float | None
    q: float | None
    turning_point: bool

    @property
    def direction(self) -> float | None:
        """Counterfactual direction in -1..1, positive where the sentence promotes the behavior."""
        return None if self.counterfactual is None else self.counterfactual.value

    @property
    def importance(self) -> float | None:
        """Magnitude of the direction, 0..1."""
        return None if self.direction is None else abs(self.direction)

    @property
    def deciding(self) -> Contrast:
        """The contrast that ``q`` and ``turning_point`` speak of."""
        if self.counterfactual is not None and self.counterfactual.value is not None:
            return self.counterfactual
        return self.resampling


@dataclass(frozen=True)
class Importance:
    """The sentences of one trace for one behavior, in order, with what the numbers rest on.

    ``final`` is the rate at prefix n, which should be near 0 or 1.
    """

    trace_id: str
    settings_id: str
    behavior: str
    judge_id: str
    threshold: float
    min_dissimilar: int
    alpha: float
    seed: int
    floor: NoiseFloor
    final: Count
    rows: tuple[SentenceImportance, ...]

    @property
    def turning_points(self) -> list[int]:
        """Indices of the sentences with q below alpha, in order."""
        return [row.sentence_idx for row in self.rows if row.turning_point]

    def noise(self, sentence: int) -> float | None:
        """The noise floor, 0..1, of the contrast that decides about ``sentence``; None where that is undefined."""
        row = self.rows[sentence]
        return self.floor.resampling if row.deciding is row.resampling else self.floor.counterfactual

    def largest(self, m: int) -> list[SentenceImportance]:
        """The ``m`` sentences of largest importance, largest first, the earlier first among equals."""
        defined = [(row.importance, row) for row in self.rows if row.importance is not None]
        return [row for _, row in sorted(defined, key=lambda pair: -pair[0])[:m]]


def analyse(
    sweep: Sweep,
    threshold: float = THRESHOLD,
    min_dissimilar: int = MIN_DISSIMILAR,
    *,
    alpha: float = ALPHA,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Importance:
    """Estimate every sentence of ``sweep`` in one pass over its prefixes.

    Errors of neighbours correlate: the rollouts of prefix i + 1 are the kept arm of sentence i and the source of the
    replaced arm of sentence i + 1, so one noisy prefix makes a false promoter followed by a false suppressor
    (correlation -1/2 for resampling directions at equal n, -|D| / (|D| + n) for counterfactual ones).

    Without cosines the resampling contrasts are all there is.

    Source: METHODS, sections 2 and 3; resampling and counterfactual importance are those of P. C. Bogdan et al.,
    "Thought Anchors" (2025).

    Raises:
        ValueError: if ``threshold`` is outside -1..1, ``min_dissimilar`` below 1, or ``alpha`` outside 0..1.
    """
    if not -1 <= threshold <= 1:
        raise ValueError(f"a cosine threshold lies between -1 and 1, not at {threshold}")
    if min_dissimilar < 1:
        raise ValueError(f"at least 1 dissimilar rollout is needed, not {min_dissimilar}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha lies between 0 and 1, not at {alpha}")
    arms = count_arms(sweep, threshold)
    n = sweep.n_sentences
    resampling = _tested(arms.everything, arms.everything, n, 1)
    counterfactual = _tested(arms.everything, arms.dissimilar, n, min_dissimilar) if arms.dissimilar else [None] * n
    deciding = [
        replaced if replaced is not None and replaced.value is not None else plain
        for replaced, plain in zip(counterfactual, resampling, strict=True)
    ]
    q_values = benjamini_hochberg([chosen.p for chosen in deciding])
    divergences = _divergences(arms, min_dissimilar)
    distinct = _distinct_firsts(sweep)
    rows = tuple(
        SentenceImportance(
            sentence_idx=i,
            before=arms.everything.at(i),
            after=arms.everything.at(i + 1),
            resampling=resampling[i],
            counterfactual=counterfactual[i],
            paraphrase=contrast(arms.everything.at(i + 1), arms.similar.at(i)) if arms.similar else None,
            kl=divergences[i][0],
            kl_null=divergences[i][1],
            n_rollouts=drawn,
            n_dissimilar=_drawn(arms.dissimilar, i),
            n_similar=_drawn(arms.similar, i),
            different_trajectories_fraction=_share(_drawn(arms.dissimilar, i), drawn),
            overdeterminedness=1 - distinct[i] / drawn if drawn else None,
            q=q,
            turning_point=q is not None and q < alpha,
        )
        for i, (q, drawn) in enumerate(zip(q_values, arms.everything.drawn.tolist(), strict=False))
    )
    return Importance(
        trace_id=sweep.trace_id,
        settings_id=sweep.settings_id,
        behavior=sweep.behavior,
        judge_id=sweep.judge_id,
        threshold=threshold,
        min_dissimilar=min_dissimilar,
        alpha=alpha,
        seed=seed,
        floor=noise_floor(arms, min_dissimilar, permutations=permutations, seed=seed),
        final=arms.everything.at(n),
        rows=rows,
    )


def _tested(kept: Tally, without: Tally, n_sentences: int, at_least: int) -> list[Contrast]:
    """Prefix i + 1 of ``kept`` against prefix i of ``without``, with p and q where that is defined."""
    p_values = fisher(without.k[:-1], without.n[:-1], kept.k[1:], kept.n[1:]).tolist()
    contrasts = [contrast(kept.at(i + 1), without.at(i), at_least) for i in range(n_sentences)]
    defined = [None if c.value is None else p for c, p in zip(contrasts, p_values, strict=True)]
    q_values = benjamini_hochberg(defined)
    return [replace(c, p=p, q=q) for c, p, q in zip(contrasts, defined, q_values, strict=True)]


def _divergences(arms: Arms, min_dissimilar: int) -> Sequence[tuple[float | None, float | None]]:
    """KL of ``D_i`` from ``R_{i+1}`` and ``E_i`` together, with its null, per sentence."""
    n_sentences = len(arms.everything.n) - 1
    if arms.dissimilar is None or arms.similar is None:
        return [(None, None)] * n_sentences
    replaced = _columns(arms.dissimilar, slice(None, -1))
    after, alike = _columns(arms.everything, slice(1, None)), _columns(arms.similar, slice(None, -1))
    others = Tally(after.k + alike.k, after.n + alike.n, after.drawn + alike.drawn)
    found, null = kl_with_null(replaced, others)
    defined = (replaced.n >= min_dissimilar) & (after.n > 0)
    return [
        (value, limit) if known else (None, None)
        for value, limit, known in zip(found.tolist(), null.tolist(), defined.tolist(), strict=True)
    ]


def _columns(tally: Tally, part: slice) -> Tally:
    return Tally(tally.k[part], tally.n[part], tally.drawn[part])


def _distinct_firsts(sweep: Sweep) -> list[int]:
    """How many different first sentences each prefix has."""
    import numpy as np

    pairs = set(zip(sweep.prefix_idx.tolist(), sweep.firsts, strict=True))
    counted: NDArray[np.int64] = np.bincount([prefix for prefix, _ in pairs], minlength=sweep.n_sentences + 1)
    return [int(count) for count in counted]


def _drawn(tally: Tally | None, prefix: int) -> int | None:
    return None if tally is None else int(tally.drawn[prefix])


def _share(part: int | None, whole: int) -> float | None:
    return part / whole if part is not None and whole else None
