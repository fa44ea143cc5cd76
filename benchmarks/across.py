"""The analyses across traces against the simulator's exact truth: shares, both behaviors, categories, and their speed.

Run it with ``python -m benchmarks.across``; it takes about two minutes on one core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulated import TrueCurve, draw_sweeps, inert_trace, simulated_trace, true_curves
from core.analysis.across.bootstrap import Estimate
from core.analysis.across.by_category import by_category
from core.analysis.across.concentration import LEVEL, TOPS, concentrations, pooled
from core.analysis.across.correlation import pearson
from core.analysis.across.pairs import count_pairs
from core.analysis.across.side_by_side import side_by_side
from core.analysis.across.study import Study, StudyTrace
from core.analysis.across.summary import summarise
from core.analysis.importance import analyse
from core.analysis.sweep import THRESHOLD
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.endpoints.simulator.kinds import MEANINGS
from core.endpoints.simulator.reading import read_sentence
from core.store.rates import SettingsInUse
from core.traces.model import Trace

SMALLEST = 0.02
CATEGORIES = {meaning.signals: meaning.category for meaning in MEANINGS.values()}


@dataclass(frozen=True)
class Simulated:
    """A trace of a study, and the exact truth of both its behaviors."""

    trace: StudyTrace
    curves: dict[str, TrueCurve]

    def true(self, behavior: str) -> NDArray[np.float64]:
        """The true direction of each sentence that has one; where nothing else is ever said, 0."""
        curve = self.curves[behavior]
        return np.array([curve.counterfactual(i) or 0.0 for i in range(self.trace.n_sentences)])


def simulated(trace: Trace, per_prefix: int, seed: int) -> Simulated:
    """Draw the rollouts of one trace; its labels are the kinds of sentence that the reasoner reads."""
    sweeps = draw_sweeps(trace, per_prefix, seed)
    read = (read_sentence(sentence.text.strip()) for sentence in trace.sentences)
    made = StudyTrace(
        id=trace.id,
        tier=None,
        prompt_variant=None,
        query=None,
        settings=SettingsInUse("simulated", None, None, "simulated", 1.0, per_prefix * trace.n_prefixes),
        importance={behavior: analyse(sweep) for behavior, sweep in sweeps.items()},
        pairs=count_pairs(sweeps[COMPLIANCE], sweeps[ALIGNMENT_FAKING], THRESHOLD),
        annotator="reasoner",
        labels={i: CATEGORIES.get(signals, "none") for i, signals in enumerate(read)},
        n_sentences=len(trace.sentences),
    )
    return Simulated(made, dict(true_curves(trace)))


def study_of(found: Iterable[Simulated]) -> Study:
    """A study of these traces."""
    return Study(tuple(one.trace for one in found), (), "counterfactual", THRESHOLD, None)


def concentration(found: Sequence[Simulated]) -> None:
    """Shares of the largest sentences: true, as they are seen, and as they replicate; the true one over all traces."""
    for share in pooled(concentrations(study_of(found))):
        sizes = [-np.sort(-np.abs(one.true(share.behavior))) for one in found]
        held, total = (sum(float(size[:m].sum()) for size in sizes) for m in (share.top, None))
        print(
            f"{share.behavior:17} top {share.top}  true {held / total:.2f}  seen {_written(share.share)}"
            f"  null {share.null_mean or 0:.2f}  replicated {_written(share.replicated)}"
        )


def side(found: Sequence[Simulated], at_a_time: int) -> None:
    """The correlation of both behaviors, true, as it is seen, and cleared of noise, in studies of some traces each."""
    truth = _correlation(found)
    print(f"correlation of the true directions of all {len(found)} traces: {truth:+.2f}")
    errors, naive, held = [], [], []
    for start in range(0, len(found), at_a_time):
        part = found[start : start + at_a_time]
        by_measure = {one.measure: one.estimate for one in side_by_side(study_of(part), permutations=10).correlations}
        cleared, seen = by_measure["pearson_cleared"], by_measure["pearson"]
        assert cleared.value is not None
        assert seen.value is not None
        errors.append(cleared.value - _correlation(part))
        naive.append(seen.value - _correlation(part))
        held.append(cleared.interval is not None and not cleared.interval.excludes(truth))
    print(
        f"in {len(errors)} studies of {at_a_time}: error of the one seen {np.mean(naive):+.3f}"
        f" (sd {np.std(naive):.3f}), of the one cleared {np.mean(errors):+.3f} (sd {np.std(errors):.3f});"
        f" {sum(held)} intervals hold the correlation of all"
    )


def _correlation(found: Sequence[Simulated]) -> float:
    first, second = (np.concatenate([one.true(name) for one in found]) for name in (COMPLIANCE, ALIGNMENT_FAKING))
    return float(pearson(first, second))


def categories(found: Sequence[Simulated], at_a_time: int) -> None:
    """How often the interval of a category's mean direction, over some traces, holds its mean over all."""
    held: dict[bool, list[bool]] = {True: [], False: []}
    for start in range(0, len(found), at_a_time):
        for effect in by_category(study_of(found[start : start + at_a_time])).effects:
            interval = effect.mean.interval
            if effect.measure == "direction" and interval is not None:
                truth = _mean_of_category(found, effect.behavior, effect.category)
                held[effect.mean.n >= 6].append(not interval.excludes(truth))
    for many, which in ((True, "6 traces or more"), (False, "2 to 5 traces")):
        if held[many]:
            print(f"categories in {which}: {np.mean(held[many]):.1%} of {len(held[many])} intervals hold the truth")


