"""Adaptive sampling against 100 rollouts at every prefix, on curves whose exact truth is known.

Run it as ``python -m benchmarks.rollouts``; it takes about three minutes. Outcomes are drawn from the true rates, so
that only the statistics are measured: rollouts are not recycled. A change is a sentence that moves a rate by 0.15 or
more. The defaults of ``AdaptivePolicy`` were chosen on other simulated traces and other seeds than are used here.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.simulated import simulated_trace
from core.analysis.counts import Count, contrast
from core.analysis.intervals import newcombe
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.endpoints.simulator.truth import truth_curve
from core.resampling.adaptive.confirm import ConfirmedDirection, directions_of
from core.resampling.adaptive.deciding import next_round
from core.resampling.adaptive.evidence import Evidence
from core.resampling.adaptive.policy import CHANGE, CONFIRM, AdaptivePolicy
from core.resampling.adaptive.segments import fit_segments

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

UNIFORM = 100
ROUNDING = 1e-9
SIMULATED_FROM = 1000

Curves = Mapping[str, Sequence[float]]
"""True rate at each prefix 0..n, by behavior."""

Kind = Callable[[int, "Generator"], list[Curves]]
"""Makes a number of curves."""


def simulated(shortest: int) -> Kind:
    """Traces that the reasoner wrote, of ``shortest`` sentences or more, many of which matter a little."""

    def made(n: int, _: Generator) -> list[Curves]:
        curves = [truth_curve(simulated_trace(SIMULATED_FROM + seed, shortest)) for seed in range(n)]
        return [
            {COMPLIANCE: [t.compliance for t in truths], ALIGNMENT_FAKING: [t.alignment_faking for t in truths]}
            for truths in curves
        ]

    return made


def lengthened(n: int, generator: Generator, size: int = 45) -> list[Curves]:
    """The same with inert sentences strewn in, up to 45 prefixes, which is the length of the article's traces."""
    found: list[Curves] = []
    for curves in simulated(6)(n, generator):
        own = len(curves[COMPLIANCE])
        places = np.sort(np.concatenate([np.arange(own), generator.integers(0, own, size - own)]))
        found.append({behavior: [rates[place] for place in places] for behavior, rates in curves.items()})
    return found


def _one(rates: NDArray[np.float64], generator: Generator) -> Curves:
    return {COMPLIANCE: np.clip(rates + generator.uniform(-0.01, 0.01, len(rates)), 0, 1).tolist()}


def figure_1(n: int, generator: Generator) -> list[Curves]:
    """Like the article's figure 1: 10% to 100% within two sentences."""
    found = []
    for _ in range(n):
        rates, at = np.full(45, 0.1), int(generator.integers(10, 35))
        rates[at], rates[at + 1 :] = 0.45, 0.99
        found.append(_one(rates, generator))
    return found


def figure_2(n: int, generator: Generator) -> list[Curves]:
    """Like the article's figure 2: 20% to 80%, a dip to 30% that lasts two sentences, then 100%."""
    found = []
    for _ in range(n):
        rates, at = np.full(97, 0.2), int(generator.integers(30, 50))
        dip = at + int(generator.integers(15, 30))
        rates[at:], rates[dip : dip + 2], rates[dip + 2 :] = 0.8, 0.3, 0.99
        found.append(_one(rates, generator))
    return found


def steps(n: int, generator: Generator) -> list[Curves]:
    """One to four steps of any height, in 41 to 101 prefixes."""
    found = []
    for _ in range(n):
        size, n_steps = int(generator.integers(41, 102)), int(generator.integers(1, 5))
        borders = np.sort(generator.choice(np.arange(2, size - 2), n_steps, replace=False))
        found.append(_one(generator.random(n_steps + 1)[np.searchsorted(borders, np.arange(size), "right")], generator))
    return found


def dips(depth: float) -> Kind:
    """One sentence that lowers the rate by ``depth``, and the next that restores it, in 60 prefixes."""

    def made(n: int, generator: Generator) -> list[Curves]:
        found = []
        for _ in range(n):
            rates = np.full(60, generator.uniform(depth + 0.25, 0.95))
            rates[int(generator.integers(3, 56))] -= depth
            found.append(_one(rates, generator))
        return found

    return made


@dataclass
class Hits:
    """How many of the true changes a rule reported, and how many others."""

    true: int = 0
    reported: int = 0
    right: int = 0

    def add(self, is_true: bool, is_reported: bool) -> None:
        """Note one sentence and behavior."""
        self.true += is_true
        self.reported += is_reported
        self.right += is_true and is_reported

    def __str__(self) -> str:
        """Recall and precision."""
        return f"{share(self.right, self.true):>6} {share(self.right, self.reported):>6}"


