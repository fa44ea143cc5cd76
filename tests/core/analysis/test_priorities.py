"""What is labelled first: hand-made numbers, and queues ranked from a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import log2
from pathlib import Path

import pytest

from core.analysis.importance import analyse
from core.analysis.intervals import wilson
from core.analysis.priorities import (
    disagreement_scores,
    estimated_scores,
    resampling_scores,
    uncertainty_scores,
    width_scores,
)
from core.analysis.ranking import COUNTERFACTUAL, RESAMPLING, Evidence, rank
from core.analysis.rates import load_rates
from core.annotation.codebook import load_codebook
from core.annotation.order import shuffled
from core.annotation.place import Place
from core.annotation.queue import QueueSpec
from core.errors import ConfigError, NotFoundError
from core.store.database import Store
from core.store.labels import set_label
from core.store.ratings import HUMAN, MODEL, Rating
from core.store.rows import insert
from tests.core.analysis.stored import TAGS, WARM, complied, keep, make_trace, sample
from tests.core.analysis.sweeps import prefix_of, sweep_of

CODEBOOK = load_codebook()
SENTENCES = ["One.", " Two.", " Three.", " Four."]
BOTH = ("a", "b")


def of(trace_id: str, *indices: int) -> tuple[Place, ...]:
    return tuple(Place(trace_id, index) for index in indices)


def scored(scores: dict[int, float]) -> dict[Place, float]:
    return {Place("a", index): score for index, score in scores.items()}


def rated(index: int, *categories: str, kind: str = HUMAN) -> list[Rating]:
    return [Rating("a", index, f"rater-{n}", kind, category, None) for n, category in enumerate(categories)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Trace a with rates 0, 1/4, 1/4 and 1 of 4 at its prefixes 0 to 3, nothing at prefix 4; trace b without any."""
    with Store.open(tmp_path / "t.db") as opened:
        keep(opened, make_trace("a", SENTENCES), make_trace("b", SENTENCES))
        for prefix, k in enumerate((0, 1, 1, 4)):
            sample(opened, "a", prefix, complied(*["complied"] * k, *["refused"] * (4 - k)))
        yield opened


def ranked(store: Store, spec: QueueSpec, evidence: Evidence | None = None) -> tuple[Place, ...]:
    return rank(store.read, "ana", spec, evidence)[1]


def label(store: Store, annotator: str, index: int, category: str) -> None:
    store.write(lambda db: set_label(db, annotator, "a", index, category, CODEBOOK)).result()


def suggest(store: Store, suggester: str, rows: Sequence[tuple[int, str, float | None]]) -> None:
    at = "2026-01-31T12:00:00.000Z"
    who = {"id": suggester, "canonical": "{}", "kind": "model", "name": suggester, "created_at": at}
    said = [
        {
            "suggester_id": suggester,
            "trace_id": "a",
            "sentence_idx": index,
            "category": category,
            "confidence": sure,
            "created_at": at,
        }
        for index, category, sure in rows
    ]
    store.write(lambda db: insert(db, "suggesters", [who])).result()
    store.write(lambda db: insert(db, "suggestions", said)).result()


def test_importance_by_resampling_is_the_size_of_the_direction(store: Store) -> None:
    assert resampling_scores(load_rates(store.read, "a", WARM.id)) == scored({0: 0.25, 1: 0, 2: 0.75})


def test_importance_by_what_was_said_instead_is_that_of_the_deciding_direction() -> None:
    sweep = sweep_of(prefix_of((0, 10), (9, 10)), prefix_of((0, 2), (9, 10)), prefix_of((10, 10)))
    found = analyse(sweep)
    scores = estimated_scores({"alignment_faking": found})
    first, second = found.rows
    assert first.counterfactual is not None and first.counterfactual.value is not None
    assert scores[Place(found.trace_id, 0)] == abs(first.counterfactual.value)
    assert second.direction is None and second.resampling.value is not None
    assert scores[Place(found.trace_id, 1)] == abs(second.resampling.value)


def test_the_width_is_that_of_the_less_certain_prefix(store: Store) -> None:
    scores = width_scores(load_rates(store.read, "a", WARM.id))
    one_of_four, none = wilson(1, 4), wilson(0, 4)
    assert one_of_four is not None and none is not None
    assert one_of_four.half_width > none.half_width
    widths = [one_of_four.half_width] * 3 + [none.half_width]
    assert scores == pytest.approx(scored(dict(enumerate(widths))))


def test_disagreement_is_the_entropy_in_bits() -> None:
    ratings = [*rated(0, "x", "y"), *rated(1, "x", "x"), *rated(2, "x"), *rated(3, "x", "x", "y"), *rated(4, *"wxyz")]
    thirds = 2 / 3 * log2(3 / 2) + 1 / 3 * log2(3)
    assert disagreement_scores(ratings) == pytest.approx(scored({0: 1, 1: 0, 3: thirds, 4: 2}))


