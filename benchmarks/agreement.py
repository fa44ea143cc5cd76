"""Agreement: how often its intervals hold the truth, and how long ten raters of 5,000 sentences take.

Run it with ``python -m benchmarks.agreement``; it takes about half a minute on one core.
"""

from __future__ import annotations

import time

import numpy as np

from core.analysis.agreement.agreement import assess
from core.analysis.agreement.measures import measure_all, measure_pair
from core.analysis.agreement.units import ReliabilityData, reliability_data
from core.store.ratings import HUMAN, Rating

CATEGORIES = "abcdefghijklmn"
SENTENCES = 15
STUDIES = 300


def study(
    generator: np.random.Generator, n_traces: int, n_raters: int = 2, sentences: int = SENTENCES
) -> ReliabilityData:
    """Traces of which each has its own mix of categories and its own difficulty; who does not know guesses."""
    ratings = []
    n_categories = len(CATEGORIES)
    for trace in range(n_traces):
        known = generator.beta(6, 3)
        mix = generator.dirichlet(np.full(n_categories, 0.7))
        truth = generator.choice(n_categories, sentences, p=mix)
        for rater in range(n_raters):
            guessed = generator.choice(n_categories, sentences, p=mix)
            given = np.where(generator.random(sentences) < known, truth, guessed)
            ratings += [
                Rating(f"trace-{trace:05}", index, f"rater-{rater}", HUMAN, CATEGORIES[code], None)
                for index, code in enumerate(given)
            ]
    return reliability_data(ratings)


def report_coverage(generator: np.random.Generator) -> None:
    """Print the share of intervals that hold what a study of 4,000 traces gives."""
    large = study(generator, 4_000)
    truth = {one.measure: one.value for one in (*measure_all(large), *measure_pair(large))}
    print(f"true alpha {truth['alpha']:.3f}, true kappa {truth['kappa']:.3f}")
    for n_traces in (3, 10, 35):
        held, half = {"alpha": 0, "kappa": 0}, 0.0
        for _ in range(STUDIES):
            data = study(generator, n_traces)
            for one in (measure_all(data)[0], measure_pair(data)[0]):
                value = truth[one.measure]
                assert value is not None
                held[one.measure] += one.interval is not None and not one.interval.excludes(value)
                if one.measure == "alpha" and one.interval is not None:
                    half += one.interval.half_width / STUDIES
        shares = ", ".join(f"{name} {count / STUDIES:.0%}" for name, count in held.items())
        print(f"{n_traces} traces: {shares} of {STUDIES} intervals hold it; alpha +/- {half:.2f}")


def report_speed(generator: np.random.Generator) -> None:
    """Print how long all measures of ten raters take."""
    data = study(generator, 100, n_raters=10, sentences=50)
    start = time.perf_counter()
    found = assess(data)
    print(f"{len(found.measured)} measures of 10 raters, 5,000 sentences: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    seeded = np.random.default_rng(1)
    report_coverage(seeded)
    report_speed(seeded)
