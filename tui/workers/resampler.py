"""Runs started from the app: a queue of jobs, one run at a time in a worker, its state in one line."""

from __future__ import annotations

import importlib
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.errors import ConfigError, TurnpointError
from core.reporting import Throttled
from tui.views.wording import clock_time, running, running_stage

if TYPE_CHECKING:
    from textual.worker import Worker

    from core.resampling.adaptive.policy import Round
    from core.resampling.checked import Stoppable
    from core.resampling.progress import Progress
    from core.resampling.request import RunRequest
    from core.store.database import Store
    from tui.workers.jobs import Job

SECONDS_BETWEEN_UPDATES = 0.25


@dataclass(frozen=True)
class RunStatus:
    """What the header says of a run, why it draws what it draws, and, once each, a warning and how it ended."""

    text: str = ""
    why: str = ""
    warning: str = ""
    ended: str = ""

    @property
    def said(self) -> str:
        """What is to be said of the run now; empty where the header says all there is."""
        return self.ended or self.warning


class Resampler:
    """Carries out jobs one after another; the screens only ask and watch."""

    def __init__(self, store: Store, template: RunRequest | None, refusal: str = "") -> None:
        """``template`` has endpoint, judges and tags; the spots come with each request.

        Without one, ``refusal`` is the sentence that says why nothing can be sampled.
        """
        self.status = RunStatus()
        self._store = store
        self._template = template
        self._refusal = refusal
        self._queue: deque[Job] = deque()
        self._run: Stoppable | None = None
        self._round: Round | None = None
        self._worker: Worker[None] | None = None
        self._stopping = False
        self._progressed = Throttled(self._show_progress, SECONDS_BETWEEN_UPDATES)

    def attach(self, run_worker: Callable[..., Any], on_change: Callable[[RunStatus], None]) -> None:
        """Take the app's worker and the callback that repaints."""
        self._run_worker, self._on_change = run_worker, on_change

    @staticmethod
    def warm_up() -> None:
        """Import the client while the user still types: it takes half a second."""
        threading.Thread(target=importlib.import_module, args=("openai",), daemon=True).start()

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return self._worker is not None and not self._worker.is_finished

    def completed(self, **asked: Any) -> RunRequest:
        """The template with what was asked for.

        Raises:
            ConfigError: if there is no endpoint to sample at.
        """
        if self._template is None:
            raise ConfigError(self._refusal)
        return replace(self._template, **asked)

    def largeness(self, job: Job) -> str:
        """What a job would come to, if that is so much that it is asked for twice; else empty.

        Raises:
            ConfigError: if it cannot be run as it is.
        """
        return job.largeness(self._store)

    def start(self, job: Job) -> str:
        """Start a run, or queue it behind the one under way; say which.

        Raises:
            ConfigError: if it cannot be run as it is.
        """
        takes = job.takes(self._store)
        if not takes:
            return job.nothing
        # The row below has room for one of them.
        first, *others = job.cautions or ("",)
        cautions = f" {first}" + (f" {len(others)} more: `turnpoint resample --dry-run`." if others else "")
        cautions = cautions.rstrip()
        self._queue.append(job)
        if self.is_running:
            self._change(RunStatus(self.status.text, self.status.why))
            return f"queued behind the run under way: {takes}.{cautions}"
        self._worker = self._run_worker(self._work(), group="resample", exit_on_error=False)
        return f"drawing {takes}; c stops.{cautions}"

    def cancel(self) -> str:
        """First: start nothing new and keep what is in flight. Again: abort at once."""
        if self._worker is None or not self.is_running:
            return "no run is under way."
        self._queue.clear()
        if self._stopping or self._run is None:
            self._worker.cancel()
            self._change(RunStatus(ended="run aborted; what had arrived is kept."))
            return self.status.ended
        self._stopping = True
        self._run.stop()
        return "stopping: what is in flight is kept; c again aborts at once."

    async def _work(self) -> None:
        while self._queue:
            job = self._queue.popleft()
            self._stopping, self._round = False, None
            try:
                self._run = self._checked(job)
                result = await self._run.execute()
                ended = job.ending(self._store, result)
            except TurnpointError as error:
                ended = str(error)
            except sqlite3.Error as error:
                ended = f"{self._store.path}: the database cannot be read now ({error}); what was sampled is kept."
            except Exception as error:  # a run must not end in silence, whatever a client or a server comes up with
                ended = f"the run broke off ({type(error).__name__}: {error}); what was sampled is kept."
            finally:
                self._run = None
            self._change(RunStatus(ended=ended))

    def _checked(self, job: Job) -> Stoppable:
        """The run of a job, behind a check of its endpoint where prefixes are to be continued."""
        from core.resampling.checked import CheckedRun

        run, doubtful = job.run(self._store, self._progressed, self._entered), job.doubtful(self._store)
        return run if doubtful is None else CheckedRun(run, doubtful, self._store, self._checking, self._warn)

    def _checking(self, done: int, steps: int, name: str) -> None:
        # Said once: every step of it would be a repaint.
        if done == 0:
            self._change(RunStatus(f"checking the endpoint since {clock_time(time.time())}…"))

    def _warn(self, sentence: str) -> None:
        before = f"{self.status.warning} " if self.status.warning else ""
        self._change(RunStatus(self.status.text, self.status.why, warning=before + sentence))

    def _entered(self, round_: Round) -> None:
        self._round = round_

    def _show_progress(self, progress: Progress) -> None:
        queued, round_ = len(self._queue), self._round
        if round_ is None:
            self._change(RunStatus(running(progress, queued)))
        else:
            self._change(RunStatus(running_stage(round_.stage, progress, queued), round_.reason))

    def _change(self, status: RunStatus) -> None:
        if status.ended:
            self._progressed.drop()
        self.status = status
        self._on_change(status)
