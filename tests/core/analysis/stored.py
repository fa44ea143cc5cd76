"""Small databases built through the store's own functions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from core.behaviors.judge import Judge
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE, Outcome
from core.endpoints.settings import SamplingSettings
from core.resampling.rollout import Failure, Rollout
from core.store.database import Store
from core.store.rollouts import add_failures, add_judge, add_rollouts, add_settings
from core.store.traces import add_traces
from core.traces.model import Message, Prompt, Span, Trace, build_sentences

TAGS = Judge(COMPLIANCE, "tags", "1")
FIVE_CRITERIA = Judge(ALIGNMENT_FAKING, "five-criteria", "1", scheme="votes", max_votes=5, model="judge-model")
KEYWORDS = Judge(ALIGNMENT_FAKING, "keywords", "1")
COLD = SamplingSettings("lab", "http://lab.example/v1", "small-model", "completions", 0.0, 1.0, 256)
WARM = SamplingSettings("lab", "http://lab.example/v1", "small-model", "completions", 0.6, 0.95, 256)


def make_trace(trace_id: str, sentences: Sequence[str], *, answer: str = " Done.", query: str | None = None) -> Trace:
    """Build a trace whose reasoning is ``sentences`` joined."""
    ends = [0]
    for sentence in sentences:
        ends.append(ends[-1] + len(sentence))
    response = "".join(sentences) + answer
    reasoning = Span(0, ends[-1])
    return Trace(
        id=trace_id,
        prompt=Prompt((Message("user", "Please help."),)),
        response=response,
        reasoning=reasoning,
        sentences=build_sentences(response, reasoning, [Span(*pair) for pair in pairwise(ends)]),
        splitter="test-1",
        model="first-model",
        tier="free",
        prompt_variant="original",
        query=query,
        source="handwritten",
    )


def keep(store: Store, *traces: Trace) -> None:
    """Store traces, and the settings and judges of this module."""
    store.write(lambda db: add_traces(db, traces)).result()
    for settings in (COLD, WARM):
        store.write(lambda db, settings=settings: add_settings(db, settings)).result()  # type: ignore[misc]
    for judge in (TAGS, FIVE_CRITERIA, KEYWORDS):
        store.write(lambda db, judge=judge: add_judge(db, judge)).result()  # type: ignore[misc]


def sample(
    store: Store,
    trace_id: str,
    prefix: int,
    outcomes: Sequence[Sequence[Outcome]],
    *,
    settings: SamplingSettings = WARM,
    texts: Sequence[str] | None = None,
    first: int = 0,
) -> list[int]:
    """Store one rollout per entry of ``outcomes``, from sample ``first`` on, and return their row ids."""
    rows = [
        (
            Rollout(
                trace_id,
                settings.id,
                prefix,
                first + i,
                texts[i] if texts else f" rollout {i}",
                "stop",
                "echoed",
                seed=first + i,
            ),
            found,
        )
        for i, found in enumerate(outcomes)
    ]
    return store.write(lambda db: add_rollouts(db, None, rows)).result()


def complied(*outcomes: str) -> list[list[Outcome]]:
    """Compliance alone, one rollout per word."""
    return [[Outcome(COMPLIANCE, TAGS.id, outcome)] for outcome in outcomes]


def faked(judge: Judge, *outcomes: str) -> list[list[Outcome]]:
    """Alignment faking alone, one rollout per word."""
    return [[Outcome(ALIGNMENT_FAKING, judge.id, outcome)] for outcome in outcomes]


def give_up(store: Store, trace_id: str, prefix: int, sample_idx: int, *, settings: SamplingSettings = WARM) -> None:
    """Store one sample that was given up."""
    failure = Failure(trace_id, settings.id, prefix, sample_idx, "sample", "timeout", "no answer in 60 s", 5)
    store.write(lambda db: add_failures(db, None, [failure])).result()
