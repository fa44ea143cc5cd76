"""How fast a trace opens among a million stored rollouts, and whether indices are why.

Run it as ``python -m benchmarks.store``. It builds a file of about 1.3 GB in the temporary folder (TMPDIR) and deletes
it; ``--rollouts 100000`` is quicker. The traces take turns at each prefix, so that no trace lies in one piece. Cold is
with nothing of the file in memory, as after a restart, where the system can be asked for that.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.long_trace import long_trace, prose
from core.analysis.rates import load_rates
from core.behaviors.compliance import compliance_judge
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.clock import now
from core.endpoints.config import Config
from core.endpoints.endpoint import simulator_endpoint
from core.resampling.request import judge_setup
from core.store.database import Store
from core.store.rates import settings_in_use
from core.store.rollouts import add_judge, add_settings, load_rollouts
from core.store.traces import add_traces, list_traces, load_trace
from tui.views.session import load_view

ROLLOUTS = 1_000_000
SENTENCES, PER_PREFIX = 79, 100
ROUNDS = 5
POLLS = 1000


def main() -> None:
    """Build, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rollouts", type=int, default=ROLLOUTS, metavar="N")
    wanted = parser.parse_args().rollouts
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.db"
        start = time.perf_counter()
        n_traces = build(path, wanted)
        seconds = time.perf_counter() - start
        with Store.open(path) as store:
            counted = {name: _count(store, name) for name in ("rollouts", "outcomes", "traces", "sentences")}
        size = path.stat().st_size / 1e9
        print(", ".join(f"{n:,} {name}" for name, n in counted.items()) + f"; {size:.1f} GB, built in {seconds:.0f} s")
        _measure(path, f"long-{n_traces // 2}")


def _measure(path: Path, trace_id: str) -> None:
    with Store.open(path) as store:
        settings_id = settings_in_use(store.read, trace_id)[0].id
        trace = load_trace(store.read, trace_id)
        ways: dict[str, Callable[[], Any]] = {
            "open the database": lambda: Store.open(path).close(),
            "load_trace": lambda: load_trace(store.read, trace_id),
            "settings_in_use": lambda: settings_in_use(store.read, trace_id),
            "load_rates": lambda: load_rates(store.read, trace_id, settings_id),
            "load_view, as the app opens a trace": lambda: load_view(store, trace_id, "ana", None, {}, None),
            "load_view, as the app looks again": lambda: load_view(store, trace_id, "ana", settings_id, {}, trace),
            "load_rollouts of one prefix": lambda: load_rollouts(store.read, trace_id, settings_id, SENTENCES // 2),
            "list_traces, as the picker": lambda: list_traces(store.read),
        }
        for name, way in ways.items():
            _forget(path)
            (cold, _), *warm = (_seconds(way) for _ in range(ROUNDS))
            wall, own = (statistics.median(column) for column in zip(*warm, strict=True))
            said = (1000 * seconds for seconds in (cold, wall, own))
            print("{:<38}{:>8.1f} ms cold, {:>7.1f} ms warm, {:>6.1f} ms of that on the CPU".format(name, *said))
        polling = _seconds(lambda: [store.data_version() for _ in range(POLLS)])[0] / POLLS
        print(f"{'data_version, as the app polls':<38}{1e6 * polling:>8.1f} µs each")


def build(path: Path, rollouts: int) -> int:
    """Make the database with about that many rollouts, both behaviors decided; give the number of traces."""
    n_traces = max(1, rollouts // ((SENTENCES + 1) * PER_PREFIX))
    endpoint = simulator_endpoint()
    judges = (compliance_judge(), judge_setup(Config(), endpoint).judge)
    with Store.open(path) as store:
        traces = [long_trace(SENTENCES, f"long-{index}", seed=index) for index in range(n_traces)]
        store.write(lambda db: add_traces(db, traces)).result()
        store.write(lambda db: add_settings(db, endpoint.settings)).result()
        for judge in judges:
            store.write(lambda db, judge=judge: add_judge(db, judge)).result()  # type: ignore[misc]
    # The writer's checks, row by row, would take most of an hour.
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    ids, at = [trace.id for trace in traces], now()
    connection.executemany(
        "INSERT INTO rollouts (id, trace_id, settings_id, prefix_idx, sample_idx, text, finish_reason, model, seed,"
        f" created_at) VALUES (?, ?, '{endpoint.settings.id}', ?, ?, ?, 'stop', '{endpoint.model}', ?, '{at}')",
        _rollouts(ids),
    )
    random_ = random.Random(3)
    for judge, yes, no in ((judges[0], "complied", "refused"), (judges[1], "yes", "no")):
        behavior = COMPLIANCE if judge is judges[0] else ALIGNMENT_FAKING
        connection.executemany(
            "INSERT INTO outcomes (rollout_id, behavior, judge_id, outcome, value, votes_yes, votes_cast, created_at)"
            f" VALUES (?, '{behavior}', '{judge.id}', ?, ?, ?, 1, '{at}')",
            (
                (row, yes if shown else no, int(shown), int(shown))
                for row in range(1, n_traces * (SENTENCES + 1) * PER_PREFIX + 1)
                for shown in [random_.random() < 0.3]
            ),
        )
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return n_traces


def _rollouts(trace_ids: list[str]) -> Iterator[tuple[Any, ...]]:
    random_ = random.Random(2)
    texts = ["".join(prose(random_, 6)) for _ in range(1000)]
    row = 0
    for prefix in range(SENTENCES + 1):
        for trace_id in trace_ids:
            for sample in range(PER_PREFIX):
                row += 1
                yield row, trace_id, prefix, sample, texts[random_.randrange(1000)], sample


def _count(store: Store, table: str) -> int:
    return int(store.read.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _forget(path: Path) -> None:
    """Ask the system to drop the file from its memory; SQLite's own is small beside it."""
    if hasattr(os, "posix_fadvise"):
        descriptor = os.open(path, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def _seconds(way: Callable[[], Any]) -> tuple[float, float]:
    """Seconds that passed, and those of them that this thread computed."""
    wall, own = time.perf_counter(), time.thread_time()
    way()
    return time.perf_counter() - wall, time.thread_time() - own


if __name__ == "__main__":
    main()
