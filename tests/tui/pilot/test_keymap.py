"""Keys of the user's own."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from core.errors import ConfigError
from core.store.database import Store
from tests.tui.app_under_test import CODEBOOK, build_app, cursor, list_screen, rows, send, status, stored_labels, text
from tui.actions import keymap
from tui.screens.reader import KeysScreen
from tui.screens.trace import TraceScreen

OWN: dict[str, str | Iterable[str]] = {
    "down": ("W", "down"),
    "resample": "f2",
    "label.monitoring": "Z",
    "help": "P,f1",
    "quit": "E",
    "close": "E",
}


def key_of(shown: str, helped: str) -> str:
    """The key that the list of keys gives for a line of help."""
    return next(row for row in shown.split("\n") if helped in row).replace("▌", " ").split(helped)[0].strip()


async def test_the_new_keys_act_and_the_old_ones_do_not(store: Store) -> None:
    async with build_app(store, keys=OWN).run_test(size=(120, 36)) as pilot:
        await send(pilot, "W", "down")
        assert cursor(pilot) == 2
        await send(pilot, "j")
        assert cursor(pilot) == 2
        await send(pilot, "7")
        assert stored_labels(store) == {}
        await send(pilot, "Z")
        assert stored_labels(store) == {2: "monitoring"}
        await send(pilot, "r")
        assert "rollouts at prefix" not in status(pilot)
        await send(pilot, "f2")
        await pilot.pause()
        assert "rollouts at prefix 3" in status(pilot)


async def test_hints_and_categories_show_them(store: Store) -> None:
    async with build_app(store, keys=OWN).run_test(size=(120, 36)) as pilot:
        assert "Z mon" in rows(pilot)[-2]
        assert "7 mon" not in rows(pilot)[-2]
        assert "P keys" in status(pilot)
        assert "f2 resample" in status(pilot)


async def test_the_list_of_keys_shows_them(store: Store) -> None:
    async with build_app(store, keys=OWN).run_test(size=(120, 100)) as pilot:
        await send(pilot, "P")
        assert isinstance(list_screen(pilot), KeysScreen)
        assert key_of(text(pilot), "next sentence or line") == "W ↓"
        assert key_of(text(pilot), "label monitoring") == "Z"
        assert key_of(text(pilot), "resample this prefix") == "f2"
        assert key_of(text(pilot), "quit; labels") == "E"
        # The list itself is stepped through with the same keys.
        await send(pilot, "W", "W")
        assert cursor(pilot) == 2
        await send(pilot, "E")
        assert isinstance(list_screen(pilot), TraceScreen)


async def test_two_actions_may_swap_keys(store: Store) -> None:
    async with build_app(store, keys={"down": "k", "up": "j"}).run_test(size=(120, 36)) as pilot:
        await send(pilot, "k", "k", "k", "j")
        assert cursor(pilot) == 2


async def test_keys_written_as_characters(store: Store) -> None:
    keys = {"go_to": ("~",), "first": (",",), "last": (".", "+"), "secondary": ("J",)}
    async with build_app(store, keys=keys).run_test(size=(120, 36)) as pilot:
        await send(pilot, ".")
        assert cursor(pilot) == 27
        await send(pilot, ",")
        assert cursor(pilot) == 0
        await send(pilot, "+")
        assert cursor(pilot) == 27
        await send(pilot, "~")
        await pilot.pause()
        assert "sentence:" in status(pilot)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"resampel": "e"}, "did you mean 'resample'?"),
        ({"zzzzzz": "e"}, "`turnpoint keys` lists them."),
        ({"resample": "j"}, "'j' already means down"),
        ({"label.monitoring": "8"}, "'8' already means"),
        ({"resample": ""}, "give at least one key."),
    ],
)
def test_what_cannot_be_a_keymap(given: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match="\\[keys\\]") as refused:
        keymap(given, CODEBOOK)
    assert said in str(refused.value)
