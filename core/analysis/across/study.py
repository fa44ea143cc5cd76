"""A study: many traces, each with its importances and its labels, ready to be analysed together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from core.analysis.across.pairs import PairCounts, count_pairs
from core.analysis.counts import Contrast, Count
from core.analysis.estimates import sweeps_of
from core.analysis.foregone import Foregone, load_foregone
from core.analysis.importance import Importance, SentenceImportance, analyse
from core.analysis.rates import ALWAYS_SHOWN, choose_settings
from core.analysis.sweep import THRESHOLD, Sweep
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.store.chosen_labels import ChosenLabels, choose_labels, label_source
from core.store.database import Store
from core.store.gold import gold_by_trace, load_all_gold
from core.store.rates import SettingsInUse
from core.store.traces import list_traces, load_trace

if TYPE_CHECKING:
    from core.analysis.sweep import Similarity

Kind: TypeAlias = Literal["counterfactual", "resampling"]
"""Which of the two directions an analysis across traces speaks of; one study has one."""

OnTrace: TypeAlias = Callable[[int, int], None]
"""Told how many traces are loaded, and of how many."""


@dataclass(frozen=True, eq=False)
class StudyTrace:
    """One trace under one set of sampling settings, with what the analyses across traces need of it.

    ``importance`` is keyed by behavior. ``labels`` maps a sentence to its category; ``n_gold`` of them are gold labels,
    ``n_adjudicated`` of which were adjudicated; the others are those of ``annotator``, None where none is used.
    ``pairs`` counts compliance and alignment faking together, None where one of them was not measured. ``foregone`` has
    the behaviors that the trace's own text decides.
    """

    id: str
    tier: str | None
    prompt_variant: str | None
    query: str | None
    settings: SettingsInUse
    importance: Mapping[str, Importance]
    pairs: PairCounts | None
    annotator: str | None
    labels: Mapping[int, str]
    n_sentences: int
    n_gold: int = 0
    n_adjudicated: int = 0
    foregone: Mapping[str, Foregone] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The model that was sampled."""
        return self.settings.model


@dataclass(frozen=True, eq=False)
class Study:
    """The traces that have decided rollouts, in the order in which they were added, and the ids of those without.

    ``kind`` says which direction is meant throughout: the counterfactual one, or without an encoder the resampling
    one. ``threshold`` is the cosine from which two sentences say the same, to the ``encoder`` of that name.
    """

    traces: tuple[StudyTrace, ...]
    left_out: tuple[str, ...]
    kind: Kind
    threshold: float
    encoder: str | None

    @property
    def behaviors(self) -> tuple[str, ...]:
        """Compliance and alignment faking, then the others by name, so far as any trace has them."""
        found = {name for trace in self.traces for name in trace.importance}
        return tuple(name for name in (*ALWAYS_SHOWN, *sorted(found.difference(ALWAYS_SHOWN))) if name in found)

    @property
    def annotators(self) -> tuple[str, ...]:
        """Whose labels are used where there is no gold label, by name."""
        return tuple(sorted({trace.annotator for trace in self.traces if trace.annotator is not None}))

    @property
    def label_source(self) -> str:
        """Whose labels are used, in a few words; empty where no trace has any."""
        n_gold, n_adjudicated = (sum(t.n_gold for t in self.traces), sum(t.n_adjudicated for t in self.traces))
        return label_source(n_gold, n_adjudicated, self.annotators)


