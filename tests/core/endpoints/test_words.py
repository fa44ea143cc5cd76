"""The server's own words, in whatever shape they come."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.endpoints.words import Words, is_moderation, keeps_an_answer_back, words_of

PROVIDER = json.dumps({"error": {"message": "rate-limited upstream", "type": "x"}})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"error": {"message": "no such model", "code": 404}}, "no such model"),
        ({"error": "no such model", "error_type": "x"}, "no such model"),
        ({"message": "no such model", "object": "error", "code": 404}, "no such model"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"detail": [{"loc": ["body", "n"], "msg": "must be 1", "type": "x"}]}, "at body.n; must be 1"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "Overloaded"),
        ({"errors": [{"message": "a"}, {"message": "b"}]}, "a; b"),
        ({"error": {"message": "Provider returned error", "metadata": {"raw": PROVIDER}}}, "rate-limited upstream"),
        ({"message": "Provider returned error", "metadata": {"raw": "try later"}}, "try later"),
        ({"message": "flagged", "metadata": {"reasons": ["violence"], "flagged_input": "mine"}}, "flagged; violence"),
        ({"message": 'flagged for "violence"', "metadata": {"reasons": ["violence"]}}, 'flagged for "violence"'),
        ({"error": {"message": "Provider returned error"}}, "Provider returned error"),
        ("the queue is full", "the queue is full"),
        ('{"error": {"message": "as text"}}', "as text"),
        ("<html><head><title>502\n Bad &amp; Gateway</title></head></html>", 'a page "502 Bad & Gateway"'),
        ("<!DOCTYPE html><body><h1>Log <b>in</b></h1>", 'a page "Log in"'),
        ("<html><body>hello", "a page of HTML"),
        ({}, ""),
        ({"error": None}, ""),
        (None, ""),
        (3, ""),
        ([], ""),
    ],
)
def test_bodies_of_many_servers(body: Any, text: str) -> None:
    assert words_of(body).text == text


def test_a_code_is_a_word_and_no_status() -> None:
    assert words_of({"code": 400, "type": "BadRequestError", "message": "m"}).code == "BadRequestError"
    assert words_of({"error": {"code": "insufficient_quota", "type": "t"}}).code == "insufficient_quota"
    assert words_of({"code": "400", "message": "m"}).code == ""


@pytest.mark.parametrize(
    ("body", "moderates"),
    [
        ({"message": 'm requires moderation on DeepInfra. Your input was flagged for "harassment".'}, True),
        ({"message": "triggering Azure OpenAI's content management policy", "code": "content_filter"}, True),
        ({"code": "data_inspection_failed", "message": "no"}, True),
        ({"message": "Your prompt was flagged as potentially violating our usage policy."}, True),
        ({"message": "Key limit exceeded (total limit)"}, False),
        ({"message": "No endpoints found matching your data policy"}, False),
        ({"message": "Unsupported parameter: safety_identifier"}, False),
    ],
)
def test_a_moderation_is_known_by_its_words(body: Any, moderates: bool) -> None:
    assert is_moderation(words_of(body)) is moderates


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from(["error", "message", "detail", "metadata", "raw", "reasons", "code", "loc"]), x)))  # fmt: skip
def test_no_body_breaks_the_reader(body: object) -> None:
    found = words_of(body)
    assert isinstance(found.code, str)
    assert isinstance(found.text, str)


@pytest.mark.parametrize(
    ("text", "is_answer"),
    [
        ("Output blocked by content filtering policy", True),
        ("Output data may contain inappropriate content.", True),
        ("The generated text was filtered by our content policy", True),
        ("The response was filtered due to the prompt triggering Azure OpenAI's content management policy.", False),
        ("Input or output data may contain inappropriate content.", False),
        ('Your input was flagged for "harassment".', False),
        ("This request was blocked by moderation", False),
        ("the response was blocked by a firewall", False),
    ],
)
def test_an_answer_that_is_kept_back_is_told_from_a_question_that_is(text: str, is_answer: bool) -> None:
    assert keeps_an_answer_back(Words(text=text)) is is_answer
