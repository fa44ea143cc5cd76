"""Formats that researchers have lying about: of each, what becomes prompt, reasoning, answer, model and id."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.traces.importers import ImportResult, read_traces
from core.traces.importers.known import KNOWN, WRAPPED
from core.traces.model import Trace

Q = "Which lamp?"
R = "The lamp is old. The wire is worn. So I take the new one."
A = "The new lamp."
TAGGED = f"<think>\n{R}\n</think>\n\n{A}"
USER = {"role": "user", "content": Q}
SYSTEM = {"role": "system", "content": "Be brief."}


@dataclass(frozen=True)
class Case:
    """A record, and what becomes of it; the answer and the reasoning are those above."""

    record: Any
    prompt: tuple[str, ...] = ()
    model: str | None = None
    trace_id: str = "a-1"
    marks: frozenset[str] = field(default_factory=frozenset)


THOUGHT = {"type": "thinking", "thinking": R, "signature": "x"}
TEXT = {"type": "text", "text": A}
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "c", "content": [THOUGHT, TEXT]}
ITEMS = [
    {"id": "rs_1", "type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": R}]},
    {"id": "m_1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": A}]},
]
CANDIDATE = {"content": {"role": "model", "parts": [{"text": R, "thought": True}, {"text": A}]}, "finishReason": "STOP"}
COMPLETION = {"id": "c1", "model": "m", "choices": [{"message": {"role": "assistant", "content": A, "reasoning": R}}]}
NODES = [
    {"message": SYSTEM},
    {"parent": 0, "message": USER},
    {"parent": 1, "message": {"role": "assistant", "content": "Another branch."}, "sampled": True},
    {"parent": 1, "message": {"role": "assistant", "content": A, "reasoning_content": R}, "sampled": True},
]
EPISODE = {
    "id": "e1",
    "task": {"type": "T", "data": {"prompt": Q}},
    "traces": [
        {
            "id": "v1",
            "agent": {"config": {"sampling": {"temperature": 0.7}}, "name": "agent"},
            "nodes": NODES,
            "calls": [{"node": 3, "model": "vm", "finish_reason": "length"}],
        }
    ],
}
EVENT = {"type": "transcript_event", "view": ["target", "combined"]}

FORMATS: dict[str, Case] = {
    "record": Case({"prompt": Q, "reasoning": R, "response": A}, (Q,)),
    "record with turns as its prompt": Case({"prompt": [SYSTEM, USER], "response": TAGGED}, ("Be brief.", Q)),
    "record with a system prompt": Case({"system": "Be brief.", "prompt": Q, "response": TAGGED}, ("Be brief.", Q)),
    "record with a turn as its response": Case(
        {"messages": [USER], "response": {"role": "assistant", "content": A, "thinking": R}}, (Q,)
    ),
    "list of turns": Case([USER, {"role": "assistant", "content": A, "reasoning_content": R}], (Q,), trace_id="a"),
    "text completion": Case({"id": "t1", "prompt": Q, "choices": [{"text": TAGGED}]}, (Q,), trace_id="t1"),
    "chat completion": Case(COMPLETION, model="m", trace_id="c1"),
    "chat completion with OpenRouter's details": Case(
        {"choices": [{"message": {"content": A, "reasoning_details": [{"type": "reasoning.text", "text": R}]}}]}
    ),
    "chat completion with parts": Case(
        {"choices": [{"message": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": R}]}, TEXT]}}]}
    ),
    "prompt and completion": Case({"prompt": Q, "completion": TAGGED}, (Q,)),
    "prompt and completion as turns": Case(
        {"prompt": [SYSTEM, USER], "completion": [{"role": "assistant", "content": TAGGED}]}, ("Be brief.", Q)
    ),
    "completion of several turns": Case(
        {
            "prompt": [USER],
            "completion": [{"role": "assistant", "content": "Hm?"}, USER, {"role": "assistant", "content": TAGGED}],
        },
        (Q, "Hm?", Q),
    ),
    "question, reasoning and answer": Case({"question": Q, "reasoning": R, "answer": A}, (Q,)),
    "question and response": Case({"question": Q, "response": TAGGED}, (Q,)),
    "other names and cases": Case({"Question": Q, "Complex_CoT": R, "Response": A}, (Q,)),
    "turns, reasoning and answer": Case({"messages": [SYSTEM, USER], "reasoning": R, "answer": A}, ("Be brief.", Q)),
    "instruction and output": Case({"instruction": Q, "output": TAGGED}, (Q,)),
    "input as turns, a switch for reasoning": Case(
        {"input": [USER], "output": TAGGED, "reasoning": "on", "system_prompt": "Be brief."}, ("Be brief.", Q)
    ),
    "several answers": Case({"problem": Q, "generations": [TAGGED]}, (Q,)),
    "OpenAI Responses": Case(
        {
            "id": "r1",
            "object": "response",
            "model": "g",
            "input": Q,
            "instructions": "Be brief.",
            "output": ITEMS,
            "reasoning": {"effort": "low", "summary": "auto"},
            "status": "completed",
        },
        ("Be brief.", Q),
        "g",
        "r1",
    ),
    "OpenAI Responses, cut": Case(
        {
            "id": "r1",
            "object": "response",
            "output": ITEMS,
            "status": "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"},
        },
        trace_id="r1",
        marks=frozenset({"truncated"}),
    ),
    "OpenAI Responses, items alone": Case({"output": ITEMS}),
    "OpenAI batch": Case(
        {"id": "b", "custom_id": "q1", "response": {"status_code": 200, "body": COMPLETION}, "error": None},
        model="m",
        trace_id="q1",
    ),
    "OpenAI batch of Responses": Case(
        {"custom_id": "q1", "response": {"status_code": 200, "body": {"object": "response", "output": ITEMS}}},
        trace_id="q1",
    ),
    "Anthropic message": Case(MESSAGE, model="c", trace_id="msg_1"),
    "Anthropic message, cut": Case(
        MESSAGE | {"stop_reason": "max_tokens"}, model="c", trace_id="msg_1", marks=frozenset({"truncated"})
    ),
    "Anthropic batch": Case(
        {"custom_id": "q1", "result": {"type": "succeeded", "message": MESSAGE}}, model="c", trace_id="q1"
    ),
    "request and response": Case(
        {"id": "x1", "request": {"model": "c", "system": "Be brief.", "messages": [USER]}, "response": MESSAGE},
        ("Be brief.", Q),
        "c",
        "x1",
    ),
    "request and a text": Case({"request": {"model": "c", "prompt": Q}, "response": TAGGED}, (Q,), "c"),
    "Gemini": Case(
        {"candidates": [CANDIDATE], "modelVersion": "gm", "responseId": "g1"},
        model="gm",
        trace_id="g1",
        marks=frozenset({"reasoning_is_summary"}),
    ),
    "Gemini in snake case": Case(
        {"candidates": [{"content": CANDIDATE["content"], "finish_reason": "MAX_TOKENS"}], "model_version": "gm"},
        model="gm",
        marks=frozenset({"reasoning_is_summary", "truncated"}),
    ),
    "Gemini batch": Case(
        {"key": "k1", "response": {"candidates": [CANDIDATE]}},
        trace_id="k1",
        marks=frozenset({"reasoning_is_summary"}),
    ),
    "Gemini request and response": Case(
        {
            "request": {
                "systemInstruction": {"parts": [{"text": "Be brief."}]},
                "contents": [{"role": "user", "parts": [{"text": Q}]}],
            },
            "response": {"candidates": [CANDIDATE]},
        },
        ("Be brief.", Q),
        marks=frozenset({"reasoning_is_summary"}),
    ),
    "Ollama chat": Case(
        {"model": "q", "message": {"role": "assistant", "content": A, "thinking": R}, "done": True}, model="q"
    ),
    "Ollama generate": Case(
        {
            "model": "q",
            "created_at": "t",
            "prompt": Q,
            "response": A,
            "thinking": R,
            "done": True,
            "done_reason": "length",
            "context": [1, 2],
        },
        (Q,),
        "q",
        marks=frozenset({"truncated"}),
    ),
    "ShareGPT": Case(
        {"id": "s1", "conversations": [{"from": "human", "value": Q}, {"from": "gpt", "value": TAGGED}]},
        (Q,),
        trace_id="s1",
    ),
    "ShareGPT with a system prompt": Case(
        {
            "system": "Be brief.",
            "conversations": [{"from": "user", "value": Q}, {"from": "assistant", "value": TAGGED}],
        },
        ("Be brief.", Q),
    ),
    "s1K": Case(
        {"question": Q, "solution": "x", "cot": None, "thinking_trajectories": [R], "attempt": A, "metadata": "{}"},
        (Q,),
    ),
    "s1K-1.1": Case({"question": Q, "deepseek_thinking_trajectory": R, "deepseek_attempt": A}, (Q,), "deepseek"),
    "OpenThoughts with columns apart": Case(
        {"problem": Q, "deepseek_reasoning": R, "deepseek_solution": A, "ground_truth_solution": "x"}, (Q,)
    ),
    "lm-eval samples": Case(
        {
            "doc_id": 3,
            "doc": {"q": Q},
            "arguments": {"gen_args_0": {"arg_0": Q, "arg_1": {"until": []}}},
            "resps": [[TAGGED]],
            "filtered_resps": [A],
            "exact_match": 1.0,
        },
        (Q,),
        trace_id="3",
    ),
    "lm-eval samples of a chat": Case(
        {"doc": {}, "arguments": [[json.dumps([SYSTEM, USER]), {}]], "resps": [[TAGGED]]}, ("Be brief.", Q)
    ),
    "LiteLLM log": Case(
        {"id": "l1", "call_type": "acompletion", "messages": [USER], "model": "m", "response": COMPLETION},
        (Q,),
        "m",
        "l1",
    ),
    "vLLM RequestOutput": Case(
        {
            "request_id": "v0",
            "prompt": f"<|im_start|>user\n{Q}<|im_end|>\n<|im_start|>assistant\n<think>\n",
            "outputs": [{"index": 0, "text": f"{R}\n</think>\n\n{A}", "finish_reason": "stop"}],
        },
        (Q,),
        trace_id="v0",
    ),
    "SGLang": Case(
        {"prompt": Q, "text": TAGGED, "meta_info": {"id": "g", "finish_reason": {"type": "length", "length": 9}}},
        (Q,),
        trace_id="g",
        marks=frozenset({"truncated"}),
    ),
    "llama.cpp": Case(
        {"content": TAGGED, "prompt": Q, "generation_settings": {}, "stop_type": "limit"},
        (Q,),
        marks=frozenset({"truncated"}),
    ),
    "Hugging Face pipeline": Case({"generated_text": [USER, {"role": "assistant", "content": TAGGED}]}, (Q,)),
    "Bedrock Converse": Case(
        {
            "output": {
                "message": {
                    "role": "assistant",
                    "content": [{"reasoningContent": {"reasoningText": {"text": R, "signature": "s"}}}, {"text": A}],
                }
            },
            "stopReason": "end_turn",
        },
    ),
    "verifiers traces": Case(EPISODE, ("Be brief.", Q), "vm", "v1", frozenset({"truncated"})),
    "verifiers results of old": Case(
        {
            "example_id": 0,
            "prompt": [USER],
            "completion": [{"role": "assistant", "content": TAGGED}],
            "answer": "new",
            "reward": 1,
        },
        (Q,),
    ),
    "Petri transcript": Case(
        {
            "metadata": {"transcript_id": "p1", "target_model": "t"},
            "events": [],
            "target_messages": [
                USER,
                {"role": "assistant", "content": [{"type": "reasoning", "reasoning": R}, TEXT]},
                USER,
            ],
        },
        (Q,),
        "t",
        "p1",
    ),
    "Petri transcript of events alone": Case(
        {
            "metadata": {"transcript_id": "p1", "target_model": "t"},
            "events": [
                {**EVENT, "edit": {"operation": "add", "message": USER}},
                {**EVENT, "edit": {"operation": "add", "message": {"role": "assistant", "content": "Oh."}}},
                {**EVENT, "edit": {"operation": "rollback", "count": 1}},
                {**EVENT, "view": ["auditor"], "edit": {"operation": "add", "message": USER}},
                {**EVENT, "edit": {"operation": "add", "message": {"role": "assistant", "content": TAGGED}}},
            ],
        },
        (Q,),
        "t",
        "p1",
    ),
    "gpt-oss channels": Case(
        {
            "messages": [
                SYSTEM,
                USER,
                {"role": "assistant", "channel": "analysis", "content": R},
                {"role": "assistant", "channel": "final", "content": A},
            ]
        },
        ("Be brief.", Q),
    ),
    "gpt-oss channels as parts": Case(
        {
            "messages": [
                USER,
                {"role": "assistant", "channel": "analysis", "content": [{"type": "text", "text": R}]},
                {"role": "assistant", "channel": "final", "content": [TEXT]},
            ]
        },
        (Q,),
    ),
    "row of a preview": Case({"row_idx": 3, "row": {"prompt": Q, "response": TAGGED}, "truncated_cells": []}, (Q,)),
    "whole conversation as a text": Case(
        {"text": f"<|im_start|>user\n{Q}<|im_end|>\n<|im_start|>assistant\n{TAGGED}<|im_end|>\n"}, (Q,)
    ),
}


def read(folder: Path, *records: Any) -> ImportResult:
    path = folder / "a.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return read_traces(path)


def reasoning(trace: Trace) -> str:
    return trace.response[slice(*trace.reasoning)]


@pytest.mark.parametrize("case", FORMATS.values(), ids=FORMATS.keys())
def test_each_part_of_a_record_goes_where_it_belongs(tmp_path: Path, case: Case) -> None:
    result = read(tmp_path, case.record)
    assert result.refused == ()
    (trace,) = result.traces
    assert reasoning(trace).strip() == R
    assert trace.response == TAGGED
    assert tuple(turn.content for turn in trace.prompt.messages) == case.prompt
    assert (trace.model, trace.id) == (case.model, case.trace_id)
    marks = {name for name in ("truncated", "reasoning_is_summary") if trace.metadata.get(name)}
    assert marks == case.marks
    assert not any("was not read" in note for note in result.notes)


def test_every_format_has_a_case_here() -> None:
    described = {kind.name for kind in (*WRAPPED, *KNOWN) if not kind.refused or kind.inside}
    known = {
        kind.name
        for case in FORMATS.values()
        for kind in (*WRAPPED, *KNOWN)
        if isinstance(case.record, dict) and kind.knows(case.record)
    }
    assert described - known == {"event of a stream", "Cohere chat", "TRL preference", "Gemini conversation"}


def test_both_answers_of_a_preference_are_traces(tmp_path: Path) -> None:
    turns = [USER, {"role": "assistant", "content": TAGGED}]
    for pair in (
        {"prompt": Q, "chosen": TAGGED, "rejected": "<think>No.</think>Old."},
        {
            "prompt": [USER],
            "chosen": turns[1:],
            "rejected": [{"role": "assistant", "content": "<think>No.</think>Old."}],
        },
        {"chosen": turns, "rejected": [USER, {"role": "assistant", "content": "<think>No.</think>Old."}]},
    ):
        chosen, rejected = read(tmp_path, pair).traces
        assert (chosen.response, rejected.response) == (TAGGED, "<think>No.</think>Old.")
        assert (chosen.metadata["preference"], rejected.metadata["preference"]) == ("chosen", "rejected")
        assert [turn.content for turn in rejected.prompt.messages] == [Q]


def test_both_models_of_s1k_are_traces(tmp_path: Path) -> None:
    record = {
        "question": Q,
        **{
            f"{who}_{name}": text
            for who in ("gemini", "deepseek")
            for name, text in (("thinking_trajectory", R), ("attempt", A))
        },
        "gemini_grade": "Yes",
    }
    traces = read(tmp_path, record).traces
    assert [(trace.model, trace.response) for trace in traces] == [("deepseek", TAGGED), ("gemini", TAGGED)]
    assert traces[0].metadata == {"gemini_grade": "Yes"}


@pytest.mark.parametrize(
    ("record", "kept"),
    [
        ({"prompt": Q, "input": "x", "completion": TAGGED, "usage": {"n": 3}}, {"input": "x", "usage": {"n": 3}}),
        ({"question": Q, "answer": A, "reasoning": R, "solution": "s", "id": 4}, {"solution": "s"}),
        (
            {
                "doc": {"q": 1},
                "arguments": {"gen_args_0": {"arg_0": Q, "arg_1": {"temperature": 0.5}}},
                "resps": [[TAGGED]],
            },
            {"lm_eval": {"doc": {"q": 1}, "arguments": {"gen_args_0": {"arg_1": {"temperature": 0.5}}}, "choice": 0}},
        ),
        (
            {"request": {"messages": [USER], "temperature": 0.5}, "response": TAGGED, "took": 3},
            {"log": {"request": {"temperature": 0.5}, "took": 3}},
        ),
        (
            {"object": "response", "output": ITEMS, "temperature": 0.5, "top_logprobs": 0},
            {"openai_responses": {"object": "response", "temperature": 0.5, "top_logprobs": 0}},
        ),
    ],
)
def test_what_has_no_other_place_stays_in_the_metadata(tmp_path: Path, record: Any, kept: dict[str, Any]) -> None:
    (trace,) = read(tmp_path, record).traces
    assert trace.metadata == kept


def test_every_sample_of_a_request_is_a_trace(tmp_path: Path) -> None:
    outputs = [{"text": "<think>One.</think>1"}, {"text": "<think>Two.</think>2", "finish_reason": "length"}]
    first, second = read(tmp_path, {"request_id": "v", "prompt": Q, "outputs": outputs}).traces
    assert (first.id, second.id) == ("v", "v-2")
    assert "truncated" not in first.metadata
    assert second.metadata == {"vllm": {"request_id": "v", "choice": 1, "finish_reason": "length"}, "truncated": True}


def test_the_input_of_an_instruction_belongs_to_the_prompt(tmp_path: Path) -> None:
    for answer in ("output", "response", "completion"):
        (trace,) = read(tmp_path, {"instruction": "Translate.", "input": "Ja.", answer: TAGGED}).traces
        assert trace.prompt.text == "Translate.\n\nJa."
    (trace,) = read(tmp_path, {"instruction": Q, "input": "", "output": TAGGED}).traces
    assert trace.prompt.text == Q


def test_what_was_asked_beside_a_question_is_said(tmp_path: Path) -> None:
    record = {"question": Q, "options": ["old", "new"], "reasoning": R, "answer": A}
    (note,) = read(tmp_path, record, record).notes
    assert note.startswith("2 records have a field 'options' that is not in the prompt; ")
    assert read(tmp_path, {"prompt": Q, "options": ["old", "new"], "response": TAGGED}).notes == ()


def test_of_several_answers_one_that_is_missing_costs_only_itself(tmp_path: Path) -> None:
    choices = [{"text": TAGGED}, {"text": ""}, {"finish_reason": "stop"}, {"text": TAGGED}]
    result = read(tmp_path, {"id": "c", "choices": choices})
    assert [trace.id for trace in result.traces] == ["c", "c-4"]
    assert [refusal.line for refusal in result.refused] == [1, 1]


@pytest.mark.parametrize(
    "record",
    [
        COMPLETION | {"messages": [USER]},
        MESSAGE | {"messages": [USER]},
        {"prompt": [Q], "response": TAGGED},
        {"messages": [{"role": "user", "text": Q}, {"role": "assistant", "text": TAGGED}]},
        {"prompt": Q, "response": {"text": A, "reasoning": R}},
    ],
)
def test_a_prompt_that_is_kept_with_the_answer_is_read(tmp_path: Path, record: Any) -> None:
    (trace,) = read(tmp_path, record).traces
    assert (trace.prompt.text, trace.response, trace.metadata.get("messages")) == (Q, TAGGED, None)


def test_a_conversation_that_does_not_end_with_an_answer_is_refused(tmp_path: Path) -> None:
    (refusal,) = read(tmp_path, {"messages": [USER, {"role": "assistant", "content": "Hm?"}, USER]}).refused
    assert refusal.reason == "the last turn of 'messages' is not the assistant's; end with the model's answer."


def test_a_response_that_repeats_the_prompt_is_said_or_cut(tmp_path: Path) -> None:
    (note,) = read(tmp_path, {"prompt": Q, "response": f"{Q} {TAGGED}"}).notes
    assert note.startswith("1 trace: the response begins with the prompt, word for word; ")
    rendered = RENDERED["ChatML"]
    (trace,) = read(tmp_path, {"inputs": rendered, "generated_text": rendered + TAGGED}).traces
    assert (trace.prompt.messages[-1].content, trace.response) == (Q, TAGGED)


@pytest.mark.parametrize(
    "more",
    [
        {"choices": [{"label": "A", "text": "Old."}, {"label": "B", "text": "New."}]},
        {"samples": ["One.", "Two."]},
        {"outputs": ["One."]},
        {"generated_text": "One."},
        {"user": "ana", "input": 37},
        {"output": [{"type": "text"}]},
    ],
)
def test_a_record_with_a_response_is_no_other_format(tmp_path: Path, more: dict[str, Any]) -> None:
    (trace,) = read(tmp_path, {"prompt": Q, "response": TAGGED, **more}).traces
    assert (trace.prompt.text, trace.response, trace.metadata) == (Q, TAGGED, more)


@pytest.mark.parametrize("blank", ["", "  ", "\n", [{"role": "user", "content": " "}]])
def test_a_prompt_that_says_nothing_is_none(tmp_path: Path, blank: Any) -> None:
    (trace,) = read(tmp_path, {"prompt": blank, "response": TAGGED}).traces
    assert trace.prompt.messages == ()


NOT_READ: dict[str, tuple[Any, str]] = {
    "pieces of a stream": (
        {"object": "chat.completion.chunk", "choices": [{"delta": {}}]},
        "pieces of a streamed answer",
    ),
    "pieces of Ollama": (
        {"message": {"role": "assistant", "content": "The"}, "created_at": "t", "done": False},
        "pieces",
    ),
    "pieces of Ollama without a time": ({"model": "m", "message": {"role": "assistant"}, "done": False}, "pieces"),
    "pieces of Ollama's completions": ({"model": "m", "response": "The", "done": False}, "pieces"),
    "input of a batch": (
        {"custom_id": "q", "method": "POST", "url": "/v1", "body": {"messages": [USER]}},
        "the input of a batch",
    ),
    "labels": (
        {"trace_id": "t", "sentence_idx": 3, "annotator": "a", "category": "c"},
        "sentences or labels, not traces",
    ),
    "own table of rollouts": (
        {"rollout_id": 1, "settings_id": "s", "text": "I see."},
        "turnpoint's own table of rollouts",
    ),
    "nothing known": ({"foo": 1, "bar": {"baz": 2}}, "among the fields foo, bar, bar.baz; name the fields"),
    "near to one": ({"question": Q, "thinking_trajectories": [R], "tries": A}, "the nearest known format is s1K"),
}


@pytest.mark.parametrize(("record", "said"), NOT_READ.values(), ids=NOT_READ.keys())
def test_what_is_not_read_is_refused_once_for_all_lines(tmp_path: Path, record: Any, said: str) -> None:
    result = read(tmp_path, *[record] * 40)
    (refusal,) = result.refused
    assert (refusal.line, refusal.n, result.traces) == (1, 40, ())
    assert said in refusal.reason
    assert "\n" not in refusal.reason


def test_one_reason_for_many_lines_is_said_once(tmp_path: Path) -> None:
    result = read(tmp_path, *[{"doc": {}, "arguments": [[Q, ""]], "resps": [[[-1.5, False]]]}] * 30)
    (refusal,) = result.refused
    assert (refusal.line, refusal.n) == (1, 30)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (
            {"custom_id": "q", "result": {"type": "errored", "error": {"error": {"message": "too large"}}}},
            "'too large'",
        ),
        ({"custom_id": "q", "result": {"type": "expired"}}, "'expired'"),
        ({"custom_id": "q", "response": {"status_code": 400, "body": {"error": {"message": "no"}}}}, "'400: no'"),
        ({"request": {"messages": [USER]}, "response": None, "error": "timed out"}, "'timed out'"),
        (
            {**EPISODE, "traces": [{"nodes": [{"message": USER}], "errors": [{"message": "no sandbox"}]}]},
            "'no sandbox'",
        ),
    ],
)
def test_a_request_that_failed_is_refused_with_its_reason(tmp_path: Path, record: Any, said: str) -> None:
    (refusal,) = read(tmp_path, record).refused
    assert refusal.reason == f"the request was not answered ({said}); leave it out or ask again."


RENDERED = {
    "ChatML": (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhich lamp?<|im_end|>\n<|im_start|>assistant\n"
    ),
    "Llama 3": (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nWhich lamp?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
    "DeepSeek": "<｜begin▁of▁sentence｜>Be brief.<｜User｜>Which lamp?<｜Assistant｜>",
    "harmony": (
        "<|start|>system<|message|>Be brief.<|end|><|start|>user<|message|>Which lamp?<|end|><|start|>assistant"
    ),
    "Phi": "<|system|>\nBe brief.<|end|>\n<|user|>\nWhich lamp?<|end|>\n<|assistant|>\n",
    "JSON": json.dumps([SYSTEM, USER]),
}


@pytest.mark.parametrize("prompt", RENDERED.values(), ids=RENDERED.keys())
def test_a_prompt_that_was_rendered_is_taken_apart(tmp_path: Path, prompt: str) -> None:
    result = read(tmp_path, {"prompt": prompt, "response": TAGGED})
    (trace,) = result.traces
    assert [tuple(turn) for turn in trace.prompt.messages] == [("system", "Be brief."), ("user", Q)]
    assert (trace.response, result.notes) == (TAGGED, ())


def test_what_a_rendered_prompt_begins_of_the_answer_belongs_to_it(tmp_path: Path) -> None:
    begun = RENDERED["DeepSeek"] + "<think>\n"
    whole, given = read(
        tmp_path, {"prompt": begun, "response": f"{R}\n</think>\n\n{A}"}, {"prompt": begun, "response": TAGGED}
    ).traces
    assert whole.response == given.response == TAGGED


def test_a_template_that_is_not_known_is_said(tmp_path: Path) -> None:
    result = read(tmp_path, {"prompt": "[INST] Which lamp? [/INST]", "response": TAGGED})
    (trace,), (note,) = result.traces, result.notes
    assert trace.prompt.text == "[INST] Which lamp? [/INST]"
    assert note.startswith("1 trace: the prompt has marks of a chat template in it")


def test_turns_in_a_response_that_cannot_be_taken_apart_are_said(tmp_path: Path) -> None:
    text = f"<|im_start|>user\n{Q}<|im_end|>\n<|im_start|>think\n{R}\n<|im_start|>answer\n{A}"
    (note,) = read(tmp_path, {"text": text}).notes
    assert note.startswith("1 trace: the response has turns of a system or a user in it")


def test_turns_of_human_and_assistant_are_turns(tmp_path: Path) -> None:
    pair = {"chosen": f"\n\nHuman: {Q}\n\nAssistant: {TAGGED}", "rejected": f"\n\nHuman: {Q}\n\nAssistant: Old."}
    chosen, rejected = read(tmp_path, pair).traces
    assert (chosen.prompt.text, chosen.response, rejected.response) == (Q, TAGGED, "Old.")


@pytest.mark.parametrize(
    "record",
    [
        {"choices": [{"message": {"content": A}}], "usage": {"completion_tokens_details": {"reasoning_tokens": 64}}},
        {"candidates": [{"content": {"parts": [{"text": A}]}}], "usageMetadata": {"thoughtsTokenCount": 64}},
        {"object": "response", "output": ITEMS[1:], "usage": {"output_tokens_details": {"reasoning_tokens": 64}}},
    ],
)
def test_reasoning_that_was_counted_and_is_not_there_is_said(tmp_path: Path, record: Any) -> None:
    (note,) = read(tmp_path, record).notes
    assert note == (
        "1 trace: the server counted tokens of reasoning that are not in the file; the answer counts as the reasoning."
    )


def test_a_text_about_chat_templates_stays_what_it_is(tmp_path: Path) -> None:
    text = "<think>A turn begins with <|im_start|>user\nand ends with <|im_end|>\n<|im_start|>assistant\n</think>Yes."
    (trace,) = read(tmp_path, {"response": text}).traces
    assert (trace.response, trace.prompt.messages) == (text, ())
