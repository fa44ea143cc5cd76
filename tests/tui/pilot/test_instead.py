"""`I`: what was said instead of a sentence, group by group, each opened to its rollouts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from textual.pilot import Pilot

from core.store.database import Store
from tests.tui.app_under_test import (
    LANDLORD,
    TELEMARKETER,
    add_rollout_rows,
    build_app,
    compare_with,
    cursor,
    enter,
    header,
    list_screen,
    outcomes,
    send,
    status,
    text,
    until,
    until_said,
)
from tests.tui.pilot.test_hostile_text import assert_harmless
from tui.screens.instead import InsteadScreen
from tui.screens.rollouts import RolloutsScreen
from tui.screens.trace import TraceScreen

SENTENCE = 5
"""Nothing is drawn before it but what a test adds."""


def by_first_word(anchors: Sequence[str], candidates: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
    """Alike are sentences that begin with the same word, and `Same` is like everything in the trace."""

    def word(sentence: str) -> str:
        return (sentence.split() or [""])[0]

    return [
        np.array([1.0 if word(other) in (word(anchor), "Same") else 0.1 for other in others])
        for anchor, others in zip(anchors, candidates, strict=True)
    ]


def add(store: Store, *drawn: tuple[str, str, str]) -> None:
    """Rollouts of the sentence's prefix: text, compliance, alignment faking."""
    add_rollout_rows(store, LANDLORD, SENTENCE, [(said, outcomes(*found)) for said, *found in drawn])


def add_three_groups(store: Store) -> None:
    """Five refuse in two wordings, two comply, one says the same; where the sentence is kept one of three fakes."""
    refusing = [(" Never will I. So.", "refused", "no")] * 4 + [(" Never ever. So.", "refused", "no")]
    add(store, *refusing, *[(" Gladly. So.", "complied", "yes")] * 2, (" Same again. So.", "complied", "no"))
    kept = [(" So.", outcomes("refused", "no"))] * 2 + [(" So.", outcomes("complied", "yes"))]
    add_rollout_rows(store, LANDLORD, SENTENCE + 1, kept)


async def compared(pilot: Pilot[None]) -> None:
    """Compare, and go to the sentence."""
    await send(pilot, "C")
    await until_said(pilot, "turning points")
    await send(pilot, ":", *str(SENTENCE), "enter")


@pytest.fixture(autouse=True)
def comparing(monkeypatch: pytest.MonkeyPatch) -> None:
    compare_with(monkeypatch, by_first_word)


async def test_before_the_comparison_one_sentence_says_what_to_press(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "I")
        assert isinstance(list_screen(pilot), TraceScreen)
        assert status(pilot) == "C first compares what was said instead."
    async with build_app(store, TELEMARKETER).run_test(size=(120, 36)) as pilot:
        await send(pilot, "I")
        assert status(pilot) == "C first compares what was said instead."


async def test_where_nothing_was_drawn_there_is_no_list(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await compared(pilot)
        assert "said instead" not in text(pilot)
        await send(pilot, "I")
        assert isinstance(list_screen(pilot), TraceScreen)
        assert status(pilot).startswith(f"no rollouts of prefix {SENTENCE} were compared")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_pane_lists_the_groups_beside_the_sentence(store: Store, size: tuple[int, int]) -> None:
    add_three_groups(store)
    async with build_app(store).run_test(size=size) as pilot:
        await compared(pilot)
        shown = text(pilot)
        assert "AF  comply  said instead; 1 of 8 said the same" in shown
        assert "  5x  0/5     0/5  Never will I. · 2 wordings" in shown
        assert "  2x  2/2     2/2  Gladly." in shown


async def test_the_list_opens_each_group_and_goes_back_one_level_at_a_time(store: Store) -> None:
    add_three_groups(store)
    async with build_app(store).run_test(size=(80, 24)) as pilot:
        await compared(pilot)
        await send(pilot, "I")
        assert isinstance(list_screen(pilot), InsteadScreen)
        assert f"instead of sentence {SENTENCE}  8 rollouts" in header(pilot)
        assert header(pilot).endswith("2 groups")
        assert "   5x     0/5     0/5         2  Never will I." in text(pilot).replace("▌", " ")
        assert "the same: Same again." in text(pilot)
        assert "AF      0.00 (0/5) [0.00, 0.43]   where it is kept 0.33 (1/3) [0.06, 0.79]" in text(pilot)
        await send(pilot, "j", "enter")
        assert isinstance(list_screen(pilot), RolloutsScreen)
        assert f"instead of {SENTENCE}: Gladly.  AF 2  complied 2" in header(pilot)
        assert header(pilot).endswith("2/2 shown: all")
        await send(pilot, "V", "escape")
        assert isinstance(list_screen(pilot), InsteadScreen)
        assert cursor(pilot) == 1
        await send(pilot, "G", "enter")
        assert f"the same as {SENTENCE}: Same again.  AF 0  complied 1" in header(pilot)
        await send(pilot, "q", "q")
        assert isinstance(list_screen(pilot), TraceScreen)
        assert cursor(pilot) == SENTENCE


async def test_a_rollout_that_lands_meanwhile_changes_neither_list(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[None] = []
    poll = RolloutsScreen._poll
    monkeypatch.setattr(RolloutsScreen, "_poll", lambda screen: looks.append(poll(screen)))
    add_three_groups(store)
    async with build_app(store).run_test(size=(80, 24)) as pilot:
        await compared(pilot)
        await send(pilot, "I", "enter")
        before = text(pilot)
        late = [(" Never. So.", outcomes("refused", "no"))]
        add_rollout_rows(store, LANDLORD, SENTENCE, late, first=8)
        looked = len(looks)
        await until(pilot, lambda: len(looks) > looked + 1)
        assert text(pilot) == before
        await send(pilot, "escape")
        assert header(pilot).endswith("2 groups")
        await send(pilot, "escape")
        await until(pilot, lambda: "said instead" not in text(pilot))


async def test_wordings_can_be_searched_and_copied(store: Store) -> None:
    add_three_groups(store)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await compared(pilot)
        await send(pilot, "I", "n")
        assert status(pilot) == "nothing is searched for; / asks."
        await send(pilot, "/")
        await enter(pilot, "gladly")
        assert cursor(pilot) == 1
        await send(pilot, "y")
        assert "copied" in status(pilot)
        await send(pilot, "/")
        await enter(pilot, "nowhere")
        assert status(pilot) == "no group is worded like that."


@pytest.mark.parametrize("size", [(120, 36), (44, 12)])
async def test_a_wording_that_a_terminal_would_obey_is_shown_and_does_nothing(
    store: Store, size: tuple[int, int]
) -> None:
    hostile = " \x1b]52;c;eA==\x07[/x] \u202egnorw 日本語 " + "word" * 3000
    add(store, *[(hostile, "refused", "no")] * 5, ("", "no_decision", "unclear"), (" 日本語", "complied", "no"))
    async with build_app(store).run_test(size=size) as pilot:
        await compared(pilot)
        assert_harmless(pilot)
        for keys in ("I", "j", "j", "k", "k", "enter", "enter", "escape", "escape", "?", "escape", "y", "escape"):
            await send(pilot, keys)
            assert_harmless(pilot)
        assert isinstance(list_screen(pilot), TraceScreen)
