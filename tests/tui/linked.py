"""Rollouts of the landlord trace that say its sentences again, so that there are links and sentences that come back."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from core.store.database import Store
from tests.core.anchors import same_or_not
from tests.tui.app_under_test import ENDINGS, LANDLORD, UNSAMPLED, N, add_rollout_rows, outcomes, sample_trace, until
from tui.screens.links import LinksScreen
from tui.widgets.text_list import TextList

SOURCE, TARGET = 10, 20
"""Sentence 20 is said far more often with sentence 10 kept than without, and again less with sentence 11 kept."""

RARE, ALWAYS = UNSAMPLED
"""Of the rollouts that replace sentence 5, 2 of 10 survive; sentence 6 is said at once by all."""


def said(index: int) -> str:
    """A sentence of the trace, as a rollout says it."""
    return sample_trace(LANDLORD).sentences[index].text.strip()


def add_linked_rollouts(store: Store) -> None:
    """Store rollouts that resemble the trace here and there."""
    again = [(f" Something else. {said(TARGET)}{ENDINGS['refused']}", outcomes("refused", "no"))] * 40
    add_rollout_rows(store, LANDLORD, SOURCE + 1, again, first=N)
    back = (f" Something else. {said(RARE)}{ENDINGS['complied']}", outcomes("complied", "yes"))
    gone = (f" Something else.{ENDINGS['refused']}", outcomes("refused", "no"))
    add_rollout_rows(store, LANDLORD, RARE, [back] * 8 + [gone] * 2)
    add_rollout_rows(
        store, LANDLORD, ALWAYS, [(f" {said(ALWAYS)}{ENDINGS['complied']}", outcomes("complied", "yes"))] * 10
    )


def compare_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two sentences resemble each other only if they are the same, without an encoder."""
    monkeypatch.setattr("core.similarity.cosine.comparison", lambda *_: same_or_not)


async def until_links(pilot: Pilot[None]) -> None:
    """Let the app go on until the screen of links is there, filled."""

    def filled() -> bool:
        screen = pilot.app.screen
        return isinstance(screen, LinksScreen) and any(found.count for found in screen.query(TextList))

    await until(pilot, filled)
    await pilot.pause()
