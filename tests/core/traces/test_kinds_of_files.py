"""A file is read by what is in it: compressed or piped, lines or one document, a table, Parquet, or text."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.traces.importers import (
    SUFFIXES,
    ImportResult,
    is_taken_from_folder,
    parquet,
    read_as_text,
    read_by_fields,
    read_traces,
    tables,
    unpacked,
)
from core.traces.importers.named_fields import field_names
from core.traces.reasoning import DEFAULT_TAGS
from tests.sizes import examples

RECORD = {"prompt": "Which one?", "response": "<think>I see.</think>The left one."}
LINE = json.dumps(RECORD) + "\n"
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": lambda data: zstandard.ZstdCompressor().compress(data),
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def ids(result: ImportResult) -> list[str]:
    assert result.refused == ()
    assert all(trace.response == RECORD["response"] for trace in result.traces)
    return [trace.id for trace in result.traces]


def only_reason(result: ImportResult, path: Path) -> str:
    assert result.traces == ()
    (refusal,) = result.refused
    assert refusal.path == path
    assert str(refusal).isprintable()
    assert refusal.reason.endswith(".")
    return refusal.reason


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("inner", ["a.jsonl", "a.json", "a.txt"])
def test_a_compressed_file_is_what_is_in_it(tmp_path: Path, suffix: str, inner: str) -> None:
    text = LINE if inner != "a.txt" else RECORD["response"]
    path = write(tmp_path / f"{inner}.{suffix}", PACK[suffix](text.encode()))
    assert ids(read_traces(path)) == ["a-1" if inner == "a.jsonl" else "a"]
    assert ids(read_traces(write(tmp_path / f"b.{suffix}", path.read_bytes()))) != []


@pytest.mark.parametrize("suffix", PACK)
def test_a_broken_compressed_file_is_refused_in_one_sentence(tmp_path: Path, suffix: str) -> None:
    whole = PACK[suffix](LINE.encode() * 1000)
    for broken in (whole[: len(whole) // 2], whole[:12] + b"\xff" * 40 + whole[12:]):
        path = write(tmp_path / f"a.jsonl.{suffix}", broken)
        result = read_traces(path)
        assert all(str(refusal).startswith(f"{path}: the compressed file is broken") for refusal in result.refused)
        assert (result.traces, len(result.refused)) == ((), 1)


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "MOST_BYTES", 1 << 20)
    path = write(tmp_path / "a.jsonl.gz", gzip.compress(b" " * (3 << 20)))
    assert only_reason(read_traces(path), path) == "it holds more than 1 MiB; unpack it to a file, and import that."


def test_the_folders_of_a_compressed_file_still_name_prompt_and_model(tmp_path: Path) -> None:
    entry = {"user_input": "q", "prompt": [], "output": "I see.", "tags": []}
    path = write(tmp_path / "outputs" / "cut" / "model-x" / "r.json.gz", gzip.compress(json.dumps([entry]).encode()))
    (trace,) = read_traces(path).traces
    assert (trace.prompt_variant, trace.model) == ("cut", "model-x")


def test_a_pipe_is_read_once_and_whole(tmp_path: Path) -> None:
    pipe = tmp_path / "traces.jsonl"
    os.mkfifo(pipe)
    for data in (LINE.encode(), gzip.compress(LINE.encode())):
        writer = threading.Thread(target=pipe.write_bytes, args=(data,))
        writer.start()
        result = read_traces(pipe)
        writer.join()
        assert ids(result) == ["traces-1"]


def test_no_file_that_is_read_is_ever_written(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl.gz", gzip.compress(LINE.encode()))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        there = Path(f"/dev/fd/{descriptor}")
        assert len(ids(read_traces(there))) == 1
    finally:
        os.close(descriptor)
    assert gzip.decompress(path.read_bytes()) == LINE.encode()


DOCUMENT = json.dumps([RECORD, RECORD], indent=1)


@pytest.mark.parametrize(
    ("name", "content", "n"),
    [
        ("a.json", LINE * 2, 2),
        ("a.txt", LINE * 2, 2),
        ("a", LINE, 1),
        ("a.log", "\n\n" + LINE, 1),
        ("a.txt", DOCUMENT, 2),
        ("a.jsonl", DOCUMENT, 2),
        ("a.jsonl", json.dumps(RECORD, indent=2), 1),
        ("a.jsonl", json.dumps([RECORD, RECORD]), 2),
        ("a.data", "\ufeff" + LINE, 1),
        ("a.jsonl", LINE.replace("\n", "\r\n") * 2, 2),
    ],
)
def test_json_is_recognised_by_its_contents(tmp_path: Path, name: str, content: str, n: int) -> None:
    assert len(ids(read_traces(write(tmp_path / name, content)))) == n


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_what_python_writes_for_no_number_is_null(tmp_path: Path, name: str, number: str) -> None:
    path = write(tmp_path / name, LINE.replace("}", f', "score": {number}}}'))
    (trace,) = read_traces(path).traces
    assert trace.metadata == {"score": None}


def table(delimiter: str, *rows: tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue()


ROW = ("t1", "Which one?", '<think>\nI see, "that"; it\tis.\n</think>\n\nThe left one.', "m", "")


@pytest.mark.parametrize(
    ("name", "delimiter", "header", "before"),
    [
        ("a.csv", ",", ("id", "prompt", "response", "model", "score"), ""),
        ("a.csv", ";", ("id", "prompt", "response", "model", "score"), "\ufeffsep=;\r\n"),
        ("a.csv", ";", ("ID", "Prompt", "Response", "Model", "Score"), "\ufeff"),
        ("a.tsv", "\t", ("id", "question", "completion", "model", "score"), ""),
        ("a.txt", "\t", ("id", "prompt", "response", "model", "score"), ""),
        ("a", ",", ("id", "prompt", "response", "model", "score"), ""),
    ],
)
def test_a_table_with_a_column_of_responses_is_one_of_traces(
    tmp_path: Path, name: str, delimiter: str, header: tuple[str, ...], before: str
) -> None:
    result = read_traces(write(tmp_path / name, before + table(delimiter, header, ROW, ROW[:1] + ROW[1:])))
    (trace,) = result.traces
    assert (trace.prompt.text, trace.response, trace.model) == (ROW[1], ROW[2], "m")
    assert "score" not in trace.metadata
    (refusal,) = result.refused
    assert "is taken by line" in refusal.reason


def test_a_cell_of_json_is_a_list_of_turns(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Which one?"}, {"role": "assistant", "content": RECORD["response"]}]
    path = write(tmp_path / "a.csv", table(",", ("messages", "tier"), (json.dumps(turns), "free")))
    (trace,) = read_traces(path).traces
    assert (trace.prompt.text, trace.response, trace.tier) == ("Which one?", RECORD["response"], "free")


def test_a_table_of_something_else_is_refused_once_with_its_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", table(",", ("city", "country"), *[("Bern", "CH")] * 50))
    assert "50 records have no response" in (reason := only_reason(read_traces(path), path))
    assert "among the fields city, country" in reason


def test_rows_of_another_length_and_broken_quotes_cost_what_they_must(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "response,id\nI see.,1\nI see.\nI see.,2\n")
    result = read_traces(path)
    assert [trace.id for trace in result.traces] == ["1", "2"]
    assert [(r.line, r.reason) for r in result.refused] == [(3, "1 cells in a table of 2 columns; mend the row.")]
    result = read_traces(write(tmp_path / "b.csv", 'response,id\nI see.,1\n"I see.,2\n'))
    assert [trace.id for trace in result.traces] == ["1"]
    assert [(r.line, r.reason[:19]) for r in result.refused] == [(3, "the table is broken")]
    result = read_traces(write(tmp_path / "c.csv", b"response,id\nI see.,1\ncaf\xe9.,2\n"))
    assert "is not UTF-8" in result.refused[0].reason


@pytest.mark.parametrize(
    ("header", "is_taken"),
    [
        ("id,prompt,response", True),
        ("Question;Complex_CoT;Answer", True),
        ("messages", True),
        ("sep=;\nquestion;completion", True),
        ("city,country", False),
        ("trace_id,sentence_idx,annotator,category", False),
        ("rollout_id,trace_id,settings_id,text", False),
        ("trace_id,model,reasoning_start,prompt_id,response", False),
    ],
)
def test_a_table_in_a_folder_is_taken_by_its_columns(tmp_path: Path, header: str, is_taken: bool) -> None:
    assert is_taken_from_folder(write(tmp_path / "a.csv", header + "\n")) == is_taken


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "response,response\na.,b.\n")
    assert only_reason(read_traces(path), path) == "two columns are called 'response'; give each its own name."


def test_a_line_of_any_length_is_looked_at_quickly(tmp_path: Path) -> None:
    text = "a " * 200_000 + "end."
    assert len(read_traces(write(tmp_path / "a.txt", text)).traces) == 1


@pytest.mark.parametrize("name", ["data", "rows", "results"])
def test_a_document_around_a_list_of_records_is_that_list(tmp_path: Path, name: str) -> None:
    document = {"version": 1, name: [RECORD, {"response": " "}, {"row_idx": 7, "row": RECORD}]}
    result = read_traces(write(tmp_path / "a.json", json.dumps(document)))
    assert [trace.id for trace in result.traces] == ["a-1", "a-3"]
    assert [refusal.reason for refusal in result.refused] == [
        "the field 'response' is blank; give the model's whole text."
    ]


def test_the_turns_of_one_conversation_are_one_record(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Which one?"}, {"role": "assistant", "content": RECORD["response"]}]
    path = write(tmp_path / "a.json", json.dumps(turns, indent=1))
    assert ids(read_traces(path)) == ["a"]


def parquet_of(path: Path, rows: list[dict[str, Any]]) -> Path:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


def test_parquet_rows_are_records(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Which one?"}]
    rows = [{"messages": turns, "response": RECORD["response"], "score": float("nan"), "raw": b"\x00\x01"}]
    path = parquet_of(tmp_path / "a.parquet", rows)
    (trace,) = read_traces(path).traces
    assert (trace.id, trace.source, trace.prompt.text) == ("a-1", "a.parquet:1", "Which one?")
    assert trace.metadata == {"score": None, "raw": "(2 bytes)"}
    assert ids(read_traces(path.rename(tmp_path / "b.bin"))) == ["b-1"]
    path = write(tmp_path / "c.parquet", b"PAR1 and no more")
    assert "cannot be read" in only_reason(read_traces(path), path)


def test_without_pyarrow_the_refusal_says_how_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet_of(tmp_path / "a.parquet", [RECORD])
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    reason = only_reason(read_traces(path), path)
    assert reason.startswith("Parquet files need pyarrow; install it: ")
    assert parquet.REQUIREMENT in reason


PROSE = "The lamp is old, and the wire is worn.\n\n1. I look at it.\n2. I take the new one.\n"
NO_RESPONSE = {
    "README.txt": "Ask Ben about the prompts. They are old.",
    "README": "<think>\nTags look like this.\n</think>\n",
    "requirements.txt": "numpy==2.0\ntorch\n",
    "requirements-dev.txt": "pytest.\n",
    "LICENSE": "Permission is granted. Do as you like.",
    "notes.md": PROSE,
    "a.py": "print('Yes.')\n",
    "a.toml": "key = 1\n",
    "a.yaml": "key: one.\n",
    "a.html": "<p>I see.</p>",
    "a.txt": "def f(x):\n    # It adds.\n    return x + 1\n",
    "b.txt": "a,b\n1,2\n3,4\n",
    "c.txt": "[section]\nkey = value\nother = 2.0\n",
    "d.txt": "2026-01-01 10:00:00 It began.\n2026-01-01 10:00:01 It ended.\n",
    "e.txt": '{"response": "I see."',
    "f.txt": "apple\nbanana\n",
    "stdin": PROSE,
}


@pytest.mark.parametrize(("name", "text"), NO_RESPONSE.items(), ids=NO_RESPONSE.keys())
def test_what_does_not_look_like_a_response_is_none_unless_that_is_said(tmp_path: Path, name: str, text: str) -> None:
    path = write(tmp_path / name, text)
    assert only_reason(read_traces(path), path).endswith("; if it is one, import it with --text.")
    (trace,) = read_as_text(path).traces
    assert trace.response == text
    assert not is_taken_from_folder(path)


def test_prose_named_itself_is_a_response_and_in_a_folder_only_with_tags(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", PROSE)
    assert [trace.response for trace in read_traces(path).traces] == [PROSE]
    assert not is_taken_from_folder(path)
    assert not is_taken_from_folder(write(path, "I ask for <think> and </think> tags. " + PROSE))
    for text in ("<think>I see.</think>Yes.", "I see.\n</think>\nYes.", "Sure.\n<SCRATCHPAD_REASONING>\nI see."):
        assert is_taken_from_folder(write(path, text))


HARMONY = (
    "<|start|>system<|message|>Be brief.<|end|><|start|>user<|message|>Hm?<|end|>"
    "<|start|>assistant<|channel|>analysis<|message|>Odd.<|end|><|start|>assistant<|channel|>final<|message|>Yes.<|end|>"
    "<|start|>user<|message|>Which one?<|end|>"
    "<|start|>assistant<|channel|>analysis<|message|>I see.<|end|>"
    "<|start|>assistant<|channel|>final<|message|>Left.<|return|>"
)


def test_a_text_of_a_whole_conversation_is_prompt_and_response(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", HARMONY)
    assert is_taken_from_folder(path)
    (trace,) = read_traces(path).traces
    assert [turn.content for turn in trace.prompt.messages] == ["Be brief.", "Hm?", "Yes.", "Which one?"]
    assert trace.response.startswith("<|channel|>analysis<|message|>I see.<|end|>")
    assert trace.response.endswith("Left.<|return|>")


def test_a_binary_file_is_said_to_be_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", b"\x7fELF\0\0\0")
    assert "a binary file of no known kind" in only_reason(read_traces(path), path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_taken_from_a_folder_may_be_compressed(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"a{suffix}", "response\n" if suffix in tables.SUFFIXES else "<think>I see.")
    assert is_taken_from_folder(tmp_path / f"a{suffix}")
    assert is_taken_from_folder(tmp_path / f"a{suffix.upper()}.gz")
    assert not is_taken_from_folder(tmp_path / "a.gz")


def by(written: str, folder: Path, *records: Any) -> ImportResult:
    path = write(folder / "a.jsonl", "".join(json.dumps(record) + "\n" for record in records))
    return read_by_fields(path, field_names(written), DEFAULT_TAGS)


def test_fields_that_are_named_are_read(tmp_path: Path) -> None:
    record = {
        "key": 7,
        "in": {"ask": "Which one?", "role": "Be brief."},
        "out": [{"raw": "Left."}],
        "why": "I see.",
        "x": 1,
    }
    named = "response=out.0.raw,reasoning=why,prompt=in.ask,system=in.role,id=key"
    (trace,) = by(named, tmp_path, record).traces
    assert (trace.id, trace.response) == ("7", "<think>\nI see.\n</think>\n\nLeft.")
    assert [tuple(turn) for turn in trace.prompt.messages] == [("system", "Be brief."), ("user", "Which one?")]
    assert trace.metadata == {"x": 1}


def test_the_fields_of_a_known_format_may_be_named_otherwise(tmp_path: Path) -> None:
    record = {"prompt": "p", "response": "Draft.", "final": "Left.", "cot": "I see.", "analysis": "No."}
    (trace,) = by("response=final,reasoning=cot,prompt=prompt", tmp_path, record).traces
    assert trace.response == "<think>\nI see.\n</think>\n\nLeft."
    assert trace.metadata["response"] == "Draft."


def test_a_field_that_no_record_has_is_refused_naming_those_found(tmp_path: Path) -> None:
    (refusal,) = by("response=outt", tmp_path, *[{"out": "Left.", "why": {"cot": "I see."}}] * 3).refused
    assert refusal.reason == "no record has a field 'outt'; the fields found are out, why, why.cot."


def test_a_record_without_the_field_costs_only_itself(tmp_path: Path) -> None:
    result = by("response=out", tmp_path, {"out": "Left."}, {"x": 1}, {"out": "Right."})
    assert [trace.id for trace in result.traces] == ["a-1", "a-3"]
    assert [(r.line, r.reason) for r in result.refused] == [(2, "the field 'out' is missing; give the response.")]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("response", "is not NAME=FIELD"),
        ("respons=out", "cannot name 'respons'"),
        ("response=a,response=b", "names response twice"),
        ("prompt=a", "names no response"),
        ("response=a,prompt=b,messages=c", "names both prompt and messages"),
        ("response=", "is not NAME=FIELD"),
    ],
)
def test_fields_that_are_misspelt_are_refused(written: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        field_names(written)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(300))
@given(
    data=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
    name=st.sampled_from(["a.jsonl", "a.json", "a.csv", "a.tsv", "a.txt", "a", "a.jsonl.gz", "a.parquet", "a.eval"]),
    start=st.sampled_from([b"", b"{", b"[{", b"response,", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PAR1", b"sep=;\n"]),
)
def test_no_file_raises_anything_but_a_refusal(tmp_path: Path, data: bytes, name: str, start: bytes) -> None:
    path = write(tmp_path / name, start + data)
    result = read_traces(path)
    assert all(str(refusal).isprintable() and str(refusal).endswith(".") for refusal in result.refused)
    assert path.read_bytes() == start + data


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "Why?", "response": "Yes."},
        {"messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Yes."}]},
    ],
)
def test_a_named_reasoning_alone_stands_beside_the_answer_that_is_known(tmp_path: Path, record: dict[str, Any]) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps({**record, "my_cot": "I see. So yes."}), encoding="utf-8")
    (trace,) = read_by_fields(path, field_names("reasoning=my_cot"), DEFAULT_TAGS).traces
    assert trace.prompt.text == "Why?"
    assert [sentence.text.strip() for sentence in trace.sentences] == ["I see.", "So yes."]
