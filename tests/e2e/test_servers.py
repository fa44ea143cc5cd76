"""Servers that are dead, die half-way or come back, and runs that are interrupted or doubled."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from tests.e2e import stored
from tests.patience import PATIENCE
from tests.processes import Simulator, app, headless, simulator, start, wait_until
from tests.pty_app import PtyApp

TRACE = "breakup-text-paid"
PREFIXES = 19


def free_port() -> int:
    """A port at which nothing answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def looked_for(port: int, times: int = 8) -> None:
    """Wait until somebody has looked again and again whether there is a server at ``port``."""
    with socket.create_server(("127.0.0.1", port)) as nobody:
        nobody.settimeout(PATIENCE)
        for _ in range(times):
            connection, _ = nobody.accept()
            connection.close()


@pytest.mark.slow
def test_a_dead_server_ends_the_run_with_one_sentence(home: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    done = headless(home, "--base-url", url, "--model", "m", "resample", TRACE, "--prefix", "3", "-n", "4")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    sentence = done.stderr.splitlines()[0]
    assert sentence.startswith("turnpoint: run failed")
    assert url in sentence
    assert "run it again" in sentence
    assert stored.count(home) == 0


@pytest.mark.slow
def test_a_server_that_dies_half_way_and_comes_back(home: Path) -> None:
    words = ("resample", TRACE, "--all", "-n", "16")
    with simulator(home, latency=0.02) as served:
        flags, port = served.flags, served.port
        process = start(home, *flags, *words)
        wait_until(lambda: stored.count(home) >= 40 or process.poll() is not None, "get some way")
        served.end()
    arrived = stored.rollouts(home)
    # It waits for the server, and does not keep anyone from stopping it.
    looked_for(port)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, out
    assert "Traceback" not in out + err
    kept = stored.rollouts(home)
    assert arrived.items() <= kept.items()
    assert len(kept) < PREFIXES * 16

    with simulator(home, latency=0.02, port=port) as served:
        process = start(home, *flags, *words)
        wait_until(lambda: stored.count(home) >= len(kept) + 40 or process.poll() is not None, "get some way")
        served.end()
    looked_for(port)
    with simulator(home, port=port):
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert stored.per_prefix(home, TRACE) == dict.fromkeys(range(PREFIXES), 16)
    assert kept.items() <= stored.rollouts(home).items()
    assert stored.unjudged(home) == 0


def at_work(home: Path, served: Simulator) -> PtyApp:
    """A long headless run at a terminal, some way in."""
    running = app(home, *served.flags, "resample", TRACE, "--all", "-n", "300")
    running.wait_for("run ")
    wait_until(lambda: running.read(0.01) or stored.count(home) >= 16, "get some way")
    return running


@pytest.mark.slow
def test_one_interrupt_drains_the_run(home: Path, served: Simulator) -> None:
    with at_work(home, served) as running:
        running.send("{ctrl+c}")
        assert running.wait_exit() == 1
        assert "stopping" in running.text
        assert "run cancelled" in running.text
        assert "Traceback" not in running.text
    n = stored.count(home)
    assert 0 < n < PREFIXES * 300
    # Drained: what was in flight was awaited, and judged as well.
    assert [row[0] for row in stored.rows(home, "SELECT status FROM runs")] == ["cancelled"]
    assert stored.is_whole(home)


@pytest.mark.slow
def test_two_interrupts_abort_it(home: Path) -> None:
    # Answers take so long that only an abort can end the run.
    words = ("resample", TRACE, "--prefix", "3", "-n", "4", "--no-check")
    with simulator(home, latency=3600.0) as slow, app(home, *slow.flags, *words) as running:
        running.wait_for("run 0/4")
        running.send("{ctrl+c}")
        running.wait_for("stopping")
        running.send("{ctrl+c}")
        assert running.wait_exit() == 1
        assert "what was stored is kept" in running.text
        assert "Traceback" not in running.text
    assert [row[0] for row in stored.rows(home, "SELECT status FROM runs")] == ["cancelled"]


@pytest.mark.slow
def test_two_processes_that_resample_one_trace(home: Path, served: Simulator) -> None:
    words = [*served.flags, "resample", TRACE, "--all", "-n", "10"]
    both = [start(home, *words) for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
    assert stored.per_prefix(home, TRACE) == dict.fromkeys(range(PREFIXES), 10)
    assert len(stored.rollouts(home)) == PREFIXES * 10
    assert stored.unjudged(home) == 0
    assert stored.is_whole(home)
