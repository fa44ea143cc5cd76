"""What importing a path comes to: the traces, what was refused, and the rollouts and labels that came with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.annotation.codebook import Codebook
from core.behaviors.judge import Judge
from core.behaviors.outcome import Outcome
from core.endpoints.settings import SamplingSettings
from core.errors import ImportRefusedError
from core.resampling.rollout import Rollout
from core.traces.model import Trace


@dataclass(frozen=True)
class ImportedRollouts:
    """The rollouts of one trace that another program drew, each with the outcomes which that program gave it.

    ``settings`` say what is known of how they were drawn, ``judges`` which rules of the source decided them.
    """

    trace_id: str
    source: str
    settings: SamplingSettings
    judges: tuple[Judge, ...]
    rollouts: tuple[tuple[Rollout, tuple[Outcome, ...]], ...]


@dataclass(frozen=True)
class ImportedLabels:
    """The categories that ``annotator`` gave to sentences of one trace, by sentence index."""

    trace_id: str
    annotator: str
    codebook: Codebook
    categories: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Attempt:
    """One run of an evaluation, of which another log may hold a retry.

    ``evaluation`` names it in each of its logs; ``began`` is when this run did (seconds since 1970, 0 if unknown).
    ``failed`` says why samples failed, by the ids that their traces would have. ``is_finished`` is false of a run that
    was still going on.
    """

    evaluation: str
    began: float
    failed: Mapping[str, str]
    is_finished: bool


@dataclass(frozen=True)
class ImportResult:
    """The traces of one path in its order, and a refusal for each record that is not among them.

    ``rollouts`` and ``labels`` belong to these traces; `core.store.imported.add_imported` stores it all. ``notes`` are
    sentences about the whole file, to be said to whoever imports it. ``attempt`` is set for a log of an evaluation.
    """

    traces: tuple[Trace, ...]
    refused: tuple[ImportRefusedError, ...]
    rollouts: tuple[ImportedRollouts, ...] = ()
    labels: tuple[ImportedLabels, ...] = ()
    notes: tuple[str, ...] = ()
    attempt: Attempt | None = None
