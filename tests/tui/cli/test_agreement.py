"""`turnpoint agreement`: two annotators and a model, as text, JSON and CSV from one source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.annotation.annotation import Annotation
from core.annotation.codebook import load_codebook
from core.export.reader import read_table
from core.store.database import Store
from core.store.labels import Change, annotate
from core.store.traces import add_traces, list_traces, load_trace
from tests.core.analysis.stored import make_trace
from tests.core.analysis.suggested import suggest
from tests.tui.cli.calling import done, turnpoint

CODEBOOK = load_codebook()
NAMES = [category.name for category in CODEBOOK.categories]


def label(store: Store, annotator: str, trace_id: str, *categories: str) -> None:
    changes = [
        Change(trace_id, index, "label", Annotation(category=category)) for index, category in enumerate(categories)
    ]
    store.write(lambda db: annotate(db, annotator, changes, CODEBOOK)).result()


@pytest.fixture
def three() -> Iterator[Store]:
    """Three traces of three sentences; ana labelled all, ben two of them."""
    with Store.open("turnpoint.db") as store:
        traces = [make_trace(name, ["One.", " Two.", " Three."]) for name in ("a", "b", "c")]
        store.write(lambda db: add_traces(db, traces)).result()
        label(store, "ana", "a", "monitoring", "planning", "none")
        label(store, "ana", "b", "monitoring", "monitoring", "none")
        label(store, "ana", "c", "none", "none", "none")
        label(store, "ben", "a", "monitoring", "planning", "none")
        label(store, "ben", "b", "monitoring", "planning", "none")
        yield store


def test_the_tables_stand_under_a_sentence_and_the_last_one_says_what_they_rest_on(three: Store) -> None:
    lines = done("agreement").out.splitlines()
    pairs = next(line for line in lines if line.startswith("ana "))
    assert pairs.split()[:3] == ["ana", "human", "9"]
    (row,) = [line for line in lines if line.startswith("ana    ben")]
    assert "5        6" in row
    assert "1 sentence on which they disagree." in lines
    assert lines[-1] == "Alpha rests on 6 sentences of 2 traces that two or more of ana, ben labelled."
    assert not any(line.startswith(("Categories", "By trace", "Confusion", "Against")) for line in lines)


def test_each_flag_adds_its_table(three: Store) -> None:
    out = done("agreement", "--by-category", "--per-trace", "--confusion").out
    assert "Categories: Agreement on each category against all others.\n\nana & ben · alpha\n" in out
    assert ["b", "0.55", "0.67", "2", "3"] in [line.split() for line in out.splitlines()]
    assert "Confusion of ana and ben: ana down, ben across; 5 of 6 sentences on the diagonal.\n" in out
    assert "\nmonitoring    2    1    0  3\n" in out


def test_a_model_is_told_apart_and_can_be_left_out(three: Store) -> None:
    suggest(three, "small", {("a", 0): "monitoring", ("c", 0): "planning"})
    found = done("agreement", "--json").json["tables"]
    against = [(row["first"], row["second"], row["n_units"]) for row in found["against"]["rows"]]
    assert against == [("ana", "small (model)", 2), ("ben", "small (model)", 1)]
    assert [row["n_units"] for row in found["agreement"]["rows"]] == [6, 6, 6]
    assert done("agreement", "--kinds", "human", "--json").json["tables"]["against"]["rows"] == []
    between = done("agreement", "--between", "ana,small (model)", "--json").json["tables"]
    assert (len(between["against"]["rows"]), between["pairs"]["rows"]) == (1, [])


def test_json_and_csv_hold_the_same_numbers_and_the_units_give_them_again(three: Store) -> None:
    found = done("agreement", "a", "b", "--csv", "out", "--json").json
    (pair,) = found["tables"]["pairs"]["rows"]
    (kappa,) = [r for r in read_table(Path("out/agreement.csv")) if r["measure"] == "kappa" and not r["category"]]
    assert float(kappa["value"] or "") == pytest.approx(pair["kappa"], abs=1e-6)
    units = read_table(Path("out/agreement_units.csv"))
    assert len(units) == 12
    assert sum(row["agree"] == "1" for row in units) == 2 * pair["n_agree"]
    assert "agreement_units.csv" in json.loads(Path("out/provenance.json").read_text("utf-8"))["tables"]
    assert turnpoint("agreement", "--csv", "out").code == 1
    done("agreement", "--csv", "out", "--force")


@pytest.mark.parametrize(
    ("call", "refusal"),
    [
        (["c"], "only ana has labelled sentences of these traces, and agreement takes two"),
        (["nope"], "no trace 'nope' in this database"),
        (["--between", "ana"], "--between 'ana' names one rater"),
        (["--between", "ana,eve"], "no sentence of this database is labelled by 'eve'; there are labels of ana, ben."),
        (["--kinds", "human,robot"], "--kinds: there is no kind 'robot'; there are human, import, model."),
        (["--kinds", "model"], "no sentence of this database is labelled"),
        (["--force"], "--force belongs to --csv"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(three: Store, call: list[str], refusal: str) -> None:
    ran = turnpoint("agreement", *call)
    assert ran.code == 2
    assert ran.refusal.startswith(refusal)


def test_annotators_without_a_shared_sentence_are_named(three: Store) -> None:
    label(three, "cem", "c", "none")
    ran = turnpoint("agreement", "c", "--between", "ana,cem")
    assert ran.code == 0
    ran = turnpoint("agreement", "--between", "ben,cem")
    assert (ran.code, ran.refusal) == (
        2,
        "ben and cem have labelled no sentence of this database in common; label some of the same ones.",
    )


def test_two_annotators_of_scratchpads_agree_as_often_as_they_were_made_to(scratchpads: Path) -> None:
    done("import", scratchpads)
    with Store.open("turnpoint.db") as store:
        n = n_agree = 0
        summaries = list_traces(store.read)[:12]
        for place, summary in enumerate(summaries):
            sentences = load_trace(store.read, summary.id).sentences
            given = [NAMES[len(one.text) % len(NAMES)] for one in sentences]
            differs = [(one.index + place) % 4 == 0 for one in sentences]
            label(store, "ana", summary.id, *given)
            other = (
                NAMES[0 if name == NAMES[1] else 1] if no else name for name, no in zip(given, differs, strict=True)
            )
            label(store, "ben", summary.id, *other)
            n, n_agree = n + len(given), n_agree + len(given) - sum(differs)
    (pair,) = done("agreement", "--json").json["tables"]["pairs"]["rows"]
    assert (pair["n_units"], pair["n_agree"], pair["n_traces"]) == (n, n_agree, len(summaries))
    assert pair["agreement_low"] < n_agree / n < pair["agreement_high"]
    assert pair["agreement"] == pytest.approx(n_agree / n)
    assert pair["kappa_low"] < pair["kappa"] < pair["agreement"]
