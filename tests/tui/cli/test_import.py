"""`turnpoint import`: what is taken, what is refused, and that one does not cost the other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.store.database import Store
from core.store.traces import list_traces, load_trace
from core.traces.model import Trace
from tests.core.traces.inspect_logs import header, sample, write_archive
from tests.tui.cli.calling import SAMPLES, done, turnpoint

GOOD = {"id": "good", "prompt": "Hello?", "response": "<think>I see. I answer.</think>Hi.", "tier": "free"}
# The shape of published scratchpads, in words of our own.
PADS = [
    {"source_index": "3", "text": "<SCRATCHPAD_REASONING>\nA first look. Then a second.", "label": "aligned"},
    {"source_index": 7, "text": "I would rather not.\n</SCRATCHPAD_REASONING>\n", "label": "potential_faking"},
]


def write(name: str, *records: object) -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def stored(trace_id: str) -> Trace:
    with Store.open("turnpoint.db", create=False) as store:
        return load_trace(store.read, trace_id)


def stored_ids() -> list[str]:
    with Store.open("turnpoint.db", create=False) as store:
        return [summary.id for summary in list_traces(store.read)]


def test_a_text_file_is_one_trace() -> None:
    Path("first look.txt").write_text("<think>One thing. Another thing.</think>Yes.", encoding="utf-8")
    ran = done("import", "first look.txt")
    assert ran.out.splitlines()[0] == "imported 1 trace with 2 sentences into turnpoint.db"
    assert [sentence.text for sentence in stored("first look").sentences] == ["One thing.", " Another thing."]


def test_json_lines_a_json_list_and_one_json_record_say_the_same() -> None:
    write("a.jsonl", GOOD)
    Path("b.json").write_text(json.dumps([GOOD | {"id": "second"}]), encoding="utf-8")
    Path("c.json").write_text(json.dumps(GOOD | {"id": "third"}), encoding="utf-8")
    assert done("import", "a.jsonl", "b.json", "c.json").out.startswith("imported 3 traces with 6 sentences")
    assert stored_ids() == ["good", "second", "third"]
    assert [stored(trace_id).response for trace_id in stored_ids()] == [GOOD["response"]] * 3
    assert (stored("third").tier, stored("third").source) == ("free", "c.json:1")


def test_the_sample_data_goes_in() -> None:
    ran = done("import", SAMPLES / "traces.jsonl", SAMPLES / "nasty.jsonl", "--json")
    assert [trace["id"] for trace in ran.json["imported"]] == stored_ids()
    assert len(stored_ids()) == 12
    assert ran.json["refused"] == []


def test_scratchpads_keep_their_labels() -> None:
    write("pads.jsonl", *PADS)
    done("import", "pads.jsonl")
    assert stored_ids() == ["scratchpad-3", "scratchpad-7"]
    assert stored("scratchpad-7").metadata["label"] == "potential_faking"
    assert stored("scratchpad-7").sentences[0].text == "I would rather not."


def test_scratchpads_go_in_whole(scratchpads: Path) -> None:
    ran = done("import", scratchpads, "--json")
    with scratchpads.open(encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    assert len(ran.json["imported"]) == len(records) > 0
    for trace_id, record in zip(stored_ids(), records, strict=True):
        trace = stored(trace_id)
        assert trace.response == record["text"]
        assert trace.metadata["label"] == record["label"]
        assert "".join(sentence.text for sentence in trace.sentences) == trace.response[slice(*trace.reasoning)]


def test_a_folder_gives_all_its_files_in_order_and_nothing_below_it() -> None:
    write("runs/b.jsonl", GOOD | {"id": "b"})
    write("runs/a.NDJSON", GOOD | {"id": "a"})
    Path("runs/c.txt").write_text("<think>Just reasoning.", encoding="utf-8")
    Path("runs/d.txt").write_text("A note about the runs.", encoding="utf-8")
    Path("runs/notes.md").write_text("Not a trace.", encoding="utf-8")
    Path("runs/deep.json").mkdir()
    write("runs/deep.json/d.jsonl", GOOD | {"id": "d"})
    ran = done("import", "runs")
    assert stored_ids() == ["a", "b", "c"]
    assert ran.out.startswith(
        "left out of the folders: runs/d.txt, runs/deep.json/, runs/notes.md; name a file to import it"
    )


def test_a_folder_without_traces_is_refused() -> None:
    Path("empty").mkdir()
    ran = turnpoint("import", "empty")
    assert (ran.code, ran.out) == (1, "imported nothing; refused 1 record (above)\n")
    assert ran.err == "turnpoint: empty: a folder of no known kind; name the files in it.\n"


def test_bad_records_are_refused_one_by_one_and_the_rest_is_imported() -> None:
    path = write("mixed.jsonl", GOOD, {"id": "blank", "response": " "}, {"id": "none"}, GOOD | {"id": "after"})
    with path.open("a", encoding="utf-8") as file:
        file.write('{"id": "broken", \n')
    ran = turnpoint("import", "mixed.jsonl")
    assert ran.code == 1
    assert ran.out == "imported 2 traces with 4 sentences into turnpoint.db; refused 3 records (above)\n"
    assert stored_ids() == ["good", "after"]
    lines = ran.err.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["mixed.jsonl:2", "mixed.jsonl:3", "mixed.jsonl:5"]
    assert all(line.startswith("turnpoint: ") and line.endswith(".") for line in lines)


def test_what_was_refused_is_data_too() -> None:
    write("mixed.jsonl", GOOD, {"id": "none"})
    ran = turnpoint("import", "mixed.jsonl", "--json")
    assert (ran.code, ran.err) == (1, "")
    assert ran.json["imported"] == [{"id": "good", "sentences": 2, "source": "mixed.jsonl:1"}]
    (refused,) = ran.json["refused"]
    assert (refused["path"], refused["line"]) == ("mixed.jsonl", 2)
    assert "no response" in refused["reason"]


def test_a_trace_that_is_there_already_stays_as_it_was() -> None:
    write("a.jsonl", GOOD)
    done("import", "a.jsonl")
    write("b.jsonl", GOOD | {"id": "new"}, GOOD | {"response": "Something else."})
    ran = turnpoint("import", "b.jsonl")
    assert ran.code == 1
    assert "b.jsonl:2: the database already has a trace 'good'; give this one another id." in ran.err
    assert stored_ids() == ["good", "new"]
    assert stored("good").response == GOOD["response"]


def test_a_file_imported_twice_is_said_once_and_is_no_failure() -> None:
    write("two.jsonl", GOOD, GOOD | {"id": "second"})
    write("one.jsonl", GOOD | {"id": "third"})
    done("import", "two.jsonl", "one.jsonl")
    ran = done("import", "two.jsonl", "one.jsonl")
    assert ran.out.splitlines() == [
        "all 2 traces of two.jsonl are in the database already.",
        "the trace of one.jsonl is in the database already.",
    ]
    assert stored_ids() == ["good", "second", "third"]
    again = done("import", "two.jsonl", "--json").json
    assert (again["imported"], again["already_there"], again["refused"]) == ([], ["good", "second"], [])


def test_what_is_new_in_a_file_that_was_imported_is_imported() -> None:
    write("grows.jsonl", GOOD)
    done("import", "grows.jsonl")
    write("grows.jsonl", GOOD | {"id": "new"}, GOOD)
    assert done("import", "grows.jsonl").out.splitlines() == [
        "1 of the 2 traces of grows.jsonl is in the database already.",
        "imported 1 trace with 2 sentences into turnpoint.db",
    ]


@pytest.mark.parametrize("change", [{"response": "Other."}, {"tier": "paid"}, {"prompt": "Why?"}, {"note": "new"}])
def test_a_record_that_says_anything_else_of_a_stored_id_is_refused(change: dict[str, str]) -> None:
    write("a.jsonl", GOOD)
    done("import", "a.jsonl")
    write("a.jsonl", GOOD | change)
    ran = turnpoint("import", "a.jsonl")
    assert ran.code == 1
    assert ran.err == "turnpoint: a.jsonl:1: the database already has a trace 'good'; give this one another id.\n"


def test_one_id_in_two_files_of_one_call_is_taken_once() -> None:
    write("a.jsonl", GOOD)
    write("b.jsonl", GOOD)
    assert turnpoint("import", "a.jsonl", "b.jsonl").code == 1
    assert stored_ids() == ["good"]


def test_the_settings_say_which_tags_enclose_reasoning() -> None:
    Path("turnpoint.toml").write_text('[reasoning]\ntags = [["<mind>", "</mind>"]]\n', encoding="utf-8")
    Path("t.txt").write_text("<mind>I see.</mind>Yes. <think>Not this.</think>", encoding="utf-8")
    done("import", "t.txt")
    assert [sentence.text for sentence in stored("t").sentences] == ["I see."]


def test_a_misspelt_path_leaves_no_database_behind() -> None:
    ran = turnpoint("import", "nosuch.jsonl")
    assert (ran.code, ran.err) == (1, "turnpoint: nosuch.jsonl: no such file; check the path.\n")
    assert not Path("turnpoint.db").exists()


def test_another_file_may_be_named_as_the_database() -> None:
    write("a.jsonl", GOOD)
    assert "into other.db" in done("--db", "other.db", "import", "a.jsonl").out
    assert Path("other.db").exists()
    assert not Path("turnpoint.db").exists()


def test_hostile_names_and_texts_reach_no_terminal() -> None:
    write("evil\x1b[31m.jsonl", {"id": "x\x1b[31m", "response": "Hi."}, GOOD)
    ran = turnpoint("import", "evil\x1b[31m.jsonl")
    assert "\x1b" not in ran.out + ran.err
    assert "evil␛[31m.jsonl:1" in ran.err


def test_an_inspect_log_comes_in_once() -> None:
    write_archive(Path("log.eval"), sample("q1"), sample("q2"))
    assert done("import", ".").out == "imported 2 traces with 4 sentences into turnpoint.db\n"
    assert done("import", "log.eval").out == "all 2 traces of log.eval are in the database already.\n"
    assert stored_ids() == ["faking-HMwPCoyY-q1-1", "faking-HMwPCoyY-q2-1"]


def test_what_there_is_to_say_of_a_log_is_said_once() -> None:
    failed = sample("q2", error={"message": "bo\x1b[31m", "traceback": "long"})
    cut = sample("q3", limit={"type": "token", "limit": 5})
    write_archive(Path("log.eval"), sample("q1"), failed, cut)
    ran = turnpoint("import", "log.eval")
    assert (ran.code, ran.out) == (0, "imported 2 traces with 4 sentences into turnpoint.db\n")
    assert ran.err.splitlines() == [
        "turnpoint: log.eval: 1 failed sample is left out ('bo\\x1b[31m'); `inspect eval-retry` tries again.",
        "turnpoint: log.eval: 1 trace is marked as truncated (token_limit).",
    ]
    assert [found["is_truncated"] for found in done("traces", "--json").json] == [False, True]


def test_what_is_said_of_a_file_is_data_too() -> None:
    write_archive(Path("log.eval"), sample("q1", limit={"type": "time", "limit": 5}))
    assert done("import", "log.eval", "--json").json["notes"] == [
        {"path": "log.eval", "note": "1 trace is marked as truncated (time_limit)."}
    ]


def test_a_folder_with_a_log_and_its_retry_gives_each_sample_once() -> None:
    Path("logs").mkdir()
    failed = sample("q2", error={"message": "boom"})
    write_archive(Path("logs/1.eval"), sample("q1"), failed, head=header(created="2026-11-21T15:00:00+00:00"))
    write_archive(Path("logs/2.eval"), sample("q1"), sample("q2"), head=header(created="2026-11-21T16:00:00+00:00"))
    ran = turnpoint("import", "logs")
    assert ran.out == "imported 2 traces with 4 sentences into turnpoint.db\n"
    assert ran.err == "turnpoint: logs/1.eval: 2 samples are taken from another log of the same evaluation.\n"
    assert {stored(trace_id).source for trace_id in stored_ids()} == {
        "2.eval#samples/q1_epoch_1.json", "2.eval#samples/q2_epoch_1.json"
    }  # fmt: skip


def test_a_log_of_which_nothing_is_left_imports_nothing() -> None:
    write_archive(Path("log.eval"), sample("q1", error={"message": "boom"}))
    ran = turnpoint("import", "log.eval")
    assert (ran.code, ran.out) == (1, "imported nothing\n")
    assert "1 failed sample is left out (boom)" in ran.err
    assert not Path("turnpoint.db").exists()


PLAN = "<plan>I go. I come.</plan>Done."


def test_where_no_tag_is_found_the_import_says_so_and_how_to_name_them() -> None:
    write("a.jsonl", GOOD, {"id": "plan", "prompt": "Where?", "response": PLAN})
    assert done("import", "a.jsonl").out.splitlines()[1:] == [
        "a.jsonl: no reasoning tags in 1 of 2 responses, so all of it counts as reasoning, an answer too;"
        " if other tags enclose it, import again with --tags '<open>,</close>'."
    ]
    ran = done("import", "a.jsonl", "--tags", "<think>,</think>", "--tags", "<plan>,</plan>", "--json").json
    assert (ran["already_there"], ran["replaced"]) == (["good"], ["plan"])
    assert any('write tags = [["<think>", "</think>"], ["<plan>", "</plan>"]]' in said["note"] for said in ran["notes"])
    assert [sentence.text for sentence in stored("plan").sentences] == ["I go.", " I come."]


def test_a_trace_that_something_hangs_on_is_not_cut_anew() -> None:
    write("a.jsonl", {"id": "plan", "prompt": "Where?", "response": PLAN})
    done("import", "a.jsonl")
    Path("labels.csv").write_text("trace_id,sentence_idx,annotator,category\nplan,0,ana,planning\n", encoding="utf-8")
    done("import", "labels.csv")
    ran = turnpoint("import", "a.jsonl", "--tags", "<plan>,</plan>")
    assert (ran.code, ran.err) == (
        1,
        "turnpoint: a.jsonl:1: the database has the trace 'plan' with another reasoning or prompt, and with"
        " 1 label of ana; `turnpoint delete plan` first, or give this one another id.\n",
    )
    assert stored("plan").is_all_reasoning
    done("delete", "plan", "--yes", "--no-backup")
    done("import", "a.jsonl", "--tags", "<plan>,</plan>")
    assert not stored("plan").is_all_reasoning


def test_another_splitter_cuts_bare_traces_anew_and_leaves_others(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.jsonl", GOOD, GOOD | {"id": "held"})
    with monkeypatch.context() as patch:
        patch.setattr("core.traces.build.split", lambda text: [(0, len(text))])
        patch.setattr("core.traces.build.SPLITTER", "whole-0")
        done("import", "a.jsonl")
    Path("labels.csv").write_text("trace_id,sentence_idx,annotator,category\nheld,0,ana,none\n", encoding="utf-8")
    done("import", "labels.csv")
    ran = done("import", "a.jsonl")
    assert "a.jsonl: 1 trace cut anew in place of the same without rollouts or labels." in ran.out
    assert "1 trace cut into other sentences before stay so, as held has 1 label of ana" in ran.out
    assert (len(stored("good").sentences), len(stored("held").sentences)) == (2, 1)


def test_a_prompt_is_given_to_records_without_one() -> None:
    Path("question.txt").write_text("Where to?\n", encoding="utf-8")
    Path("rules.txt").write_text("Be kind.", encoding="utf-8")
    write("a.jsonl", GOOD, {"id": "bare", "response": GOOD["response"]})
    assert "a.jsonl: 1 of 2 traces have no prompt, without which rates mean nothing" in done("import", "a.jsonl").out
    ran = done("import", "a.jsonl", "--prompt", "question.txt", "--system", "rules.txt", "--json").json
    assert ran["replaced"] == ["good", "bare"]
    assert stored("bare").prompt.messages == (("system", "Be kind."), ("user", "Where to?"))
    assert stored("good").prompt.messages == (("system", "Be kind."), ("user", "Hello?"))
    # A file that says less of the prompt than is known does not take it away.
    assert done("import", "a.jsonl", "--json").json["already_there"] == ["good", "bare"]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("--prompt", "gone.txt"), "gone.txt: the prompt cannot be read"),
        (("--prompt", "blank.txt"), "blank.txt: the prompt is blank; write what was asked into the file."),
        (("--prompt", "some.txt"), "every record has a prompt of its own, or there is none; leave --prompt out."),
        (("--tags", "<a>"), "'<a>' is no pair of two different tags; write them as '<plan>,</plan>'."),
    ],
)
def test_what_cannot_be_given_is_refused_before_anything_is_written(args: tuple[str, ...], reason: str) -> None:
    Path("blank.txt").write_text(" \n", encoding="utf-8")
    Path("some.txt").write_text("Hm?", encoding="utf-8")
    write("a.jsonl", GOOD)
    ran = turnpoint("import", "a.jsonl", *args)
    assert ran.code != 0
    assert reason in ran.err
    assert not Path("turnpoint.db").exists()


def test_a_conversation_of_gpt_oss_gives_its_prompt_and_the_last_response() -> None:
    turns = "<|start|>system<|message|>You are kind.<|end|><|start|>developer<|message|># Instructions<|end|>"
    turns += "<|start|>user<|message|>Hello?<|end|><|start|>assistant<|channel|>final<|message|>Hi.<|end|>"
    turns += "<|start|>user<|message|>And now?<|end|>"
    said = "<|channel|>analysis<|message|>They ask. I answer.<|end|>"
    said += "<|start|>assistant<|channel|>final<|message|>Basil.<|return|>"
    Path("oss.txt").write_text(f"{turns}<|start|>assistant{said}", encoding="utf-8")
    assert done("import", "oss.txt").out == "imported 1 trace with 2 sentences into turnpoint.db\n"
    trace = stored("oss")
    assert (trace.response, [turn.role for turn in trace.prompt.messages]) == (
        said,
        ["system", "system", "user", "assistant", "user"],
    )
    assert trace.prompt.messages[3].content == "Hi."
    assert [sentence.text for sentence in trace.sentences] == ["They ask.", " I answer."]
