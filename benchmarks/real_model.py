"""How soon the demo with the real model stores its first rollout, and how fast rollouts come after that.

Run it as ``python -m benchmarks.real_model``, on idle cores, where `make demo-real` has been run once. The first figure
is a process of its own, from the command to a row in its database, the check of the server included; the second is
100 rollouts of exactly 60 tokens at a prefix in mid-trace, by the ordinary runner, for some numbers of slots.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from core.collecting.packaged import samples_directory
from core.resampling.request import RunRequest, top_up
from core.resampling.runner import run
from core.serving.server import served_model, serving
from core.serving.smollm2 import CONTEXT, SLOTS, find_smollm2, smollm2_endpoint
from core.store.database import Store
from core.store.traces import add_traces
from core.traces.importers import read_traces

TOKENS = 60


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rollouts", type=int, default=100, metavar="N")
    parser.add_argument("--slots", type=int, nargs="*", default=[8, SLOTS])
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    wanted = parser.parse_args()
    first = sorted(_first_rollout() for _ in range(wanted.rounds))
    print(f"demo --real: first rollout stored after {first[len(first) // 2]:.1f} s (of {wanted.rounds}: {first})")
    for _ in range(wanted.rounds):
        for slots in wanted.slots:
            seconds = asyncio.run(_rollouts(slots, wanted.rollouts))
            rate = wanted.rollouts * TOKENS / seconds
            print(
                f"{slots} slots: {wanted.rollouts} rollouts of {TOKENS} tokens in {seconds:.1f} s, {rate:.0f} tokens/s"
            )


def _first_rollout() -> float:
    folder = Path(tempfile.mkdtemp())
    begun = time.monotonic()
    command = [str(Path(sys.executable).with_name("turnpoint")), "demo", "--real", "--headless", "-n", "1"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _stored(folder / "turnpoint-demo-real" / "turnpoint.db"):
            assert process.poll() is None, "the demo ended without a rollout"
            time.sleep(0.02)
        return round(time.monotonic() - begun, 1)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def _stored(path: Path) -> bool:
    if not path.exists():
        return False
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("SELECT 1 FROM rollouts LIMIT 1").fetchone())
    return False


async def _rollouts(slots: int, n: int) -> float:
    (trace, *_) = read_traces(samples_directory() / "real" / "traces.jsonl").traces
    served = replace(served_model(find_smollm2(), context=CONTEXT), slots=slots)
    with tempfile.TemporaryDirectory() as folder, serving(served, Path(folder) / "log") as (address, _):
        endpoint = smollm2_endpoint(served, address)
        # Without an end of their own all are equally long.
        endpoint = replace(endpoint, max_tokens=TOKENS, extra={**endpoint.extra, "ignore_eos": True})
        with Store.open(Path(folder) / "turnpoint.db") as store:
            store.write(lambda database: add_traces(database, [trace])).result()
            begun = time.monotonic()
            result = await run(RunRequest(endpoint, top_up(trace, [3], n)), store)
            seconds = time.monotonic() - begun
            drawn = store.read.execute("SELECT count(*), sum(completion_tokens) FROM rollouts").fetchone()
    assert (result.status, *drawn) == ("done", n, n * TOKENS), (result, drawn)
    return seconds


if __name__ == "__main__":
    main()
