"""Reading traces from files: what each format gives, and the one sentence for each thing that is wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.traces.importers import ImportResult, read_traces
from core.traces.model import Message, Prompt
from core.traces.reasoning import ReasoningTags
from core.traces.strict_json import StrictJSONError, parse_value

Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return to


def lines(*records: Any) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def reasons(result: ImportResult) -> list[tuple[int | None, str]]:
    for refusal in result.refused:
        assert str(refusal).isprintable()
        assert str(refusal).startswith(str(refusal.path))
        assert refusal.reason.endswith(".")
    return [(refusal.line, refusal.reason) for refusal in result.refused]


def only_reason(result: ImportResult) -> tuple[int | None, str]:
    assert result.traces == ()
    (reason,) = reasons(result)
    return reason


def test_a_text_file_is_one_response(write: Write) -> None:
    result = read_traces(write("my trace.txt", "\ufeff<think>\r\nI see.\r\n</think>\r\nYes.\r\n"))
    (trace,) = result.traces
    assert result.refused == ()
    assert (trace.id, trace.source, trace.prompt) == ("my trace", "my trace.txt:1", Prompt(()))
    assert trace.response == "<think>\r\nI see.\r\n</think>\r\nYes.\r\n"
    assert [sentence.text for sentence in trace.sentences] == ["\r\nI see."]


@pytest.mark.parametrize("name", ["a.txt", "a.text"])
def test_prose_is_read_as_text(write: Write, name: str) -> None:
    (trace,) = read_traces(write(name, "I see.")).traces
    assert trace.id == "a"


def test_a_file_name_becomes_a_printable_id(write: Write) -> None:
    (trace,) = read_traces(write("a\nb\x1b.txt", "I see.")).traces
    assert trace.id == "a-b-"


def test_a_record_with_every_field(write: Write) -> None:
    record = {
        "id": 7,
        "prompt": "Help me.",
        "response": "I see. I comply.",
        "model": "m",
        "tier": "free",
        "prompt_variant": "original",
        "query": "Help",
        "metadata": {"run": 3, "score": 1},
        "score": 0.5,
        "label": None,
    }
    result = read_traces(write("t.jsonl", lines(record)))
    (trace,) = result.traces
    assert (trace.id, trace.source, trace.prompt) == ("7", "t.jsonl:1", Prompt((Message("user", "Help me."),)))
    assert (trace.model, trace.tier, trace.prompt_variant, trace.query) == ("m", "free", "original", "Help")
    assert trace.metadata == {"run": 3, "score": 1, "record.score": 0.5, "label": None}


def test_messages_are_the_prompt(write: Write) -> None:
    turns = [{"role": "system", "content": "s"}, {"role": "user", "content": "u", "name": "x", "audio": None}]
    (trace,) = read_traces(write("t.json", json.dumps({"messages": turns, "response": "I see."}))).traces
    assert trace.prompt == Prompt((Message("system", "s"), Message("user", "u")))
    assert (trace.id, trace.metadata) == ("t", {"messages.2.name": "x"})


def test_the_last_assistant_turn_is_the_response_when_there_is_none(write: Write) -> None:
    turns = [{"role": "user", "content": "u"}, {"role": "assistant", "content": "I see."}]
    without, given = read_traces(
        write("t.jsonl", lines({"messages": turns}, {"messages": turns, "response": " More."}))
    ).traces
    assert (without.response, len(without.prompt.messages)) == ("I see.", 1)
    assert (given.response, len(given.prompt.messages)) == (" More.", 2)


def test_missing_ids_come_from_the_file_name_and_the_place(write: Write) -> None:
    record = {"response": "I see."}
    jsonl = read_traces(write("a.jsonl", "\n" + lines(record) + "\n \n" + lines(record)))
    assert [(trace.id, trace.source) for trace in jsonl.traces] == [("a-2", "a.jsonl:2"), ("a-5", "a.jsonl:5")]
    listed = read_traces(write("b.json", json.dumps([record, record], indent=1)))
    assert [(trace.id, trace.source) for trace in listed.traces] == [("b-1", "b.json:2"), ("b-2", "b.json:5")]
    assert [trace.id for trace in read_traces(write("c.JSON", json.dumps(record))).traces] == ["c"]


def test_published_scratchpads_are_read_as_they_are(write: Write) -> None:
    text = "<SCRATCHPAD_REASONING>\nI see.\n</SCRATCHPAD_REASONING>"
    first = {"source_index": 3, "text": text, "label": "aligned"}
    result = read_traces(write("gold.jsonl", lines(first, {"text": text})))
    assert [trace.id for trace in result.traces] == ["scratchpad-3", "gold-2"]
    assert result.traces[0].metadata == {"source_index": 3, "label": "aligned"}
    assert result.traces[0].response == text
    assert result.traces[0].prompt == Prompt(())


def test_own_tags_reach_the_trace(write: Write) -> None:
    (trace,) = read_traces(write("a.txt", "x [[I see.]] y"), [ReasoningTags("[[", "]]")]).traces
    assert [sentence.text for sentence in trace.sentences] == ["I see."]


def test_text_is_kept_as_it_is(write: Write) -> None:
    hostile = "a\ud800 \x1b[31m \x00 [b]\u2028\r\n end. "
    (trace,) = read_traces(write("a.jsonl", lines({"response": hostile, "query": "\udfff"}))).traces
    assert (trace.response, trace.query) == (hostile, "\udfff")


def test_line_separators_inside_a_string_do_not_end_a_json_line(write: Write) -> None:
    (trace,) = read_traces(write("a.jsonl", '{"response": "a\u2028b\x85c"}\r\n')).traces
    assert trace.response == "a\u2028b\x85c"


GOOD = '{"id": "good", "response": "I see."}'

BAD_RECORDS = {
    "[1]": "the record is a list; a record is an object with a response.",
    "null": "the record is null; a record is an object with a response.",
    "3": "the record is a number; a record is an object with a response.",
    '{"id": "x"}': (
        "the record has no response that is known here, among the fields id; "
        "name the fields, as in --fields response=FIELD,reasoning=FIELD,prompt=FIELD."
    ),
    '{"prompt": "p", "raw": null}': (
        "the record has no response that is known here, among the fields prompt, raw; the nearest known format is "
        "turnpoint's own record (response, prompt); "
        "name the fields, as in --fields response=FIELD,reasoning=FIELD,prompt=FIELD."
    ),
    '{"response": " \\n"}': "the field 'response' is blank; give the model's whole text.",
    '{"response": ["I see."]}': "the field 'response' is a list; give the model's whole text.",
    '{"text": 5}': "the field 'text' is a number; give the model's whole text.",
    '{"response": "<think> </think>Yes."}': "the response has no reasoning; give the text between the reasoning tags.",
    '{"response": "a", "prompt": {}}': "the field 'prompt' is an object; make it a string.",
    '{"response": "a", "tier": true}': "the field 'tier' is a boolean; make it a string.",
    '{"response": "a", "metadata": "m"}': "the field 'metadata' is a string; make it an object.",
    '{"response": "a", "prompt": "p", "messages": []}': (
        "the record has both 'prompt' and 'messages'; keep one of them."
    ),
    '{"response": "a", "messages": {}}': "the field 'messages' is an object; make it a list of turns.",
    '{"response": "a", "messages": ["hi"]}': "turn 1 of 'messages' is a string; give it a role and content.",
    '{"response": "a", "messages": [{"role": "critic", "content": "c"}]}': (
        "turn 1 of 'messages' has the role 'critic', which is not known; use one of system, user, assistant, tool."
    ),
    '{"response": "a", "messages": [{"role": "user", "content": []}]}': (
        "turn 1 of 'messages' has no text and no list of parts; make its content a string."
    ),
    '{"response": "a", "id": ""}': "the id is blank; give it a name or leave it out.",
    '{"response": "a", "id": true}': "the field 'id' is a boolean; make it a string or a number.",
    '{"response": "a", "id": "x\\u001b"}': (
        "the id 'x\\x1b' has an unprintable character; use letters, digits and marks."
    ),
    '{"response": "a", "id": "' + "x" * 201 + '"}': "the id has 201 characters; use at most 200.",
    '{"response": "a", "id": "good"}': "the id 'good' is taken by line 1; give each record its own.",
    '{"response": "a" "id": 1}': "not valid JSON at column 18 (expecting ',' delimiter); mend it.",
    '{"response": "a", "response": "b"}': (
        "not valid JSON at column 1 (the key 'response' occurs twice in one object); mend it."
    ),
    '{"response": "a", "x": {"\\u001b": 1, "\\u001b": 2}}': (
        "not valid JSON at column 1 (the key '\\x1b' occurs twice in one object); mend it."
    ),
    '{"response": "a", "score": 1e999}': "not valid JSON at column 1 (the number 1e999 is too large); mend it.",
    '{"response": "a", "n": ' + "9" * 5000 + "}": "not valid JSON at column 1 (a number is too long); mend it.",
    '{"response": "a"} {}': (
        "not valid JSON at column 19 (more text after the end; JSON Lines files are named .jsonl); mend it."
    ),
    "[" * 100_000: "not valid JSON at column 1 (nested more than 100 levels deep); mend it.",
    '{"response": "a", "x": ' + "[" * 101 + "]" * 101 + "}": (
        "not valid JSON at column 1 (nested more than 100 levels deep); mend it."
    ),
}


@pytest.mark.parametrize(("record", "reason"), BAD_RECORDS.items(), ids=lambda text: text[:40])
def test_a_bad_line_costs_only_itself(write: Write, record: str, reason: str) -> None:
    result = read_traces(write("a.jsonl", f'{GOOD}\n\n{record}\n{{"response": "Last."}}'))
    assert [trace.id for trace in result.traces] == ["good", "a-4"]
    assert reasons(result) == [(3, reason)]


def test_a_bad_record_of_a_list_is_named_by_its_line(write: Write) -> None:
    result = read_traces(write("a.json", '[\n{"response": "I see."},\n\n{"id": 5,\n"response": ""}\n, 7]'))
    assert [trace.id for trace in result.traces] == ["a-1"]
    assert reasons(result) == [
        (4, "the field 'response' is blank; give the model's whole text."),
        (6, "the record is a number; a record is an object with a response."),
    ]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('[\n{"response": "a"}\n{"response": "b"}]', 3, "column 1 (expecting ',' or ']' in the list)"),
        ('[\n{"response": "a"},\n\n\n\n\n{"response": "b", }]', 7, "column 19 (expecting property name enclosed"),
        ('[{"response": "a"},]', 1, "column 20 (expecting value)"),
        ('[{"response": "a"}', 1, "column 19 (expecting ',' or ']' in the list)"),
        ("[", 1, "column 2 (expecting value)"),
        ('[{"response": "a"}\n]\n[]', 3, "column 1 (more text after the end"),
        ('{"response": "a\nb"}', 1, "column 16 (invalid control character)"),
        ("I see.", 1, "column 1 (expecting value)"),
    ],
)
def test_a_broken_document_is_refused_whole_and_names_the_line(write: Write, text: str, line: int, reason: str) -> None:
    where, why = only_reason(read_traces(write("a.json", text)))
    assert (where, why[: len("not valid JSON at " + reason)]) == (line, "not valid JSON at " + reason)


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.jsonl"])
def test_an_empty_file_is_refused(write: Write, name: str) -> None:
    for content in (b"", b"\xef\xbb\xbf"):
        assert only_reason(read_traces(write(name, content))) == (
            None,
            "the file is empty; there is nothing to import.",
        )


@pytest.mark.parametrize(("name", "content"), [("a.json", " \n"), ("a.json", "[ ]"), ("a.jsonl", "\n \r\n")])
def test_a_file_without_records_is_refused(write: Write, name: str, content: str) -> None:
    assert only_reason(read_traces(write(name, content))) == (
        None,
        "the file has no records; there is nothing to import.",
    )


def test_a_blank_text_file_is_refused(write: Write) -> None:
    assert "no reasoning" in only_reason(read_traces(write("a.txt", " \n")))[1]


def test_a_byte_order_mark_is_accepted(write: Write) -> None:
    for name in ("a.json", "a.jsonl"):
        assert [trace.id for trace in read_traces(write(name, "\ufeff" + GOOD)).traces] == ["good"]


def test_bytes_that_are_not_utf8_are_named_by_offset_and_line(write: Write) -> None:
    bad = b'{"response": "caf\xe9."}'
    for name, content, line in (("a.txt", b"one\ntwo \xe9", 2), ("a.json", b"\xef\xbb\xbf\n" + bad, 2)):
        at = content.index(b"\xe9")
        assert only_reason(read_traces(write(name, content))) == (
            line,
            f"byte {at} (0xe9) is not UTF-8; save the file as UTF-8.",
        )
    result = read_traces(write("a.jsonl", GOOD.encode() + b"\n" + bad + b'\n{"response": "Last."}'))
    assert [trace.id for trace in result.traces] == ["good", "a-3"]
    assert reasons(result) == [(2, f"byte {len(GOOD) + 18} (0xe9) is not UTF-8; save the file as UTF-8.")]


def test_a_path_that_is_no_readable_file_is_refused(tmp_path: Path, write: Write) -> None:
    assert only_reason(read_traces(tmp_path / "none.jsonl")) == (None, "no such file; check the path.")
    assert only_reason(read_traces(tmp_path)) == (None, "a folder of no known kind; name the files in it.")
    (tmp_path / "dir.json").mkdir()
    assert "a folder" in only_reason(read_traces(tmp_path / "dir.json"))[1]
    (tmp_path / "dangling.txt").symlink_to(tmp_path / "none")
    assert "cannot be read (No such file" in only_reason(read_traces(tmp_path / "dangling.txt"))[1]
    assert "no such file" in only_reason(read_traces(write("a.txt", "I see.") / "below"))[1]
    assert "cannot be read (File name too long)" in only_reason(read_traces(tmp_path / ("x" * 5000)))[1]


def test_a_file_that_may_not_be_read_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("a.jsonl", GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):  # the superuser reads everything
        monkeypatch.setattr(Path, "open", _denied)
    assert only_reason(read_traces(path)) == (
        None,
        "cannot be read (Permission denied); check the path and its permissions.",
    )


def _denied(path: Path, mode: str = "r", **how: Any) -> IO[bytes]:
    raise PermissionError(13, "Permission denied", str(path))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(JSON_VALUES, st.sampled_from(["", " ", "\n\t"]))
def test_strict_json_reads_what_json_writes(value: Any, space: str) -> None:
    text = json.dumps(value) + space
    assert parse_value(text) == (value, len(text) - len(space))


@given(st.text(alphabet='{}[]",:0123456789.eE-+ntrufalsNI\\ '))
def test_strict_json_fails_in_one_way_only(text: str) -> None:
    try:
        value, _ = parse_value(text)
    except StrictJSONError as error:
        assert "\n" not in str(error)
    else:
        json.dumps(value, allow_nan=False)


def test_scratchpads_all_come_in(scratchpads: Path) -> None:
    result = read_traces(scratchpads)
    assert len(result.traces) == len(scratchpads.read_text("utf-8").splitlines())
    assert result.refused == ()
    assert {trace.metadata["label"] for trace in result.traces} == {"aligned", "potential_faking"}
    assert all(trace.id.startswith("scratchpad-") for trace in result.traces)
    assert all(not trace.prefix(i)[-1:].isspace() for trace in result.traces for i in range(trace.n_prefixes))
