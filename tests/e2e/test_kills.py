"""A killed process costs nothing that it had stored, and running again finishes exactly what was asked for."""

from __future__ import annotations

import random
import re
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest

from tests.e2e import stored
from tests.processes import Simulator, headless, opened, start, wait_until
from tests.pty_app import PtyApp

TRACE = "breakup-text-paid"
PREFIXES = 19
N = 20
KILLS = 8


def resample(served: Simulator) -> list[str]:
    return [*served.flags, "resample", TRACE, "--all", "-n", str(N)]


def committed_at_least(home: Path, rows: int, process: subprocess.Popen[str]) -> None:
    wait_until(lambda: stored.count(home) >= rows or process.poll() is not None, f"hold {rows} rollouts")


@pytest.mark.slow
def test_a_run_killed_at_eight_random_moments_and_run_again(home: Path, served: Simulator) -> None:
    moments = random.Random(4)
    before: dict[stored.Key, str] = {}
    killed = 0
    for _ in range(KILLS):
        process = start(home, *resample(served))
        # From before the first commit of this process to some dozens after it.
        committed_at_least(home, len(before) + moments.randrange(0, 45), process)
        before = stored.rollouts(home)
        process.kill()
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        assert stored.is_whole(home)
        after = stored.rollouts(home)
        assert {key: after.get(key) for key in before} == before
        before = after
    assert killed >= KILLS - 2, "the runs were too short to be killed"

    done = headless(home, *resample(served))
    assert done.returncode == 0, done.stderr
    assert stored.per_prefix(home, TRACE) == dict.fromkeys(range(PREFIXES), N)
    final = stored.rollouts(home)
    assert {key: final[key] for key in before} == before
    assert sorted({key[3] for key in final}) == list(range(N))
    assert stored.unjudged(home) == 0
    assert stored.is_whole(home)

    again = headless(home, *resample(served))
    assert again.returncode == 0
    assert stored.rollouts(home) == final


def holds_replies(home: Path, rows: int) -> bool:
    return stored.count(home, "suggestion_batches") >= rows


@pytest.mark.slow
def test_suggestions_cut_off_by_a_kill_go_on_without_asking_again(home: Path, served: Simulator) -> None:
    call = (*served.flags, "suggest", "--all", "--batch", "2")
    asked_about = "SELECT sum(end_idx - first_idx) FROM suggestion_batches WHERE reply IS NOT NULL"
    for rows in (5, 40):
        process = start(home, *call)
        wait_until(partial(holds_replies, home, rows), f"hold {rows} replies")
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "the run was too short to be killed"
        assert stored.is_whole(home)
        assert stored.rows(home, asked_about) == [(stored.count(home, "suggestions"),)]
    done = headless(home, *call)
    assert done.returncode == 0, done.stderr
    assert stored.rows(home, asked_about) == [(stored.count(home, "sentences"),)]
    assert stored.count(home, "suggestions") == stored.count(home, "sentences")
    assert stored.count(home, "label_events") == 0


def done_so_far(running: PtyApp) -> int:
    """The number of rollouts that the header says are done."""
    found = re.search(r"run (\d+)/\d+", running.rows[0])
    return int(found[1]) if found else 0


@pytest.mark.slow
@pytest.mark.parametrize("how", ["SIGKILL", "SIGHUP", "SIGTERM", "the terminal goes away"])
def test_the_app_killed_during_a_run(home: Path, served: Simulator, how: str) -> None:
    with opened(home, *served.flags, trace=TRACE) as running:
        running.send("1")
        running.wait_for("1/18 labelled")
        running.send("R")
        running.wait_for("rollouts at all")
        running.send("{ctrl+u}40{enter}")
        running.wait_until(lambda _: done_so_far(running) >= 24, "get some way")
        shown = done_so_far(running)
        if how.startswith("SIG"):
            running.signal(signal.Signals[how])
        else:
            running.hang_up()
        running.wait_exit()
    assert stored.is_whole(home)
    assert stored.count(home) >= shown, "the screen showed a rollout that was not stored"
    assert len(stored.labels(home, TRACE)) == 1
    assert len(stored.rollouts(home)) == stored.count(home)

    done = headless(home, *resample(served))
    assert done.returncode == 0
    assert all(n >= N for n in stored.per_prefix(home, TRACE).values())


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGHUP], ids=lambda how: how.name)
def test_the_app_killed_right_after_a_label(home: Path, how: signal.Signals) -> None:
    with opened(home, trace=TRACE) as running:
        for index in range(1, 4):
            running.send("2")
            running.wait_for(f"{index}/18 labelled")
        running.signal(how)
        running.wait_exit()
    assert sorted(stored.labels(home, TRACE)) == [0, 1, 2]
    assert stored.is_whole(home)


@pytest.mark.slow
def test_quitting_during_a_run_keeps_what_had_arrived(home: Path, served: Simulator) -> None:
    with opened(home, *served.flags, trace=TRACE) as running:
        running.send("R")
        running.wait_for("rollouts at all")
        running.send("{ctrl+u}200{enter}")
        running.wait_until(lambda _: done_so_far(running) >= 24, "get some way")
        shown = done_so_far(running)
        running.send("q")
        assert running.wait_exit() == 0
    assert stored.count(home) >= shown
    assert stored.is_whole(home)
