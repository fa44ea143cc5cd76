"""Runs and comparisons in words: under way, at their end, and what they cost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE, YES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.resampling.progress import Progress
    from core.resampling.request import RunResult
    from core.suggesting.progress import SuggestingProgress, SuggestingResult

NO_PROMPT = "no prompt"
"""The mark of a trace before whose response nobody said anything."""


def money(dollars: float | None) -> str:
    """US dollars, to the cent from a dollar on; nothing where no price is known."""
    if dollars is None:
        return "price unknown"
    return f"${dollars:.2f}" if dollars >= 1 or dollars == 0 else f"${dollars:.4f}"


def running(progress: Progress, queued: int = 0) -> str:
    """A run under way, in a few words."""
    judged = f"judged {progress.judgements_done}/{progress.judgements_total}" if progress.judgements_total else ""
    return _joined("run", progress, judged, queued)


def running_stage(stage: str, progress: Progress, queued: int = 0) -> str:
    """A stage of an adaptive run under way, in fewer words, as its reason stands beside them."""
    return _joined(stage, progress, "", queued)


def waiting(progress: Progress | SuggestingProgress) -> str:
    """That nothing comes from the server, and since when; nothing while answers come."""
    if progress.waiting_since is None:
        return ""
    return f"waiting for the server since {clock_time(progress.waiting_since)}"


def clock_time(seconds: float) -> str:
    """The time of day, here, of a number of Unix seconds."""
    return time.strftime("%H:%M:%S", time.localtime(seconds))


def cached(progress: Progress) -> str:
    """How much of what was read came from the servers' caches; nothing where they do not say, or had none."""
    share = progress.cached_share
    return f"cached {share:.0%}" if share else ""


def _joined(what: str, progress: Progress, judged: str, queued: int) -> str:
    failed = f"{progress.n_failed} failed" if progress.n_failed else ""
    return " ".join(
        part
        for part in (
            f"{what} {progress.rollouts_done}/{progress.rollouts_total}",
            judged,
            waiting(progress),
            # Of a run that waits, the pace says nothing, and the row is short.
            "" if progress.waiting_since else f"{progress.rollouts_per_second:.1f}/s",
            money(progress.spend),
            cached(progress),
            failed,
            f"+{queued} queued" if queued else "",
        )
        if part
    )


def outcome(result: RunResult, what: str = "run") -> str:
    """What a run came to, without the reason."""
    from core.resampling.noticing import remarks
    from core.resampling.request import DONE

    progress = result.progress
    parts = (
        f"{progress.rollouts_done} of {progress.rollouts_total} rollouts",
        money(progress.spend),
        cached(progress),
    )
    counts = ", ".join(filter(None, parts))
    if result.status == DONE and not result.reason:
        counts += f", {progress.elapsed:.0f} s"
    return "; ".join((f"{what} {result.status}: {counts}", *remarks(progress.noticed)))


def ending(result: RunResult, what: str = "run") -> str:
    """How a run ended, in one sentence."""
    return "; ".join(filter(None, (outcome(result, what), result.reason)))


def remarked(result: RunResult, what: str = "run") -> str:
    """How a run ended, and what has to be said of its numbers."""
    return (
        " ".join((ending(result, what).removesuffix(".") + ".", *result.remarks))
        if result.remarks
        else ending(result, what)
    )


def suggesting(progress: SuggestingProgress) -> str:
    """A run of suggestions under way, in a few words."""
    failed = f"{progress.n_failed} given up" if progress.n_failed else ""
    parts = (
        f"suggested {progress.sentences_done}/{progress.sentences_total}",
        waiting(progress),
        money(progress.spend),
        failed,
    )
    return " ".join(filter(None, parts))


def suggested(result: SuggestingResult) -> str:
    """How a run of suggestions ended, in one sentence."""
    progress = result.progress
    counts = f"{progress.sentences_done} of {progress.sentences_total} sentences in {progress.calls} calls"
    ended = f"suggesting {result.status}: {counts}, {money(progress.spend)}"
    return "; ".join(filter(None, (ended, result.reason)))


def compared(done: int, total: int) -> str:
    """How far a comparison is, in a few cells."""
    return f"{done:,}/{total:,} compared"


def came_out(outcomes: Mapping[str, str]) -> str:
    """How the answer that a trace was made of came out: compliance, and each other behavior that it shows."""
    found = [outcomes[COMPLIANCE].replace("_", " ")] if COMPLIANCE in outcomes else []
    shown = ["AF" if name == ALIGNMENT_FAKING else name for name in sorted(outcomes) if outcomes[name] == YES]
    return " ".join([*shown, *found])
