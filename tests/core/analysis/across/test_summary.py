"""A study from a database, and the tables that everything is shown, written and printed from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from core.analysis.across.study import load_study
from core.analysis.across.summary import COLUMNS, summarise
from core.analysis.across.table import SummaryTable, blocks_of
from core.annotation.annotation import GOLD
from core.annotation.codebook import load_codebook
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE, Outcome
from core.endpoints.endpoint import SIMULATOR_MODEL
from core.errors import NotFoundError
from core.store.database import Store
from core.store.gold import adjudicate
from core.store.labels import set_label
from tests.core.analysis.across.studies import plain_trace, random_trace, study_of
from tests.core.analysis.stored import COLD, FIVE_CRITERIA, TAGS, complied, keep, make_trace, sample
from tests.core.analysis.sweeps import words_in_common

SENTENCES = ["Be kind.", " Write it.", " Never mind."]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two sampled traces, one of which has both behaviors, and one without rollouts."""
    with Store.open(tmp_path / "study.db") as store:
        keep(store, *(make_trace(name, SENTENCES) for name in ("one", "two", "bare")))
        texts = [" Stop here."] * 6 + [" Be kind."] * 2
        for prefix, k in enumerate((1, 7, 7, 8)):
            both = [
                [Outcome(COMPLIANCE, TAGS.id, word), Outcome(ALIGNMENT_FAKING, FIVE_CRITERIA.id, "no")]
                for word in ["complied"] * k + ["refused"] * (8 - k)
            ]
            sample(store, "one", prefix, both, texts=texts)
            sample(store, "two", prefix, complied(*["complied"] * k, *["refused"] * (8 - k)), texts=texts)
        sample(store, "two", 0, complied(*["refused"] * 3), settings=COLD)
        yield store


def label(store: Store, annotator: str, trace_id: str, *categories: str) -> None:
    for index, category in enumerate(categories):
        store.write(
            lambda db, i=index, c=category: set_label(db, annotator, trace_id, i, c, load_codebook())  # type: ignore[misc]
        ).result()


def test_a_study_holds_the_traces_with_rollouts_and_names_the_others(store: Store) -> None:
    study = load_study(store, words_in_common)
    assert [trace.id for trace in study.traces] == ["one", "two"]
    assert study.left_out == ("bare",)
    assert study.behaviors == (COMPLIANCE, ALIGNMENT_FAKING)
    assert (study.traces[0].pairs is None, study.traces[1].pairs is None) == (False, True)
    assert study.traces[0].importance[COMPLIANCE].rows[0].n_dissimilar == 6


def test_each_trace_is_looked_at_under_the_settings_wanted_or_else_the_most_used(store: Store) -> None:
    assert [trace.settings.n_rollouts for trace in load_study(store, None).traces] == [32, 32]
    assert [trace.settings.n_rollouts for trace in load_study(store, None, settings=COLD.id).traces] == [32, 3]


def test_a_trace_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no trace 'ghost'"):
        load_study(store, None, trace_ids=["one", "ghost"])


def test_labels_are_those_of_whoever_labelled_most_or_of_the_one_named(store: Store) -> None:
    label(store, "ana", "one", "planning")
    label(store, "ben", "one", "none", "monitoring")
    label(store, "ana", "two", "planning")
    study = load_study(store, None)
    assert [(trace.annotator, dict(trace.labels)) for trace in study.traces] == [
        ("ben", {0: "none", 1: "monitoring"}),
        ("ana", {0: "planning"}),
    ]
    assert study.annotators == ("ana", "ben")
    named = load_study(store, None, annotator="ben")
    assert [(trace.annotator, len(trace.labels)) for trace in named.traces] == [("ben", 2), (None, 0)]


def test_gold_labels_come_first_and_the_notes_say_how_many_there_are(store: Store) -> None:
    label(store, "ana", "one", "planning", "none", "none")
    label(store, "ben", "one", "monitoring", "none")
    store.write(lambda db: adjudicate(db, "cai", "one", 0, "harm_ethics", "both miss it", load_codebook())).result()
    study = load_study(store, None)
    (one, _) = study.traces
    assert (dict(one.labels), one.annotator) == ({0: "harm_ethics", 1: "none", 2: "none"}, "ana")
    assert (one.n_gold, one.n_adjudicated) == (2, 1)
    summary = summarise(study)
    note = "Categories are gold on 2 sentences (1 adjudicated), else ana, on 1 of 2 traces."
    assert note in summary.notes
    row = table(summary.tables, "study")[0]
    assert (row["annotator"], row["n_labelled"], row["n_gold"]) == ("ana", 3, 2)
    assert {r["category"] for r in table(summary.tables, "categories")} == {"harm_ethics", "none"}