def share(part: int, whole: int) -> str:
    """A percentage, or a dash where there is nothing to take a share of."""
    return f"{part / whole:.1%}" if whole else "-"


@dataclass
class Measured:
    """What came of one kind of curves."""

    rollouts: int = 0
    fresh: int = 0
    uniform_rollouts: int = 0
    prefixes: int = 0
    rounds: list[int] = field(default_factory=list)
    adaptive: Hits = field(default_factory=Hits)
    uniform: Hits = field(default_factory=Hits)
    uniform_by_curve: Hits = field(default_factory=Hits)
    too_large: list[float] = field(default_factory=list)
    explored_too_large: list[float] = field(default_factory=list)
    n_confirmed: int = 0
    squares: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])

    def __str__(self) -> str:
        """One line of the table."""
        rmse = " ".join(f"{math.sqrt(square / self.prefixes):.3f}" for square in self.squares)
        return (
            f"{self.uniform_rollouts / self.rollouts:5.2f}x {UNIFORM * self.rollouts / self.uniform_rollouts:6.1f}"
            f" {UNIFORM * self.fresh / self.uniform_rollouts:6.1f} {np.mean(self.rounds):6.1f}"
            f"  {self.adaptive}  {self.uniform}  {self.uniform_by_curve} {self.adaptive.true:6d}"
            f"  {mean(self.too_large, self.n_confirmed)} {self.n_confirmed:6d}  {rmse}"
        )


def mean(by_trace: Sequence[float], n: int) -> str:
    """Mean of ``n`` errors, and its standard error, from their sums by trace: neighbours share a prefix."""
    if not n:
        return f"{'-':>14}"
    sums = np.array(by_trace)
    return f"{sums.sum() / n:+.4f} {math.sqrt((sums**2).sum()) / n:.4f}"


def adaptively_sampled(curves: Curves, policy: AdaptivePolicy, generator: Generator) -> tuple[Evidence, int]:
    """Draw round after round, as a run would; returns all counts, and how many rounds it took."""
    size = len(next(iter(curves.values())))
    shown = {block: {behavior: np.zeros(size, int) for behavior in curves} for block in (False, True)}
    drawn = {False: np.zeros(size, int), True: np.zeros(size, int)}

    def evidence() -> Evidence:
        counts = [
            {b: tuple(map(Count, k.tolist(), drawn[block].tolist())) for b, k in shown[block].items()}
            for block in (False, True)
        ]
        return Evidence(counts[0], counts[1], tuple(drawn[False].tolist()), tuple(drawn[True].tolist()))

    rounds = 0
    while (round_ := next_round(evidence(), policy)) is not None:
        rounds += 1
        block = round_.stage == CONFIRM
        for prefix, target in round_.targets.items():
            more = target - drawn[block][prefix]
            drawn[block][prefix] = target
            for behavior, k in outcomes(curves, prefix, more, generator).items():
                shown[block][behavior][prefix] += k
    return evidence(), rounds


def outcomes(curves: Curves, prefix: int, n: int, generator: Generator) -> dict[str, int]:
    """How many of ``n`` rollouts show each behavior; those that fake alignment are among those that comply."""
    complying = curves[COMPLIANCE][prefix]
    shown = {COMPLIANCE: int(generator.binomial(n, complying))}
    if ALIGNMENT_FAKING in curves:
        of_them = min(1.0, curves[ALIGNMENT_FAKING][prefix] / complying) if complying else 0.0
        shown[ALIGNMENT_FAKING] = int(generator.binomial(shown[COMPLIANCE], of_them))
    return shown


def sampled_uniformly(curves: Curves, generator: Generator) -> dict[str, tuple[Count, ...]]:
    """The counts of as many rollouts at every prefix."""
    size = len(curves[COMPLIANCE])
    shown = [outcomes(curves, prefix, UNIFORM, generator) for prefix in range(size)]
    return {behavior: tuple(Count(at[behavior], UNIFORM) for at in shown) for behavior in curves}


