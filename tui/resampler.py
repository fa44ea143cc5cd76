"""Runs started from the app: a queue of requests, one run at a time in a worker, its state in one line."""

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

if TYPE_CHECKING:
    from textual.worker import Worker

    from core.resampling.plan import Plan
    from core.resampling.progress import Progress
    from core.resampling.request import RunRequest, RunResult
    from core.resampling.runner import Run
    from core.store.database import Store

SECONDS_BETWEEN_UPDATES = 0.25


@dataclass(frozen=True)
class RunStatus:
    """What the header says of a run, and, once, how it ended."""

    text: str = ""
    ended: str = ""


class Resampler:
    """Carries out requests one after another; the screens only ask and watch."""

    def __init__(self, store: Store, template: RunRequest | None, refusal: str = "") -> None:
        """``template`` has endpoint, judge and tags; trace, prefixes and n come with each request.

        Without one, ``refusal`` is the sentence that says why nothing can be sampled.
        """
        self.status = RunStatus()
        self._store = store
        self._template = template
        self._refusal = refusal
        self._queue: deque[RunRequest] = deque()
        self._run: Run | None = None
        self._worker: Worker[None] | None = None
        self._stopping = False
        self._updated = 0.0

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

    def plan(self, request: RunRequest) -> Plan:
        """What a request would take."""
        from core.resampling.plan import make_plan

        return make_plan(self._store.read, request)

    def completed(self, **asked: Any) -> RunRequest:
        """The template with what was asked for.

        Raises:
            ConfigError: if there is no endpoint to sample at.
        """
        if self._template is None:
            raise ConfigError(self._refusal)
        return replace(self._template, **asked)

    def request(self, request: RunRequest) -> str:
        """Start a run, or queue it behind the one under way; say which."""
        plan = self.plan(request)
        if plan.is_empty:
            return f"nothing to draw: there are {request.n} rollouts or more already."
        self._queue.append(request)
        if self.is_running:
            self._change(RunStatus(self.status.text))
            return f"queued behind the run under way: {plan.rollouts} rollouts."
        self._worker = self._run_worker(self._work(), group="resample", exit_on_error=False)
        return f"drawing {plan.rollouts} rollouts; c stops."

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
        from core.resampling.runner import Run

        while self._queue:
            request = self._queue.popleft()
            self._stopping = False
            self._run = Run(request, self._store, self._progressed)
            try:
                result = await self._run.execute()
                ended = ending(result)
            except TurnpointError as error:
                ended = str(error)
            except sqlite3.Error as error:
                ended = f"{self._store.path}: the database cannot be read now ({error}); what was sampled is kept."
            except Exception as error:  # a run must not end in silence, whatever a client or a server comes up with
                ended = f"the run broke off ({type(error).__name__}: {error}); what was sampled is kept."
            finally:
                self._run = None
            self._change(RunStatus(ended=ended))

    def _progressed(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._updated >= SECONDS_BETWEEN_UPDATES:
            self._updated = now
            self._change(RunStatus(running(progress, len(self._queue))))

    def _change(self, status: RunStatus) -> None:
        self.status = status
        self._on_change(status)


def money(dollars: float | None) -> str:
    """US dollars, to the cent from a dollar on; nothing where no price is known."""
    if dollars is None:
        return "price unknown"
    return f"${dollars:.2f}" if dollars >= 1 or dollars == 0 else f"${dollars:.4f}"


def running(progress: Progress, queued: int = 0) -> str:
    """A run under way, in a few words."""
    parts = [f"run {progress.rollouts_done}/{progress.rollouts_total}"]
    if progress.judgements_total:
        parts.append(f"judged {progress.judgements_done}/{progress.judgements_total}")
    parts += [f"{progress.rollouts_per_second:.1f}/s", money(progress.spend)]
    if progress.n_failed:
        parts.append(f"{progress.n_failed} failed")
    if queued:
        parts.append(f"+{queued} queued")
    return " ".join(parts)


def ending(result: RunResult) -> str:
    """How a run ended, in one sentence."""
    from core.resampling.request import DONE

    progress = result.progress
    counts = f"{progress.rollouts_done} of {progress.rollouts_total} rollouts, {money(progress.spend)}"
    if result.status == DONE and not result.reason:
        return f"run done: {counts}, {progress.elapsed:.0f} s"
    return f"run {result.status}: {counts}; {result.reason}"
