"""The table of actions: one key means one thing on each screen, and settings may change which."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding

import tui.screens
from core.annotation.codebook import load_codebook
from core.errors import ConfigError
from tui.actions import (
    ACTIONS,
    LISTS,
    NOTHING,
    OF_ALL,
    OF_SENTENCE,
    OF_TRACE,
    REVEALS,
    TRACE,
    bindings_for,
    category_bindings,
    in_scope,
    keymap,
    keys_markdown,
    method_of,
    revealed_by,
    shown,
)
from tui.app import TurnpointApp
from tui.screens.base import ListScreen

CODEBOOK = load_codebook()
ROOT = Path(__file__).parents[2]
# What SSH and tmux pass on without a newer keyboard protocol.
PLAIN_KEY = re.compile(
    r"[!-~]|comma|ctrl\+[du]|up|down|pageup|pagedown|home|end|tab|enter|escape|backspace|space|left|right|f1"
)


def test_each_action_has_a_name_of_its_own_and_a_help_text() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    for action in ACTIONS:
        assert action.keys
        assert action.help
        assert set(action.scopes) <= set(LISTS)


def test_every_category_can_be_given_by_its_key() -> None:
    keys = {action.id: action.keys for action in in_scope(TRACE, CODEBOOK)}
    assert {name: keys[f"label.{name}"] for name in (c.name for c in CODEBOOK.categories)} == {
        category.name: (category.key,) for category in CODEBOOK.categories
    }


def screens_of(scope: str) -> list[type[object]]:
    """The screens of a scope, and those that they are built on."""
    for module in pkgutil.iter_modules(tui.screens.__path__):
        importlib.import_module(f"tui.screens.{module.name}")
    found: list[type[object]] = []
    seen: list[type[Any]] = [ListScreen]
    while seen:
        screen = seen.pop()
        seen += screen.__subclasses__()
        found += [screen] if scope == screen.SCOPE else []
    return found


@pytest.mark.parametrize("scope", LISTS)
def test_every_action_has_a_method_on_a_screen_of_its_scope(scope: str) -> None:
    for action in in_scope(scope, CODEBOOK):
        owners = [TurnpointApp] if action.action.startswith("app.") else screens_of(scope)
        assert any(callable(getattr(owner, f"action_{method_of(action)}", None)) for owner in owners), action.id


def test_what_actions_reveal_is_said_of_those_that_there_are() -> None:
    assert set(REVEALS) <= {action.id for action in ACTIONS}
    assert set(REVEALS.values()) <= {NOTHING, OF_SENTENCE, OF_TRACE, OF_ALL}


@pytest.mark.parametrize("scope", LISTS)
def test_a_method_reveals_what_its_actions_say_and_is_unknown_where_one_does_not(
    scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for action in in_scope(scope, CODEBOOK):
        method = method_of(action)
        assert revealed_by(scope, method) == REVEALS.get(action.id, NOTHING)
        if action.id in REVEALS:
            with monkeypatch.context() as patched:
                patched.delitem(REVEALS, action.id)
                assert revealed_by(scope, method) is None
    assert revealed_by(scope, "frobnicate") is None


def test_every_key_gets_through_ssh_and_tmux() -> None:
    keys = [key for action in ACTIONS for key in action.keys]
    assert [key for key in keys if not PLAIN_KEY.fullmatch(key)] == []


@pytest.mark.parametrize("scope", LISTS)
def test_no_key_means_two_things_on_one_screen(scope: str) -> None:
    keys = [key for action in in_scope(scope, CODEBOOK) for key in action.keys]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("scope", LISTS)
def test_a_screen_binds_what_the_table_says(scope: str) -> None:
    bound = {
        binding.id: binding.key
        for binding in (*bindings_for(scope), *category_bindings(scope, CODEBOOK))
        if isinstance(binding, Binding)
    }
    assert bound == {action.id: ",".join(action.keys) for action in in_scope(scope, CODEBOOK)}


def test_settings_move_an_action_to_other_keys() -> None:
    keys = keymap({"resample": ("E",), "next_change": (">", "full_stop")}, CODEBOOK)
    assert keys["resample"] == ("E",)
    assert keys["next_change"] == (">", "full_stop")
    assert keys["rollouts"] == ("V",)


def test_two_actions_may_swap_their_keys() -> None:
    keys = keymap({"resample": ("V",), "rollouts": ("r",)}, CODEBOOK)
    assert (keys["resample"], keys["rollouts"]) == (("V",), ("r",))


def test_a_key_may_mean_different_things_on_different_screens() -> None:
    assert keymap({"filter": ("r",)}, CODEBOOK)["filter"] == ("r",)


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"resampel": ("e",)}, "[keys] resampel: no such action; did you mean 'resample'?"),
        ({"zzz": ("e",)}, "[keys] zzz: no such action; `turnpoint keys` lists them."),
        ({"resample": ()}, "[keys] resample: give at least one key."),
        ({"resample": ("",)}, "[keys] resample: give at least one key."),
        ({"resample": ("V",)}, "[keys] rollouts: 'V' already means resample; give one of the two another key."),
        ({"label.planning": ("j",)}, "[keys] label.planning: 'j' already means down; give one of the two another key."),
    ],
)
def test_keys_that_cannot_be_are_refused_in_one_sentence(overrides: dict[str, tuple[str, ...]], reason: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        keymap(overrides, CODEBOOK)
    assert str(refusal.value) == reason


def test_keys_are_shown_as_people_write_them() -> None:
    assert shown(("j", "down", "ctrl+d", "escape", "G")) == "j ↓ Ctrl+d Esc G"


def test_the_page_of_keys_is_the_one_that_the_table_makes() -> None:
    assert (ROOT / "docs" / "keys.md").read_text(encoding="utf-8") == keys_markdown(keymap({}, CODEBOOK), CODEBOOK)


def test_the_page_of_keys_names_every_action() -> None:
    page = keys_markdown(keymap({}, CODEBOOK), CODEBOOK)
    assert [action.id for action in ACTIONS if f"`{action.id}` |" not in page] == []
