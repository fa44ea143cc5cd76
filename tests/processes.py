"""Starting turnpoint as its users do: in a folder of its own, with an environment that holds nothing of ours."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.forking import FORKS, Forked, forked_in_terminal
from tests.patience import PATIENCE
from tests.pty_app import PtyApp

TURNPOINT = Path(sys.executable).with_name("turnpoint")
SAMPLES = Path(__file__).parent.parent / "sample_data"


def environment(home: Path, **changes: str | None) -> dict[str, str]:
    """Everything that a process of turnpoint may see; None takes a variable away."""
    values: dict[str, str | None] = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "USER": "ana",
        "LOGNAME": "ana",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def app(
    home: Path, *args: str | Path, size: tuple[int, int] = (120, 40), changes: Mapping[str, str | None] | None = None
) -> PtyApp:
    """Turnpoint in a pseudo-terminal, started in ``home``."""
    starting = forked_in_terminal if FORKS else None
    return PtyApp([TURNPOINT, *args], home, environment(home, **(changes or {})), size, starting)


def opened(
    home: Path,
    *args: str | Path,
    size: tuple[int, int] = (120, 40),
    changes: Mapping[str, str | None] | None = None,
    trace: str | None = None,
) -> PtyApp:
    """The app, as soon as a trace is on its screen; ``trace`` names the one to choose where there are several."""
    started = app(home, *args, size=size, changes=changes)
    try:
        if trace is not None:
            started.wait_for("traces ", "▌")
            while (under := row_under_cursor(started)) and not under.startswith(f"▌ {trace}"):
                started.send("j")
                started.wait_until(lambda _, left=under: row_under_cursor(started) not in ("", left), "move on")  # type: ignore[misc]
            started.send("{enter}")
        started.wait_for("labelled")
        started.settle()
    except BaseException:
        started.close()
        raise
    return started


def row_under_cursor(running: PtyApp) -> str:
    """The row that is marked; empty while there is none."""
    return next((row for row in running.rows if row.startswith("▌")), "")


def start(home: Path, *args: str | Path, **options: Any) -> subprocess.Popen[str]:
    """Turnpoint without a terminal, in the background."""
    return (Forked if FORKS and not options else subprocess.Popen)(
        [TURNPOINT, *args],
        cwd=home,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def headless(home: Path, *args: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Turnpoint without a terminal, to its end."""
    process = start(home, *args, **options)
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def is_one_sentence(refusal: str) -> bool:
    """Whether standard error holds one line of turnpoint's, and no traceback."""
    lines = refusal.strip().splitlines()
    return len(lines) == 1 and lines[0].startswith("turnpoint: ") and lines[0].endswith((".", ")"))


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Look again and again until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"never came to {what}")
        time.sleep(0.01)


class Simulator:
    """`turnpoint simulator serve` on a port of its own."""

    def __init__(self, home: Path, *, latency: float = 0.0, port: int = 0) -> None:
        self._process = start(home, "simulator", "serve", "--port", str(port), "--latency", str(latency))
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        address = re.search(r"http://[\d.]+:(\d+)/v1", first)
        assert address, first or (self._process.stderr and self._process.stderr.read())
        self.url, self.port = address[0], int(address[1])

    @property
    def flags(self) -> tuple[str, ...]:
        """What to put before the command to sample here."""
        return ("--base-url", self.url, "--model", "synthetic-reasoner")

    def end(self) -> None:
        """Stop serving at once, connections and all."""
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()


@contextmanager
def simulator(home: Path, *, latency: float = 0.0, port: int = 0) -> Iterator[Simulator]:
    """A served simulator, ended when it is no longer needed."""
    served = Simulator(home, latency=latency, port=port)
    try:
        yield served
    finally:
        served.end()
