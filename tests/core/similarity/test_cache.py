"""Embedding through the store: each distinct text is encoded once, and the store gives back what was returned."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.endpoints.config import EmbeddingConfig
from core.errors import SimilarityError, StoreError
from core.similarity import cache, encoder
from core.similarity.cache import embed, embed_exactly
from core.similarity.encoder import Encoder
from core.store.database import Store
from core.store.embeddings import BFLOAT16, EXACT, FLOAT32, EmbeddingModel, add_embeddings, load_embeddings
from tests.core.similarity.fake import DIMENSION, WordEncoder, exact_cosine
from tests.sizes import examples

CONFIG = EmbeddingConfig(model="words")
TEXTS = ["I comply.", "I refuse to do that.", " I comply.\n", "What is asked?", "I comply."]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as opened:
        yield opened


def test_rows_stand_in_the_order_of_the_texts_and_have_unit_length(store: Store) -> None:
    vectors = embed(store, TEXTS, CONFIG, encoder=WordEncoder())
    assert vectors.shape == (5, DIMENSION)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
    assert (vectors[0] == vectors[2]).all()
    assert (vectors[0] == vectors[4]).all()
    assert float(vectors[0] @ vectors[1]) == pytest.approx(exact_cosine(TEXTS[0], TEXTS[1]), abs=2e-4)


def test_no_texts_need_no_encoder(store: Store) -> None:
    fake = WordEncoder()
    assert embed(store, [], CONFIG, encoder=fake).shape == (0, 0)
    assert fake.quick == []


def test_distinct_texts_are_encoded_longest_first(store: Store) -> None:
    fake = WordEncoder()
    embed(store, TEXTS, CONFIG, encoder=fake)
    assert fake.quick == [["I refuse to do that.", "What is asked?", "I comply."]]


def test_a_second_analysis_encodes_nothing_and_sees_the_same_numbers(tmp_path: Path) -> None:
    with Store.open(tmp_path / "t.db") as first:
        before = embed(first, TEXTS, CONFIG, encoder=WordEncoder(error=1e-3))
    fake = WordEncoder(error=1e-3)
    with Store.open(tmp_path / "t.db") as second:
        after = embed(second, TEXTS, CONFIG, encoder=fake)
        assert fake.quick == []
        assert (after == before).all()
        embed(second, [*TEXTS, "One more."], CONFIG, encoder=fake)
    assert fake.encoded == ["One more."]


def test_other_weights_are_another_model(store: Store) -> None:
    embed(store, TEXTS, CONFIG, encoder=WordEncoder("w1"))
    other = WordEncoder("w2")
    embed(store, TEXTS, CONFIG, encoder=other)
    assert len(other.encoded) == 3


def test_vectors_of_any_accepted_dtype_serve(store: Store) -> None:
    embed(store, TEXTS, CONFIG, encoder=WordEncoder(accepts=(BFLOAT16,)))
    either = WordEncoder(accepts=(FLOAT32, BFLOAT16))
    embed(store, [*TEXTS, "New."], CONFIG, encoder=either)
    assert either.encoded == ["New."]
    strict = WordEncoder(accepts=(FLOAT32,))
    embed(store, TEXTS, CONFIG, encoder=strict)
    assert len(strict.encoded) == 3


def test_exact_vectors_are_kept_apart_and_whole(store: Store) -> None:
    fake = WordEncoder(error=1e-2)
    embed(store, TEXTS, CONFIG, encoder=fake)
    exact = embed_exactly(store, TEXTS, CONFIG, encoder=fake)
    assert len(fake.exact) == 1
    assert float(exact[0] @ exact[1]) == pytest.approx(exact_cosine(TEXTS[0], TEXTS[1]), abs=1e-6)
    assert (embed_exactly(store, TEXTS, CONFIG, encoder=fake) == exact).all()
    assert len(fake.exact) == 1


def test_the_database_says_which_model_made_a_vector(store: Store) -> None:
    fake = WordEncoder()
    embed(store, ["I comply."], CONFIG, encoder=fake)
    embed_exactly(store, ["I comply."], CONFIG, encoder=fake)
    rows = store.read.execute(
        "SELECT m.name, m.weights, m.dtype, m.program, length(e.vector) AS size FROM embeddings e"
        " JOIN embedding_models m ON m.id = e.model_id ORDER BY m.dtype"
    ).fetchall()
    assert [(r["name"], r["weights"], r["dtype"], r["size"]) for r in rows] == [
        ("words", "w1", EXACT, 4 * DIMENSION),
        ("words", "w1", FLOAT32, 2 * DIMENSION),
    ]
    assert all(r["program"].startswith("turnpoint ") for r in rows)


def test_a_vector_that_another_process_has_stored_stays(store: Store) -> None:
    model = EmbeddingModel("words", "w1", FLOAT32)
    store.write(lambda db: add_embeddings(db, model, {"aa": b"11", "bb": b"22"})).result()
    store.write(lambda db: add_embeddings(db, model, {"aa": b"99", "cc": b"33"})).result()
    assert load_embeddings(store.read, model, ["aa", "bb", "cc", "dd"]) == {"aa": b"11", "bb": b"22", "cc": b"33"}


def test_what_is_wanted_is_looked_up_and_not_searched_for(store: Store) -> None:
    model = EmbeddingModel("words", "w1", FLOAT32)
    plans: list[str] = []
    store.read.set_trace_callback(plans.append)
    load_embeddings(store.read, model, ["aa"])
    store.read.set_trace_callback(None)
    plan = [row["detail"] for row in store.read.execute("EXPLAIN QUERY PLAN " + plans[0])]
    assert any("model_id=? AND text_hash=?" in step for step in plan)


def test_progress_counts_what_is_encoded_and_groups_are_kept_when_it_stops(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "GROUP", 4)
    texts = [f"sentence {i:02}" for i in range(10)]
    seen: list[tuple[int, int]] = []

    def stop_at_eight(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed(store, texts, CONFIG, stop_at_eight, encoder=WordEncoder())
    assert seen == [(4, 10), (8, 10)]
    store.write(lambda db: None).result()
    fake = WordEncoder()
    embed(store, texts, CONFIG, encoder=fake)
    assert len(fake.encoded) == 2


def test_damaged_vectors_are_refused(store: Store) -> None:
    fake = WordEncoder()
    embed(store, TEXTS, CONFIG, encoder=fake)
    store.write(lambda db: db.conn.execute("UPDATE embeddings SET vector = x'0000' WHERE rowid = 1")).result()
    with pytest.raises(StoreError, match="differ in length"):
        embed(store, TEXTS, CONFIG, encoder=fake)


class TestWithoutWeights:
    """A database that was analysed elsewhere is analysed here from what it holds."""

    @pytest.fixture(autouse=True)
    def no_weights(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(config: EmbeddingConfig) -> Encoder:
            raise SimilarityError(f"no weights of {config.model}")

        monkeypatch.setattr(cache, "open_encoder", refuse)

    def test_what_is_stored_serves(self, store: Store) -> None:
        kept = embed(store, TEXTS, CONFIG, encoder=WordEncoder(accepts=(BFLOAT16,)))
        assert (embed(store, TEXTS, CONFIG) == kept).all()

    def test_a_new_text_is_refused_in_the_words_of_the_search_for_weights(self, store: Store) -> None:
        embed(store, TEXTS, CONFIG, encoder=WordEncoder())
        with pytest.raises(SimilarityError, match="no weights of words"):
            embed(store, ["Something new."], CONFIG)
        with pytest.raises(SimilarityError, match="no weights of words"):
            embed_exactly(store, TEXTS, CONFIG)

    def test_an_empty_store_is_refused_at_once(self, store: Store) -> None:
        with pytest.raises(SimilarityError, match="no weights of words"):
            embed(store, TEXTS, CONFIG)


def test_left_to_the_cpu_either_dtype_is_accepted() -> None:
    assert encoder.accepted("auto") == (FLOAT32, BFLOAT16)
    assert encoder.accepted(BFLOAT16) == (BFLOAT16,)


@given(st.lists(st.text(st.characters(codec=None, exclude_categories=()), max_size=8), max_size=12))
@settings(max_examples=examples(20))
def test_any_texts_are_embedded_alone_as_together(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "t.db") as store:
        fake = WordEncoder(error=1e-3)
        together = embed(store, texts, CONFIG, encoder=fake)
        assert len(fake.encoded) == len(set(fake.encoded))
        for row, text in enumerate(texts):
            assert (embed(store, [text], CONFIG, encoder=fake)[0] == together[row]).all()
