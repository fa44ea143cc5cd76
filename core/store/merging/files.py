"""Merging other databases into this one: all of them in one transaction, or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from core.canonical import canonical_json
from core.clock import now
from core.errors import StoreError
from core.sanitize import visible_line
from core.store.merging.definitions import merge_definitions, merge_embeddings
from core.store.merging.deleted import brought_back, count_deleted
from core.store.merging.events import LABELS, VERDICTS, merge_events
from core.store.merging.other import connect_readonly, readable
from core.store.merging.outcomes import merge_outcomes, merge_votes
from core.store.merging.report import MergeReport
from core.store.merging.rollouts import merge_rollouts
from core.store.merging.runs import merge_checks, merge_failures, merge_runs
from core.store.merging.state import Merging, Watch
from core.store.merging.suggestions import merge_suggestions
from core.store.merging.traces import merge_traces, point_to_answers
from core.store.rows import PROGRAM, insert_row

if TYPE_CHECKING:
    from sqlite_utils import Database

    from core.store.database import Store
    from core.store.writer import Job

T = TypeVar("T")

LISTENING_SECONDS = 0.2
"""How long an interrupt may go unheard."""


class _Other(NamedTuple):
    """A file as it was named, and the one that is read for it."""

    path: Path
    source: Path


class _RehearsedError(Exception):
    """Carries what a merge would have done past the point where it is taken back."""

    def __init__(self, reports: tuple[MergeReport, ...]) -> None:
        super().__init__()
        self.reports = reports


def merge(
    store: Store, others: Sequence[Path], on_read: Callable[[int], None] = lambda _: None
) -> tuple[MergeReport, ...]:
    """Bring everything that ``others`` hold into ``store``, one after another, and tell what became of it.

    The others are only read, and may be in use. Nothing here is changed or taken away; a file that was merged before
    adds what is new in it. If anything fails, or the caller is interrupted, this database stays as it was. ``on_read``
    is told now and then, on the writer's thread, how many rows were read.

    Raises:
        StoreError: if a file is missing, no turnpoint database, newer, this database itself, or cannot be read.
    """
    return _run(store, others, _merge_all, Watch(on_read))


def rehearse(
    store: Store, others: Sequence[Path], on_read: Callable[[int], None] = lambda _: None
) -> tuple[MergeReport, ...]:
    """Tell what `merge` would do; it is done and taken back, so it takes as long. Raises as `merge` does."""
    try:
        return _run(store, others, _merge_and_take_back, Watch(on_read))
    except _RehearsedError as rehearsed:
        return rehearsed.reports


_Merge = Callable[["Database", Sequence[_Other], Watch], tuple[MergeReport, ...]]


def _run(store: Store, others: Sequence[Path], merge_all: _Merge, watch: Watch) -> tuple[MergeReport, ...]:
    with ExitStack() as stack:
        files = [_Other(path, stack.enter_context(readable(path, store.path))) for path in others]
        return _wait(store, lambda database: merge_all(database, files, watch), watch)


def _wait(store: Store, job: Job[T], watch: Watch) -> T:
    """Wait for a job; whoever interrupts the waiting stops the job, which is then taken back whole."""
    future = store.write(job)
    try:
        # In short waits: an interrupt that comes just before a wait without end would be heard at its end only.
        while not wait([future], LISTENING_SECONDS).done:
            pass
        return future.result()
    except BaseException:
        watch.leave()
        future.exception()
        raise


def _merge_all(database: Database, others: Sequence[_Other], watch: Watch) -> tuple[MergeReport, ...]:
    return tuple(_merge_one(database, other, watch) for other in others)


def _merge_and_take_back(database: Database, others: Sequence[_Other], watch: Watch) -> tuple[MergeReport, ...]:
    raise _RehearsedError(_merge_all(database, others, watch))


def _merge_one(database: Database, other: _Other, watch: Watch) -> MergeReport:
    try:
        connection = connect_readonly(other.source)
    except sqlite3.Error as error:
        raise StoreError(f"{other.path}: the database cannot be read ({error}), so nothing was merged.") from error
    with closing(connection):
        # One transaction, which sees no later commit of whoever writes there.
        connection.execute("BEGIN")
        merging = Merging(database, connection, str(other.path), visible_line(other.path.stem), watch)
        deleted = count_deleted(database.conn)
        try:
            _merge_tables(merging)
        except sqlite3.IntegrityError as error:
            raise StoreError(
                f"{other.path}: its rows contradict one another ({error}), so nothing was merged; "
                "check it with `turnpoint --db FILE doctor`."
            ) from error
        (queues,) = connection.execute("SELECT count(*) FROM queues").fetchone()
        report = replace(
            merging.tally.report(other.path.name, queues), brought_back=brought_back(database.conn, deleted)
        )
    if report.n_added:
        row = {"source": report.source, "report": canonical_json(report.as_json()), "program": PROGRAM}
        insert_row(database, "merges", row | {"created_at": now()}, text=("source",))
    return report


def _merge_tables(merging: Merging) -> None:
    """Each table after those that it refers to."""
    merge_definitions(merging)
    answers = merge_traces(merging)
    merge_runs(merging)
    merge_rollouts(merging)
    point_to_answers(merging, answers)
    merge_outcomes(merging)
    merge_votes(merging)
    merge_failures(merging)
    merge_checks(merging)
    merge_embeddings(merging)
    merge_suggestions(merging)
    merge_events(merging, LABELS)
    merge_events(merging, VERDICTS)
    _merge_positions(merging)
    merging.end_rollouts()


def _merge_positions(merging: Merging) -> None:
    """Where annotators are in traces that they have not opened here."""
    for row in merging.theirs("SELECT * FROM positions"):
        merging.keep("positions", dict(row) | {"trace_id": merging.trace(row["trace_id"])})
