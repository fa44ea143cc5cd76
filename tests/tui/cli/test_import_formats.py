"""`turnpoint import` of what researchers have lying about: what it says, and what it leaves out."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.store.database import Store
from core.store.traces import list_traces, load_trace
from tests.patience import PATIENCE
from tests.tui.cli.calling import done, turnpoint

RECORD = {"id": "t", "question": "Which one?", "cot": "I see.", "final_text": "The left one."}
NAMED = "response=final_text,reasoning=cot,prompt=question"


def write(name: str, *records: object) -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def stored_ids() -> list[str]:
    with Store.open("turnpoint.db", create=False) as store:
        return [summary.id for summary in list_traces(store.read)]


def test_a_file_of_no_known_format_is_refused_once_and_then_read_by_its_fields() -> None:
    write("a.jsonl", *[RECORD | {"id": f"t{i}"} for i in range(20)])
    ran = turnpoint("import", "a.jsonl")
    assert (ran.code, ran.out) == (1, "imported nothing; refused 20 records (above)\n")
    (line,) = ran.err.splitlines()
    assert "20 records have no response that is known here, among the fields id, question, cot, final_text" in line
    assert "--fields response=FIELD" in line
    assert not Path("turnpoint.db").exists()
    done("import", "a.jsonl", "--fields", f"{NAMED},id=id")
    assert len(stored_ids()) == 20
    with Store.open("turnpoint.db", create=False) as store:
        trace = load_trace(store.read, "t7")
    assert (trace.prompt.text, trace.response) == ("Which one?", "<think>\nI see.\n</think>\n\nThe left one.")


def test_a_field_that_is_misspelt_is_refused_before_anything_is_stored() -> None:
    write("a.jsonl", RECORD)
    assert "cannot name 'respons'" in turnpoint("import", "a.jsonl", "--fields", "respons=final_text").refusal
    ran = turnpoint("import", "a.jsonl", "--fields", "response=final")
    assert "no record has a field 'final'; the fields found are id, question, cot, final_text." in ran.err
    assert not Path("turnpoint.db").exists()


@pytest.mark.parametrize("name", ["a.txt", "thought.eval"])
def test_fields_are_for_records_alone(name: str) -> None:
    Path(name).write_text("I see. I do.", encoding="utf-8")
    assert "no file of records" in turnpoint("import", name, "--fields", NAMED).err
    assert "leave one of them out" in turnpoint("import", name, "--fields", NAMED, "--text").refusal


def test_a_folder_says_what_it_leaves_out() -> None:
    write("runs/a.jsonl", {"id": "a", "response": "<think>I see.</think>Yes."})
    Path("runs/b.jsonl.gz").write_bytes(gzip.compress(b'{"id": "b", "response": "I see."}'))
    for name, text in {
        "README.txt": "Ask Ben.",
        "requirements.txt": "numpy\n",
        "run.py": "x = 1\n",
        ".hidden": "x",
    }.items():
        Path("runs", name).write_text(text, encoding="utf-8")
    ran = done("import", "runs")
    assert stored_ids() == ["a", "b"]
    assert ran.out.splitlines()[0] == (
        "left out of the folders: runs/README.txt, runs/requirements.txt, runs/run.py; "
        "name a file to import it, a text with --text."
    )
    assert [Path(path).name for path in done("import", "runs", "--json").json["left_out"]] == [
        "README.txt",
        "requirements.txt",
        "run.py",
    ]


def test_text_makes_a_trace_of_what_looks_like_something_else() -> None:
    Path("notes.md").write_text("I see. I do.", encoding="utf-8")
    assert "this looks like a .md file" in turnpoint("import", "notes.md").err
    done("import", "notes.md", "--text")
    assert stored_ids() == ["notes"]


def test_reasoning_that_was_not_used_is_said_and_is_no_failure() -> None:
    write("a.jsonl", {"response": "<think>I see.</think>Yes.", "analysis": "A long thought."})
    ran = turnpoint("import", "a.jsonl")
    assert ran.code == 0
    assert ran.err == (
        "turnpoint: a.jsonl: 1 record has text in the field 'analysis', which was not read as reasoning: "
        "the response has its own, in tags.\n"
    )
    (note,) = done("import", "a.jsonl", "--json").json["notes"]
    assert (note["path"], "'analysis'" in note["note"]) == ("a.jsonl", True)


def test_a_table_of_traces_and_one_of_labels_are_told_apart() -> None:
    Path("traces.csv").write_text('id,prompt,response\nt,Which one?,"<think>I see.</think>Yes."\n', encoding="utf-8")
    Path("labels.csv").write_text("trace_id,sentence_idx,annotator,category\nt,0,ana,planning\n", encoding="utf-8")
    ran = done("import", "traces.csv", "labels.csv")
    assert ran.out.splitlines() == [
        "imported 1 trace with 1 sentence into turnpoint.db",
        "imported 1 label into turnpoint.db",
    ]


def test_standard_input_is_read_and_not_written(tmp_path: Path) -> None:
    given = tmp_path / "given.jsonl"
    given.write_text('{"response": "<think>I see.</think>Yes."}\n', encoding="utf-8")
    before = given.read_bytes()
    command = [sys.executable, "-m", "tui", "import", "-", "--json"]
    with given.open("rb") as file:
        redirected = subprocess.run(command, stdin=file, capture_output=True, timeout=PATIENCE, check=True)
    piped = subprocess.run(command, input=before, capture_output=True, timeout=PATIENCE, check=True)
    (trace,) = json.loads(redirected.stdout)["imported"]
    assert json.loads(piped.stdout)["already_there"] == [trace["id"]]
    assert trace["id"].startswith("stdin-")
    assert given.read_bytes() == before