def measure(all_curves: Iterable[Curves], policy: AdaptivePolicy, generator: Generator) -> Measured:
    """Sample each curve both ways and compare with the truth."""
    measured = Measured()
    for curves in all_curves:
        evidence, rounds = adaptively_sampled(curves, policy, generator)
        measured.rounds.append(rounds)
        measured.rollouts += sum(evidence.drawn) + sum(evidence.fresh_drawn)
        measured.fresh += sum(evidence.fresh_drawn)
        measured.uniform_rollouts += UNIFORM * evidence.n_prefixes
        confirmed = by_sentence(directions_of(evidence, policy.change))
        uniform = sampled_uniformly(curves, generator)
        by_curve = by_sentence(directions_of(replace(evidence, counts=nothing(uniform), fresh=uniform), policy.change))
        too_large = explored_too_large = 0.0
        for behavior, rates in curves.items():
            for i in range(len(rates) - 1):
                true = rates[i + 1] - rates[i]
                is_change = abs(true) >= CHANGE - ROUNDING
                direction = confirmed.get((behavior, i))
                measured.uniform.add(is_change, reported_by_uniform(*uniform[behavior][i : i + 2]))
                measured.uniform_by_curve.add(is_change, by_curve[behavior, i].is_change)
                measured.adaptive.add(is_change, direction is not None and direction.is_change)
                if direction is not None and direction.fresh.value is not None:
                    explored = contrast(evidence.counts[behavior][i + 1], evidence.counts[behavior][i]).value or 0.0
                    towards = 1 if explored >= 0 else -1
                    too_large += towards * (direction.fresh.value - true)
                    explored_too_large += towards * (explored - true)
                    measured.n_confirmed += 1
            _add_squares(measured, rates, uniform[behavior], evidence.pooled[behavior])
        measured.too_large.append(too_large)
        measured.explored_too_large.append(explored_too_large)
    return measured


def by_sentence(directions: Iterable[ConfirmedDirection]) -> dict[tuple[str, int], ConfirmedDirection]:
    """Directions by behavior and sentence."""
    return {(direction.behavior, direction.sentence_idx): direction for direction in directions}


def nothing(counts: Mapping[str, Sequence[Count]]) -> dict[str, tuple[Count, ...]]:
    """Counts of the same shape with nothing drawn."""
    return {behavior: (Count(0, 0),) * len(of) for behavior, of in counts.items()}


def reported_by_uniform(before: Count, after: Count) -> bool:
    """Whether a difference of 0.15 or more is seen that chance alone would not show at a single sentence."""
    interval = newcombe(*before, *after)
    assert interval is not None
    return abs(after.k - before.k) >= UNIFORM * CHANGE - ROUNDING and interval.excludes(0)


def _add_squares(measured: Measured, rates: Sequence[float], uniform: Sequence[Count], counts: Sequence[Count]) -> None:
    fitted = [segment.count.rate for segment in fit_segments(counts) for _ in range(segment.start, segment.stop)]
    estimates = [[count.rate for count in uniform], [count.rate for count in counts], fitted]
    for which, estimate in enumerate(estimates):
        errors = (e - rate for e, rate in zip(estimate, rates, strict=True) if e is not None)
        measured.squares[which] += sum(error * error for error in errors)
    measured.prefixes += len(rates)


KINDS: Mapping[str, Kind] = {
    "simulated, 12+ sentences": simulated(12),
    "simulated, 6+ sentences": simulated(6),
    "simulated, lengthened": lengthened,
    "like figure 1": figure_1,
    "like figure 2": figure_2,
    "steps": steps,
    "dips of 0.5": dips(0.5),
    "dips of 0.35": dips(0.35),
}


HEAD = (
    f"{'':25}{'fewer':>6} {'/prefix':>6}{'fresh':>7} {'rounds':>6}  {'recall':>6} {'prec.':>6}"
    f"  {'unif.:':>6} {'':>6}  {'curve:':>6} {'':>6} {'true':>6}  {'bias':>7} {'s.e.':>6} {'of':>6}  rmse"
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=int, default=250, help="curves of each kind (simulated traces: twice as many)")
    parser.add_argument("--repeats", type=int, default=2, help="how often each curve is sampled")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--missed", type=float, default=AdaptivePolicy.missed, help="as of AdaptivePolicy")
    asked = parser.parse_args()
    policy = AdaptivePolicy(missed=asked.missed)
    began = time.perf_counter()
    print(f"adaptive sampling against {UNIFORM} rollouts at each prefix; a change: {CHANGE} or more")
    print("targets: 4x fewer or better; recall and precision no worse than uniform's; bias within its s.e.;")
    print("recall of dips 95% (each has two sides). unif.: differences of 0.15 in uniform's counts; curve: its counts")
    print(
        "by the rule of adaptive sampling. bias: of a fresh direction, positive in the direction of what was explored."
    )
    print("rmse: uniform, adaptive, adaptive with the segment fit")
    print(HEAD)
    found = []
    for name, kind in KINDS.items():
        generator = np.random.default_rng(asked.seed)
        n = 2 * asked.curves if name.startswith("simulated") else asked.curves
        found.append(measure(kind(n, generator) * asked.repeats, policy, generator))
        print(f"{name:25}{found[-1]}", flush=True)
    n = sum(measured.n_confirmed for measured in found)
    fresh = [error for measured in found for error in measured.too_large]
    before = [error for measured in found for error in measured.explored_too_large]
    print(f"bias of all {n} fresh directions: {mean(fresh, n)}; of the same by what was explored: {mean(before, n)}")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
