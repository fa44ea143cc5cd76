"""`turnpoint disagreements`, `adjudicate` and `gold`: the walk of the app without the app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.annotation.annotation import GOLD, IMPORT, Annotation, Circumstances
from core.export.reader import read_table
from core.store.database import Store
from core.store.labels import Change, annotate, load_annotations
from tests.core.analysis.stored import keep, make_trace
from tests.core.deciding import CODEBOOK, label
from tests.tui.cli.calling import done, turnpoint


@pytest.fixture
def store() -> Iterator[Store]:
    """Two traces; ana and ben agree on one sentence, differ on two, and on one in the second category alone."""
    with Store.open("turnpoint.db") as opened:
        keep(opened, *(make_trace(name, ["One.", " Two.\x1b[31m", " Three."]) for name in ("t", "u")))
        for index, (ana, ben) in enumerate((("planning", "monitoring"), ("none", "none"), ("planning", "planning"))):
            label(opened, "ana", "t", index, ana)
            label(opened, "ben", "t", index, ben)
        second = Change("t", 2, "secondary", Annotation("planning", "value_conflict"))
        opened.write(lambda db: annotate(db, "ben", [second], CODEBOOK)).result()
        label(opened, "ana", "u", 1, "none")
        label(opened, "ben", "u", 1, "harm_ethics")
        label(opened, "tags", "u", 1, "none", Circumstances(IMPORT, is_verified=False))
        yield opened


def places(*call: str) -> list[tuple[str, int, str]]:
    return [
        (row["trace_id"], row["sentence_idx"], row["state"]) for row in turnpoint("disagreements", *call, "--json").json
    ]


@pytest.mark.usefixtures("store")
def test_disagreements_are_listed_with_who_says_what() -> None:
    lines = done("disagreements").out.splitlines()
    assert lines[0].split() == ["trace", "sentence", "state", "gold", "raters", "text"]
    assert lines[1].split() == ["t", "0", "open", "ana", "pla", "ben", "mon", "One."]
    assert lines[2].split() == ["t", "2", "partial", "ana", "pla", "ben", "pla+val", "Three."]
    assert lines[3].split() == ["u", "1", "open", "ana", "non", "ben", "eth", "Two.␛[31m"]
    assert lines[4] == "0 of 2 disagreements decided."


@pytest.mark.usefixtures("store")
def test_traces_raters_and_kinds_can_be_chosen() -> None:
    assert places("u") == [("u", 1, "open")]
    assert places("--open") == [("t", 0, "open"), ("u", 1, "open")]
    assert places("--between", "ana,tags") == []
    assert places("--between", "ben, tags") == [("u", 1, "open")]
    assert places("--kinds", "import") == []
    (row,) = turnpoint("disagreements", "u", "--json").json
    assert [(one["rater"], one["kind"], one["compared"]) for one in row["opinions"]] == [
        ("ana", "human", True),
        ("ben", "human", True),
        ("tags", "import", False),
    ]
    assert (row["entropy"], row["gold"], row["text"]) == (1.0, None, " Two.\x1b[31m")


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("call", "refusal"),
    [
        (["ghost"], "no trace 'ghost' in this database; `turnpoint traces` lists them."),
        (
            ["--between", "ana"],
            "--between: one rater disagrees with nobody; name two or more, with commas.",
        ),
        (["--between", "ana,eve"], "no rater 'eve' of kind human or import or model; there are: ana, ben, tags."),
        (["--kinds", "human,robot"], "--kinds: there is no kind 'robot'; give some of human, import, model."),
    ],
)
def test_what_cannot_be_compared_is_refused(call: list[str], refusal: str) -> None:
    ran = turnpoint("disagreements", *call)
    assert (ran.code, ran.refusal) == (2, refusal)


@pytest.mark.usefixtures("store")
def test_a_file_has_a_row_for_each_rater() -> None:
    assert done("disagreements", "--csv", "d.csv").out.splitlines()[-1] == "wrote 3 sentences to d.csv"
    assert len(read_table(Path("d.csv"))) == 7
    assert turnpoint("disagreements", "--csv", "d.csv").refusal == "d.csv: this file is there already; name a new one."


def test_a_decision_names_who_decided_and_why(store: Store) -> None:
    said = done("--annotator", "cai", "adjudicate", "t", "0", "monitoring", "--reason", "names the tier").out
    assert said == "sentence 0 of t is monitoring, as cai decided.\n"
    assert load_annotations(store.read, "t", GOLD) == {0: Annotation("monitoring", note="names the tier")}
    (decided, _, _) = turnpoint("disagreements", "--json").json
    assert decided["state"] == "decided"
    assert decided["gold"]["decided_by"] == "cai"
    assert places("--open") == [("u", 1, "open")]
    again = done("--annotator", "cai", "adjudicate", "t", "0", "monitoring", "--reason", "names the tier").out
    assert again == "sentence 0 of t was decided to be monitoring before.\n"
    label(store, "ana", "t", 0, "none")
    assert places("t")[0] == ("t", 0, "changed since")


def test_a_second_category_can_be_decided_too_and_all_taken_off_again(store: Store) -> None:
    call = ("--annotator", "cai", "adjudicate", "t", "0")
    made = turnpoint(*call, "monitoring", "--secondary", "planning", "--json").json
    assert made == {
        "trace_id": "t", "sentence_idx": 0, "category": "monitoring", "changed": True, "decided_by": "cai",
    }  # fmt: skip
    assert load_annotations(store.read, "t", GOLD)[0].secondary == "planning"
    assert done(*call, "--withdraw").out == "sentence 0 of t has its adjudicated label taken off, as cai decided.\n"
    assert done(*call, "--withdraw").out == "sentence 0 of t has no adjudicated label.\n"


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("call", "refusal"),
    [
        (["t", "0"], "say what is decided: CATEGORY, or --withdraw alone."),
        (["t", "0", "none", "--withdraw"], "say what is decided: CATEGORY, or --withdraw alone."),
        (["t", "0", "--withdraw", "--reason", "x"], "--withdraw takes the decision off; leave --reason and"),
        (["t", "9", "none"], "no sentence 9 in 't'; give a number from 0 to 2."),
        (["t", "0", "nothing"], "no category 'nothing' in the codebook; give one of preservation_motive,"),
    ],
)
def test_what_cannot_be_decided_is_refused(call: list[str], refusal: str) -> None:
    ran = turnpoint("adjudicate", *call)
    assert ran.code == 2
    assert ran.refusal.startswith(refusal)


@pytest.mark.usefixtures("store")
def test_gold_labels_are_counted_by_trace() -> None:
    done("--annotator", "cai", "adjudicate", "t", "0", "monitoring")
    lines = done("gold").out.splitlines()
    assert [line.split() for line in lines[1:4]] == [
        ["t", "1", "2", "0", "1", "0"],
        ["u", "0", "0", "1", "0", "0"],
        ["all", "1", "2", "1", "1", "0"],
    ]
    found = turnpoint("gold", "--json").json
    assert found["total"] == {"n_adjudicated": 1, "n_agreed": 2, "n_open": 1, "n_partial": 1, "n_changed": 0}
    assert [(one["sentence_idx"], one["how"]) for one in found["labels"]] == [
        (0, "adjudicated"),
        (1, "agreed"),
        (2, "agreed"),
    ]


def test_without_labels_it_says_what_gold_needs() -> None:
    with Store.open("turnpoint.db"):
        pass
    assert done("disagreements").out == "nothing is disagreed on or adjudicated.\n"
    assert done("gold").out == "no gold labels yet: they need a second annotator, or `turnpoint adjudicate`.\n"
