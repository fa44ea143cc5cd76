"""`turnpoint analyze --all`: traces together, as text, CSV and JSON from one source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.annotation.codebook import Category, Codebook, load_codebook
from core.errors import SimilarityError
from core.export.reader import read_table
from core.store.database import Store
from core.store.labels import set_label
from tests.core.analysis.stored import COLD, complied, keep, make_trace, sample
from tests.tui.cli.calling import SAMPLES, done, turnpoint


@pytest.fixture(autouse=True)
def no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests need no weights: what they hold is the same for resampling directions."""

    def refuse(*args: object) -> None:
        raise SimilarityError("no encoder here; install one.")

    monkeypatch.setattr("core.similarity.cosine.comparison", lambda *args: refuse)


@pytest.fixture
def small() -> Iterator[Store]:
    """Three traces in which sentence 1 turns compliance, one of them paid, two of one query; and a bare one."""
    with Store.open("turnpoint.db") as store:
        traces = [make_trace(name, ["One.", " Two.", " Three."], query=name[0]) for name in ("a-1", "b", "bare")]
        paid = make_trace("a-2", ["One.", " Two.", " Three."], query="a")
        object.__setattr__(paid, "tier", "paid")
        keep(store, *traces, paid)
        for name, counts in (("a-1", (2, 3, 19, 20)), ("b", (1, 2, 17, 20)), ("a-2", (0, 1, 15, 16))):
            for prefix, k in enumerate(counts):
                sample(store, name, prefix, complied(*["complied"] * k, *["refused"] * (20 - k)))
        yield store


def label(store: Store, annotator: str, trace_id: str, index: int, category: str) -> None:
    store.write(lambda db: set_label(db, annotator, trace_id, index, category, load_codebook())).result()


def test_the_tables_stand_under_a_sentence_and_above_what_they_rest_on(small: Store) -> None:
    ran = turnpoint("analyze", "--all")
    assert ran.code == 0
    assert ran.err == (
        "turnpoint: no encoder here; install one. Without it there are resampling directions, but no counterfactual"
        " ones.\n"
    )
    lines = ran.out.splitlines()
    assert lines[0].startswith("Concentration: Share of a trace's total change that its largest sentences hold")
    assert "None of these traces has a label, so there is nothing to say about categories." in lines
    assert "tier · free · paid · compliance" in lines
    rates = lines[lines.index("tier · free · paid · compliance") + 2]
    assert rates.split()[:2] == ["first_rate", "2"]
    assert lines[-4:-1] == [
        "3 traces, sampled from small-model.",
        "Directions are resampling ones, as sentences could not be compared.",
        "Brackets hold 95%, of resampled sets of traces or of permutations; there are none below two traces, or where"
        " traces do not differ.",
    ]
    assert not any("a-1" in line for line in lines)


def test_each_adds_the_tables_with_a_row_per_trace(small: Store) -> None:
    lines = turnpoint("analyze", "--all", "--each").out.splitlines()
    assert sum(line.startswith("a-1 ") for line in lines) >= 3


def test_json_and_csv_hold_the_same_numbers(small: Store) -> None:
    label(small, "ana", "a-1", 1, "monitoring")
    label(small, "ana", "b", 1, "monitoring")
    label(small, "ana", "b", 0, "planning")
    found = turnpoint("analyze", "--all", "--csv", "out", "--json").json
    assert found["directory"] == "out"
    for name, table in found["tables"].items():
        rows = read_table(Path("out") / f"{name}.csv")
        assert len(rows) == len(table["rows"])
        for row, record in zip(rows, table["rows"], strict=True):
            for column, value in record.items():
                expected = None if value is None else str(round(value, 6) if isinstance(value, float) else value)
                assert (row[column] or "").removesuffix(".0") == (expected or "").removesuffix(".0")
    (monitoring,) = (
        row for row in found["tables"]["categories"]["rows"]
        if (row["behavior"], row["measure"], row["category"]) == ("compliance", "direction", "monitoring")
    )  # fmt: skip
    assert (monitoring["n_sentences"], monitoring["mean"]) == (2, pytest.approx((0.8 + 0.75) / 2))
    assert "Categories are those of ana, on 2 of 3 traces." in found["notes"]


def test_the_annotator_is_the_one_of_the_program(small: Store) -> None:
    label(small, "ana", "a-1", 1, "monitoring")
    label(small, "ben", "a-1", 1, "planning")
    label(small, "ben", "a-1", 2, "planning")
    assert "Categories are those of ben, on 1 of 3 traces." in turnpoint("analyze", "--all").out
    assert "Categories are those of ana, on 1 of 3 traces." in turnpoint("--annotator", "ana", "analyze", "--all").out


