"""How likely it is, given the rollouts so far, that a sentence changes the rate by as much as matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.analysis.counts import Count
from core.resampling.adaptive.curve import AWAY, JUMP, model_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Belief:
    """What the rollouts of S prefixes say of one behavior's curve.

    ``changes`` (S - 1,) are the probabilities, 0..1, that sentence i changes the rate by what is looked for or more.
    ``stakes`` (S - 1,) are the expected fourth powers of these changes, in units of what is looked for: the same with
    more weight on large changes, which few rollouts decide. ``spreads`` (S,) are the variances of the rates, 0..1/4.
    """

    changes: Array
    stakes: Array
    spreads: Array


def change_probabilities(counts: Sequence[Count], at_least: float) -> tuple[float, ...]:
    """Probability, for each sentence i, that the rates of prefixes i and i + 1 differ by ``at_least`` or more.

    See `beliefs`.

    Args:
        counts: k of n decided rollouts per prefix, shape (S,); a prefix without any tells nothing.
        at_least: a difference of rates in 0..1.

    Returns:
        Probabilities in 0..1, shape (S - 1,); none for fewer than two prefixes.
    """
    return tuple(beliefs({"": counts}, at_least)[""].changes.tolist())


def beliefs(counts: Mapping[str, Sequence[Count]], at_least: float) -> dict[str, Belief]:
    """What is to be believed of each behavior's curve, each taken by itself.

    The curve is a hidden Markov chain over a grid of rates (`core.resampling.adaptive.curve`): from prefix to prefix
    the rate stays, drifts a little, or, with probability 0.1, becomes any other; with probability 0.015 a single
    prefix lies off the curve, which goes on after it. Sums over all such curves are exact: forward and backward
    recursion, O(S G^2) for S prefixes and G rates.

    Source: L. R. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989), section III; as a model of
    changes, P. Fearnhead, "Exact and efficient Bayesian inference for multiple changepoint problems", Statistics and
    Computing 16 (2006).

    Args:
        counts: k of n decided rollouts per prefix and behavior, each of the same shape (S,).
        at_least: a difference of rates in 0..1.

    Returns:
        A belief per behavior.
    """
    import numpy as np

    behaviors = list(counts)
    size = len(counts[behaviors[0]]) if behaviors else 0
    if not size:
        nothing = np.zeros(0)
        return {behavior: Belief(nothing, nothing, nothing) for behavior in behaviors}
    # Axes: prefix, behavior, rate.
    table = np.array([counts[behavior] for behavior in behaviors], dtype=np.float64).transpose(1, 0, 2)
    found = _weighed(table[..., :1], table[..., 1:], at_least)
    return {
        behavior: Belief(*(values[:, i] for values in (found.changes, found.stakes, found.spreads)))
        for i, behavior in enumerate(behaviors)
    }


def _weighed(k: Array, n: Array, at_least: float) -> Belief:
    """As `beliefs`, with counts of shape (S, B, 1), and B beliefs as the columns of one."""
    import numpy as np

    model = model_of(at_least)
    rates, size = model.rates, len(k)
    any_rate = np.full(len(rates), 1 / len(rates))
    along = (1 - JUMP - AWAY) * model.go_on + JUMP * any_rate
    logs = k * np.log(rates) + (n - k) * np.log1p(-rates)
    likelihood = np.exp(logs - logs.max(axis=-1, keepdims=True))
    # Off the curve, a prefix has a rate of its own; what is carried on is the rate of the curve.
    off = likelihood * any_rate
    off_likelihood = off.sum(axis=-1, keepdims=True)
    off /= off_likelihood

    on_curve, left = np.empty_like(likelihood), np.empty_like(likelihood)
    after_on, after_left = np.ones_like(likelihood), np.ones_like(likelihood)
    for at in range(size):
        arriving = on_curve[at - 1] @ along + left[at - 1] @ model.go_on if at else any_rate
        leaving = on_curve[at - 1] if at else any_rate
        on_curve[at], left[at] = arriving * likelihood[at], AWAY * leaving * off_likelihood[at]
        total = (on_curve[at] + left[at]).sum(axis=-1, keepdims=True)
        on_curve[at] /= total
        left[at] /= total
    for at in range(size - 2, -1, -1):
        following = likelihood[at + 1] * after_on[at + 1]
        after_on[at] = following @ along.T + AWAY * off_likelihood[at + 1] * after_left[at + 1]
        after_left[at] = following @ model.go_on.T
        largest = after_on[at].max(axis=-1, keepdims=True)
        after_on[at] /= largest
        after_left[at] /= largest

    following = likelihood[1:] * after_on[1:]
    leaving = on_curve[:-1] * AWAY * off_likelihood[1:] * after_left[1:]
    back = (left[:-1] @ model.go_on) * following

    def expected(of_pair: Array) -> Array:
        """Unnormalised expectation of a function of the rates on both sides of each sentence."""
        stayed = (on_curve[:-1] @ (along * of_pair)) * following
        return np.asarray((stayed + leaving * (off[1:] @ of_pair) + back * (off[:-1] @ of_pair)).sum(axis=-1))

    whole = expected(np.ones_like(along))
    at_rate = on_curve * after_on + off * (left * after_left).sum(axis=-1, keepdims=True)
    at_rate /= at_rate.sum(axis=-1, keepdims=True)
    mean = at_rate @ rates
    return Belief(
        changes=np.clip(expected(model.is_change) / whole, 0, 1),
        stakes=expected(model.stake) / whole,
        spreads=np.maximum(at_rate @ rates**2 - mean**2, 0),
    )
