"""Which runs are under way: a run that was killed is recorded as running for ever, so its process is asked for."""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import dataclass
from typing import Final

_TOLERANCE_SECONDS: Final = 2.0
"""What two readings of one process's start may differ by, where the clock was set meanwhile."""


@dataclass(frozen=True)
class LiveRun:
    """A run whose process is there; ``trace_ids`` are the traces that it was asked about."""

    id: int
    kind: str
    settings_id: str | None
    trace_ids: frozenset[str]
    started_at: str


def this_process() -> str:
    """This process, as the row of a run names it: machine, number, and start in seconds since 1970."""
    import psutil

    return f"{_machine()} {os.getpid()} {psutil.Process().create_time():.2f}"


def live_runs(connection: sqlite3.Connection) -> list[LiveRun]:
    """The runs that a process of this machine carries out now, the oldest first.

    One of another machine counts as ended: a database lies on the disk of the machine that uses it.
    """
    rows = connection.execute(
        "SELECT id, kind, settings_id, request, process, started_at FROM runs"
        " WHERE status = 'running' AND process IS NOT NULL ORDER BY id"
    )
    return [
        LiveRun(row["id"], row["kind"], row["settings_id"], traces_asked_about(row["request"]), row["started_at"])
        for row in rows
        if _is_there(row["process"])
    ]


def traces_asked_about(request: str | None) -> frozenset[str]:
    """The traces that the request of a run names."""
    try:
        asked = json.loads(request or "{}")
    except ValueError:
        return frozenset()
    traces = (asked.get("traces") or asked.get("trace_id") or ()) if isinstance(asked, dict) else ()
    return frozenset((traces,) if isinstance(traces, str) else traces)


def _machine() -> str:
    return os.uname().nodename.replace(" ", "-") if hasattr(os, "uname") else "here"


def _is_there(process: str) -> bool:
    import psutil

    try:
        machine, number, start = process.split(" ")
        found = psutil.Process(int(number))
        is_same = abs(found.create_time() - float(start)) <= _TOLERANCE_SECONDS
        return machine == _machine() and is_same and found.status() != psutil.STATUS_ZOMBIE
    except (ValueError, psutil.Error):
        return False
