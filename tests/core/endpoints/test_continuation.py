"""Each continuation mode: what is sent, and what is read out of the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.endpoints.completion import Choice, MalformedReplyError, read_answer, read_chat
from core.endpoints.continuation import MODES, Ask
from core.endpoints.endpoint import MODE_NAMES, Endpoint
from core.endpoints.settings import SamplingSettings
from core.traces.model import Message

PROMPT = (Message("system", "Be brief."), Message("user", "Why?"))
PREFIX = "<SCRATCHPAD_REASONING>\nFirst.  Then"


def settings(mode: str, **extra: Any) -> SamplingSettings:
    return Endpoint("e", "http://h/v1", "m", mode=mode, max_tokens=64, extra=extra).settings


def chat(*contents: str | None, **more: Any) -> dict[str, Any]:
    return {
        "choices": [
            {"index": i, "message": {"content": text}, "finish_reason": "stop"} for i, text in enumerate(contents)
        ],
        **more,
    }


def test_the_modes_are_the_ones_that_a_settings_file_may_name() -> None:
    assert tuple(MODES) == MODE_NAMES


def test_every_sampling_setting_is_sent_explicitly() -> None:
    body = MODES["chat-prefill"].ask(PROMPT, PREFIX, settings("chat-prefill", top_k=5), 4, 11).body
    assert {key: body[key] for key in body if key != "messages"} == {
        "model": "m",
        "temperature": 0.6,
        "top_p": 1.0,
        "max_tokens": 64,
        "n": 4,
        "seed": 11,
        "top_k": 5,
    }


def test_one_continuation_without_a_seed_sends_neither_n_nor_seed() -> None:
    body = MODES["chat-prefill"].ask(PROMPT, PREFIX, settings("chat-prefill"), 1, None).body
    assert "n" not in body
    assert "seed" not in body


@pytest.mark.parametrize(
    ("mode", "on_message", "in_body"),
    [
        ("chat-prefill", {}, {}),
        ("chat-continue", {}, {"continue_final_message": True, "add_generation_prompt": False}),
        ("chat-prefix", {"prefix": True}, {}),
    ],
)
def test_chat_modes_end_in_the_prefix(mode: str, on_message: dict[str, Any], in_body: dict[str, Any]) -> None:
    ask = MODES[mode].ask(PROMPT, PREFIX, settings(mode), 1, None)
    assert ask.path == "/chat/completions"
    assert ask.body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": PREFIX, **on_message},
    ]
    assert {key: ask.body[key] for key in in_body} == in_body


@pytest.mark.parametrize("mode", ["chat-prefill", "chat-continue", "chat-prefix"])
def test_an_empty_prefix_is_an_ordinary_question(mode: str) -> None:
    body = MODES[mode].ask(PROMPT, "", settings(mode), 1, None).body
    assert [turn["role"] for turn in body["messages"]] == ["system", "user"]
    assert "continue_final_message" not in body


def test_a_trace_without_a_prompt_still_has_a_question() -> None:
    assert MODES["chat-prefill"].ask((), "", settings("chat-prefill"), 1, None).body["messages"] == [
        {"role": "user", "content": ""}
    ]


def test_completions_send_the_messages_and_the_prefix_as_plain_text() -> None:
    ask = MODES["completions"].ask(PROMPT, PREFIX, settings("completions"), 1, None)
    assert ask.path == "/completions"
    assert ask.body["prompt"] == "Be brief.\n\nWhy?\n\n" + PREFIX
    assert "messages" not in ask.body


@given(prefix=st.text(st.characters(), min_size=1), mode=st.sampled_from(MODE_NAMES))
def test_the_prefix_arrives_character_by_character(prefix: str, mode: str) -> None:
    ask = MODES[mode].ask(PROMPT, prefix, settings(mode), 1, None)
    sent = json.loads(ask.content)
    arrived = sent["prompt"] if mode == "completions" else sent["messages"][-1]["content"]
    assert arrived.endswith(prefix)


def test_lone_surrogates_and_nul_can_be_sent() -> None:
    assert json.loads(Ask("/x", {"t": "\ud83d\x00"}).content) == {"t": "\ud83d\x00"}


class TestReading:
    """Choices are read strictly; what cannot be used is left out, and none at all is an error."""

    def test_texts_are_left_as_they_are(self) -> None:
        completion = read_chat(chat("  a\n", "", model="m-1", system_fingerprint="fp", provider="Novita"), PREFIX)
        assert completion.choices == (Choice("  a\n", "stop", 0), Choice("", "stop", 1))
        assert (completion.model, completion.system_fingerprint, completion.provider) == ("m-1", "fp", "Novita")
        assert completion.prompt_tokens is None

    def test_an_echo_of_the_prefix_is_cut_off(self) -> None:
        assert read_chat(chat(PREFIX + " more"), PREFIX).choices[0].text == " more"
        assert MODES["completions"].read(
            {"choices": [{"text": f"Be brief.\n\nWhy?\n\n{PREFIX} on"}]}, PROMPT, PREFIX
        ) == (MODES["completions"].read({"choices": [{"text": " on"}]}, PROMPT, PREFIX))

    def test_usage_is_read_if_it_is_usable(self) -> None:
        counted = read_chat(chat("a", usage={"prompt_tokens": 7, "completion_tokens": 3}))
        assert (counted.prompt_tokens, counted.completion_tokens) == (7, 3)
        useless: list[Any] = [None, [], {"prompt_tokens": "7"}, {"prompt_tokens": -1}, {"prompt_tokens": True}]
        for usage in useless:
            assert read_chat(chat("a", usage=usage)).prompt_tokens is None

    def test_reasoning_that_the_server_took_out_is_put_back_in_front(self) -> None:
        apart = {"choices": [{"message": {"content": "answer", "reasoning_content": "thought "}}]}
        assert read_chat(apart).choices[0].text == "thought answer"
        for name, value in (
            ("thinking", "thought "),
            ("reasoning_details", [{"type": "reasoning.text", "text": "thought "}]),
            ("thinking_blocks", [{"type": "thinking", "thinking": "thought ", "signature": "x"}]),
        ):
            named = {"choices": [{"message": {"content": "answer", name: value}}]}
            assert read_chat(named).choices[0].text == "thought answer"
        alone = {"choices": [{"message": {"content": None, "reasoning": "thought"}}]}
        assert read_chat(alone).choices[0].text == "thought"
        both = {"choices": [{"message": {"content": "<t>thought</t>answer", "reasoning_content": "thought"}}]}
        assert read_chat(both).choices[0].text == "<t>thought</t>answer"

    def test_a_judge_is_read_without_its_reasoning(self) -> None:
        apart = {"choices": [{"message": {"content": "{}", "reasoning_content": "thought"}}]}
        assert read_answer(apart).choices[0].text == "{}"

    def test_an_unusable_choice_leaves_the_others_in_their_places(self) -> None:
        body = chat("a", "b", "c")
        body["choices"][1]["message"]["content"] = 3
        assert [c.index for c in read_chat(body).choices] == [0, 2]

    def test_choices_are_put_in_the_order_of_their_indices(self) -> None:
        body = chat("second", "first")
        body["choices"][0]["index"], body["choices"][1]["index"] = 1, 0
        assert [c.text for c in read_chat(body).choices] == ["first", "second"]

    def test_senseless_indices_are_replaced_by_positions(self) -> None:
        body = chat("a", "b", "c")
        for choice in body["choices"]:
            choice["index"] = 0
        assert [(c.index, c.text) for c in read_chat(body).choices] == [(0, "a"), (1, "b"), (2, "c")]

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            ({"choices": []}, "empty"),
            ({}, "malformed"),
            ({"error": {"message": "provider is down"}}, "malformed"),
            ([], "malformed"),
            ("<html>", "malformed"),
            (None, "malformed"),
            ({"choices": "x"}, "malformed"),
            ({"choices": [None]}, "malformed"),
            ({"choices": [{"message": None}]}, "malformed"),
            ({"choices": [{"message": {"content": None}}]}, "malformed"),
            ({"choices": [{"message": {"content": 3}}]}, "malformed"),
            ({"choices": [{"message": {"content": ""}, "finish_reason": "error"}]}, "malformed"),
            ({"choices": [{"message": {"content": ""}, "error": {"message": "overloaded"}}]}, "malformed"),
        ],
    )
    def test_a_response_without_a_usable_choice_is_an_error(self, body: object, kind: str) -> None:
        with pytest.raises(MalformedReplyError) as error:
            read_chat(body)
        assert error.value.kind == kind

    def test_what_the_server_says_of_its_error_is_kept(self) -> None:
        with pytest.raises(MalformedReplyError, match="provider is down"):
            read_chat({"error": {"message": "provider is down"}})

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(
        st.sampled_from(["choices", "message", "content", "index", "usage", "error", "text", "refusal", "finish_reason",
                         "type", "thinking", "code"]), x)))  # fmt: skip
    def test_no_json_breaks_the_reader(self, body: object) -> None:
        for read in (read_chat, read_answer, lambda b: MODES["completions"].read(b, PROMPT, PREFIX)):
            try:
                completion = read(body)
            except MalformedReplyError:
                continue
            assert all(isinstance(choice.text, str) for choice in completion.choices)
