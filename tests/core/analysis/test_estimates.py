"""From the store to everything that one sweep tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.analysis.counts import Count
from core.analysis.estimates import estimates_of, importance_of
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE, Outcome
from core.store.database import Store
from tests.core.analysis.stored import COLD, FIVE_CRITERIA, TAGS, WARM, keep, make_trace, sample
from tests.core.analysis.sweeps import words_in_common

TRACE = make_trace("t", ["The user is free.", " They train me."])
TEXTS = [" The user is free. Yes.", " I refuse it. So.", " I now refuse it. So.", " I refuse it. No."]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "estimates.db") as opened:
        keep(opened, TRACE)
        both = [Outcome(COMPLIANCE, TAGS.id, "complied"), Outcome(ALIGNMENT_FAKING, FIVE_CRITERIA.id, "yes")]
        neither = [Outcome(COMPLIANCE, TAGS.id, "refused"), Outcome(ALIGNMENT_FAKING, FIVE_CRITERIA.id, "no")]
        sample(opened, "t", 0, [both, neither, both[:1], neither], texts=TEXTS)
        sample(opened, "t", 1, [both] * 4, texts=[" They train me. So."] * 4)
        yield opened


def test_importances_are_those_that_can_be_had_alone(store: Store) -> None:
    found = estimates_of(store.read, TRACE, WARM.id, words_in_common, grouping=words_in_common)
    assert found.importance == importance_of(store.read, TRACE, WARM.id, words_in_common)
    assert list(found.importance) == [COMPLIANCE, ALIGNMENT_FAKING]


def test_what_was_said_instead_comes_with_the_outcomes_of_every_behavior(store: Store) -> None:
    first, second = estimates_of(store.read, TRACE, WARM.id, words_in_common, grouping=words_in_common).instead
    (refusing,) = first.others
    assert (refusing.text, refusing.n, refusing.n_wordings) == ("I refuse it.", 3, 2)
    assert refusing.outcomes == {COMPLIANCE: Count(1, 3), ALIGNMENT_FAKING: Count(0, 2)}
    assert first.same is not None
    assert first.same.outcomes == {COMPLIANCE: Count(1, 1), ALIGNMENT_FAKING: Count(1, 1)}
    assert (second.others, second.n_same) == ((), 4)


def test_without_a_way_to_group_only_identical_wordings_are_one(store: Store) -> None:
    first, _ = estimates_of(store.read, TRACE, WARM.id, words_in_common).instead
    assert [(group.text, group.n) for group in first.others] == [("I refuse it.", 2), ("I now refuse it.", 1)]


def test_where_nothing_was_compared_or_sampled_nothing_was_said_instead(store: Store) -> None:
    plain = estimates_of(store.read, TRACE, WARM.id, None)
    assert (len(plain.importance), plain.instead) == (2, ())
    nothing = estimates_of(store.read, TRACE, COLD.id, words_in_common)
    assert (nothing.importance, nothing.instead) == ({}, ())
