"""The answer of a sample: the provider's words, the turns that were sent, the model and the settings of the call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.traces.importers import ImportResult, read_traces
from core.traces.importers.inspect_calls import answered
from core.traces.model import Message, Trace
from core.traces.truncated import TRUNCATED
from tests.core.traces.inspect_logs import (
    api_call,
    asked,
    conversation,
    header,
    model_event,
    said,
    sample,
    write_archive,
    write_json,
)
from tests.sizes import examples

WRITTEN = "Let me see.\n<think>\n  Ten.\n\nSix are red.  \n</think>\n\n\nSix in ten."
KEPT = [
    {"type": "reasoning", "internal": "think", "reasoning": "Ten.\n\nSix are red."},
    {"type": "text", "text": "Let me see.\n\n\n\nSix in ten."},
]
"""What Inspect makes of what was written."""


def read(tmp_path: Path, *samples: Any, **spec: Any) -> ImportResult:
    result = read_traces(write_archive(tmp_path / "log.eval", *samples, head=header(**spec)))
    assert result.refused == ()
    return result


def only(tmp_path: Path, one: Any, **spec: Any) -> Trace:
    (trace,) = read(tmp_path, one, **spec).traces
    return trace


def test_the_response_is_what_the_provider_gave(tmp_path: Path) -> None:
    call = api_call([asked("How many?")], content=WRITTEN, refusal=None, tool_calls=None)
    trace = only(tmp_path, conversation(asked("How many?"), said("", content=KEPT), event={"call": call}))
    assert trace.response == WRITTEN
    assert trace.response[slice(*trace.reasoning)] == "\n  Ten.\n\nSix are red."
    assert trace.metadata["inspect"]["text_from"] == "call.response"


def test_without_the_call_the_lost_white_space_is_said(tmp_path: Path) -> None:
    result = read(tmp_path, conversation(asked("How many?"), said("", content=KEPT)))
    assert [sentence.text.strip() for sentence in result.traces[0].sentences] == ["Ten.", "Six are red."]
    assert result.traces[0].metadata["inspect"]["text_from"] == "messages"
    assert result.notes == (
        "1 trace has no longer the model's own white space around the reasoning, which Inspect strips; "
        "log with --log-model-api to keep it.",
    )


GIVEN = {
    "openai": (
        {"choices": [{"message": {"content": "Six.", "reasoning_content": " Ten. Red. "}}]},
        {"role": "assistant", "content": "Six.", "reasoning_content": " Ten. Red. "},
    ),
    "anthropic": (
        {"type": "message", "content": [
            {"type": "thinking", "thinking": " Ten. "}, {"type": "text", "text": "Si"}, {"type": "text", "text": "x."},
        ]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": " Ten. "}, {"type": "text", "text": "Six."},
        ]},
    ),
    "google": (
        {"candidates": [{"content": {"parts": [
            {"text": " Ten", "thought": True}, {"text": ". ", "thought": True}, {"text": "Si"}, {"text": "x."},
        ]}}]},
        {"role": "assistant", "content": [
            {"type": "reasoning", "summary": " Ten. "}, {"type": "text", "text": "Six."},
        ]},
    ),
    "a stand-in": ({"content": "Six."}, None),
    "an error": ({"body": "503"}, None),
    "nothing": (None, None),
}  # fmt: skip


@pytest.mark.parametrize(("response", "turn"), GIVEN.values(), ids=GIVEN)
def test_the_answers_of_three_providers_are_known(response: Any, turn: dict[str, Any] | None) -> None:
    assert answered(response, 0) == turn


@pytest.mark.parametrize(
    ("answer", "event"),
    [
        (said("", content=KEPT), {"call": {**api_call([], content=WRITTEN), "error": True}}),
        (said("", content=KEPT), {"call": api_call([], content="Six in ten.")}),
        (said("", content=[{**KEPT[0], "redacted": True, "summary": "Ten."}, KEPT[1]]),
         {"call": api_call([], content="Six in ten.", reasoning="x")}),
        (said("", content=KEPT), {"call": api_call([], content=[{"type": "hologram"}])}),
        (said("", content=KEPT, id="a"), {"call": api_call([], content=WRITTEN),
         "output": {"choices": [{"message": said(WRITTEN, id="a"), "stop_reason": "stop"}]}}),
    ],
    ids=["a failed call", "reasoning of an unknown name", "encrypted reasoning", "an unknown part", "an edited answer"],
)  # fmt: skip
def test_inspects_message_stands_where_the_provider_does_not_say_more(tmp_path: Path, answer: Any, event: Any) -> None:
    trace = only(tmp_path, conversation(asked("a"), answer, event=event))
    assert trace.response.startswith("<think>\nTen.")
    assert trace.metadata["inspect"]["text_from"] == "messages"


LOOK = '<tool_call>\n{"name": "look", "arguments": {"at": 1}}\n</tool_call>'
SENT = {
    "openai": (
        {"messages": [
            {"role": "developer", "content": "S."}, asked("a"),
            {"role": "assistant", "content": '\n<think internal="x">\nOne.\n</think>\n\nb'}, asked([
                {"type": "text", "text": "c"}, {"type": "image_url", "image_url": {"url": "<base64-data-removed>"}}]),
        ]},
        [("system", "S."), ("user", "a"), ("assistant", '\n<think internal="x">\nOne.\n</think>\n\nb'),
         ("user", "c\n[image]")],
    ),
    "anthropic": (
        {"system": [{"type": "text", "text": "S."}], "messages": [
            asked("a"),
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "One.", "signature": "x"}, {"type": "text", "text": "b"},
                {"type": "tool_use", "id": "1", "name": "look", "input": {"at": 1}}]},
            asked([{"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "sun"}]}]),
        ]},
        [("system", "S."), ("user", "a"),
         ("assistant", f"<think>\nOne.\n</think>\n\nb\n{LOOK}"),
         ("user", "<tool_response>\nsun\n</tool_response>")],
    ),
    "google": (
        {"system_instruction": ["S."], "contents": [
            {"role": "user", "parts": [{"text": "a"}]},
            {"role": "model", "parts": [{"text": "One.", "thought": True}, {"text": "b"}]},
            {"role": "user", "parts": [{"text": "c"}]},
        ]},
        [("system", "S."), ("user", "a"), ("assistant", "b"), ("user", "c")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "turns"), SENT.values(), ids=SENT)
def test_the_turns_before_are_those_that_were_sent(tmp_path: Path, request_: Any, turns: list[Any]) -> None:
    messages = [asked("a"), said("b"), asked("c"), said("Six.")]
    trace = only(tmp_path, conversation(*messages, event={"call": {"request": request_}}))
    assert trace.prompt.messages == tuple(Message(*turn) for turn in turns)


def test_what_the_pools_and_the_attachments_hold_comes_back_to_its_place(tmp_path: Path) -> None:
    long, answer = "A long text. " * 9, said("", content=KEPT)
    call = api_call([], content="attachment://11") | {"call_refs": [[0, 1], [2, 3]], "call_key": "messages"}
    one = conversation(
        *(asked("a"), asked("b"), answer),
        event={"call": call, "input": [], "input_refs": [[0, 2]]},
        events_data={"messages": [asked("a"), asked("b")], "calls": [asked("attachment://22"), asked("x"), asked("b")]},
        attachments={"11": WRITTEN, "22": long},
    )
    trace = only(tmp_path, one)
    assert (trace.response, [turn.content for turn in trace.prompt.messages]) == (WRITTEN, [long, "b"])


def test_without_the_request_the_input_of_the_call_is_the_prompt(tmp_path: Path) -> None:
    event = {"input": [], "input_refs": [[1, 2]]}
    one = conversation(asked("a"), said("b"), event=event, events_data={"messages": [asked("x"), asked("shorter")]})
    assert only(tmp_path, one).prompt.messages == (Message("user", "shorter"),)


@pytest.mark.parametrize("refs", [[[0, 9]], [[1, 0]], [["0", 1]], "x", [[0]]])
def test_without_what_is_referred_to_the_messages_are_the_prompt(tmp_path: Path, refs: Any) -> None:
    event = {"input": [], "input_refs": refs, "call": {"request": {}, "call_refs": refs}}
    assert only(tmp_path, conversation(asked("a"), said("b"), event=event)).prompt.messages == (Message("user", "a"),)


def test_model_and_settings_are_those_of_the_call(tmp_path: Path) -> None:
    event = {"model": "vllm/target", "role": "target", "config": {"temperature": 0.3, "seed": None}}
    one = conversation(asked("a"), said("b"), event=event)
    one["events"].append(model_event([asked("Grade b.")], said("C"), model="vllm/grader"))
    trace = only(tmp_path, one, model="none/none", model_roles={"target": {"model": "x"}, "judge": {"model": "y"}})
    assert trace.model == "vllm/target"
    assert trace.metadata["inspect"]["config"] == {"temperature": 0.3}
    assert trace.metadata["inspect"]["role"] == "target"


@pytest.mark.parametrize(
    ("roles", "model"),
    [
        ({"target": {"model": "x"}, "auditor": {"model": "y"}}, "x"),
        ({"target": [{"model": "x"}, {"model": "z"}], "auditor": {"model": "y"}}, "x"),
        ({"solver": {"model": "y"}}, "y"),
        ({"a": {"model": "x"}, "b": {"model": "y"}}, None),
        (None, None),
    ],
)
def test_without_the_call_the_role_names_the_model(tmp_path: Path, roles: Any, model: str | None) -> None:
    assert only(tmp_path, sample(), model="none/none", model_roles=roles).model == model


def test_without_the_call_the_later_settings_count(tmp_path: Path) -> None:
    head = header(model_generate_config={"seed": 1, "temperature": 1.0})
    steps = [{"solver": "generate", "params": {"temperature": 0.3, "tool_calls": "loop", "cache": False}}]
    head["plan"] = {"steps": steps, "config": {"temperature": 0.7, "top_p": 0.9, "max_tokens": None}}
    (trace,) = read_traces(write_archive(tmp_path / "log.eval", sample(), head=head)).traces
    assert trace.metadata["inspect"]["config"] == {"seed": 1, "temperature": 0.3, "top_p": 0.9}


def test_what_the_model_was_never_given_is_not_the_query(tmp_path: Path) -> None:
    trace = only(tmp_path, conversation(asked("Hello."), said("b")) | {"input": "Seed of the auditor."})
    assert (trace.query, trace.metadata["inspect"]["input"]) == ("Hello.", "Seed of the auditor.")
    trace = only(tmp_path, conversation(asked("Answer this: Why?"), said("b")) | {"input": "Why?"})
    assert (trace.query, "input" in trace.metadata["inspect"]) == ("Why?", False)


def test_reasoning_of_a_field_of_its_own_is_reasoning(tmp_path: Path) -> None:
    trace = only(tmp_path, conversation(asked("a"), said("Six.", reasoning="Ten. Six are red.")))
    assert [sentence.text.strip() for sentence in trace.sentences] == ["Ten.", "Six are red."]
    assert trace.response.endswith("Six.")


def test_reasoning_that_was_counted_but_is_not_in_the_log_is_said(tmp_path: Path) -> None:
    output = {"choices": [{"message": said("Six."), "stop_reason": "stop"}], "usage": {"reasoning_tokens": 40}}
    result = read(tmp_path, conversation(asked("a"), said("Six."), event={"output": output}))
    assert result.traces[0].metadata["inspect"]["reasoning_tokens"] == 40
    assert "the server counted tokens of reasoning that are not in the file" in result.notes[0]


CUT = {
    "max_tokens": ({"output": {"choices": [{"message": said("b"), "stop_reason": "max_tokens"}]}}, {}),
    "model_length": ({"output": {"choices": [{"message": said("b"), "stop_reason": "model_length"}]}}, {}),
    "content_filter": ({"output": {"choices": [{"message": said("b"), "stop_reason": "content_filter"}]}}, {}),
    "token_limit": ({}, {"limit": {"type": "token", "limit": 10.0}}),
    "time_limit": ({}, {"limit": {"type": "time", "limit": 1.0, "reason": "x"}}),
    "sample_limit": ({}, {"limit": {"limit": 1.0}}),
}


@pytest.mark.parametrize(("event", "changes"), CUT.values(), ids=CUT)
def test_what_was_cut_off_is_marked(tmp_path: Path, event: Any, changes: Any, request: pytest.FixtureRequest) -> None:
    result = read(tmp_path, conversation(asked("a"), said("b"), event=event, **changes))
    why = request.node.callspec.id
    assert result.traces[0].metadata[TRUNCATED] is True
    assert result.traces[0].metadata["inspect"]["cut_by"] == why
    assert result.notes == (f"1 trace is marked as truncated ({why}).",)


def test_an_ordinary_answer_is_not_marked(tmp_path: Path) -> None:
    result = read(tmp_path, conversation(asked("a"), said("b")))
    assert (TRUNCATED in result.traces[0].metadata, result.notes) == (False, ())


def test_an_answer_that_met_the_limit_is_found_though_no_message_has_it(tmp_path: Path) -> None:
    given, call = [asked("a")], api_call([asked("a")], content=WRITTEN)
    events = [
        model_event(given, said("", content=KEPT), call=call),
        {"event": "sample_limit"},
        model_event(given, said("A grader's.")),
    ]
    result = read(tmp_path, sample(messages=given, events=events, limit={"type": "token", "limit": 10}, output={}))
    assert [(trace.response, trace.metadata[TRUNCATED]) for trace in result.traces] == [(WRITTEN, True)]


def test_errors_that_were_retried_leave_their_first_line(tmp_path: Path) -> None:
    retries = [{"message": "ValueError('x')\nat line 1", "traceback": "long " * 999, "traceback_ansi": "longer"}]
    trace = only(tmp_path, conversation(asked("a"), said("b"), error_retries=retries))
    assert trace.metadata["inspect"]["error_retries"] == ["ValueError('x')"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "attachment://1", "tool", "user", "\x1b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["role", "content", "type", "text", "reasoning", "choices", "message", "parts", "system", "1"]),
        inner, max_size=3,
    ),
    max_leaves=8,
)  # fmt: skip
PARTS = st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["text", "reasoning", "tool_use"]), "text": JSON}) | JSON
)
TURNS = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "tool"]) | JSON, "content": st.just("Because.") | PARTS | JSON},
        optional={name: JSON for name in ("id", "source", "tool_calls", "reasoning", "error", "function")},
    )
    | JSON,
    max_size=4,
)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {"event": st.sampled_from(["model", "sample_limit"])},
        optional={
            "input": TURNS | JSON,
            "input_refs": JSON,
            "output": st.just({"choices": [{"message": said("Because.")}]}) | JSON,
            "call": st.fixed_dictionaries(
                {"request": st.fixed_dictionaries({"messages": TURNS}) | JSON, "response": JSON}
            )
            | JSON,
            **{name: JSON for name in ("model", "role", "config", "tools", "error", "pending")},
        },
    )
    | JSON,
    max_size=3,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=examples(200))
@given(
    fields=st.fixed_dictionaries(
        {"messages": TURNS.map(lambda turns: [*turns, said("Because.")]) | TURNS | JSON, "events": EVENTS | JSON},
        optional={
            **{name: JSON for name in ("id", "epoch", "input", "output", "metadata", "attachments", "events_data")},
            **{name: JSON for name in ("limit", "error", "invalidation", "error_retries", "scores", "target")},
        },
    ),
    spec=st.dictionaries(st.sampled_from(["task", "task_id", "model", "model_roles", "created", "task_args"]), JSON),
)
def test_no_sample_that_anyone_made_up_does_any_harm(tmp_path: Path, fields: Any, spec: Any) -> None:
    result = read_traces(write_json(tmp_path / "a.json", {**sample(), **fields}, head=header(**spec)))
    assert len(result.traces) + len(result.refused) + len(result.attempt.failed if result.attempt else ()) == 1
    assert all(text.isprintable() for text in (*result.notes, *map(str, result.refused)))
