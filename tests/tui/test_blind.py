"""The view that panes are given in blind mode holds no number of an open sentence."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.analysis.foregone import Foregone
from core.analysis.rates import PrefixRate, RateTable
from core.annotation.annotation import Annotation, Suggested
from core.annotation.codebook import load_codebook
from tests.core.analysis.stored import TAGS, make_trace
from tui.actions import OF_ALL, OF_SENTENCE, OF_TRACE
from tui.views.blind import hidden, refusal
from tui.views.detail import detail_lines
from tui.views.session import TraceView, curves, display_texts, sentence_items, shown_direction
from tui.widgets.rate_strip import HIDDEN, UNSAMPLED

CODEBOOK = load_codebook()
TRACE = make_trace("a", ["One.", " Two.", " Three.", " Four.", " Five."])
N = len(TRACE.sentences)
COUNTS = st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=N + 1, max_size=N + 1)
DECIDED = st.sets(st.integers(0, N - 1))


def view_of(counts: list[int | None], decided: set[int]) -> TraceView:
    """A blind annotator's view: k of 9 rollouts at each prefix (None: none drawn), everything known and suggested."""
    rates = {
        ("compliance", prefix): PrefixRate(prefix, "compliance", TAGS.id, k, 9, 0, 0, 0)
        for prefix, k in enumerate(counts)
        if k is not None
    }
    return TraceView(
        trace=TRACE,
        annotations={index: Annotation("planning") for index in decided},
        rates=RateTable("a", "s", N, rates, {"compliance": TAGS.id}),
        settings=None,
        other_settings=(),
        big_changes=frozenset(range(N)),
        suggestions={index: Suggested("monitoring", "m", 0.37) for index in range(N)},
        is_blind=True,
    )


@given(st.integers(0, N), DECIDED)
def test_that_a_sentence_decides_a_behavior_itself_is_told_once_it_is_decided(prefix: int, decided: set[int]) -> None:
    whole = view_of([3] * (N + 1), decided)
    found = Foregone("compliance", prefix, "yes", TAGS)
    shown = hidden(replace(whole, rates=replace(whole.rates, foregone={"compliance": found})))
    items = sentence_items(shown, display_texts(TRACE), CODEBOOK, "compliance")
    assert [item.index for item in items if item.mark == "†"] == [index for index in decided if index == prefix - 1]
    assert bool(shown.rates.foregone) == (prefix == 0 or prefix - 1 in decided)


@given(COUNTS, DECIDED)
def test_what_is_left_is_of_decided_sentences(counts: list[int | None], decided: set[int]) -> None:
    whole = view_of(counts, decided)
    shown = hidden(whole)
    assert set(shown.suggestions) == shown.big_changes == decided
    points = curves(shown, 0, "compliance")[-1].points
    for prefix, k in enumerate(counts):
        beside = {index for index in (prefix - 1, prefix) if 0 <= index < N}
        rate = shown.rates.rate("compliance", prefix)
        if k is None:
            assert points[prefix] == UNSAMPLED
        elif beside <= decided:
            assert rate is not None
            assert points[prefix] == k / 9
        else:
            assert rate is None
            assert points[prefix] == HIDDEN
    for index, item in enumerate(sentence_items(shown, display_texts(TRACE), CODEBOOK, "compliance")):
        assert item.direction == (shown_direction(whole, "compliance", index) if index in decided else None)
        assert item.is_big == (index in decided)


@given(COUNTS, COUNTS, DECIDED)
def test_what_is_told_of_an_open_sentence_is_the_same_whatever_the_rates(
    one: list[int | None], other: list[int | None], decided: set[int]
) -> None:
    for index in set(range(N)) - decided:
        told = [detail_lines(hidden(view_of(counts, decided)), index, CODEBOOK, 60) for counts in (one, other)]
        assert told[0] == told[1]


@given(COUNTS, DECIDED)
def test_who_is_not_blind_is_shown_everything(counts: list[int | None], decided: set[int]) -> None:
    view = replace(view_of(counts, decided), is_blind=False)
    assert hidden(view) is view
    assert not any(refusal(view, 0, revealed) for revealed in (OF_SENTENCE, OF_TRACE, OF_ALL, None))
