"""Reasoning beside an answer is the reasoning, whatever its field is called, and what is not used is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.traces.importers import ImportResult, read_traces
from core.traces.importers.content import Content, joined_with_span
from core.traces.model import Trace
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags
from core.traces.reasoning_beside import REASONING_FIELDS
from tests.sizes import examples

R = "I look at both. The left one is new."
A = "The left one."
USER = {"role": "user", "content": "Which one?"}


def read(folder: Path, *records: Any) -> ImportResult:
    path = folder / "a.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return read_traces(path)


def only_trace(result: ImportResult) -> Trace:
    assert result.refused == ()
    (trace,) = result.traces
    return trace


def reasoning(trace: Trace) -> str:
    return trace.response[slice(*trace.reasoning)].strip()


def in_record(name: str, value: Any) -> dict[str, Any]:
    return {"prompt": "Which one?", name: value, "response": A}


def in_turn(name: str, value: Any) -> dict[str, Any]:
    return {"messages": [USER, {"role": "assistant", "content": A, name: value}]}


def in_choice(name: str, value: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": A, name: value}}]}


def beside_turns(name: str, value: Any) -> dict[str, Any]:
    return {"messages": [USER, {"role": "assistant", "content": A}], name: value}


PLACES = [in_record, in_turn, in_choice, beside_turns]
OTHER_SPELLINGS = ["reasoningContent", "Chain of Thought", "Complex_CoT", "THINKING", "chain-of-thought"]
VALUES: dict[str, Any] = {
    "a text": R,
    "texts": ["I look at both.", "The left one is new."],
    "OpenRouter's text": [{"type": "reasoning.text", "text": R, "signature": None}],
    "a signature beside the text": [
        {"type": "reasoning.text", "text": R},
        {"type": "reasoning.encrypted", "data": "gAAA"},
    ],
    "LiteLLM's blocks": [{"type": "thinking", "thinking": R, "signature": "x"}],
    "parts in a part": [{"type": "thinking", "thinking": [{"type": "text", "text": R}]}],
    "an object": {"content": R},
    "items": [{"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": R}]}],
}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize("name", [*REASONING_FIELDS, *OTHER_SPELLINGS])
def test_every_name_is_read_in_every_place(tmp_path: Path, place: Any, name: str) -> None:
    result = read(tmp_path, place(name, R))
    trace = only_trace(result)
    assert trace.response == f"<think>\n{R}\n</think>\n\n{A}"
    assert reasoning(trace) == R
    assert name not in str(trace.metadata)
    assert not any("was not read" in note for note in result.notes)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_every_shape_is_read_in_every_place(tmp_path: Path, place: Any, value: Any) -> None:
    assert " ".join(reasoning(only_trace(read(tmp_path, place("reasoning", value)))).split()) == R


@pytest.mark.parametrize(
    "value", [None, "", " \n", [], {}, True, 3, "on", "High", {"effort": "low", "summary": "auto"}]
)
def test_what_is_no_reasoning_is_not_taken_for_it(tmp_path: Path, value: Any) -> None:
    result = read(tmp_path, in_record("reasoning", value), in_turn("reasoning", value))
    assert [trace.response for trace in result.traces] == [A, A]
    assert (result.refused, result.notes) == ((), ())


SUMMARISED = [
    in_turn(
        "content",
        [{"type": "reasoning", "reasoning": "", "summary": R, "redacted": False}, {"type": "text", "text": A}],
    ),
    in_turn(
        "content",
        [{"type": "reasoning", "reasoning": "gA", "summary": R, "redacted": True}, {"type": "text", "text": A}],
    ),
    in_turn(
        "reasoning_details", [{"type": "reasoning.summary", "summary": R}, {"type": "reasoning.encrypted", "data": "g"}]
    ),
    in_record("reasoning_summary", R),
    {
        "output": [
            {
                "id": "r",
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": R}],
                "encrypted_content": "g",
            },
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": A}]},
        ]
    },
]


@pytest.mark.parametrize("record", SUMMARISED)
def test_a_summary_is_read_and_said_to_be_one(tmp_path: Path, record: Any) -> None:
    result = read(tmp_path, record)
    trace = only_trace(result)
    assert (reasoning(trace), trace.metadata["reasoning_is_summary"]) == (R, True)
    (note,) = result.notes
    assert note.startswith("1 trace: the reasoning is its provider's summary")


ENCRYPTED = [
    in_turn("content", [{"type": "reasoning", "reasoning": "gAAA", "redacted": True}, {"type": "text", "text": A}]),
    in_turn("content", [{"type": "redacted_thinking", "data": "Em"}, {"type": "text", "text": A}]),
    in_turn(
        "content",
        [{"type": "redacted_thinking", "data": "Em"}, {"type": "thinking", "thinking": R}, {"type": "text", "text": A}],
    ),
    in_turn("content", [{"type": "thinking", "thinking": "", "signature": "Em"}, {"type": "text", "text": A}]),
    in_turn("reasoning_details", [{"type": "reasoning.encrypted", "data": "gAAA"}]),
    in_turn("thinking_blocks", [{"type": "redacted_thinking", "data": "Em"}]),
    in_turn("thinking_blocks", [{"type": "thinking", "thinking": R}, {"type": "redacted_thinking", "data": "Em"}]),
    in_record("reasoning_details", [{"type": "reasoning.encrypted", "data": "gAAA"}]),
    {
        "output": [
            {"id": "r", "type": "reasoning", "summary": [], "encrypted_content": "gAAA"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": A}]},
        ]
    },
    {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "redacted_thinking", "data": "Em"}, {"type": "text", "text": A}],
    },
]


@pytest.mark.parametrize("record", ENCRYPTED)
def test_reasoning_that_nobody_can_read_is_refused(tmp_path: Path, record: Any) -> None:
    (refusal,) = read(tmp_path, record).refused
    assert refusal.reason.startswith("the reasoning is encrypted by its provider")


def test_the_encrypted_reasoning_of_an_earlier_turn_costs_nothing(tmp_path: Path) -> None:
    earlier = {
        "role": "assistant",
        "content": [{"type": "redacted_thinking", "data": "Em"}, {"type": "text", "text": "Hm?"}],
    }
    record = {"messages": [USER, earlier, USER, {"role": "assistant", "content": A, "reasoning": R}]}
    trace = only_trace(read(tmp_path, record))
    assert (reasoning(trace), trace.prompt.messages[1].content) == (R, "Hm?")


TAGGED = ": the response has its own, in tags."


@pytest.mark.parametrize(
    ("record", "unused", "way_out"),
    [
        ({"response": A, "cot": R, "analysis": "The wire is worn."}, "'analysis'", "; --fields reasoning=analysis"),
        ({"response": f"<think>{R}</think>{A}", "thinking": "Another thought."}, "'thinking'", TAGGED),
        (
            {"response": f"<SCRATCHPAD_REASONING>{R}</SCRATCHPAD_REASONING>{A}", "scratchpad": "O."},
            "'scratchpad'",
            TAGGED,
        ),
        (in_turn("reasoning", R) | {"cot": "Another."}, "'cot'", "; --fields reasoning=cot"),
        (
            {"choices": [{"message": {"content": A, "reasoning": R}, "thinking": "Another."}]},
            "'thinking'",
            "; --fields",
        ),
    ],
)
def test_a_filled_field_of_a_known_name_that_was_not_used_is_said_once(
    tmp_path: Path, record: Any, unused: str, way_out: str
) -> None:
    result = read(tmp_path, record, record)
    assert [reasoning(trace) for trace in result.traces] == [R, R]
    (note,) = result.notes
    assert note.startswith(f"2 records have text in the field {unused}, which was not read as reasoning{way_out}")


@pytest.mark.parametrize(
    "record",
    [
        {"response": f"<think>{R}</think>{A}", "reasoning": R, "cot": R},
        {"response": f"[MIND]{R} [/MIND]{A}", "reasoning": R},
        in_turn("reasoning", R) | {"metadata": {"judge": {"reasoning": "It is fine."}}},
        {
            "messages": [
                USER,
                {"role": "assistant", "content": "Hm?", "reasoning": "Odd."},
                USER,
                {"role": "assistant", "content": A, "reasoning": R},
            ]
        },
    ],
)
def test_nothing_is_said_of_what_is_there_or_is_not_the_answers(tmp_path: Path, record: Any) -> None:
    assert read(tmp_path, record).notes == ()


@pytest.mark.parametrize("name", ["scratchpad", "rationale", "analysis", "cot"])
def test_what_stands_beside_a_response_with_tags_is_not_the_models(tmp_path: Path, name: str) -> None:
    text = f"<SCRATCHPAD_REASONING>{R}</SCRATCHPAD_REASONING>{A}"
    result = read(tmp_path, {"text": text, "label": "aligned", name: "The label is plain."})
    trace = only_trace(result)
    assert (trace.response, trace.metadata[name]) == (text, "The label is plain.")
    (note,) = result.notes
    assert f"{name!r}, which was not read as reasoning" in note


def test_a_scratchpad_in_the_text_goes_before_thinking_beside_it(tmp_path: Path) -> None:
    text = f"<SCRATCHPAD_REASONING>{R}</SCRATCHPAD_REASONING>{A}"
    both = {"messages": [USER, {"role": "assistant", "content": text, "thinking": "A first thought."}]}
    trace = only_trace(read(tmp_path, both))
    assert (reasoning(trace), trace.response) == (R, f"<think>\nA first thought.\n</think>\n\n{text}")


def test_reasoning_without_an_answer_stays_open(tmp_path: Path) -> None:
    for record in ({"prompt": "q", "response": "", "reasoning": R}, {"prompt": "q", "response": None, "reasoning": R}):
        assert only_trace(read(tmp_path, record)).response == f"<think>\n{R}"


@pytest.mark.parametrize(
    "thought", [f"<think>\n{R}\n</think>", f"{R}\n</think>", f" <think>\n{R}\n", f"<think>\n{R}\n</think>\n\n"]
)
def test_tags_that_stand_in_the_field_are_not_put_around_it_again(tmp_path: Path, thought: str) -> None:
    trace = only_trace(read(tmp_path, in_record("reasoning", thought)))
    assert trace.response == f"<think>\n{R}\n</think>\n\n{A}"


@pytest.mark.parametrize(
    ("thought", "answer", "written"),
    [
        ("I see.", "Yes.", "<think>\nI see.\n</think>\n\nYes."),
        ("\nI see.\n", "\n\nYes.", "<think>\nI see.\n</think>\n\nYes."),
        ("I see.\n\n", "\n\n\nYes.", "<think>\nI see.\n\n</think>\n\n\nYes."),
        (" I see.", "\nYes.\n", "<think>\n I see.\n</think>\n\nYes.\n"),
        ("\r\nI see.\r\n", "\r\n\r\nYes.", "<think>\r\nI see.\r\n</think>\r\n\r\nYes."),
    ],
)
def test_white_space_is_the_models_own_where_there_is_any(thought: str, answer: str, written: str) -> None:
    assert joined_with_span(Content(answer, thought), DEFAULT_TAGS)[0] == written


TEXTS = st.text(min_size=1).filter(str.strip)
TAGS = st.sampled_from([DEFAULT_TAGS, (ReasoningTags("[[", "]]"),), (ReasoningTags("<a>", "</a>"), *DEFAULT_TAGS)])


@given(thought=TEXTS, answer=st.text(), tags=TAGS)
@settings(max_examples=examples(500))
def test_joined_text_holds_both_sides_character_by_character(thought: str, answer: str, tags: Any) -> None:
    marks = [mark for pair in tags for mark in (pair.open, pair.close)]
    assume(not any(mark in thought + answer for mark in marks) and not any(c in answer for c in "<>[]|"))
    raw, span = joined_with_span(Content(answer, thought), tags)
    assert span is not None
    assert raw[slice(*span)].strip() == thought.strip()
    assert thought in raw
    assert not answer.strip() or raw.endswith(answer)


@given(thought=TEXTS, answer=TEXTS, name=st.sampled_from(REASONING_FIELDS), place=st.sampled_from(PLACES))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(300))
def test_any_record_gives_back_reasoning_and_answer(
    tmp_path: Path, thought: str, answer: str, name: str, place: Any
) -> None:
    assume(not any(char in answer for char in "<>[]|"))
    record = place(name, thought)
    text = json.dumps(record).replace(json.dumps(A), json.dumps(answer))
    (tmp_path / "a.json").write_text(text, "utf-8")
    result = read_traces(tmp_path / "a.json")
    # A word alone may be a switch.
    assume(not thought.strip().isalpha())
    trace = only_trace(result)
    assert reasoning(trace) == thought.strip()
    assert trace.response.endswith(answer)
