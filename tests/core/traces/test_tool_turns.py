"""Turns of tools, pictures and files in the messages of a record: which text they become, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.traces.importers import ImportResult, read_traces
from core.traces.importers.prompt_turns import after_results
from core.traces.importers.tool_turns import as_text, kinds_as_text
from core.traces.model import Message

CALL = {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"at": 1}'}}
LOOK = '<tool_call>\n{"name": "look", "arguments": {"at": 1}}\n</tool_call>'
SEARCH = {"type": "tool_use", "tool_type": "web_search", "name": "look", "arguments": '{"at": 1}', "result": "sun"}
SUN = "<tool_response>\nsun\n</tool_response>"


def read(tmp_path: Path, *messages: Any, **record: Any) -> ImportResult:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"messages": list(messages), **record}) + "\n", "utf-8")
    return read_traces(path)


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def model(content: Any, **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **fields}


def tool(content: Any, **fields: Any) -> dict[str, Any]:
    return {"role": "tool", "content": content, **fields}


TURNS: dict[str, tuple[dict[str, Any], Any]] = {
    "OpenAI's call": (
        model(None, tool_calls=[CALL]),
        LOOK,
    ),
    "a call after a text": (
        model("I look.", tool_calls=[CALL]),
        f"I look.\n{LOOK}",
    ),
    "two calls": (model("", tool_calls=[CALL, CALL]), f"{LOOK}\n{LOOK}"),
    "Inspect's call": (model("", tool_calls=[{"id": "1", "function": "look", "arguments": {"at": 1}}]), LOOK),
    "the older call": (model(None, function_call={"name": "look", "arguments": '{"at": 1}'}), LOOK),
    "a custom tool": (
        model(None, tool_calls=[{"type": "custom", "custom": {"name": "sh", "input": "ls -l"}}]),
        '<tool_call>\n{"name": "sh", "arguments": "ls -l"}\n</tool_call>',
    ),
    "arguments that are no JSON": (
        model(None, tool_calls=[{"function": {"name": "look", "arguments": '{"at": 1'}}]),
        '<tool_call>\n{"name": "look", "arguments": "{\\"at\\": 1"}\n</tool_call>',
    ),
    "Anthropic's call": (model([{"type": "tool_use", "id": "1", "name": "look", "input": {"at": 1}}]), LOOK),
    "a tool of the server": (
        model([SEARCH]),
        f"{LOOK}\n{SUN}",
    ),
    "a tool of the server that failed": (
        model([{"type": "tool_use", "name": "look", "arguments": '{"at": 1}', "result": "", "error": "rain"}]),
        f"{LOOK}\n<tool_response>\nrain\n</tool_response>",
    ),
    "Anthropic's tool of the server": (
        model([
            {"type": "server_tool_use", "name": "look", "input": {"at": 1}},
            {"type": "web_search_tool_result", "content": [{"type": "text", "text": "sun"}]},
        ]),
        f"{LOOK}\n{SUN}",
    ),
    "a tool's answer": (tool("sun", tool_call_id="1"), SUN),
    "a tool's answer in parts": (
        tool([{"type": "text", "text": "sun"}, {"type": "image", "image": "data:image/png;base64,AAAA"}]),
        "<tool_response>\nsun\n[image]\n</tool_response>",
    ),
    "a tool's error": (
        tool("", error={"type": "timeout", "message": "too slow"}), "<tool_response>\ntoo slow\n</tool_response>"
    ),
    "nothing from a tool": (tool(None), "<tool_response>\n\n</tool_response>"),
    "an object from a tool": (tool({"a": 1}), '<tool_response>\n{"a": 1}\n</tool_response>'),
    "the older answer": ({"role": "function", "name": "look", "content": "sun"}, SUN),
    "ShareGPT's call": ({"from": "function_call", "value": '{"name": "look", "arguments": {"at": 1}}'}, LOOK),
    "ShareGPT's answer": ({"from": "observation", "value": "sun"}, SUN),
    "an answer that has the form already": (tool(SUN), SUN),
    "Anthropic's answer": (user([{"type": "tool_result", "tool_use_id": "1", "content": "sun"}]), SUN),
    "a picture": (
        user([{"type": "text", "text": "See:"}, {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}]),
        "See:\n[image: https://a.example/b.png]",
    ),
    "a picture in the file": (user([{"type": "image", "image": "data:image/png;base64,AAAA"}]), "[image]"),
    "a file": (user([{"type": "document", "document": "data:x", "filename": "a.pdf"}]), "[document: a.pdf]"),
    "a sound": (user([{"type": "input_audio", "input_audio": {"data": "AAAA"}}]), "[audio]"),
}  # fmt: skip


@pytest.mark.parametrize(("turn", "text"), TURNS.values(), ids=TURNS)
def test_a_turn_becomes_text(tmp_path: Path, turn: dict[str, Any], text: str) -> None:
    result = read(tmp_path, user("a"), turn, model("Because. So."))
    assert result.refused == ()
    (trace,) = result.traces
    role = "assistant" if turn.get("role", turn.get("from")) in ("assistant", "function_call") else "user"
    assert trace.prompt.messages == (Message("user", "a"), Message(role, text))
    assert (trace.response, trace.metadata) == ("Because. So.", {"as_text": kinds_as_text([turn])})
    assert result.notes == (
        "1 trace: there are turns that are not text, and are written as text; no picture and no list of tools is sent.",
    )


def test_tools_that_answer_in_a_row_share_a_turn(tmp_path: Path) -> None:
    (trace,) = read(tmp_path, user("a"), tool("sun"), tool("moon"), user("b"), model("Because.")).traces
    assert [turn.content for turn in trace.prompt.messages] == [
        "a", f"{SUN}\n<tool_response>\nmoon\n</tool_response>", "b"
    ]  # fmt: skip


def test_reasoning_stays_where_it_led_to_a_call_since_the_user_spoke(tmp_path: Path) -> None:
    call = {
        "tool_calls": [{"function": {"name": "look", "arguments": '{"at": 1}'}}],
        "reasoning_content": "Look first.",
    }
    (trace,) = read(
        tmp_path, *(user("a"), model("One.", **call), tool("sun"), model("Two.", reasoning_content="So.")),
        *(user("b"), model("Three.", **call), tool("sun"), model("Because.")),
    ).traces  # fmt: skip
    assert [turn.content for turn in trace.prompt.messages] == [
        *("a", f"One.\n{LOOK}", SUN, "Two."),
        *("b", f"<think>\nLook first.\n</think>\n\nThree.\n{LOOK}", SUN),
    ]


THOUGHT, LATER = {"type": "reasoning", "reasoning": "Look first."}, {"type": "reasoning", "reasoning": "So sun."}
TEXT = {"type": "text", "text": "Sun."}


def test_an_answer_that_goes_on_reasoning_after_a_tool_is_split_there(tmp_path: Path) -> None:
    (trace,) = read(tmp_path, user("a"), model([THOUGHT, SEARCH, LATER, TEXT])).traces
    assert [turn.content for turn in trace.prompt.messages] == [
        "a", f"<think>\nLook first.\n</think>\n\n{LOOK}", SUN
    ]  # fmt: skip
    assert trace.response == "<think>\nSo sun.\n</think>\n\nSun."


def test_a_tool_after_the_reasoning_is_part_of_the_answer(tmp_path: Path) -> None:
    (trace,) = read(tmp_path, user("a"), model([THOUGHT, SEARCH, TEXT])).traces
    assert trace.response == f"<think>\nLook first.\n</think>\n\n{LOOK}\n{SUN}\nSun."
    assert trace.response[slice(*trace.reasoning)].strip() == "Look first."


CALLS = [{"function": {"name": "look", "arguments": "{}"}}]
BARE = {
    "no content": model(None, tool_calls=CALLS),
    "a blank": model(" \n", tool_calls=CALLS),
    "a blank part": model([{"type": "text", "text": ""}], tool_calls=CALLS),
    "a part alone": model([{"type": "tool_use", "name": "look", "input": {}}]),
}


@pytest.mark.parametrize("answer", BARE.values(), ids=BARE)
def test_an_answer_that_is_a_call_alone_is_refused(tmp_path: Path, answer: dict[str, Any]) -> None:
    (refusal,) = read(tmp_path, user("a"), answer).refused
    assert refusal.reason == "the answer calls a tool and says nothing else; give one with text or reasoning."


def test_an_answer_that_reasons_and_then_calls_is_a_trace(tmp_path: Path) -> None:
    (trace,) = read(tmp_path, user("a"), model("", tool_calls=CALLS, reasoning_content="Look. Then tell.")).traces
    assert (
        trace.response
        == '<think>\nLook. Then tell.\n</think>\n\n<tool_call>\n{"name": "look", "arguments": {}}\n</tool_call>'
    )


def test_a_picture_of_the_models_own_is_refused(tmp_path: Path) -> None:
    (refusal,) = read(tmp_path, user("a"), model([{"type": "image", "image": "x"}])).refused
    assert "turn 2 of 'messages' has a part 1 of the type 'image' that is no text" in refusal.reason


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["type", "role", "content", "text", "tool_calls", "function", "name", "arguments", "result", "error", "image"]
    ) | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
ODD_PART = st.fixed_dictionaries(
    {"type": st.sampled_from(["tool_use", "tool_result", "image", "reasoning", "text", "file"]) | ANYTHING},
    optional={name: ANYTHING for name in ("text", "result", "error", "name", "input", "image", "file", "content")},
)
ODD_TURN = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "tool", "function"]) | ANYTHING},
    optional={
        "content": ANYTHING | st.lists(ODD_PART | ANYTHING, max_size=4),
        "tool_calls": ANYTHING | st.lists(ANYTHING, max_size=2),
        "function_call": ANYTHING,
        "error": ANYTHING,
    },
)


@given(st.lists(ODD_TURN | ANYTHING, max_size=4))
def test_no_turn_that_anyone_made_up_does_any_harm(turns: list[Any]) -> None:
    assert all(isinstance(kind, str) for kind in kinds_as_text(turns))
    for turn in after_results(turns):
        json.dumps(as_text(turn))
