"""A process that is forked does what one that is started does."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import pytest

from tests.forking import Forked, forked_in_terminal
from tests.patience import PATIENCE
from tests.processes import SAMPLES, TURNPOINT, environment
from tests.pty_app import PtyApp, Starting, in_terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives away a child's child")

CALLS = (
    ("import", str(SAMPLES / "traces.jsonl")),
    ("traces", "--json"),
    ("analyze", "no such trace"),
    ("--nonsense",),
)


def ended(home: Path, how: type[Popen[str]], *words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    started = how(
        [str(TURNPOINT), *words], cwd=home, env=environment(home), stdin=DEVNULL, stdout=PIPE, stderr=PIPE, text=True
    )
    out, err = started.communicate(timeout=PATIENCE)
    return started.returncode, out, err


def test_it_says_the_same_and_ends_with_the_same_code(tmp_path: Path) -> None:
    homes = [tmp_path / name for name in ("started", "forked")]
    for home in homes:
        home.mkdir()
    hows: list[type[Popen[str]]] = [Popen, Forked]
    for words in CALLS:
        started, forked = (ended(home, how, *words) for home, how in zip(homes, hows, strict=True))
        assert forked == started


def test_it_is_killed_as_any_other(tmp_path: Path) -> None:
    words = [str(TURNPOINT), "simulator", "serve", "--port", "0"]
    forked = Forked(
        words, cwd=tmp_path, env=environment(tmp_path), stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, text=True
    )
    assert forked.stdout is not None
    assert "http://127.0.0.1:" in forked.stdout.readline()
    assert forked.poll() is None
    forked.kill()
    forked.communicate()
    assert forked.returncode == -signal.SIGKILL


@pytest.mark.parametrize("start", [in_terminal, forked_in_terminal], ids=["started", "forked"])
def test_it_has_a_terminal_and_ends_when_that_goes(tmp_path: Path, start: Starting) -> None:
    with PtyApp([TURNPOINT], tmp_path, environment(tmp_path), (90, 30), start) as running:
        running.wait_for("turnpoint")
        assert len(running.rows) == 30
        running.hang_up()
        running.wait_exit()
