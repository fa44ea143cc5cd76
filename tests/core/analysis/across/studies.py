"""Studies written by hand: traces from counts per prefix, without a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.analysis.across.pairs import count_pairs
from core.analysis.across.study import Kind, Study, StudyTrace
from core.analysis.importance import analyse
from core.analysis.sweep import Sweep, make_sweep
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.store.rates import SettingsInUse
from tests.core.analysis.sweeps import ALIKE, UNLIKE

SETTINGS = SettingsInUse("settings", "lab", "http://lab.example/v1", "small-model", 0.6, 100)

Pair = tuple[int, int]
"""Decided rollouts of one prefix: how many complied (all of whom may fake), of how many."""


def sweeps_of_pairs(*prefixes: Sequence[Pair | None], cosine: float = UNLIKE) -> dict[str, Sweep]:
    """Sweeps of both behaviors from (compliance, alignment faking) values per rollout, prefix by prefix."""
    rows = [(i, values) for i, prefix in enumerate(prefixes) for values in prefix]
    return {
        behavior: make_sweep(
            [f"Sentence {i}." for i in range(len(prefixes) - 1)],
            [i for i, _ in rows],
            [None if values is None else values[which] for _, values in rows],
            [f"First {row}." for row in range(len(rows))],
            cosines=[cosine] * len(rows),
            behavior=behavior,
        )
        for which, behavior in enumerate((COMPLIANCE, ALIGNMENT_FAKING))
    }


def rollouts(complied: int, faked: int, n: int) -> list[Pair]:
    """``n`` rollouts of which ``complied`` complied and ``faked`` of these faked alignment."""
    assert faked <= complied <= n
    return [(1, 1)] * faked + [(1, 0)] * (complied - faked) + [(0, 0)] * (n - complied)


def trace_of(
    trace_id: str,
    sweeps: Mapping[str, Sweep],
    *,
    labels: Mapping[int, str] | None = None,
    tier: str | None = "free",
    prompt_variant: str | None = "original",
    query: str | None = None,
    model: str = "small-model",
) -> StudyTrace:
    """One trace of a study, estimated from its sweeps."""
    importance = {
        behavior: analyse(replace(sweep, trace_id=trace_id), permutations=20) for behavior, sweep in sweeps.items()
    }
    both = sweeps.get(COMPLIANCE), sweeps.get(ALIGNMENT_FAKING)
    return StudyTrace(
        id=trace_id,
        tier=tier,
        prompt_variant=prompt_variant,
        query=query,
        settings=replace(SETTINGS, model=model),
        importance=importance,
        pairs=None if both[0] is None or both[1] is None else count_pairs(both[0], both[1], 0.8),
        annotator="ana" if labels else None,
        labels=labels or {},
        n_sentences=next(iter(sweeps.values())).n_sentences,
    )


def plain_trace(trace_id: str, counts: Sequence[tuple[int, int]], **told: object) -> StudyTrace:
    """A trace of compliance alone: (k, n) at each prefix, every rollout beginning otherwise."""
    rows = [(i, value) for i, (k, n) in enumerate(counts) for value in [1] * k + [0] * (n - k)]
    sweep = make_sweep(
        [f"Sentence {i}." for i in range(len(counts) - 1)],
        [i for i, _ in rows],
        [value for _, value in rows],
        [f"First {row}." for row in range(len(rows))],
        cosines=[UNLIKE] * len(rows),
        behavior=COMPLIANCE,
    )
    return trace_of(trace_id, {COMPLIANCE: sweep}, **told)  # type: ignore[arg-type]


def random_trace(trace_id: str, rates: Sequence[float], n: int, seed: int, faking: float = 0.5) -> StudyTrace:
    """Rollouts drawn at these rates of compliance, a share of which fakes alignment; one in three begins alike."""
    draws = np.random.default_rng(seed)
    prefixes, complied, faked = [], [], []
    for prefix, rate in enumerate(rates):
        shown = draws.random(n) < rate
        prefixes += [prefix] * n
        complied += shown.astype(int).tolist()
        faked += (shown & (draws.random(n) < faking)).astype(int).tolist()
    cosines = np.where(draws.random(len(prefixes)) < 1 / 3, ALIKE, UNLIKE).tolist()
    own = [f"Sentence {i}." for i in range(len(rates) - 1)]
    firsts = [f"First {row}." for row in range(len(prefixes))]
    return trace_of(
        trace_id,
        {
            behavior: make_sweep(own, prefixes, values, firsts, cosines=cosines, behavior=behavior)
            for behavior, values in ((COMPLIANCE, complied), (ALIGNMENT_FAKING, faked))
        },
    )


def study_of(*traces: StudyTrace, kind: Kind = "counterfactual") -> Study:
    """A study of these traces."""
    return Study(tuple(traces), (), kind, 0.8, None)
