"""However studies are adjudicated and merged: agreement is that of the people, and gold stays gold."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.agreement.agreement import assess
from core.analysis.agreement.units import reliability_data
from core.annotation.gold import ADJUDICATED
from core.store.database import Store
from core.store.gold import load_all_gold, load_disagreements, withdraw
from core.store.labels import load_labels
from core.store.merging import merge
from core.store.ratings import HUMAN, Rating, load_ratings
from core.store.traces import list_traces
from tests.core.deciding import CODEBOOK, decide
from tests.core.store.merging.copies import copied, label
from tests.sizes import examples

PEOPLE = ("ana", "ben", "cai")
PLACES = tuple((trace_id, sentence) for trace_id in ("first", "second") for sentence in range(3))
CATEGORIES = ("monitoring", "planning", "none")

one_category = st.sampled_from(CATEGORIES)
labelled = st.dictionaries(st.sampled_from(PLACES), one_category, min_size=1)
decided = st.dictionaries(st.sampled_from(PLACES), st.none() | one_category, max_size=4)
studies = st.lists(st.tuples(labelled, decided), min_size=2, max_size=3)


@settings(max_examples=examples(40))
@given(studies, st.randoms(use_true_random=False))
def test_agreement_is_that_of_the_people_alone_in_whatever_order_they_are_merged(
    of_each: list[tuple[Mapping[tuple[str, int], str], Mapping[tuple[str, int], str | None]]], draw: object
) -> None:
    people = PEOPLE[: len(of_each)]
    folder = Path(tempfile.mkdtemp())
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        stores = [stack.enter_context(store) for store in copied(folder, *people)]
        for store, person, (labels, decisions) in zip(stores, people, of_each, strict=True):
            for (trace_id, sentence), category in labels.items():
                label(store, person, sentence, category, trace_id)
            for (trace_id, sentence), decision in decisions.items():
                adjudicate(store, person, trace_id, sentence, decision)
        order = list(stores)
        draw.shuffle(order)  # type: ignore[attr-defined]  # hypothesis gives a Random
        for other in order[1:]:
            merge(order[0], [other.path])
        merge(order[-1], [order[0].path])
        expected = tuple(
            sorted(
                Rating(*place, person, HUMAN, category, None)
                for person, (labels, _) in zip(people, of_each, strict=True)
                for place, category in labels.items()
            )
        )
        for store in (order[0], order[-1]):
            check(store, expected, [decisions for _, decisions in of_each])


def adjudicate(store: Store, who: str, trace_id: str, sentence: int, category: str | None) -> None:
    """Decide a sentence; None: decide it, and take that back again."""
    decide(store, trace_id, sentence, category or "harm_ethics", "because", who)
    if category is None:
        store.write(lambda db: withdraw(db, who, trace_id, sentence, CODEBOOK)).result()


def check(store: Store, expected: tuple[Rating, ...], decisions: list[Mapping[tuple[str, int], str | None]]) -> None:
    found = load_ratings(store.read)
    assert found == expected
    assert assess(reliability_data(found)).measured == assess(reliability_data(expected)).measured
    assert sum(trace.n_labelled for trace in list_traces(store.read)) == len(expected)
    gold = load_all_gold(store.read)
    own = {(t, i): c for t in ("first", "second") for i, c in load_labels(store.read, t, "gold").items()}
    for place, label_ in gold.items():
        said = {rating.category for rating in expected if rating[:2] == place}
        if label_.how == ADJUDICATED:
            assert label_.category == own[place.trace_id, place.sentence_idx]
            assert label_.category in {decided.get((place.trace_id, place.sentence_idx)) for decided in decisions}
        else:
            assert said == {label_.category}
    assert {tuple(place) for place, one in gold.items() if one.how == ADJUDICATED} == set(own)
    for where in {where for decided in decisions for where in decided}:
        (first, *others) = (decided[where] for decided in decisions if where in decided)
        if not others:
            assert own.get(where) == first
    for one in load_disagreements(store.read):
        assert {opinion.rater for opinion in one.opinions} <= set(PEOPLE)
        assert {opinion.kind for opinion in one.beside} <= {"adjudication"}
