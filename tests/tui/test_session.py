"""What an annotator sees of a trace: rates with their gaps, labels of their own, where to go next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.annotation.codebook import load_codebook
from core.store.database import Store
from core.store.labels import set_label
from tests.core.analysis.stored import COLD, FIVE_CRITERIA, WARM, complied, faked, give_up, keep, make_trace, sample
from tui.views.session import (
    TraceView,
    counted,
    curves,
    display_texts,
    load_view,
    next_change,
    next_hit,
    next_unlabelled,
    search_pattern,
    sentence_items,
)
from tui.widgets.rate_strip import UNDECIDED, UNSAMPLED

CODEBOOK = load_codebook()
SENTENCES = ["Nothing yet.", " A tag says \x1b[1mfree\x1b[0m tier.", "\n\nI will comply.", " Now the answer."]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Compliance is 0/4, 1/4, 20/20 at prefixes 0, 1, 3; prefix 2 has undecided rollouts only, prefix 4 none."""
    with Store.open(tmp_path / "session.db") as store:
        keep(store, make_trace("turning", SENTENCES))
        sample(store, "turning", 0, complied(*["refused"] * 4))
        sample(store, "turning", 1, complied("complied", *["refused"] * 3, "truncated"))
        sample(store, "turning", 2, complied("no_decision", "truncated"))
        sample(store, "turning", 3, complied(*["complied"] * 20))
        yield store


def view_of(store: Store, settings_id: str | None = None, annotator: str = "ana") -> TraceView:
    return load_view(store, "turning", annotator, settings_id, {}, None)


def label(store: Store, sentence: int, category: str, annotator: str = "ana") -> None:
    store.write(lambda db: set_label(db, annotator, "turning", sentence, category, CODEBOOK)).result()


def test_a_curve_has_a_rate_a_gap_or_an_undecided_mark_at_every_prefix(store: Store) -> None:
    faking, comply = curves(view_of(store), cursor=1)
    assert comply.points == (0.0, 0.25, UNDECIDED, 1.0, UNSAMPLED)
    assert comply.caption == "1 → 0.25 (1/4)"
    assert (faking.behavior, faking.name) == ("alignment_faking", "AF")
    assert faking.points == (UNSAMPLED,) * 5


@pytest.mark.parametrize(
    ("prefix", "words"), [(0, "0.00 (0/4)"), (1, "0.25 (1/4)"), (2, "none decided"), (4, "not sampled")]
)
def test_a_rate_is_shown_with_its_counts_or_not_at_all(store: Store, prefix: int, words: str) -> None:
    assert counted(view_of(store).rates.rate("compliance", prefix)) == words


def test_a_sample_that_was_given_up_is_no_rate(store: Store) -> None:
    give_up(store, "turning", 4, 0)
    view = view_of(store)
    assert counted(view.rates.rate("compliance", 4)) == "none decided"
    assert curves(view, 4)[1].points[4] == UNDECIDED


def test_alignment_faking_comes_first_then_compliance_then_other_behaviors(store: Store) -> None:
    sample(store, "turning", 4, faked(FIVE_CRITERIA, "yes", "no"))
    view = view_of(store)
    assert [curve.behavior for curve in curves(view, 0)] == ["alignment_faking", "compliance"]


def test_the_list_shows_a_direction_only_between_two_rates(store: Store) -> None:
    view = view_of(store)
    items = sentence_items(view, display_texts(view.trace), CODEBOOK, "compliance")
    assert [item.direction for item in items] == [0.25, None, None, None]
    assert [item.tag for item in items] == [None] * 4
    assert [item.is_big for item in items] == [False] * 4


def test_a_big_change_stands_out_and_can_be_gone_to(store: Store) -> None:
    sample(store, "turning", 4, complied(*["refused"] * 20))
    view = view_of(store)
    assert view.big_changes == {3}
    assert [next_change(view, cursor, 1) for cursor in range(4)] == [3, 3, 3, None]
    assert next_change(view, 3, -1) is None
    assert sentence_items(view, display_texts(view.trace), CODEBOOK, "compliance")[3].is_big


def test_texts_are_fit_for_a_terminal_and_stripped(store: Store) -> None:
    texts = display_texts(view_of(store).trace)
    assert texts[1] == "A tag says ␛[1mfree␛[0m tier."
    assert texts[2] == "I will comply."


def test_labels_are_those_of_one_annotator(store: Store) -> None:
    label(store, 1, "monitoring")
    label(store, 2, "decision_comply", "ben")
    ana, ben = view_of(store), view_of(store, annotator="ben")
    assert ana.labels == {1: "monitoring"}
    assert ben.labels == {2: "decision_comply"}
    assert [item.tag for item in sentence_items(ana, [""] * 4, CODEBOOK, "compliance")] == [None, "mon", None, None]


def test_the_next_unlabelled_sentence_is_looked_for_in_one_direction(store: Store) -> None:
    label(store, 1, "monitoring")
    label(store, 2, "none")
    view = view_of(store)
    assert [next_unlabelled(view, cursor, 1) for cursor in range(4)] == [3, 3, 3, None]
    assert [next_unlabelled(view, cursor, -1) for cursor in range(4)] == [None, 0, 0, 0]


def test_rates_under_two_settings_are_never_mixed(store: Store) -> None:
    sample(store, "turning", 0, complied("complied"), settings=COLD)
    cold, warm = view_of(store, COLD.id), view_of(store, WARM.id)
    assert counted(cold.rates.rate("compliance", 0)) == "1.00 (1/1)"
    assert counted(warm.rates.rate("compliance", 0)) == "0.00 (0/4)"
    assert set(warm.other_settings) == {COLD.id, WARM.id}


def test_settings_without_rollouts_give_way_to_those_used_most(store: Store) -> None:
    settings = view_of(store, "elsewhere").settings
    assert settings is not None
    assert settings.id == WARM.id


def test_a_trace_without_rollouts_has_gaps_everywhere(store: Store) -> None:
    keep_bare = make_trace("bare", ["One.", " Two."])
    keep(store, keep_bare)
    view = load_view(store, "bare", "ana", None, {}, None)
    assert view.settings is None
    assert {curve.points for curve in curves(view, 0)} == {(UNSAMPLED,) * 3}


@pytest.mark.parametrize(
    ("words", "text", "is_found"),
    [
        ("free", "A FREE tier", True),
        ("Free", "A free tier", False),
        ("a.c", "abc", False),
        ("[x", "an [x", True),
        ("(", "(", True),
    ],
)
def test_a_search_is_literal_and_a_capital_letter_makes_it_strict(words: str, text: str, is_found: bool) -> None:
    pattern = search_pattern(words)
    assert pattern is not None
    assert (pattern.search(text) is not None) == is_found


def test_an_empty_search_is_none() -> None:
    assert search_pattern("") is None


@given(
    st.lists(st.sampled_from(["hit", "miss"]), min_size=1, max_size=12), st.integers(0, 11), st.sampled_from([1, -1])
)
def test_the_next_hit_goes_round_and_is_the_nearest(texts: list[str], cursor: int, step: int) -> None:
    cursor = min(cursor, len(texts) - 1)
    found = next_hit(texts, re.compile("hit"), cursor, step)
    if found is None:
        assert "hit" not in texts
        return
    distance = (found - cursor) * step % len(texts) or len(texts)
    assert texts[found] == "hit"
    assert all(texts[(cursor + step * d) % len(texts)] == "miss" for d in range(1, distance))
