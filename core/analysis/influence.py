"""Which sentence brings about which later one: how keeping it changes the chance that the later one is said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from core.analysis.continuations import Reappearances
from core.analysis.counts import Contrast, Count, contrast
from core.analysis.permutation import fisher
from core.analysis.turning_points import benjamini_hochberg

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Link:
    """From sentence ``source`` to a later sentence ``target``.

    ``contrast.value``, in -1..1, is the share of rollouts that say the target again with the source kept, less the
    same without it; positive where the source brings the target about. Its q is adjusted over all links of the trace.
    """

    source: int
    target: int
    contrast: Contrast

    @property
    def strength(self) -> float:
        """Magnitude of the change, 0..1; 0 where it is undefined, which `Influence` never holds."""
        return abs(self.contrast.value or 0.0)


@dataclass(frozen=True)
class Influence:
    """The links of a trace that are defined: both prefixes of the source have complete rollouts.

    ``n_drawn`` and ``n_complete``, one entry per prefix 0..n, count the rollouts; those that ran out of tokens in
    their reasoning are not complete, and in no link.
    """

    links: tuple[Link, ...]
    n_drawn: tuple[int, ...]
    n_complete: tuple[int, ...]

    @property
    def n_cut_off(self) -> int:
        """Rollouts of the trace that ran out of tokens in their reasoning."""
        return sum(self.n_drawn) - sum(self.n_complete)

    @cached_property
    def _ranked(self) -> list[Link]:
        return sorted(self.links, key=lambda link: (-link.strength, link.source, link.target))

    def strongest(self, m: int = 20) -> list[Link]:
        """The ``m`` strongest links of the trace, strongest first."""
        return self._ranked[:m]

    def strongest_out(self, sentence: int, m: int = 5) -> list[Link]:
        """The ``m`` strongest links from ``sentence`` to later ones, strongest first."""
        return [link for link in self._ranked if link.source == sentence][:m]

    def strongest_in(self, sentence: int, m: int = 5) -> list[Link]:
        """The ``m`` strongest links from earlier sentences to ``sentence``, strongest first."""
        return [link for link in self._ranked if link.target == sentence][:m]


def influence(found: Reappearances) -> Influence:
    """Every link M[i, t] = match rate of ``R_{i+1}`` with sentence t, less that of ``R_i``, for t > i.

    A rollout matches t where some sentence of it resembles sentence t. Rollouts count whatever their outcome.

    Source: METHODS, section 2; P. C. Bogdan et al., "Thought Anchors" (2025), on sentence-to-sentence links.
    """
    import numpy as np

    n_sentences = found.said.shape[1]
    matched = np.zeros((n_sentences + 1, n_sentences), dtype=np.int64)
    np.add.at(matched, found.prefix_idx[found.complete], found.said[found.complete])
    drawn = np.bincount(found.prefix_idx, minlength=n_sentences + 1).astype(np.int64)
    complete = np.bincount(found.prefix_idx[found.complete], minlength=n_sentences + 1).astype(np.int64)
    source, target = np.triu_indices(n_sentences, k=1)
    known = (complete[source] > 0) & (complete[source + 1] > 0)
    source, target = source[known], target[known]
    return Influence(_links(source, target, matched, complete), tuple(drawn.tolist()), tuple(complete.tolist()))


def _links(
    source: NDArray[np.intp], target: NDArray[np.intp], matched: NDArray[np.int64], complete: NDArray[np.int64]
) -> tuple[Link, ...]:
    import numpy as np

    columns = (matched[source, target], complete[source], matched[source + 1, target], complete[source + 1])
    # Most links of a long trace have a table that others have too, and the same table is the same p and q.
    tables, which = np.unique(np.stack(columns), axis=1, return_inverse=True)
    p_values = fisher(*tables).tolist()
    which_table = which.ravel().tolist()
    q_values = dict(zip(which_table, benjamini_hochberg([p_values[table] for table in which_table]), strict=True))
    contrasts = [
        replace(contrast(Count(k2, n2), Count(k1, n1)), p=p, q=q_values[table])
        for table, ((k1, n1, k2, n2), p) in enumerate(zip(tables.T.tolist(), p_values, strict=True))
    ]
    return tuple(
        Link(i, t, contrasts[table]) for i, t, table in zip(source.tolist(), target.tolist(), which_table, strict=True)
    )
