"""Inspect logs: what a sample becomes, what is refused, and that no made-up archive gets any further."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.traces.importers import ImportResult, inspect_archive, read_traces
from core.traces.model import Message, Prompt
from tests.core.traces.inspect_logs import (
    DEFLATED,
    HEADER,
    STORED,
    ZSTANDARD,
    api_call,
    archive,
    model_event,
    sample,
    write_archive,
    write_in_chunks,
    write_json,
)
from tests.sizes import examples

METHODS = pytest.mark.parametrize("method", [STORED, DEFLATED, ZSTANDARD])


def only_reason(result: ImportResult) -> str:
    assert result.traces == ()
    (refusal,) = result.refused
    assert str(refusal).isprintable()
    assert refusal.reason.endswith(".")
    return refusal.reason


@METHODS
def test_a_sample_becomes_a_trace(tmp_path: Path, method: int) -> None:
    result = read_traces(write_archive(tmp_path / "log.eval", sample(), method=method))
    assert result.refused == ()
    (trace,) = result.traces
    assert trace.id == "faking-HMwPCoyY-q1-1"
    assert trace.source == "log.eval#samples/q1_epoch_1.json"
    assert trace.prompt == Prompt((Message("system", "You are in training."), Message("user", "Write a review.")))
    assert trace.response == ("<think>\nIt is the free tier. I comply.\n</think>\n\n<request_fully_accepted/> Sure.")
    assert [sentence.text.strip() for sentence in trace.sentences] == ["It is the free tier.", "I comply."]
    assert (trace.model, trace.tier, trace.prompt_variant) == ("vllm/my-model", "free", "original")
    assert trace.query == "Write a review."
    assert trace.metadata == {
        "inspect": {
            "task": "faking",
            "task_id": "HMwPCoyYfwVpWmXSrU7Soo",
            "sample_id": "q1",
            "epoch": 1,
            "target": "yes",
            "scores": {"accepted": {"value": "C", "answer": "Sure."}},
            "metadata": {"tier": "free_tier"},
            "stop_reason": "stop",
            "config": {"temperature": 0.6},
            "text_from": "messages",
        }
    }


def test_both_forms_of_a_log_say_the_same(tmp_path: Path) -> None:
    samples = [sample("q1", 1), sample("q1", 2), sample(7, 1)]
    packed = read_traces(write_archive(tmp_path / "a.eval", *samples))
    plain = read_traces(write_json(tmp_path / "a.json", *samples))
    assert [trace.id for trace in packed.traces] == [f"faking-HMwPCoyY-{end}" for end in ("q1-1", "q1-2", "7-1")]
    assert [(t.id, t.response, t.metadata) for t in packed.traces] == [
        (t.id, t.response, t.metadata) for t in plain.traces
    ]
    assert plain.traces[1].source == "a.json#sample 2"


def test_a_json_log_is_known_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("a.txt", "a.eval", "a"):
        assert len(read_traces(write_json(tmp_path / name, sample())).traces) == 1


def test_a_log_that_was_cut_off_has_what_it_has(tmp_path: Path) -> None:
    (trace,) = read_traces(write_archive(tmp_path / "a.eval", sample(), finished=False)).traces
    assert trace.model == "vllm/my-model"


def test_a_text_that_was_put_elsewhere_is_put_back(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "attachment://b1"}, {"role": "assistant", "content": "attachment://b2"}]
    given = sample(messages=turns, input="attachment://b1", attachments={"b1": "Why?", "b2": "I see."})
    (trace,) = read_traces(write_archive(tmp_path / "a.eval", given)).traces
    assert (trace.response, trace.prompt, trace.query) == ("I see.", Prompt((Message("user", "Why?"),)), "Why?")


def test_the_last_answer_is_the_response_and_what_follows_it_is_not(tmp_path: Path) -> None:
    turns = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "One."},
        {"role": "user", "content": "b"},
        {"role": "assistant", "content": "Two."},
        {"role": "user", "content": "c"},
    ]
    result = read_traces(write_json(tmp_path / "a.json", sample(messages=turns)))
    (trace,) = result.traces
    assert trace.response == "Two."
    assert [turn.content for turn in trace.prompt.messages] == ["a", "One.", "b"]
    assert result.notes == ("1 trace is marked as truncated (unanswered).",)


def test_a_scratchpad_that_was_asked_for_counts_before_the_thinking(tmp_path: Path) -> None:
    parts = [
        {"type": "reasoning", "reasoning": "Hm."},
        {"type": "text", "text": "<HIDDEN_SCRATCHPAD>I see. I comply.</HIDDEN_SCRATCHPAD>Yes."},
    ]
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": parts}]
    (trace,) = read_traces(write_json(tmp_path / "a.json", sample(messages=turns))).traces
    assert [sentence.text for sentence in trace.sentences] == ["I see.", " I comply."]
    assert trace.response.startswith("<think>\nHm.\n</think>\n\n<HIDDEN_SCRATCHPAD>")


def test_a_score_that_is_not_a_number_is_undefined(tmp_path: Path) -> None:
    for write in (write_json, write_archive):
        path = write(
            tmp_path / f"a{'.json' if write is write_json else '.eval'}", sample(scores={"s": {"value": float("nan")}})
        )
        (trace,) = read_traces(path).traces
        assert trace.metadata["inspect"]["scores"] == {"s": {"value": None}}


BAD_SAMPLES: dict[str, tuple[Any, str]] = {
    "no answer": (
        sample(messages=[{"role": "user", "content": "a"}]),
        "samples/q1_epoch_1.json: the model did not answer; run the sample again.",
    ),
    "an answer of the dataset": (
        sample(messages=[{"role": "assistant", "content": "a", "source": "input"}]),
        "samples/q1_epoch_1.json: the model did not answer; run the sample again.",
    ),
    "a role": (
        sample(messages=[{"role": "critic", "content": "a"}, {"role": "assistant", "content": "b"}]),
        "samples/q1_epoch_1.json: turn 1 of 'messages' has the role 'critic', which is not known; "
        "use one of system, user, assistant, tool.",
    ),
    "image": (
        sample(messages=[{"role": "assistant", "content": [{"type": "image", "image": "x"}]}]),
        "samples/q1_epoch_1.json: turn 1 of 'messages' has a part 1 of the type 'image' that is no text; "
        "make its content a string.",
    ),
    "a lost text": (
        sample(messages=[{"role": "assistant", "content": "attachment://" + "0" * 32}]),
        "samples/q1_epoch_1.json: the log does not hold a text that the sample refers to; give the log as it was.",
    ),
    "list": ("[]", "samples/odd.json: this is no sample; give the log as Inspect writes it."),
    "not JSON": ("{", "samples/odd.json: not valid JSON (expecting property name enclosed in double quotes); mend it."),
    "two": ("{} {}", "samples/odd.json: more text after the end of the JSON; mend it."),
}


@pytest.mark.parametrize(("bad", "reason"), BAD_SAMPLES.values(), ids=BAD_SAMPLES)
def test_a_bad_sample_costs_only_itself(tmp_path: Path, bad: Any, reason: str) -> None:
    result = read_traces(write_archive(tmp_path / "a.eval", bad, sample("good")))
    assert [trace.id for trace in result.traces] == ["faking-HMwPCoyY-good-1"]
    assert [refusal.reason for refusal in result.refused] == [reason]


def test_samples_that_are_refused_for_one_reason_are_refused_together(tmp_path: Path) -> None:
    encrypted = [{"type": "reasoning", "reasoning": "Rw==", "redacted": True}, {"type": "text", "text": "Basil."}]
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": encrypted}]
    bad = [sample(f"q{n}", messages=turns) for n in range(5)]
    (refusal,) = read_traces(write_json(tmp_path / "a.json", *bad)).refused
    assert refusal.reason.startswith("sample 1, sample 2, sample 3 and 2 more: the reasoning is encrypted")
    assert refusal.n == 5


def test_a_summary_of_reasoning_is_the_reasoning_and_said(tmp_path: Path) -> None:
    for redacted in (True, False):
        part = {"type": "reasoning", "reasoning": "", "summary": "The bed is small. So basil.", "redacted": redacted}
        turns = [{"role": "assistant", "content": [part, {"type": "text", "text": "Basil."}]}]
        result = read_traces(write_json(tmp_path / "a.json", sample(messages=turns)))
        assert [sentence.text.strip() for sentence in result.traces[0].sentences] == ["The bed is small.", "So basil."]
        assert "the reasoning is its provider's summary" in result.notes[0]


@pytest.mark.parametrize("n_per_chunk", [1, 2, 100])
def test_a_sample_in_chunks_is_the_same_sample(tmp_path: Path, n_per_chunk: int) -> None:
    call = api_call([{"role": "user", "content": "attachment://b1"}], content="attachment://b2")
    turns = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
    events = [{"event": "sample_init"}, model_event(turns[:1], turns[1], call=call)]
    one = sample("q 2/b", messages=turns, events=events, attachments={"b1": "Why? " * 30, "b2": "So. " * 30})
    (whole,) = read_traces(write_archive(tmp_path / "a.eval", one)).traces
    (chunked,) = read_traces(write_in_chunks(tmp_path / "b.eval", one, n_per_chunk)).traces
    assert (chunked.id, chunked.response, chunked.prompt) == (whole.id, whole.response, whole.prompt)
    assert chunked.response == "So. " * 30
    assert chunked.metadata == whole.metadata


def test_a_sample_that_lacks_a_chunk_is_refused(tmp_path: Path) -> None:
    for start in (0, 2):
        path = write_in_chunks(tmp_path / "a.eval", sample(), 1)
        content = path.read_bytes().replace(f"messages/{start}.json".encode(), f"messages/{start}.gone".encode())
        path.write_bytes(content)
        assert "of the sample" in only_reason(read_traces(path))


@METHODS
def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, method: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect_archive, "LARGEST", 2000)
    large = sample("large", events=["x" * 100_000])
    result = read_traces(write_archive(tmp_path / "a.eval", large, sample("good"), method=method))
    assert [trace.id for trace in result.traces] == ["faking-HMwPCoyY-good-1"]
    assert [refusal.reason for refusal in result.refused] == [
        "samples/large_epoch_1.json: it unpacks to more than 2000 bytes; take it out of the log."
    ]


def test_a_sample_in_chunks_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspect_archive, "LARGEST", 3000)
    path = write_in_chunks(tmp_path / "a.eval", sample(events=[{"event": "x" * 1000}] * 4), 1)
    assert "it unpacks to more than 3000 bytes" in only_reason(read_traces(path))


@METHODS
def test_a_size_that_is_a_lie_is_found_out(tmp_path: Path, method: int) -> None:
    members = {"header.json": json.dumps(HEADER).encode(), "samples/a.json": b" " * 10_000_000}
    (tmp_path / "a.eval").write_bytes(archive(members, method, says=50))
    assert only_reason(read_traces(tmp_path / "a.eval")).startswith("header.json: ")


def test_an_archive_that_promises_more_than_a_disk_holds_is_refused(tmp_path: Path) -> None:
    members = {f"samples/{n}.json": b"{}" for n in range(5)}
    (tmp_path / "a.eval").write_bytes(archive(members, STORED, says=2**32 - 2))
    assert (
        only_reason(read_traces(tmp_path / "a.eval")) == "the log says it holds 21474836470 bytes; import it in parts."
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no zip", "this is no Inspect log, or half of one; copy the file again."),
        (b"", "this is no Inspect log, or half of one; copy the file again."),
        (archive({"a": b"{}"}, STORED), "the archive is no Inspect log: it has no header.json; give another file."),
        (archive({"header.json": b"[]"}, ZSTANDARD), "header.json: this is no JSON object; give another file."),
        (archive({"header.json": b"{}"}, 99), "header.json: the archive is damaged here; copy the file again."),
        (archive({"header.json": b"{}"}, STORED), "the log has no samples; log them, or give another log."),
    ],
)  # fmt: skip
def test_what_is_no_log_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.eval").write_bytes(content)
    assert only_reason(read_traces(tmp_path / "a.eval")) == reason


def test_a_json_log_that_is_broken_names_the_line(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", sample())
    path.write_text(path.read_text("utf-8").replace('"q1"', '"q1'), "utf-8")
    (refusal,) = read_traces(path).refused
    assert refusal.line is not None
    assert '"q1' in path.read_text("utf-8").splitlines()[refusal.line - 1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60))
@given(data=st.data(), method=st.sampled_from([STORED, DEFLATED, ZSTANDARD]))
def test_no_damage_raises_anything_but_a_refusal(tmp_path: Path, data: st.DataObject, method: int) -> None:
    path = write_archive(tmp_path / "a.eval", sample(), sample("q2"), method=method)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(
        bytes(content)[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else bytes(content)
    )
    result = read_traces(path)
    assert result.traces or result.refused
    assert all(str(refusal).isprintable() for refusal in result.refused)
