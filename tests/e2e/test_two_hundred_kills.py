"""One run, killed often (in full: two hundred times): what anyone has seen in the database stays, the end is exact."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.core.resampling.fault_server import FaultServer, in_a_thread
from tests.core.resampling.scene import fresh_store
from tests.e2e import stored
from tests.e2e.resampling_child import CONCURRENCY, PREFIXES, TRACE
from tests.processes import wait_until
from tests.sizes import sized

KILLS = sized(25, 200)
N = sized(120, 600)
LATENCY = 0.004


class Forks:
    """Processes that all carry out the same run, one after the other."""

    def __init__(self, home: Path, server: FaultServer) -> None:
        words = [sys.executable, "-m", "tests.e2e.resampling_child", str(home / stored.NAME), server.url, str(N)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self) -> int:
        """Start the run; gives the id of its process."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._number()

    def status(self) -> int:
        """The exit status of the process that was started last, once it has ended."""
        return self._number()

    def end(self) -> None:
        """Start no more."""
        self._process.communicate()

    def _number(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


def holds(home: Path, n: int) -> bool:
    """Whether there are at least so many rollouts."""
    return stored.count(home) >= n


@pytest.mark.slow
def test_many_kills_over_one_run(tmp_path: Path) -> None:
    fresh_store(tmp_path).close()
    home, moments = tmp_path, random.Random(4)
    seen: dict[stored.Key, str] = {}
    at_work = 0
    with in_a_thread(FaultServer(latency=LATENCY)) as server:
        forks = Forks(home, server)
        for number in range(KILLS):
            before = len(seen)
            child = forks.start()
            if number % 2:
                # Often before it has opened the database, or while it closes one that a killed process left behind.
                time.sleep(moments.uniform(0.0, 0.1))
            else:
                enough = before + moments.randrange(1, 20)
                wait_until(partial(holds, home, enough), f"hold {enough} rollouts")
                time.sleep(moments.uniform(0.0, 0.01))
            seen = stored.rollouts(home)
            os.kill(child, signal.SIGKILL)
            assert forks.status() == -signal.SIGKILL, "the run was over before it was killed often enough"
            after = stored.rollouts(home)
            assert {key: after.get(key) for key in seen} == seen, "a rollout that was committed is gone"
            at_work += len(after) > before
            seen = after
            if number % 10 == 0:
                assert stored.is_whole(home)
        forks.start()
        assert forks.status() == 0
        forks.end()
    assert at_work >= KILLS / 2
    final = stored.rollouts(home)
    assert {key: final[key] for key in seen} == seen
    assert stored.per_prefix(home, TRACE) == dict.fromkeys(PREFIXES, N)
    assert sorted({key[3] for key in final}) == list(range(N))
    assert stored.rows(home, "SELECT count(*) FROM outcomes WHERE behavior = 'compliance'") == [(len(PREFIXES) * N,)]
    assert stored.is_whole(home)
    # What was in flight at a kill is asked for again; nothing else is.
    assert server.n_answers <= len(PREFIXES) * N / 2 + KILLS * CONCURRENCY
