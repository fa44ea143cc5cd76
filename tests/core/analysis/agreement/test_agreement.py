"""What is measured, among whom, and what it rests on."""

from __future__ import annotations

import random

import pytest

from core.analysis.agreement.agreement import Agreement, assess
from core.analysis.agreement.measures import AGREEMENT, ALPHA, EITHER, KAPPA, Measured
from core.analysis.agreement.tables import agreement_summary, confusion_matrix
from core.analysis.agreement.units import Rater, reliability_data
from core.store.ratings import HUMAN, MODEL
from tests.core.analysis.agreement.tables_of import data_of, rated

ANA, BEN = Rater("ana", HUMAN), Rater("ben", HUMAN)
ROWS = {
    "ana": "a b c a  a a b c  c b a a",
    "ben": "a b b a  a b b c  c . a b",
    "cem": ". . . .  a b b a  . . . .",
}


def only(found: tuple[Measured, ...], measure: str, *raters: str) -> Measured:
    (one,) = [one for one in found if one.measure == measure and [r.name for r in one.raters] == list(raters)]
    return one


def table(found: Agreement, name: str) -> list[dict[str, object]]:
    (one,) = [table for table in agreement_summary(found).tables if table.name == name]
    return [dict(record) for record in one.records()]


def test_each_pair_rests_on_the_sentences_that_both_labelled() -> None:
    found = assess(data_of(ROWS))
    assert (only(found.pairs, KAPPA, "ana", "ben").n_units, only(found.pairs, KAPPA, "ben", "cem").n_units) == (11, 4)
    raw = only(found.pairs, AGREEMENT, "ana", "ben")
    assert raw.value == pytest.approx(8 / 11)
    assert (raw.n_agree, raw.n_traces) == (8, 3)
    assert only(found.pairs, AGREEMENT, "ana", "cem").n_traces == 1


def test_all_together_agree_only_where_each_of_them_says_the_same() -> None:
    found = assess(data_of(ROWS))
    (alpha,) = [one for one in found.among if one.measure == ALPHA]
    assert (alpha.n_units, alpha.n_agree, found.n_disagreements) == (11, 7, 4)
    assert table(found, "coverage") == [
        {"n_raters": 1, "n_units": 1, "n_agree": None},
        {"n_raters": 2, "n_units": 7, "n_agree": 5},
        {"n_raters": 3, "n_units": 4, "n_agree": 2},
    ]


def test_a_secondary_category_that_is_anothers_first_is_agreement_of_the_wider_kind() -> None:
    found = assess(data_of({"ana": "a+b c a", "ben": "b c+a b"}))
    assert (found.among[1].n_agree, found.among[2].measure, found.among[2].n_agree) == (1, EITHER, 2)
    three = assess(data_of({"ana": "a+b", "ben": "b+c", "cem": "c+a"}))
    assert three.among[2].n_agree == 0


def test_one_category_throughout_leaves_kappa_and_alpha_undefined_but_not_the_raw_agreement() -> None:
    found = assess(data_of({"ana": "a a a a a", "ben": "a a a a a"}))
    assert {one.measure: one.value for one in (*found.among, *found.pairs)} == {
        ALPHA: None,
        KAPPA: None,
        AGREEMENT: 1.0,
        EITHER: 1.0,
    }
    assert [one.value for one in found.traces if one.measure == ALPHA] == [None, None]


def test_one_trace_has_numbers_but_no_interval_and_says_so() -> None:
    found = assess(data_of({"ana": "a b a b", "ben": "a b b b"}))
    assert [one.interval for one in found.measured] == [None] * len(found.measured)
    assert found.among[0].value is not None
    notes = agreement_summary(found).notes
    assert "One trace alone says nothing about others, so there are no intervals." in notes
    assert notes[-1] == "Alpha rests on 4 sentences of 1 trace that two or more of ana, ben labelled."


def test_an_interval_holds_its_estimate_and_does_not_depend_on_the_order_of_ratings() -> None:
    dice = random.Random(5)
    truth = [dice.choice("abcd") for _ in range(120)]
    rows = {
        name: " ".join(word if dice.random() < 0.8 else dice.choice("abcd") for word in truth)
        for name in ("ana", "ben")
    }
    ratings = rated(rows, per_trace=10)
    found = assess(reliability_data(ratings))
    for one in (*found.among, *found.pairs):
        assert one.value is not None and one.interval is not None
        assert one.interval.low < one.value < one.interval.high
    dice.shuffle(ratings)
    assert assess(reliability_data(ratings)).measured == found.measured


def test_models_are_compared_with_people_and_have_no_part_in_what_people_share() -> None:
    people = rated(ROWS)
    suggested = rated({"ana": "b b b b  b b b b  b b b b"}, kind=MODEL)
    alone, found = assess(reliability_data(people)), assess(reliability_data(people + suggested))
    assert [one.value for one in found.among] == [one.value for one in alone.among]
    assert {one.raters for one in found.against} == {
        (Rater(name, HUMAN), Rater("ana", MODEL)) for name in ("ana", "ben", "cem")
    }
    labels = [(row["first"], row["second"]) for row in table(found, "against")]
    assert labels[0] == ("ana", "ana (model)")
    assert [one.raters for one in found.pairs] == [one.raters for one in alone.pairs]


def test_agreement_on_a_category_counts_who_gave_it() -> None:
    found = assess(data_of({"ana": "a a b c", "ben": "a b b c"}))
    by_name = {one.category: one for one in found.categories if one.measure == KAPPA}
    assert by_name["a"].value == pytest.approx(0.5)
    assert (by_name["a"].n_given, by_name["a"].n_agree) == (2, 3)
    assert (by_name["c"].n_given, by_name["c"].n_agree, by_name["c"].value) == (1, 4, 1.0)


def test_each_trace_is_measured_by_itself() -> None:
    found = assess(data_of(ROWS))
    assert [(row["trace_id"], row["n_agree"], row["n_units"]) for row in table(found, "agreement_by_trace")] == [
        ("t00", 3, 4),
        ("t01", 2, 4),
        ("t02", 2, 3),
    ]


def test_confusion_is_a_square_of_the_categories_that_one_of_both_gave() -> None:
    found = assess(reliability_data(rated(ROWS), order=("c", "unused", "b")))
    one = found.confusion(ANA, BEN)
    assert (one.categories, one.n, one.n_agree) == (("c", "b", "a"), 11, 8)
    assert one.counts == ((2, 1, 0), (0, 2, 0), (0, 2, 4))
    turned = found.confusion(BEN, ANA)
    assert turned.counts == tuple(zip(*one.counts, strict=True))
    square = confusion_matrix(one, str.upper)
    assert list(square.columns) == ["gave", "C", "B", "A", "n"]
    assert square.rows[-1] == ("all", 2, 5, 4, 11)


def test_names_that_would_be_one_column_are_told_apart() -> None:
    one = assess(data_of({"ana": "planning plane", "ben": "plane plane"})).confusion(ANA, BEN)
    assert list(confusion_matrix(one, lambda name: name[:3]).columns) == ["gave", "pla 1", "pla 2", "n"]


def test_sentences_that_no_two_share_measure_nothing() -> None:
    found = assess(data_of({"ana": "a b . .", "ben": ". . a b"}))
    assert found.measured == ()
    assert "No two annotators labelled the same sentence." in [
        note for one in agreement_summary(found).tables for note in one.notes
    ]