def load_study(
    store: Store,
    similarity: Similarity | None,
    threshold: float = THRESHOLD,
    trace_ids: Sequence[str] | None = None,
    *,
    encoder: str | None = None,
    settings: str | None = None,
    annotator: str | None = None,
    labels: str | None = None,
    judges: Mapping[str, str] | None = None,
    on_trace: OnTrace | None = None,
) -> Study:
    """Load and estimate ``trace_ids``, or all traces; the call blocks: use a thread.

    Args:
        store: the database.
        similarity: as `core.similarity.cosine.comparison` gives it; None for resampling directions.
        threshold: cosine from which two sentences say the same.
        trace_ids: which traces; None: all.
        encoder: name of what ``similarity`` compares with, to be shown.
        settings: id of the sampling settings to prefer; a trace that has no rollouts under them, and each trace where
            it is None, is looked at under those with the most rollouts.
        annotator: whose labels count where there is no gold label; None: of each trace, whoever labelled most of it.
        labels: `core.annotation.annotation.GOLD` for gold labels alone, a name for those of that annotator alone; None:
            gold labels, else those of ``annotator``.
        judges: the judge whose outcomes count, by behavior; default: the one with the most.
        on_trace: told after each trace.

    Raises:
        NotFoundError: if one of ``trace_ids`` is not in the database.
        SimilarityError: if sentences have to be compared and there is no encoder.
    """
    ids = [summary.id for summary in list_traces(store.read)] if trace_ids is None else list(dict.fromkeys(trace_ids))
    traces: list[StudyTrace] = []
    left_out: list[str] = []
    gold = gold_by_trace(load_all_gold(store.read, ids))
    for done, trace_id in enumerate(ids, 1):
        chosen = choose_labels(store.read, trace_id, gold.get(trace_id, {}), annotator, labels)
        loaded = _load(store, trace_id, similarity, threshold, settings, chosen, judges)
        if loaded is None:
            left_out.append(trace_id)
        else:
            traces.append(loaded)
        if on_trace is not None:
            on_trace(done, len(ids))
    kind: Kind = "resampling" if similarity is None else "counterfactual"
    return Study(tuple(traces), tuple(left_out), kind, threshold, None if similarity is None else encoder)


def _load(
    store: Store,
    trace_id: str,
    similarity: Similarity | None,
    threshold: float,
    wanted: str | None,
    labels: ChosenLabels,
    judges: Mapping[str, str] | None,
) -> StudyTrace | None:
    trace = load_trace(store.read, trace_id)
    settings = choose_settings(store.read, trace_id, wanted)
    sweeps = sweeps_of(store.read, trace, settings.id, similarity, judges) if settings else {}
    importance = {behavior: analyse(sweep, threshold) for behavior, sweep in sweeps.items()}
    if settings is None or not any(_n_decided(found) for found in importance.values()):
        return None
    return StudyTrace(
        id=trace_id,
        tier=trace.tier,
        prompt_variant=trace.prompt_variant,
        query=trace.query,
        settings=settings,
        importance=importance,
        pairs=_pairs(sweeps, threshold),
        annotator=labels.annotator,
        labels=labels.categories,
        n_sentences=len(trace.sentences),
        n_gold=labels.n_gold,
        n_adjudicated=labels.n_adjudicated,
        foregone=load_foregone(store.read, trace_id, {found.judge_id for found in importance.values()}),
    )


def _pairs(sweeps: Mapping[str, Sweep], threshold: float) -> PairCounts | None:
    if COMPLIANCE not in sweeps or ALIGNMENT_FAKING not in sweeps:
        return None
    return count_pairs(sweeps[COMPLIANCE], sweeps[ALIGNMENT_FAKING], threshold)


def _n_decided(importance: Importance) -> int:
    return importance.final.n + sum(row.before.n for row in importance.rows)


def contrast_of(row: SentenceImportance, kind: Kind) -> Contrast | None:
    """The contrast of ``kind``; None, or a value of None, is undefined."""
    return row.counterfactual if kind == "counterfactual" else row.resampling


def direction_of(row: SentenceImportance, kind: Kind) -> float | None:
    """The direction of ``kind``, -1..1; None where it is undefined."""
    contrast = contrast_of(row, kind)
    return None if contrast is None else contrast.value


def first_count(importance: Importance) -> Count:
    """The decided rollouts of prefix 0, before any sentence."""
    return importance.rows[0].before if importance.rows else importance.final
