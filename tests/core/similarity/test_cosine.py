"""Similar or not: the decision is that of the exact cosine, however rough the first pass."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.endpoints.config import EmbeddingConfig
from core.similarity.cosine import MARGIN, TIE, comparison, quick_comparison, similar
from core.store.database import Store
from tests.core.similarity.fake import WordEncoder, exact_cosine
from tests.sizes import examples

CONFIG = EmbeddingConfig(model="words", threshold=0.8)
WORDS = ["yes", "no", "maybe", "so"]
TEXTS = [" ".join(words) for n in (1, 2, 3, 4) for words in [WORDS[:n], WORDS[-n:], WORDS[:n] * 2 + WORDS[-1:]]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as opened:
        yield opened


def test_each_anchor_is_compared_to_its_own_candidates(store: Store) -> None:
    found = similar(store, ["yes no", "so"], [["yes", "no maybe so"], []], CONFIG, encoder=WordEncoder())
    assert [len(row) for row in found.cosines] == [2, 0]
    assert found.cosines[0] == pytest.approx([exact_cosine("yes no", t) for t in ("yes", "no maybe so")], abs=3e-4)
    assert [row.dtype for row in found.masks] == [np.bool_, np.bool_]


def test_one_list_for_all_anchors_gives_what_separate_lists_give(store: Store) -> None:
    fake = WordEncoder()
    shared = similar(store, TEXTS, [TEXTS] * len(TEXTS), CONFIG, encoder=fake)
    apart = similar(store, TEXTS, [list(TEXTS) for _ in TEXTS], CONFIG, encoder=fake)
    for one, other in zip(shared.cosines, apart.cosines, strict=True):
        assert one == pytest.approx(other, abs=1e-6)
    assert [list(row) for row in shared.masks] == [list(row) for row in apart.masks]


def test_a_text_is_exactly_like_itself(store: Store) -> None:
    strict = EmbeddingConfig(model="words", threshold=1.0)
    found = similar(store, ["yes no"], [["yes no", "  yes no\n", "yes no maybe"]], strict, encoder=WordEncoder())
    assert found.cosines[0][:2].tolist() == [1.0, 1.0]
    assert found.masks[0].tolist() == [True, True, False]


def test_nothing_to_compare_is_nothing_found(store: Store) -> None:
    found = similar(store, [], [], CONFIG, encoder=WordEncoder())
    assert (found.cosines, found.masks, found.n_decided_again) == ((), (), 0)


def test_every_anchor_needs_candidates(store: Store) -> None:
    with pytest.raises(ValueError, match="2 anchors, but 1 lists"):
        similar(store, ["a", "b"], [["c"]], CONFIG, encoder=WordEncoder())


def test_only_what_is_close_to_the_threshold_is_encoded_exactly_and_only_once(store: Store) -> None:
    close = EmbeddingConfig(model="words", threshold=exact_cosine("yes no", "yes") - MARGIN / 2)
    fake = WordEncoder()
    first = similar(store, ["yes no"], [["yes", "so", "yes"]], close, encoder=fake)
    assert first.n_decided_again == 2
    assert [sorted(call) for call in fake.exact] == [["yes", "yes no"]]
    assert first.masks[0].tolist() == [True, False, True]
    again = similar(store, ["yes no"], [["yes", "so", "yes"]], close, encoder=fake)
    assert again.cosines[0].tolist() == first.cosines[0].tolist()
    assert len(fake.exact) == 1
    assert len(fake.quick) == 1


def test_a_cosine_that_two_cpus_may_round_apart_reaches_the_threshold(store: Store) -> None:
    config = EmbeddingConfig(model="words", threshold=exact_cosine("yes no", "yes") + TIE / 2)
    found = similar(store, ["yes no"], [["yes"]], config, encoder=WordEncoder())
    assert found.masks[0].tolist() == [True]
    assert found.cosines[0][0] == config.threshold


def test_the_analyses_get_cosines_that_decide_as_the_masks_do(store: Store) -> None:
    fake = WordEncoder(error=2e-3)
    compare = comparison(store, CONFIG, encoder=fake)
    masks = similar(store, TEXTS, [TEXTS] * len(TEXTS), CONFIG, encoder=fake).masks
    cosines = compare(list(TEXTS), [TEXTS] * len(TEXTS))
    assert [(row >= CONFIG.threshold).tolist() for row in cosines] == [row.tolist() for row in masks]


def test_a_quick_comparison_encodes_nothing_exactly(store: Store) -> None:
    close = EmbeddingConfig(model="words", threshold=exact_cosine("yes no", "yes"))
    fake = WordEncoder()
    (cosines,) = quick_comparison(store, close, encoder=fake)(["yes no"], [["yes", "so", "yes no"]])
    assert fake.exact == []
    assert cosines == pytest.approx([exact_cosine("yes no", other) for other in ("yes", "so", "yes no")], abs=3e-4)


@given(
    pairs=st.lists(st.tuples(st.sampled_from(TEXTS), st.sampled_from(TEXTS)), min_size=1, max_size=3),
    offset=st.floats(-2 * MARGIN, 2 * MARGIN),
    error=st.floats(0, MARGIN / 2.5),
)
@settings(max_examples=examples(25))
def test_no_error_of_the_first_pass_changes_a_decision(
    pairs: list[tuple[str, str]], offset: float, error: float
) -> None:
    threshold = min(1.0, max(0.0, exact_cosine(*pairs[0]) + offset))
    config = EmbeddingConfig(model="words", threshold=threshold)
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "t.db") as store:
        found = similar(store, [a for a, _ in pairs], [[b] for _, b in pairs], config, encoder=WordEncoder(error=error))
    for (anchor, candidate), mask, cosine in zip(pairs, found.masks, found.cosines, strict=True):
        truth = exact_cosine(anchor, candidate)
        assert abs(cosine[0] - truth) <= MARGIN
        if abs(truth - threshold) > 2 * TIE:
            assert mask[0] == (truth >= threshold)
