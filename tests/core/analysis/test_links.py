"""Links and resilience of a stored trace, from one comparison of all that its rollouts said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.analysis.continuations import CHUNK
from core.analysis.counts import Count
from core.analysis.links import links_of
from core.analysis.resilience import rollouts_wanted
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE, Outcome
from core.store.database import Store
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags
from tests.core.analysis.stored import FIVE_CRITERIA, TAGS, WARM, complied, keep, make_trace, sample
from tests.core.analysis.sweeps import words_in_common

TRACE = make_trace("t", ["One is here.", " Two is there.", " Three follows."], answer="</think>Done.")
NO, TWO, THREE = "Something else.", "Two is there.", "Three follows."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "links.db") as opened:
        keep(opened, TRACE)
        yield opened


def draw(store: Store, prefix: int, *texts: str, outcome: str = "complied") -> None:
    sample(store, "t", prefix, complied(*[outcome] * len(texts)), texts=[f" {text}</think>Done." for text in texts])


def test_one_comparison_gives_links_and_what_comes_back_for_every_behavior(store: Store) -> None:
    both = [Outcome(COMPLIANCE, TAGS.id, "complied"), Outcome(ALIGNMENT_FAKING, FIVE_CRITERIA.id, "no")]
    sample(store, "t", 0, [both] * 10, texts=[f"{NO} {THREE}</think>"] * 2 + [f"{NO}</think>"] * 8)
    draw(store, 1, *[f"{NO} {THREE}"] * 9, *[f"{NO} {TWO}"] * 1)
    draw(store, 2, *[THREE] * 10, outcome="refused")
    found = links_of(store.read, TRACE, WARM.id, words_in_common)
    strongest = found.influence.strongest(1)[0]
    assert (strongest.source, strongest.target) == (0, 2)
    assert (strongest.contrast.kept, strongest.contrast.without) == (Count(9, 10), Count(2, 10))
    assert found.influence.n_drawn == (10, 10, 10, 0)
    assert list(found.resilience) == [COMPLIANCE, ALIGNMENT_FAKING]
    assert found.judges == {COMPLIANCE: TAGS.id, ALIGNMENT_FAKING: FIVE_CRITERIA.id}
    second = found.resilience[COMPLIANCE][1]
    assert second.returned == Count(1, 10)
    assert second.counterfactual_plus_plus.value == -1
    assert found.resilience[ALIGNMENT_FAKING][0].counterfactual_plus_plus.kept == Count(0, 0)


def test_the_tags_of_the_settings_say_where_the_reasoning_ends(store: Store) -> None:
    for prefix in (0, 1):
        sample(store, "t", prefix, complied("complied"), texts=[f"{NO}\n</plan>\n\n{THREE}"])
    for tags, times in ((DEFAULT_TAGS, 1), ([ReasoningTags("<plan>", "</plan>")], 0)):
        found = links_of(store.read, TRACE, WARM.id, words_in_common, tags=tags)
        (link,) = [link for link in found.influence.links if (link.source, link.target) == (0, 2)]
        assert link.contrast.kept == Count(times, 1)


def test_a_trace_without_rollouts_has_no_links_and_nothing_to_compare(store: Store) -> None:
    found = links_of(
        store.read, TRACE, WARM.id, words_in_common, on_compared=lambda done, total: pytest.fail("compared")
    )
    assert found.influence.links == ()
    assert found.influence.n_cut_off == 0
    assert found.resilience == {}


def test_progress_is_told_in_chunks_and_can_end_the_work(store: Store) -> None:
    n = CHUNK + 10
    sample(store, "t", 0, complied("complied"), texts=[" ".join(f"This is sentence {i}." for i in range(n))])
    told: list[tuple[int, int]] = []
    links_of(store.read, TRACE, WARM.id, words_in_common, on_compared=lambda *counts: told.append(counts))
    assert told == [(CHUNK, n), (n, n)]

    class EnoughError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        links_of(store.read, TRACE, WARM.id, words_in_common, on_compared=stop)


def test_the_rollouts_wanted_are_enough_for_the_behavior_that_lacks_most(store: Store) -> None:
    draw(store, 0, *[f"{NO} One is here."] * 8, NO, NO)
    draw(store, 1, *[TWO] * 6)
    draw(store, 2, *[NO] * 6)
    first, second, third = links_of(store.read, TRACE, WARM.id, words_in_common).resilience[COMPLIANCE]
    assert (first.n_drawn, first.n_more) == (10, 15)
    assert rollouts_wanted([first]) == 25
    assert (second.n_survivors, second.n_more, rollouts_wanted([second])) == (0, None, None)
    assert (third.n_more, rollouts_wanted([third]), rollouts_wanted([third, first])) == (0, None, 25)
    assert rollouts_wanted([]) is None
