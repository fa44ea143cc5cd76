"""Opening a trace searches indices and reads no other trace's rows, whatever else the database holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.analysis.rates import load_rates
from core.analysis.sweep import load_sweep, with_behavior
from core.annotation.place import Place
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.store.database import Store
from core.store.embeddings import EmbeddingModel, load_embeddings
from core.store.labels import load_history, load_labels
from core.store.positions import load_position
from core.store.queues import load_decisions, was_decided
from core.store.rates import settings_in_use
from core.store.rollouts import load_rollouts, mean_completion_tokens, sampled_indices, undecided_by
from core.store.suggestions import latest_suggester, load_suggestions, n_requests, suggested_sentences
from core.store.traces import list_traces, load_trace
from tests.core.analysis.stored import FIVE_CRITERIA, TAGS, WARM
from tests.core.export.small_store import TURNING, build

LARGE = (
    "rollouts",
    "outcomes",
    "judge_votes",
    "failures",
    "sentences",
    "embeddings",
    "label_events",
    "suggestions",
    "suggestion_batches",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with build(tmp_path_factory.mktemp("store") / "t.db") as opened:
        yield opened


def _resweep(store: Store) -> Any:
    sweep = load_sweep(store.read, TURNING, WARM.id, COMPLIANCE, TAGS.id)
    return with_behavior(store.read, sweep, ALIGNMENT_FAKING, FIVE_CRITERIA.id)


READS: dict[str, Callable[[Store], Any]] = {
    "the trace": lambda store: load_trace(store.read, "turning"),
    "its settings": lambda store: settings_in_use(store.read, "turning"),
    "its rates": lambda store: load_rates(store.read, "turning", WARM.id),
    "its labels": lambda store: load_labels(store.read, "turning", "ana"),
    "the annotator's place": lambda store: load_position(store.read, "ana", "turning"),
    "what is decided of it": lambda store: load_decisions(store.read, "ana", ("turning",)),
    "whether a sentence ever was": lambda store: was_decided(store.read, "ana", Place("turning", 0)),
    "the annotator's history": lambda store: load_history(store.read, "ana"),
    "who suggested last": lambda store: latest_suggester(store.read, "turning", "c"),
    "its suggestions": lambda store: load_suggestions(store.read, "turning"),
    "which sentences have one": lambda store: suggested_sentences(store.read, "turning", "s"),
    "requests for them": lambda store: n_requests(store.read, "turning", "s"),
    "rollouts of a prefix": lambda store: load_rollouts(store.read, "turning", WARM.id, 0),
    "what is left to sample": lambda store: sampled_indices(store.read, "turning", WARM.id, 0),
    "what is left to judge": lambda store: undecided_by(store.read, "turning", WARM.id, 0, FIVE_CRITERIA),
    "the length of rollouts": lambda store: mean_completion_tokens(store.read, "turning", WARM.id),
    "a sweep for the estimates": _resweep,
    "stored embeddings": lambda store: load_embeddings(store.read, EmbeddingModel("m", "w", "float32"), ["a", "b"]),
    "all traces, for the picker": lambda store: list_traces(store.read),
}


def plans(store: Store, read: Callable[[Store], Any]) -> dict[str, list[str]]:
    """The steps by which SQLite answers each query that ``read`` asks."""
    asked: list[str] = []
    store.read.set_trace_callback(asked.append)
    try:
        read(store)
    finally:
        store.read.set_trace_callback(None)
    queries = [query for query in asked if query.split()[0].upper() in ("SELECT", "WITH")]
    assert queries
    return {query: [row["detail"] for row in store.read.execute(f"EXPLAIN QUERY PLAN {query}")] for query in queries}


def scanned(query: str, steps: list[str]) -> list[str]:
    """The large tables that these steps read from end to end; the rows of a subquery are no table."""
    aliases = {"r": "rollouts", "o": "outcomes", "e": "label_events", "f": "failures", "s": "sentences"}
    names = [step.split()[1] for step in steps if step.startswith("SCAN ") and f") {step.split()[1]}" not in query]
    return [aliases.get(name, name) for name in names if aliases.get(name, name) in LARGE]


@pytest.mark.parametrize("name", READS)
def test_no_large_table_is_read_from_end_to_end(store: Store, name: str) -> None:
    for query, steps in plans(store, READS[name]).items():
        assert scanned(query, steps) == [], query
        assert not any("AUTOMATIC" in step for step in steps), query


def test_a_query_without_an_index_would_be_noticed(store: Store) -> None:
    query = "SELECT r.id FROM rollouts r WHERE r.text = 'x'"
    (steps,) = plans(store, lambda store: store.read.execute(query).fetchall()).values()
    assert scanned(query, steps) == ["rollouts"]


@pytest.mark.parametrize("name", ["its settings", "its rates", "all traces, for the picker"])
def test_rates_and_counts_come_from_indices_that_hold_no_text(store: Store, name: str) -> None:
    for steps in plans(store, READS[name]).values():
        for step in steps:
            if step.startswith(("SEARCH rollouts", "SEARCH r ", "SEARCH o ")):
                assert "USING COVERING INDEX" in step