def _mean_of_category(found: Sequence[Simulated], behavior: str, category: str) -> float:
    values = [one.true(behavior)[[i for i, name in one.trace.labels.items() if name == category]] for one in found]
    return float(np.concatenate(values).mean())


def inert(found: Sequence[Simulated]) -> None:
    """How often a trace in which nothing matters seems to be concentrated."""
    p: dict[int, list[float]] = {top: [] for top in TOPS}
    rates_at_first = {
        (one.trace.id, behavior): curve.rates[0] for one in found for behavior, curve in one.curves.items()
    }
    for one in concentrations(study_of(found)):
        if SMALLEST <= rates_at_first[one.trace_id, one.behavior] <= 1 - SMALLEST:
            for top, share in one.shares.items():
                if share.p is not None:
                    p[top].append(share.p)
    rates = ", ".join(
        f"top {top} {np.mean(np.array(values) < LEVEL):.1%} of {len(values)}" for top, values in p.items()
    )
    print(f"inert traces with p < {LEVEL}: {rates}")


def _written(estimate: Estimate) -> str:
    if estimate.value is None or estimate.interval is None:
        return "-"
    return f"{estimate.value:.2f} [{estimate.interval.low:.2f}, {estimate.interval.high:.2f}]"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=200, help="traces that the reasoner writes")
    parser.add_argument("--inert", type=int, default=100, help="traces in which no sentence matters")
    parser.add_argument("--per-prefix", type=int, default=60, help="rollouts at each prefix")
    parser.add_argument("--at-a-time", type=int, default=20, help="traces in one study")
    asked = parser.parse_args()
    n = asked.per_prefix
    found = [simulated(simulated_trace(number), n, number * n) for number in range(asked.traces)]
    print(f"{asked.traces} simulated traces, {n} rollouts at each prefix")
    concentration(found)
    side(found, asked.at_a_time)
    categories(found, asked.at_a_time)
    inert([simulated(inert_trace(number), n, number * n) for number in range(asked.inert)])
    began = time.perf_counter()
    summarise(study_of(found))
    sentences = sum(one.trace.n_sentences for one in found)
    print(f"all tables of {len(found)} traces with {sentences} sentences: {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
