"""Which texts are encoded together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.similarity.batches import batches, token_counts

LENGTHS = st.lists(st.integers(0, 300), max_size=60)


@given(LENGTHS, st.integers(1, 600))
def test_every_text_is_in_one_batch_and_no_batch_is_too_large(lengths: list[int], tokens: int) -> None:
    divided = batches(lengths, tokens)
    assert sorted(index for batch in divided for index in batch) == list(range(len(lengths)))
    for batch in divided:
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= tokens


@given(LENGTHS, st.integers(1, 600))
def test_no_text_is_padded_to_one_of_an_earlier_batch(lengths: list[int], tokens: int) -> None:
    in_order = [lengths[index] for batch in batches(lengths, tokens) for index in batch]
    assert in_order == sorted(lengths, reverse=True)


def test_texts_of_one_length_keep_their_order() -> None:
    assert batches([3, 3, 5, 3], 6) == [[2], [0, 1], [3]]


def test_a_model_that_does_not_tell_its_tokens_is_estimated_by_characters() -> None:
    assert token_counts(object(), ["", "word", "two words"]) == [1, 2, 3]
