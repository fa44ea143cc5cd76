"""What the app costs on the link: time to the first frame, bytes and time per key, idle traffic, time to quit.

Run it as ``python benchmarks/wire.py``; ``make benchmark`` does. Byte counts repeat, times depend on the machine.
"""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.long_trace import build
from tests.processes import app, environment, opened
from tests.pty_app import PtyApp

SENTENCES, PER_PREFIX = 1000, 8
STARTS = 7
STEPS = 400
LABELS = 60
IDLE_SECONDS = 5.0


def main() -> None:
    """Measure everything and print it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        build(home / "long.db", SENTENCES, PER_PREFIX)
        build(home / "deep.db", 80, 100)
        report("imports, ms", *[f"{name} {imported(home, name):.0f}" for name in ("sys", "tui.cli.root", "tui.app")])
        for name, what in (("deep.db", "80 sentences, 8,100 rollouts"), ("long.db", "1,000 sentences, 8,008 rollouts")):
            starts = [first_frame(home, name) for _ in range(STARTS)]
            report(f"first frame, ms ({what})", f"min {min(starts):.0f}", f"median {statistics.median(starts):.0f}")
        with opened(home, "--db", "long.db") as running:
            report("one step (j)", *measured(running, "j", STEPS))
            report("label on disk and cursor moved (1)", *labelled(running, home / "long.db"))
            report("skip (Space)", *measured(running, " ", LABELS))
            report("search (/)", f"{len(running.press('/letter{enter}'))} bytes with the answer")
            running.read_for(2.0)
            idle = len(running.read_for(IDLE_SECONDS))
            report("idle", f"{idle} bytes in {IDLE_SECONDS:g} s")
        report("quitting during a run", f"{quit_during_run(home):.2f} s")


def report(what: str, *figures: str) -> None:
    """Print one line."""
    print(f"{what:<52}" + "   ".join(figures))


def imported(home: Path, module: str) -> float:
    """Milliseconds to start Python and import a module: the least of five."""
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {module}"], env=environment(home), check=True)
        taken.append(time.perf_counter() - start)
    return 1000 * min(taken)


def first_frame(home: Path, name: str) -> float:
    """Milliseconds from exec to the end of the frame that shows the trace."""
    with app(home, "--db", name) as starting:
        while b"labelled" not in starting.output:
            starting.read(1.0)
        starting.settle(0.02)
        return 1000 * (starting.last_byte_at - starting.started_at)


def measured(running: PtyApp, key: str, times: int) -> Sequence[str]:
    """Press a key again and again: bytes, and milliseconds to the last byte."""
    sizes, delays = [], []
    for _ in range(times):
        start = time.perf_counter()
        sizes.append(len(running.press(key, quiet=0.06)))
        delays.append(1000 * (running.last_byte_at - start))
    return figures(sizes, delays)


def labelled(running: PtyApp, database: Path) -> Sequence[str]:
    """Press a category key again and again, as `measured`; each label is looked for in the file at once."""
    sizes, delays = [], []
    with closing(sqlite3.connect(database)) as connection:
        for n in range(1, LABELS + 1):
            start = time.perf_counter()
            sizes.append(len(running.press("1", quiet=0.06)))
            delays.append(1000 * (running.last_byte_at - start))
            (stored,) = connection.execute("SELECT count(*) FROM label_events").fetchone()
            if stored != n:
                raise SystemExit(f"{stored} labels are on disk after {n} keys")
    return figures(sizes, delays)


def figures(sizes: Sequence[int], delays: Sequence[float]) -> Sequence[str]:
    """Bytes and milliseconds of many presses, in words."""
    return (
        f"bytes median {statistics.median(sizes):.0f} mean {statistics.mean(sizes):.0f} max {max(sizes)}",
        f"ms median {statistics.median(delays):.1f} p95 {statistics.quantiles(delays, n=20)[-1]:.1f}",
    )


def quit_during_run(home: Path) -> float:
    """Seconds from the key that quits to the end of the process, with a run of many rollouts under way."""
    with opened(home, "--db", "deep.db") as running:
        running.send("R")
        running.wait_for("rollouts at all")
        running.send("{ctrl+u}1000{enter}")
        running.wait_for(" run ")
        running.read_for(1.0)
        start = time.perf_counter()
        running.send("q")
        running.wait_exit()
        return time.perf_counter() - start


if __name__ == "__main__":
    main()
