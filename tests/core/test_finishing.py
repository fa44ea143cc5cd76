"""What a server's word for the end of an answer means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.finishing import CUT, ENDED, FAILED, FILTERED, MEANINGS, UNKNOWN, meaning_of, was_cut


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("stop end_turn eos eos_token stop_sequence STOP eosFound COMPLETE", ENDED),
        (
            "length max_tokens model_length MAX_TOKENS abort repetition insufficient_system_resource time_limit"
            " token_limit model_context_window_exceeded maxPredictedTokensReached contextLengthReached pause_turn",
            CUT,
        ),
        (
            "content_filter content-filter refusal SAFETY RECITATION PROHIBITED_CONTENT sensitive guardrail_intervened"
            " ERROR_TOXIC",
            FILTERED,
        ),
        ("error network_error ERROR", FAILED),
        ("solar_flare stopp", UNKNOWN),
    ],
)
def test_words_of_many_servers(words: str, meaning: str) -> None:
    assert {word: meaning_of(word) for word in words.split()} == dict.fromkeys(words.split(), meaning)


def test_no_word_is_an_end() -> None:
    assert meaning_of(None) == meaning_of("") == meaning_of("  ") == ENDED
    assert not was_cut(None)


def test_no_word_has_two_meanings() -> None:
    words = [word for listed in MEANINGS.values() for word in listed.split()]
    assert len(words) == len(set(words))


@given(st.sampled_from([word for listed in MEANINGS.values() for word in listed.split()]))
def test_case_and_separators_make_no_difference(word: str) -> None:
    camel = "".join(part.title() for part in word.split("_"))
    assert {meaning_of(form) for form in (word.upper(), word.replace("_", "-"), word.replace("_", " "), camel)} == {
        meaning_of(word)
    }


@given(st.text())
def test_any_text_has_a_meaning(word: str) -> None:
    assert meaning_of(word) in (*MEANINGS, UNKNOWN)