def test_gold_labels_alone_or_those_of_one_annotator_alone_can_be_asked_for(store: Store) -> None:
    label(store, "ana", "one", "planning", "none", "none")
    label(store, "ben", "one", "monitoring", "none")
    gold, ben = (load_study(store, None, labels=labels) for labels in (GOLD, "ben"))
    assert (dict(gold.traces[0].labels), gold.label_source) == ({1: "none"}, "gold on 1 sentence (0 adjudicated)")
    assert (dict(ben.traces[0].labels), ben.label_source) == ({0: "monitoring", 1: "none"}, "ben")
    assert "Categories are those of ben, on 1 of 2 traces." in summarise(ben).notes


def test_without_an_encoder_directions_are_resampling_ones_and_a_note_says_so(store: Store) -> None:
    study = load_study(store, None)
    assert study.kind == "resampling"
    summary = summarise(study)
    assert "Directions are resampling ones, as sentences could not be compared." in summary.notes
    (row,) = (r for r in table(summary.tables, "concentration_by_trace") if r["trace_id"] == "one" and r["top"] == 1
              and r["behavior"] == COMPLIANCE)  # fmt: skip
    assert row["n_sentences"] == 3
    assert row["total"] == pytest.approx(7 / 8)
    assert row["share"] == pytest.approx(6 / 7)


def test_progress_is_told_after_every_trace(store: Store) -> None:
    told: list[tuple[int, int]] = []
    load_study(store, None, on_trace=lambda done, n: told.append((done, n)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def table(tables: tuple[SummaryTable, ...], name: str) -> list[dict[str, str | int | float | None]]:
    (found,) = (t for t in tables if t.name == name)
    return found.records()


def test_every_table_has_the_columns_it_is_described_by_and_no_number_that_is_none() -> None:
    rates = [[0.2] * 3 + [0.8] * 3, [0.4] * 6, [0.0] * 6]
    for n in (0, 1, 3):
        traces = (random_trace(f"t{i}", r, 20, i) for i, r in enumerate(rates[:n]))
        summary = summarise(study_of(*traces))
        assert {t.name: t.columns for t in summary.tables} == COLUMNS
        for found in summary.tables:
            assert all(len(row) == len(found.columns) for row in found.rows)
            assert all(value == value for value in chain(*found.rows))


def test_one_trace_has_numbers_but_no_intervals_and_the_reason_stands_below() -> None:
    summary = summarise(study_of(random_trace("t", [0.2] * 4 + [0.8] * 4, 40, 1)))
    pooled = table(summary.tables, "concentration")
    assert {row["share"] is None for row in pooled} == {False}
    assert {row["share_low"] for row in pooled} == {None}
    notes = {t.name: t.notes for t in summary.tables}
    assert notes["concentration"] == ("One trace alone says nothing about others, so there are no intervals.",)
    assert notes["categories"] == ("None of these traces has a label, so there is nothing to say about categories.",)
    assert notes["groups"] == ("These traces do not fall into two groups.",)


def test_a_block_writes_a_number_with_its_interval_and_nothing_where_there_is_none() -> None:
    made = SummaryTable(
        "n", "t", "s",
        {"measure": "", "name": "", "n": "", "x": "", "x_low": "", "x_high": "", "p": "", "d": ""},
        (("rate", "a_b", 3, 0.5, 0.25, 0.75, 0.0004, 0.1), ("rate", "c", 0, None, None, None, None, None),
         ("direction", "a", 1, 1.0, None, None, 1.0, -0.1)),
        blocks=("measure",), signed={"x": "direction", "d": None},
    )  # fmt: skip
    first, second = blocks_of(made)
    assert (first.heading, first.header, first.right) == ("rate", ("name", "n", "x", "p", "d"), (1, 2, 3, 4))
    assert first.rows == (("a_b", "3", "0.50 [0.25, 0.75]", "0.000", "+0.10"), ("c", "0", "", "", ""))
    assert second.rows == (("a", "1", "+1.00", "1.000", "-0.10"),)


def test_judges_that_differ_between_traces_are_named_as_a_danger() -> None:
    one, two = (plain_trace(name, [(1, 10)] * 3) for name in "ab")
    other = replace(two, importance={COMPLIANCE: replace(two.importance[COMPLIANCE], judge_id="another")})
    warning = "The outcomes of compliance are those of 2 different judges, which may differ between traces."
    assert warning not in summarise(study_of(one, two)).notes
    assert warning in summarise(study_of(one, other)).notes


def test_numbers_of_the_simulator_say_that_they_are_synthetic() -> None:
    study = study_of(plain_trace("a", [(1, 10)] * 3, model=SIMULATOR_MODEL), plain_trace("b", [(1, 10)] * 3))
    assert summarise(study).notes[0] == "2 traces, sampled from small-model, synthetic-reasoner (synthetic)."
