"""An answer that is no text to decide on is an answer all the same: what each way of giving none is read as."""

from __future__ import annotations

from typing import Any

import pytest

from core.endpoints.completion import Choice, MalformedReplyError, as_written, read_answer, read_chat, read_plain

CALL = [{"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]


def read(message: Any, finish_reason: str | None = None, **choice: Any) -> Choice:
    body = {"choices": [{"message": message, "finish_reason": finish_reason, **choice}]}
    return read_chat(body).choices[0]


@pytest.mark.parametrize(
    ("message", "finish_reason", "text"),
    [
        ({"content": None}, "content_filter", ""),
        ({}, "content_filter", ""),
        (None, "content_filter", ""),
        ({"content": ""}, "content_filter", ""),
        ({"content": " and so"}, "content_filter", " and so"),
        ({"content": None}, "refusal", ""),
        ({"content": None}, "SAFETY", ""),
        ({"content": None, "tool_calls": CALL}, "tool_calls", ""),
        ({"content": "", "tool_calls": CALL}, "stop", ""),
        ({"content": None, "refusal": "I can't."}, "stop", "I can't."),
        ({"content": None, "refusal": "I can't."}, None, "I can't."),
        ({"content": " and", "refusal": "I can't."}, "stop", " and"),
        ({"content": [{"type": "refusal", "refusal": "No."}]}, "stop", "No."),
        ({"content": None}, "solar_flare", ""),
    ],
)
def test_what_the_server_keeps_back_is_filtered(message: Any, finish_reason: str | None, text: str) -> None:
    choice = read(message, finish_reason)
    assert (choice.text, choice.finish_reason, choice.is_filtered) == (text, finish_reason, True)


@pytest.mark.parametrize(
    ("message", "finish_reason", "text"),
    [
        ({"content": ""}, "stop", ""),
        ({"content": None}, "stop", ""),
        ({"content": None}, "length", ""),
        ({"content": None, "reasoning": "hm"}, "length", "hm"),
        ({"content": " and", "tool_calls": CALL}, "tool_calls", " and"),
        ({"content": " and", "refusal": None}, "stop", " and"),
        ({"content": " and", "refusal": " "}, "stop", " and"),
        ({"content": " and"}, "solar_flare", " and"),
        ({"content": " and"}, "abort", " and"),
    ],
)
def test_what_the_model_ended_or_was_cut_off_in_is_not(message: Any, finish_reason: str, text: str) -> None:
    choice = read(message, finish_reason)
    assert (choice.text, choice.finish_reason, choice.is_filtered) == (text, finish_reason, False)


def test_a_choice_that_a_provider_moderated_away_is_filtered_and_one_that_failed_is_none() -> None:
    flagged = read({"content": ""}, "error", error={"code": 403, "message": "Your output was flagged."})
    assert flagged.is_filtered
    with pytest.raises(MalformedReplyError, match="Upstream idle timeout"):
        read({"content": ""}, "error", error={"code": 502, "message": "Upstream idle timeout"})


@pytest.mark.parametrize(
    ("own", "native", "kept", "is_filtered"),
    [
        (None, "PROHIBITED_CONTENT", "PROHIBITED_CONTENT", True),
        ("stop", "SAFETY", "SAFETY", True),
        ("stop", "MAX_TOKENS", "MAX_TOKENS", False),
        ("stop", "end_turn", "stop", False),
        ("stop", "solar_flare", "stop", False),
        ("content_filter", "stop", "content_filter", True),
        ("length", "SAFETY", "length", False),
    ],
)
def test_a_provider_s_word_counts_where_the_router_knows_of_nothing_but_an_end(
    own: str | None, native: str, kept: str, is_filtered: bool
) -> None:
    choice = read({"content": " and"}, own, native_finish_reason=native)
    assert (choice.finish_reason, choice.is_filtered) == (kept, is_filtered)


def test_json_that_the_server_calls_text_is_read() -> None:
    body = '{"choices": [{"message": {"content": " and"}, "finish_reason": "stop"}]}'
    assert read_chat(body).choices == (Choice(" and", "stop"),)


def test_a_filtered_choice_keeps_its_place_among_the_others() -> None:
    choices = [
        {"index": 0, "message": {"content": "a"}, "finish_reason": "stop"},
        {"index": 1, "message": {"content": None}, "finish_reason": "content_filter"},
        {"index": 2, "message": {"content": "c"}, "finish_reason": "stop"},
    ]
    found = read_chat({"choices": choices}).choices
    assert [(one.index, one.is_filtered) for one in found] == [(0, False), (1, True), (2, False)]


def test_completions_and_judges_are_read_by_the_same_rule() -> None:
    plain = read_plain({"choices": [{"text": None, "finish_reason": "content_filter"}]}).choices[0]
    judge = read_answer({"choices": [{"message": {"content": None}, "finish_reason": "content_filter"}]}).choices[0]
    assert plain == judge == Choice("", "content_filter", 0, is_filtered=True)


class TestParts:
    """Content may be a list of parts, wherever an answer is read."""

    def test_they_are_joined_as_they_stand(self) -> None:
        parts = [{"type": "text", "text": " I"}, {"type": "reference", "reference_ids": [1]}]
        assert read({"content": [*parts, {"type": "text", "text": " see.\n"}]}, "stop").text == " I see.\n"

    def test_thinking_goes_in_front_unless_the_text_repeats_it(self) -> None:
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": " hm."}], "closed": True}
        assert read({"content": [thinking, {"type": "text", "text": "Yes."}]}, "stop").text == " hm.Yes."
        assert read({"content": [thinking, {"type": "text", "text": " hm. Yes."}]}, "stop").text == " hm. Yes."

    def test_an_echo_of_the_prefix_is_cut_off(self) -> None:
        body = {"choices": [{"message": {"content": [{"type": "text", "text": "I think so"}]}}]}
        assert read_chat(body, "I think").choices[0].text == " so"

    def test_a_judge_is_read_without_its_thinking(self) -> None:
        content = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "{}"}]
        assert read_answer({"choices": [{"message": {"content": content}}]}).choices[0].text == "{}"

    def test_a_check_sees_them_as_they_were_written(self) -> None:
        thinking = {"type": "thinking", "thinking": "hm"}
        parts = {"message": {"content": [thinking, {"type": "text", "text": "I think so"}]}}
        assert as_written(parts) == ("I think so", "hm")
        assert as_written({"text": " so"}) == (" so", "")
        assert as_written({"message": {"content": None, "reasoning": "hm"}}) == ("", "hm")
        assert as_written(None) == as_written({"message": {"content": 3}}) == ("", "")

    def test_a_part_that_is_no_text_is_named(self) -> None:
        with pytest.raises(MalformedReplyError, match="a choice has a part 1 that is no text"):
            read({"content": [{"type": "image_url", "image_url": {}}]}, "stop")
