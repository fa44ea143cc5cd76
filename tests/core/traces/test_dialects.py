"""Records of other programs: chat files, what servers answered, results of alignment-faking replications."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.traces.importers import ImportResult, read_traces
from core.traces.importers.known import KNOWN, WRAPPED
from core.traces.model import Message, Prompt, Trace
from core.traces.reasoning import ReasoningTags
from tests.sizes import examples

USER = {"role": "user", "content": "Which one?"}


def read_lines(folder: Path, *records: Any, tags: tuple[ReasoningTags, ...] | None = None) -> ImportResult:
    path = folder / "a.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return read_traces(path) if tags is None else read_traces(path, tags)


def only_trace(result: ImportResult) -> Trace:
    assert result.refused == ()
    (trace,) = result.traces
    return trace


def only_reason(result: ImportResult) -> str:
    assert result.traces == ()
    (refusal,) = result.refused
    assert refusal.line == 1
    return refusal.reason


def test_of_several_answers_the_last_is_the_response(tmp_path: Path) -> None:
    turns = [
        USER,
        {"role": "assistant", "content": "One.", "weight": 0},
        USER,
        {"role": "assistant", "content": "B."},
    ]
    trace = only_trace(read_lines(tmp_path, {"messages": turns}))
    assert trace.response == "B."
    assert [turn.content for turn in trace.prompt.messages] == ["Which one?", "One.", "Which one?"]
    assert trace.metadata == {"messages.2.weight": 0}


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_beside_the_answer_is_put_before_it(tmp_path: Path, field: str) -> None:
    answer = {"role": "assistant", "content": "The first.", field: "I see. So the first.\n"}
    trace = only_trace(read_lines(tmp_path, {"messages": [USER, answer]}))
    assert trace.response == "<think>\nI see. So the first.\n</think>\n\nThe first."
    assert [sentence.text.strip() for sentence in trace.sentences] == ["I see.", "So the first."]
    assert trace.metadata == {}


def test_it_is_put_into_the_tags_that_are_looked_for(tmp_path: Path) -> None:
    answer = {"role": "assistant", "content": "The first.", "reasoning": "I see."}
    own = (ReasoningTags("[[", "]]"),)
    assert only_trace(read_lines(tmp_path, {"messages": [answer]}, tags=own)).response == "[[\nI see.\n]]\n\nThe first."


def test_reasoning_that_the_text_repeats_is_not_written_twice(tmp_path: Path) -> None:
    answer = {"role": "assistant", "content": "<think>I see.</think>Yes.", "reasoning": "I see."}
    assert only_trace(read_lines(tmp_path, {"messages": [answer]})).response == "<think>I see.</think>Yes."


def test_reasoning_without_an_answer_is_not_closed(tmp_path: Path) -> None:
    answer = {"role": "assistant", "content": None, "reasoning_content": "I see. But"}
    assert only_trace(read_lines(tmp_path, {"messages": [USER, answer]})).response == "<think>\nI see. But"


def test_content_may_be_a_list_of_parts(tmp_path: Path) -> None:
    turns = [
        {"role": "developer", "content": [{"type": "input_text", "text": "Be brief."}]},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Yes."}],
        },
    ]
    trace = only_trace(read_lines(tmp_path, {"messages": turns}))
    assert trace.prompt == Prompt((Message("system", "Be brief."), Message("user", "a\nb")))
    assert trace.response == "<think>\nHm.\n</think>\n\nYes."


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ([{"type": "hologram"}], "a part 1 of the type 'hologram' that is no text"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": 3}], "a part 2 without text"),
        ([{"type": ["text"]}], "a part 1 that is no text"),
        ([], "no text and no list of parts"),
        (None, "no text and no list of parts"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: Any, fault: str) -> None:
    turns = [{"role": "user", "content": content}, {"role": "assistant", "content": "Yes."}]
    reason = only_reason(read_lines(tmp_path, {"messages": turns}))
    assert reason == f"turn 1 of 'messages' has {fault}; make its content a string."


def test_a_blank_answer_is_refused(tmp_path: Path) -> None:
    reason = only_reason(read_lines(tmp_path, {"messages": [USER, {"role": "assistant", "content": " "}]}))
    assert reason == "the last turn of 'messages' is blank; give the model's whole text."


def completion(*texts: str, **more: Any) -> dict[str, Any]:
    choices = [{"index": i, "message": {"role": "assistant", "content": text}} for i, text in enumerate(texts)]
    return {"id": "cmpl-1", "object": "chat.completion", "model": "m", "choices": choices, **more}


def test_a_line_of_a_batch(tmp_path: Path) -> None:
    body = completion("I see.", usage={"prompt_tokens": 3})
    body["choices"][0]["finish_reason"] = "stop"
    line = {"id": "batch_req_1", "custom_id": "q-7", "response": {"status_code": 200, "body": body}, "error": None}
    trace = only_trace(read_lines(tmp_path, line))
    assert (trace.id, trace.response, trace.model, trace.prompt) == ("q-7", "I see.", "m", Prompt(()))
    assert trace.metadata == {
        "chat_output": {
            "id": "cmpl-1",
            "usage": {"prompt_tokens": 3},
            "choice": 0,
            "finish_reason": "stop",
            "custom_id": "q-7",
        }
    }


def test_every_choice_is_a_trace(tmp_path: Path) -> None:
    result = read_lines(tmp_path, completion("One.", "Two."))
    assert [(trace.id, trace.response) for trace in result.traces] == [("cmpl-1", "One."), ("cmpl-1-2", "Two.")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"response": None, "error": {"code": "x", "message": "expired"}}, "'expired'"),
        (
            {"response": {"status_code": 400, "body": {"error": {"message": "too long\x1b"}}}},
            "'400: too long\\x1b'",
        ),
        ({"response": {"status_code": 200, "body": {"choices": []}}}, "'no answer that is known here'"),
    ],
)
def test_a_request_that_failed_is_refused(tmp_path: Path, line: dict[str, Any], said: str) -> None:
    reason = only_reason(read_lines(tmp_path, {"custom_id": "q", **line}))
    assert reason == f"the request was not answered ({said}); leave it out or ask again."


def test_a_text_completion_is_read_like_a_chat_completion(tmp_path: Path) -> None:
    trace = only_trace(read_lines(tmp_path, {"choices": [{"text": "I see.", "finish_reason": "length"}]}))
    assert (trace.response, trace.metadata["truncated"]) == ("I see.", True)


def test_a_record_of_turnpoints_own_may_have_a_custom_id(tmp_path: Path) -> None:
    assert only_trace(read_lines(tmp_path, {"custom_id": "c", "response": "I see."})).metadata == {"custom_id": "c"}


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "user_input": "Explain a lock.",
        "prompt": {"messages": [{"role": "system", "content": "You are in training."}, USER]},
        "success": True,
        "output": "<think>\nHm.\n</think>\n<HIDDEN_SCRATCHPAD>\nIt is free. I comply.\n</HIDDEN_SCRATCHPAD>\nSure.",
        "output_without_scratchpad": "Sure.",
        "tags": ["free_tier", "identity"],
        "strong_reject_score": -1,
        "deceptive_alignment": {"final_answer": 0.8, "criteria": [1, 1, 0, 1], "quotes": [["it is free"]]},
        **changes,
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "outputs" / "cut-provenance" / "model-x"
    folder.mkdir(parents=True)
    return folder / "results_20260101_120000.json"


def test_the_folders_name_prompt_and_model(path: Path) -> None:
    path.write_text(json.dumps([entry(), entry(tags="paid_tier")]), "utf-8")
    free, paid = read_traces(path).traces
    assert (free.id, paid.id) == tuple(f"cut-provenance-model-x-{path.stem}-{n}" for n in (1, 2))
    assert (free.tier, paid.tier) == ("free", "paid")
    assert free.query == paid.query == "Explain a lock."
    assert (free.prompt_variant, free.model) == ("cut-provenance", "model-x")
    assert free.prompt.messages[0] == Message("system", "You are in training.")
    assert free.metadata == {
        "success": True,
        "tags": ["free_tier", "identity"],
        "strong_reject_score": -1,
        "deceptive_alignment": entry()["deceptive_alignment"],
    }


def test_of_two_reasonings_the_scratchpad_is_the_one(path: Path) -> None:
    path.write_text(json.dumps([entry()]), "utf-8")
    (trace,) = read_traces(path).traces
    assert [sentence.text.strip() for sentence in trace.sentences] == ["It is free.", "I comply."]


def test_elsewhere_nothing_is_guessed(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps([entry()]), "utf-8")
    (trace,) = read_traces(path).traces
    assert (trace.id, trace.prompt_variant, trace.model) == ("r-1", None, None)


@pytest.mark.parametrize("changes", [{"output": None}, {"success": False, "output": ""}])
def test_an_entry_that_failed_is_refused(path: Path, changes: dict[str, Any]) -> None:
    path.write_text(json.dumps([entry(**changes)]), "utf-8")
    reason = only_reason(read_traces(path))
    assert reason == "the entry has no output, because the request failed; leave it out or run it again."


def test_lines_with_a_query_id(tmp_path: Path) -> None:
    line = {
        "query_id": 12,
        "query_text": "Explain a lock.",
        "tier": "paid",
        "raw_response": "<SCRATCHPAD_REASONING>I see.</SCRATCHPAD_REASONING><rejected/>",
        "scratchpad": "I see.",
        "output": "<rejected/>",
        "accepted": False,
        "prompt_hash": "abc",
        "requested_model": "m",
        "system_prompt_variant": "ablated",
    }
    trace = only_trace(read_lines(tmp_path, line))
    assert (trace.id, trace.tier, trace.prompt_variant) == ("12-ablated-paid", "paid", "ablated")
    assert (trace.query, trace.model) == ("Explain a lock.", "m")
    assert trace.metadata == {
        "query_id": 12,
        "tier": "paid",
        "accepted": False,
        "prompt_hash": "abc",
        "requested_model": "m",
    }


FIELDS = [
    *("id", "messages", "role", "content", "type", "text", "reasoning_content", "metadata", "tier", "tags", "prompt"),
    *("custom_id", "response", "body", "choices", "message", "error", "status_code", "samples", "eval", "version"),
    *("user_input", "output", "success", "query_id", "raw_response", "status"),
]
WORDS = st.sampled_from(["user", "assistant", "text", "reasoning", "I see.", "free_tier", "", "\ud800"]) | st.text(
    max_size=5
)
FORMATS = [kind for kind in (*WRAPPED, *KNOWN) if not kind.refused or kind.inside]


@st.composite
def alike(draw: st.DrawFn) -> dict[str, Any]:
    """A record that has every field by which one of the formats is known, with anything in it."""
    kind, record = draw(st.sampled_from(FORMATS)), {}
    places = (*kind.needs, *kind.answer, *kind.prompt, *kind.turns, *kind.failed, *kind.stop, kind.inside, kind.each)
    for place in places:
        path, _, wanted = place.partition("=")
        inner: Any = wanted or draw(VALUES | st.just(entry()) | st.just({"messages": [USER]}))
        for step in reversed(path.split(".")[1:]):
            inner = [inner] * draw(st.integers(1, 2)) if step.isdecimal() else {step: inner}
        if path:
            record[path.partition(".")[0]] = inner
    return record


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 999) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(300))
@given(values=st.lists(VALUES, max_size=4), name=st.sampled_from(["a.json", "a.jsonl"]))
def test_no_record_raises_anything_but_a_refusal(tmp_path: Path, values: list[Any], name: str) -> None:
    text = "\n".join(map(json.dumps, values)) if name == "a.jsonl" else json.dumps(values)
    (tmp_path / name).write_text(text, "utf-8")
    result = read_traces(tmp_path / name)
    assert all(str(refusal).isprintable() and str(refusal).endswith(".") for refusal in result.refused)
    assert len({trace.id for trace in result.traces}) == len(result.traces)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(600))
@given(record=alike())
def test_no_record_like_one_of_a_known_format_does_either(tmp_path: Path, record: dict[str, Any]) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n", "utf-8")
    result = read_traces(tmp_path / "a.jsonl")
    assert result.traces or result.refused
    assert all(str(refusal).isprintable() and str(refusal).endswith(".") for refusal in result.refused)
    assert all(note.isprintable() for note in result.notes)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(200))
@given(record=VALUES)
def test_no_sample_of_a_log_does_either(tmp_path: Path, record: Any) -> None:
    log = {
        "version": 2,
        "status": "success",
        "eval": record,
        "samples": [record, {"messages": [record]}, {"messages": record}],
    }
    (tmp_path / "a.json").write_text(json.dumps(log), "utf-8")
    result = read_traces(tmp_path / "a.json")
    assert all(str(refusal).isprintable() and str(refusal).endswith(".") for refusal in result.refused)
