"""What is said of a run under way and at its end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.resampling.progress import Progress
from core.resampling.request import DONE, RunResult
from tui.views.wording import ending, running


def test_a_run_says_how_much_was_cached_and_that_it_waits() -> None:
    told: Mapping[str, Any] = {"rollouts_total": 10, "rollouts_done": 5, "spend": 0.0, "prompt_tokens": 1000}
    assert "cached 92%" in running(Progress(**told, cached_tokens=920))
    assert "cached" not in running(Progress(**told))
    assert "cached" not in running(Progress(**told, cached_tokens=0))
    assert re.search(
        r"run 5/10 waiting for the server since \d\d:\d\d:\d\d ", running(Progress(**told, waiting_since=0.0))
    )
    assert "waiting" not in running(Progress(**told))
    done = RunResult(DONE, "", Progress(**told, cached_tokens=920, elapsed=3.0))
    assert ending(done) == "run done: 5 of 10 rollouts, $0.00, cached 92%, 3 s"
