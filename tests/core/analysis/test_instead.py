"""What was said instead of a sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.counts import Count
from core.analysis.instead import Alternative, alternatives, instead
from core.analysis.sweep import make_sweep, with_cosines
from tests.core.analysis.sweeps import words_in_common

FIRSTS = [
    "refuse it now",
    "comply at once",
    "refuse it today",
    "comply at once",
    "plan the reply",
    "",
    "wait",
    "refuse it now",
]
VALUES = [0, 1, None, 1, 1, None, 0, 0]
DRAWN = make_sweep(
    ["plan the reply", "then write"],
    [0] * 7 + [1],
    VALUES,
    FIRSTS,
    rollout_ids=range(10, 18),
    behavior="compliance",
)
SWEEP = with_cosines(DRAWN, words_in_common)


def test_identical_wordings_are_one_alternative_and_paraphrases_of_the_sentence_are_none() -> None:
    found = instead(SWEEP, 0)
    assert [(a.text, a.n) for a in found] == [
        ("comply at once", 2),
        ("", 1),
        ("refuse it now", 1),
        ("refuse it today", 1),
        ("wait", 1),
    ]
    assert found[0] == Alternative("comply at once", 1, 2, {"compliance": Count(2, 2)}, (11, 13))


def test_similar_wordings_are_grouped_under_the_most_frequent() -> None:
    found = instead(SWEEP, 0, 0.6, similarity=words_in_common)
    refusing = next(a for a in found if a.text == "refuse it now")
    assert refusing == Alternative("refuse it now", 2, 2, {"compliance": Count(0, 1)}, (10, 12))
    assert sum(a.n for a in found) == 6


def test_nothing_said_is_an_alternative_of_its_own_that_no_encoder_sees() -> None:
    def wary(anchors: list[str], candidates: list[list[str]]) -> list[np.ndarray]:
        assert "" not in anchors
        return words_in_common(anchors, candidates)

    assert "" in [a.text for a in instead(SWEEP, 0, similarity=wary)]


def test_other_behaviors_are_counted_alongside() -> None:
    other = replace(SWEEP, behavior="alignment_faking", values=np.array([1, 1, 1, 0, 0, 0, 0, 0], dtype=np.int8))
    first = instead(SWEEP, 0, also=[other])[0]
    assert first.outcomes == {"compliance": Count(2, 2), "alignment_faking": Count(1, 2)}


def test_only_the_rollouts_of_this_prefix_count() -> None:
    assert [(a.text, a.rollout_ids) for a in instead(SWEEP, 1)] == [("refuse it now", (17,))]


def test_a_wording_joins_the_likest_of_the_groups_it_resembles() -> None:
    firsts = ["a b c"] * 3 + ["c d e"] * 2 + ["c d x"]
    sweep = with_cosines(make_sweep(["q"], [0] * 6, [1] * 6, firsts), words_in_common)
    found = instead(sweep, 0, 0.3, similarity=words_in_common)
    # "c d e" resembles "a b c" by 1/3 already, so one group holds them all ...
    assert [(a.text, a.n, a.n_wordings) for a in found] == [("a b c", 6, 3)]
    # ... and where it does not, "c d x" goes with the one that shares two words.
    apart = instead(sweep, 0, 0.5, similarity=words_in_common)
    assert [(a.text, a.n, a.n_wordings) for a in apart] == [("a b c", 3, 1), ("c d e", 3, 2)]


def test_all_sentences_at_once_are_each_by_itself() -> None:
    calls = []

    def counting(anchors: list[str], candidates: list[list[str]]) -> list[np.ndarray]:
        calls.append(len(anchors))
        return words_in_common(anchors, candidates)

    found = alternatives(SWEEP, 0.6, similarity=counting)
    assert len(calls) == 1
    for index, said in enumerate(found):
        assert said.sentence_idx == index
        assert list(said.others) == instead(SWEEP, index, 0.6, similarity=words_in_common)


def test_those_who_said_the_same_are_a_group_by_themselves() -> None:
    first, second = alternatives(SWEEP)
    assert first.same == Alternative("plan the reply", 1, 1, {"compliance": Count(1, 1)}, (14,))
    assert (first.n_same, first.n_rollouts) == (1, 7)
    assert second.same is None
    assert (second.n_same, second.n_rollouts) == (0, 1)


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(FIRSTS), st.sampled_from([0, 1, None])), max_size=40))
def test_each_rollout_is_in_one_group_of_its_sentence(drawn: list[tuple[int, str, int | None]]) -> None:
    prefixes, firsts, values = [row[0] for row in drawn], [row[1] for row in drawn], [row[2] for row in drawn]
    sweep = with_cosines(make_sweep(["plan the reply", "then write"], prefixes, values, firsts), words_in_common)
    for said in alternatives(sweep, 0.6, similarity=words_in_common):
        groups = [*said.others, *([said.same] if said.same else [])]
        grouped = [rollout for group in groups for rollout in group.rollout_ids]
        assert sorted(grouped) == [row for row, prefix in enumerate(prefixes) if prefix == said.sentence_idx]
        assert [group.n for group in groups] == [len(group.rollout_ids) for group in groups]
        assert said.n_rollouts == len(grouped)


def test_what_cannot_be_answered_is_refused() -> None:
    with pytest.raises(IndexError, match="sentence 2"):
        instead(SWEEP, 2)
    with pytest.raises(ValueError, match="no cosines"):
        instead(replace(SWEEP, cosines=None), 0)
    with pytest.raises(ValueError, match="no cosines"):
        alternatives(replace(SWEEP, cosines=None))
    with pytest.raises(ValueError, match="different rollouts"):
        instead(SWEEP, 0, also=[replace(SWEEP, rollout_ids=SWEEP.rollout_ids + 1)])
