"""Gold labels in the database: adjudicated ones are events like any other, agreed ones are derived from the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.annotation.annotation import GOLD, IMPORT, Annotation, Circumstances
from core.annotation.gold import ADJUDICATED, AGREED
from core.errors import NotFoundError
from core.store.chosen_labels import choose_labels
from core.store.database import Store
from core.store.gold import adjudicate, load_all_gold, load_disagreements, load_gold, withdraw
from core.store.labels import (
    Change,
    annotate,
    count_labels,
    load_annotations,
    load_circumstances,
    redo,
    undo,
)
from core.store.opinions import count_undecided, load_opinions, opinions_version
from core.store.ratings import load_ratings
from core.store.rows import insert
from core.store.traces import list_traces
from tests.core.analysis.stored import keep, make_trace
from tests.core.deciding import CODEBOOK, decide, label


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two traces of three sentences, the later one first by name; ana and ben agree on one sentence of four."""
    with Store.open(tmp_path / "labels.db") as opened:
        keep(opened, *(make_trace(name, ["One.", " Two.", " Three."]) for name in ("second", "first")))
        for who, trace_id, index, category in (
            ("ana", "second", 0, "planning"),
            ("ben", "second", 0, "monitoring"),
            ("ana", "second", 1, "none"),
            ("ben", "second", 1, "none"),
            ("ana", "second", 2, "planning"),
            ("ana", "first", 0, "none"),
            ("ben", "first", 0, "planning"),
        ):
            label(opened, who, trace_id, index, category)
        yield opened


def test_what_all_annotators_agree_on_is_gold_without_anybody_saying_so(store: Store) -> None:
    (place,) = load_all_gold(store.read)
    label = load_gold(store.read, "second")[1]
    assert place == ("second", 1)
    assert (label.category, label.how, label.n_annotators, label.n_agree) == ("none", AGREED, 2, 2)
    assert (label.codebook_id, label.decided_by, label.reason) == (CODEBOOK.id, None, "")


def test_a_third_annotator_who_differs_ends_agreement(store: Store) -> None:
    label(store, "dan", "second", 1, "planning")
    assert load_gold(store.read, "second") == {}


def test_imported_tags_are_nobodys_agreement(store: Store) -> None:
    label(store, "tags", "second", 2, "planning", Circumstances(IMPORT, is_verified=False))
    assert 2 not in load_gold(store.read, "second")


def test_an_adjudicated_label_stands_above_what_annotators_say(store: Store) -> None:
    decide(store, "second", 1, "monitoring", " it names the tier ")
    decide(store, "second", 0, "monitoring")
    gold = load_gold(store.read, "second")
    assert list(gold) == [0, 1]
    assert (gold[1].category, gold[1].how, gold[1].decided_by) == ("monitoring", ADJUDICATED, "cai")
    assert (gold[1].reason, gold[1].n_annotators, gold[1].n_agree) == ("it names the tier", 2, 0)
    assert (gold[0].n_annotators, gold[0].n_agree) == (2, 1)


def test_a_decision_is_a_verified_label_of_gold_with_who_decided(store: Store) -> None:
    decide(store, "second", 0, "monitoring", "it names the tier")
    made = load_circumstances(store.read, "second", GOLD)[0]
    assert (made.source, made.is_verified, made.decided_by) == ("adjudication", True, "cai")
    assert load_annotations(store.read, "second", GOLD)[0] == Annotation("monitoring", note="it names the tier")


def test_who_decides_the_same_for_another_reason_has_decided_anew(store: Store) -> None:
    decide(store, "second", 0, "monitoring", "first thought", "cai")
    decide(store, "second", 0, "monitoring", "second thought", "dan")
    label = load_gold(store.read, "second")[0]
    assert (label.reason, label.decided_by) == ("second thought", "dan")
    assert (
        store.write(lambda db: adjudicate(db, "dan", "second", 0, "monitoring", "second thought", CODEBOOK)).result()
        is None
    )


def test_decisions_are_undone_and_redone_apart_from_labels(store: Store) -> None:
    decide(store, "second", 0, "monitoring", "why")
    decide(store, "first", 0, "planning")
    label(store, "ana", "first", 1, "none")
    (event,) = store.write(lambda db: undo(db, GOLD)).result()
    assert (event.trace_id, event.sentence_idx) == ("first", 0)
    store.write(lambda db: undo(db, GOLD)).result()
    assert [one.is_open for one in load_disagreements(store.read)] == [True, True]
    store.write(lambda db: redo(db, GOLD)).result()
    label_again = load_gold(store.read, "second")[0]
    assert (label_again.reason, label_again.decided_by) == ("why", "cai")
    assert load_annotations(store.read, "first", "ana")[1].category == "none"


def test_a_decision_is_taken_off_with_its_reason(store: Store) -> None:
    decide(store, "second", 1, "monitoring", "why")
    assert store.write(lambda db: withdraw(db, "cai", "second", 1, CODEBOOK)).result() is not None
    assert load_gold(store.read, "second")[1].how == AGREED
    assert load_annotations(store.read, "second", GOLD) == {}
    assert store.write(lambda db: withdraw(db, "cai", "second", 1, CODEBOOK)).result() is None


def test_who_relabels_after_a_decision_is_named_until_they_come_back(store: Store) -> None:
    decide(store, "second", 0, "monitoring")
    assert load_gold(store.read, "second")[0].changed_since == ()
    label(store, "ana", "second", 0, "monitoring")
    label(store, "dan", "second", 0, "none")
    label_now = load_gold(store.read, "second")[0]
    assert (label_now.changed_since, label_now.n_annotators, label_now.n_agree) == (("ana", "dan"), 3, 2)
    label(store, "ana", "second", 0, "planning")
    assert load_gold(store.read, "second")[0].changed_since == ("dan",)
    decide(store, "second", 0, "planning")
    assert load_gold(store.read, "second")[0].changed_since == ()


