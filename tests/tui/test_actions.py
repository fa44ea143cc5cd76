"""The table of actions: one key means one thing on each screen, and settings may change which."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.binding import Binding

from core.annotation.codebook import load_codebook
from core.errors import ConfigError
from tui.actions import (
    ACTIONS,
    LISTS,
    TRACE,
    bindings_for,
    category_bindings,
    in_scope,
    keymap,
    keys_markdown,
    shown,
)

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
