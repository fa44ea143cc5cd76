"""Suggestions by nearness: no sentence learns from itself, and the numbers are those that the page promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.annotation.annotation import GOLD, SUGGESTION, Circumstances, Suggested
from core.annotation.codebook import Category, Codebook
from core.endpoints.config import EmbeddingConfig
from core.errors import NotFoundError
from core.store.database import Store
from core.store.labels import count_labels, set_label
from core.store.suggestions import latest_suggester, load_suggestions
from core.store.traces import add_traces
from core.suggesting.nearest import Example, Nearest, held_out, nearest, suggest_nearest, who_to_learn_from
from core.suggesting.summary import summarise_suggestions
from core.traces.build import make_trace
from tests.core.similarity.fake import WordEncoder

CODEBOOK = Codebook("1", tuple(Category(key, name, key, name) for key, name in (("w", "watch"), ("p", "plan"))))
WATCHED = "They watch me now."
PLAN = "Let me plan this."
TRACES = tuple(
    make_trace(name, f"<think>\n{' '.join(sentences)}\n</think>\nDone.")
    for name, sentences in (("a", (WATCHED, PLAN)), ("b", (WATCHED, PLAN, "They watch me closely now.")))
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store.open(tmp_path / "t.db")
    opened.write(lambda database: add_traces(database, TRACES)).result()
    return opened


def label(store: Store, place: tuple[str, int], category: str, annotator: str = "ana", source: str = "key") -> None:
    made = Circumstances(source)
    store.write(lambda database: set_label(database, annotator, *place, category, CODEBOOK, made)).result()


def learned(store: Store, annotator: str = "ana", limit: int | None = None) -> Nearest:
    return suggest_nearest(store, TRACES, annotator, CODEBOOK, EmbeddingConfig(), limit=limit, encoder=WordEncoder())


def categories(store: Store, trace_id: str) -> dict[int, str]:
    return {index: one.category for index, one in load_suggestions(store.read, trace_id).items()}


def test_the_nearest_labelled_sentence_decides(store: Store) -> None:
    label(store, ("a", 0), "watch")
    label(store, ("a", 1), "plan")
    found = learned(store)
    assert (found.n_examples, found.n_traces, found.n_suggested) == (2, 1, 5)
    assert categories(store, "b") == {0: "watch", 1: "plan", 2: "watch"}
    # Of each of the two labelled sentences only the other one is left to learn from.
    assert categories(store, "a") == {0: "plan", 1: "watch"}
    first = load_suggestions(store.read, "b")[0]
    # One of five places is taken by an equal sentence; nothing else speaks for it.
    assert first == Suggested("watch", "nearest:ana", first.confidence)
    assert first.confidence == pytest.approx(0.2, abs=1e-3)
    assert count_labels(store.read, "b") == {}
    assert (found.n_right, found.n_held_out) == (0, 0)


def test_a_new_label_makes_another_suggester_and_the_same_labels_do_not(store: Store) -> None:
    label(store, ("a", 0), "watch")
    first = learned(store)
    assert (learned(store).n_suggested, latest_suggester(store.read, "b")) == (0, first.suggester.id)
    label(store, ("b", 1), "plan")
    second = learned(store)
    assert second.suggester.id != first.suggester.id
    assert (second.n_suggested, latest_suggester(store.read, "b")) == (5, second.suggester.id)
    assert latest_suggester(store.read, "b", "another codebook") is None


def test_each_trace_is_held_out_in_turn(store: Store) -> None:
    for place, category in {("a", 0): "watch", ("a", 1): "plan", ("b", 0): "watch", ("b", 1): "watch"}.items():
        label(store, place, category)
    found = learned(store)
    # "b" 1 is labelled otherwise than the same sentence in "a", so each misleads about the other.
    assert (found.n_right, found.n_held_out) == (2, 4)


def test_adjudicated_labels_come_first(store: Store) -> None:
    assert who_to_learn_from(store.read, "ana", CODEBOOK) == "ana"
    label(store, ("a", 0), "watch", GOLD)
    assert who_to_learn_from(store.read, "ana", CODEBOOK) == GOLD


def test_without_labels_it_says_what_to_do(store: Store) -> None:
    with pytest.raises(NotFoundError, match=r"ben has labelled nothing .*--from"):
        learned(store, "ben")
    label(store, ("a", 0), "a category of another codebook", "ben")
    with pytest.raises(NotFoundError):
        learned(store, "ben")


def test_a_limit_is_kept(store: Store) -> None:
    label(store, ("a", 0), "watch")
    # "a" 0 has nothing but itself to learn from.
    assert (learned(store, limit=2).n_suggested, learned(store, limit=2).n_suggested) == (1, 1)


def test_accepted_suggestions_do_not_count_as_agreement(store: Store) -> None:
    label(store, ("a", 0), "watch")
    suggester = learned(store).suggester
    label(store, ("b", 0), "watch", "ben", SUGGESTION)
    label(store, ("b", 1), "plan", "ben")
    label(store, ("b", 2), "watch", "ben")
    found = summarise_suggestions(store.read, ["a", "b"], suggester.id, "ben", CODEBOOK)
    assert (found.total.n, found.total.n_agreed, found.total.n_labelled, found.n_accepted) == (4, 1, 2, 1)
    assert found.total.agreement == 0.5
    assert [(one.category, one.n) for one in found.categories] == [("watch", 4)]
    nobody = summarise_suggestions(store.read, ["a", "b"], suggester.id, "eve", CODEBOOK)
    assert (nobody.total.agreement, nobody.total.interval) == (None, None)


UNIT = st.lists(st.floats(-1, 1), min_size=3, max_size=3).filter(lambda xs: sum(x * x for x in xs) > 1e-3)


@given(st.lists(st.tuples(UNIT, st.sampled_from("xyz")), min_size=1, max_size=9), UNIT, st.integers(0, 9))
def test_confidence_is_a_share_and_the_own_label_has_no_say(
    labelled: list[tuple[list[float], str]], vector: list[float], own: int
) -> None:
    examples = [Example("t", index, "", category) for index, (_, category) in enumerate(labelled)]
    known = np.array([xs for xs, _ in labelled], dtype=np.float32)
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    target = np.array([vector], dtype=np.float32) / np.float32(np.linalg.norm(vector))
    (found,) = nearest(target, [("t", own)], known, examples)
    others = [at for at in range(len(examples)) if at != own]
    assert (found is None) == (not others)
    if found is not None:
        cosines = {at: float(target[0] @ known[at]) for at in others}
        near = {examples[at].category for at in others if cosines[at] > max(cosines.values()) - 2e-4}
        assert 0 <= found.confidence <= 1
        assert found.category in near
        (without,) = nearest(target, [("t", own)], known[others], [examples[at] for at in others])
        assert without is not None
        assert without.category in near


def test_five_equal_sentences_of_one_mind_are_certain() -> None:
    known = np.array([[1.0, 0.0]] * 5, dtype=np.float32)
    examples = [Example("t", index, "", "x") for index in range(5)]
    assert nearest(known[:1], [("u", 0)], known, examples) == [("x", 1.0)]
    assert nearest(known[:1], [("u", 0)], known, [*examples[:4], Example("t", 4, "", "y")]) == [("x", 0.8)]
    assert held_out(known, examples) == (0, 0)