def test_a_note_or_an_undone_decision_changes_no_opinion(store: Store) -> None:
    decide(store, "second", 0, "monitoring")
    noted = Change("second", 0, "note", Annotation("planning", note="hm"))
    store.write(lambda db: annotate(db, "ana", [noted], CODEBOOK)).result()
    label(store, "ben", "second", 0, "none")
    store.write(lambda db: undo(db, GOLD)).result()
    store.write(lambda db: redo(db, GOLD)).result()
    # What ben had said when it was decided counts, not what he had said when it was redone.
    assert load_gold(store.read, "second")[0].changed_since == ("ben",)


def test_a_label_that_a_merge_brings_was_not_seen_however_old_it_is(store: Store) -> None:
    decide(store, "second", 0, "monitoring")
    row = {
        "uid": "merged", "step": "merged", "annotator": "eve", "trace_id": "second", "sentence_idx": 0,
        "kind": "label", "category": "none", "source": "key", "verified": 1, "created_at": "2020-01-01T00:00:00.000Z",
    }  # fmt: skip
    store.write(lambda db: insert(db, "label_events", [row])).result()
    assert load_gold(store.read, "second")[0].changed_since == ("eve",)


def test_gold_is_no_annotator_anywhere(store: Store) -> None:
    before = {one.id: one.n_labelled for one in list_traces(store.read)}
    decide(store, "second", 0, "monitoring")
    decide(store, "first", 1, "none")
    label(store, "gold@other", "first", 2, "none")
    assert {one.id: one.n_labelled for one in list_traces(store.read)} == before
    assert count_labels(store.read, "second") == {"ana": 3, "ben": 2}
    assert count_labels(store.read, "first") == {"ana": 1, "ben": 1}
    assert GOLD not in {rating.rater for rating in load_ratings(store.read)}


def test_the_adjudication_of_another_database_is_nobodys_rating_and_stands_beside(store: Store) -> None:
    label(store, "gold@other", "second", 2, "planning")
    assert 2 not in load_gold(store.read, "second")
    label(store, "gold@other", "first", 0, "none")
    (found,) = (one for one in load_disagreements(store.read) if one.place == ("first", 0))
    assert [one.rater for one in found.opinions] == ["ana", "ben"]
    assert [(one.rater, one.kind, one.category) for one in found.beside] == [("gold@other", "adjudication", "none")]
    assert {rating.rater for rating in load_ratings(store.read)} == {"ana", "ben"}


def test_disagreements_come_in_the_order_of_the_traces(store: Store) -> None:
    assert [one.place for one in load_disagreements(store.read)] == [("second", 0), ("first", 0)]
    assert [one.place for one in load_disagreements(store.read, ("first",))] == [("first", 0)]


def test_opinions_keep_what_was_said_beside_the_label(store: Store) -> None:
    doubted = Annotation("harm_ethics", "planning", is_unsure=True, note="or both?")
    made = Circumstances(seconds=4.25, is_blind=True)
    store.write(lambda db: annotate(db, "dan", [Change("first", 0, "label", doubted, made)], CODEBOOK)).result()
    (opinion,) = (one for one in load_opinions(store.read, ("first",)) if one.rater == "dan")
    assert (opinion.category, opinion.secondary, opinion.is_unsure) == ("harm_ethics", "planning", True)
    assert (opinion.note, opinion.seconds, opinion.is_blind) == ("or both?", 4.25, True)


def test_the_version_of_opinions_follows_labels(store: Store) -> None:
    before = opinions_version(store.read)
    assert opinions_version(store.read) == before
    label(store, "dan", "first", 1, "none")
    assert opinions_version(store.read) != before


def test_the_undecided_sentences_of_an_annotator_are_counted(store: Store) -> None:
    assert [count_undecided(store.read, "second", who) for who in ("ana", "ben", "dan")] == [0, 1, 3]


@pytest.mark.parametrize(
    ("place", "category", "refusal"),
    [
        (("ghost", 0), "none", "no trace 'ghost' in this database"),
        (("first", 3), "none", "no sentence 3 in 'first'; give a number from 0 to 2."),
        (("first", 0), "nonsense", "no category 'nonsense' in the codebook; give one of preservation_motive, "),
    ],
)
def test_what_is_not_there_cannot_be_decided(store: Store, place: tuple[str, int], category: str, refusal: str) -> None:
    with pytest.raises(NotFoundError) as refused:
        decide(store, *place, category)
    assert str(refused.value).startswith(refusal)
    assert load_annotations(store.read, "first", GOLD) == {}


def test_labels_are_gold_and_else_those_of_one_annotator(store: Store) -> None:
    decide(store, "second", 0, "harm_ethics")
    gold = load_gold(store.read, "second")

    def chosen(**wanted: str) -> tuple[dict[int, str], str | None, str]:
        found = choose_labels(store.read, "second", gold, **wanted)
        return dict(found.categories), found.annotator, found.source

    both = {0: "harm_ethics", 1: "none"}
    assert chosen() == (both | {2: "planning"}, "ana", "gold on 2 sentences (1 adjudicated), else ana")
    assert chosen(annotator="ben") == (both, None, "gold on 2 sentences (1 adjudicated)")
    assert chosen(only=GOLD) == (both, None, "gold on 2 sentences (1 adjudicated)")
    assert chosen(only="ben") == ({0: "monitoring", 1: "none"}, "ben", "ben")
    assert chosen(only="nobody") == ({}, None, "")