def test_gold_labels_come_before_those_of_an_annotator_and_can_be_taken_alone(small: Store) -> None:
    label(small, "ana", "a-1", 1, "monitoring")
    label(small, "ben", "a-1", 1, "monitoring")
    label(small, "ben", "a-1", 2, "planning")
    said = turnpoint("analyze", "--all").out
    assert "Categories are gold on 1 sentence (0 adjudicated), else ben, on 1 of 3 traces." in said
    (row,) = (r for r in turnpoint("analyze", "--all", "--json").json["tables"]["study"]["rows"] if r["n_labelled"])
    assert (row["annotator"], row["n_labelled"], row["n_gold"]) == ("ben", 2, 1)
    alone = turnpoint("analyze", "--all", "--labels", "gold").out
    assert "Categories are gold on 1 sentence (0 adjudicated), on 1 of 3 traces." in alone
    assert "Categories are those of ana, on 1 of 3 traces." in turnpoint("analyze", "--all", "--labels", "ana").out
    ran = turnpoint("analyze", "--all", "--labels", "anna")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith("no analysed trace is labelled by 'anna'; there are those of ana, ben, and gold.\n")


def test_named_traces_fields_and_groups_are_all_that_is_compared(small: Store) -> None:
    found = turnpoint("analyze", "--all", "b", "a-2", "--by", "tier", "--groups", "paid", "free", "--json").json
    assert [row["trace_id"] for row in found["tables"]["study"]["rows"]] == ["b", "a-2"]
    assert {(row["a"], row["b"]) for row in found["tables"]["groups"]["rows"]} == {("paid", "free")}
    assert turnpoint("analyze", "--all", "--by", "model", "--json").json["tables"]["groups"]["rows"] == []


def test_the_settings_that_are_named_are_looked_at(small: Store) -> None:
    sample(small, "b", 0, complied("complied"), settings=COLD)
    found = turnpoint("analyze", "--all", "--settings", COLD.id, "--json").json
    assert {r["trace_id"]: r["n_rollouts"] for r in found["tables"]["study"]["rows"]} == {"a-1": 80, "b": 1, "a-2": 80}


def test_a_trace_left_out_is_named(small: Store) -> None:
    assert "Left out, as nothing is decided there: bare." in turnpoint("analyze", "--all", "--each").out.splitlines()


@pytest.mark.parametrize(
    "call", [["--by", "tier"], ["--csv", "out"], ["--groups", "a", "b"], ["--each"], ["--force"], ["--labels", "gold"]]
)
def test_what_belongs_to_the_analysis_across_traces_is_refused_without_it(small: Store, call: list[str]) -> None:
    ran = turnpoint("analyze", *call)
    assert ran.code == 2
    assert ran.refusal.startswith(f"{call[0]} belongs to ")
    assert "add --all" in ran.refusal


@pytest.mark.parametrize(
    ("call", "refusal"),
    [
        (["--all", "--importance"], "--all and --importance exclude each other; leave one out."),
        (["--all", "--groups", "a", "b"], "--groups names two values of one field; say which with --by, once."),
    ],
)
def test_options_that_do_not_go_together_are_refused(small: Store, call: list[str], refusal: str) -> None:
    ran = turnpoint("analyze", *call)
    assert (ran.code, ran.refusal) == (2, refusal)


def test_a_group_that_is_not_there_is_refused_by_name(small: Store) -> None:
    ran = turnpoint("analyze", "--all", "--by", "tier", "--groups", "free", "gold")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.splitlines()[-1] == "turnpoint: no analysed trace has the tier 'gold'; there are: free, paid."


def test_without_rollouts_it_says_how_to_get_some() -> None:
    done("import", SAMPLES / "nasty.jsonl")
    ran = turnpoint("analyze", "--all")
    assert ran.code == 2
    assert ran.refusal == "none of these traces has decided rollouts; `turnpoint resample TRACE --all` draws some."


def test_labels_of_another_codebook_keep_their_names_and_are_told_of(small: Store) -> None:
    old = Codebook("old", (Category("1", "stalling", "sta", "Puts a decision off."),))
    small.write(lambda db: set_label(db, "ana", "a-1", 0, "stalling", old)).result()
    label(small, "ana", "b", 0, "monitoring")
    ran = turnpoint("analyze", "--all")
    assert "1 label of the database was given under other codebooks than codebook 2 (" in ran.err
    assert {"stalling", "monitoring"} <= set(ran.out.split())