def test_uncertainty_is_what_the_best_supported_category_lacks() -> None:
    suggestions = [
        *rated(0, "x", kind=MODEL),
        *rated(1, "x", "y", kind=MODEL),
        *rated(2, "x", "x", kind=MODEL),
        *rated(3, "x", kind=MODEL),
        *rated(4, "x", "y", kind=MODEL),
    ]
    sure = {
        ("a", 0, "rater-0"): 0.7,
        ("a", 1, "rater-0"): 0.9,
        ("a", 1, "rater-1"): 0.4,
        ("a", 2, "rater-0"): 0.9,
        ("a", 2, "rater-1"): 0.8,
        ("a", 3, "rater-0"): None,
    }
    scores = uncertainty_scores(suggestions, sure)
    assert scores == pytest.approx(scored({0: 0.3, 1: 0.55, 2: 0.15, 4: 0.5}))


def test_what_nothing_is_known_of_comes_last_in_the_order_of_the_traces(store: Store) -> None:
    spec = QueueSpec("importance", ("b", "a"))
    assert ranked(store, spec) == (*of("a", 2, 0, 1), *of("b", 0, 1, 2, 3), *of("a", 3))
    assert ranked(store, replace(spec, order="width")) == (*of("a", 0, 1, 2, 3), *of("b", 0, 1, 2, 3))
    assert ranked(store, replace(spec, order="position")) == (*of("b", 0, 1, 2, 3), *of("a", 0, 1, 2, 3))
    everything = (*of("a", 0, 1, 2, 3), *of("b", 0, 1, 2, 3))
    assert ranked(store, replace(spec, order="random", seed=5)) == shuffled(everything, 5)


def test_disagreement_counts_all_raters(store: Store) -> None:
    label(store, "ben", 1, "planning")
    label(store, "eva", 1, "planning")
    label(store, "ben", 3, "planning")
    suggest(store, "model", [(3, "monitoring", None), (2, "none", None)])
    assert ranked(store, QueueSpec("disagreement", ("a",))) == of("a", 3, 1, 0, 2)


def test_uncertain_suggestions_come_first(store: Store) -> None:
    suggest(store, "model", [(0, "planning", 0.9), (1, "planning", 0.2), (3, "none", 0.5)])
    assert ranked(store, QueueSpec("uncertainty", ("a",))) == of("a", 1, 3, 0, 2)


def test_the_two_kinds_of_direction_are_never_mixed(store: Store) -> None:
    estimated = analyse(sweep_of(*[prefix_of((k, 4)) for k in (4, 0, 1, 1, 1)], behavior="compliance"))
    evidence = Evidence(estimated={"a": {"compliance": replace(estimated, trace_id="a")}})
    spec, items = rank(store.read, "ana", QueueSpec("importance", BOTH), evidence)
    assert spec.ranked_by == COUNTERFACTUAL
    assert items[0] == Place("a", 0)
    sample(store, "b", 0, complied("complied"))
    spec, items = rank(store.read, "ana", QueueSpec("importance", BOTH), evidence)
    assert spec.ranked_by == RESAMPLING
    assert items[0] == Place("a", 2)


def test_the_settings_that_are_asked_for_are_looked_at(store: Store) -> None:
    other = replace(WARM, temperature=0.1)
    assert rank(store.read, "ana", QueueSpec("importance", ("a",)), Evidence(other.id, {"compliance": TAGS.id}))


def test_a_fresh_queue_leaves_out_what_is_decided(store: Store) -> None:
    label(store, "ana", 2, "planning")
    label(store, "ben", 0, "planning")
    assert ranked(store, QueueSpec("importance", ("a",), is_fresh=True)) == of("a", 0, 1, 3)
    assert ranked(store, QueueSpec("importance", ("a",))) == of("a", 2, 0, 1, 3)
    for index in range(4):
        label(store, "ana", index, "planning")
    with pytest.raises(NotFoundError, match=r"^nothing is left to label"):
        ranked(store, QueueSpec("importance", ("a",), is_fresh=True))


@pytest.mark.parametrize("order", ["importance", "width", "disagreement", "uncertainty"])
def test_an_order_that_rests_on_nothing_is_refused(store: Store, order: str) -> None:
    with pytest.raises(NotFoundError, match=r"order by position\.$"):
        ranked(store, QueueSpec(order, ("b",)))


def test_unknown_traces_and_orders_are_refused(store: Store) -> None:
    with pytest.raises(NotFoundError, match=r"^no trace 'c' with sentences is here; `turnpoint traces` lists all\.$"):
        ranked(store, QueueSpec("position", ("a", "c")))
    with pytest.raises(ConfigError, match=r"^'best' is no order"):
        ranked(store, QueueSpec("best", ("a",)))
