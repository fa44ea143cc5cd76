"""`turnpoint keys`: the keys as this user has them, and the page that documents them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.cli.calling import ROOT, done, turnpoint


def settings(text: str) -> None:
    Path("turnpoint.toml").write_text(text, encoding="utf-8")


def test_the_page_in_the_documentation_is_what_is_printed() -> None:
    assert done("keys", "--markdown").out == (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")


def test_every_action_has_a_line_with_its_keys() -> None:
    lines = done("keys").out.splitlines()
    assert lines[0].split() == ["key", "name", "screens", "does"]
    assert any(line.startswith("j ↓") and " down " in line for line in lines)
    assert any(" label.monitoring " in line for line in lines)


def test_the_keys_of_the_settings_are_shown_in_place_of_the_defaults() -> None:
    settings('[keys]\nresample = "E"\n"label.planning" = ["f2", "Z"]\n')
    lines = done("keys").out.splitlines()
    assert any(line.split()[:2] == ["E", "resample"] for line in lines)
    assert any(line.split()[:3] == ["f2", "Z", "label.planning"] for line in lines)


def test_the_users_own_settings_directory_counts_too() -> None:
    config = Path.home() / "XDG_CONFIG_HOME" / "turnpoint"
    config.mkdir(parents=True)
    (config / "turnpoint.toml").write_text('[keys]\nresample = "W"\nrollouts = "V"\n', encoding="utf-8")
    settings('[keys]\nresample = "E"\n')
    lines = [line.split()[:2] for line in done("keys").out.splitlines()]
    assert ["E", "resample"] in lines
    assert ["V", "rollouts"] in lines


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('resampel = "e"', "[keys] resampel: no such action; did you mean 'resample'?"),
        ('zzz = "e"', "[keys] zzz: no such action; `turnpoint keys` lists them."),
        ('resample = "V"', "[keys] rollouts: 'V' already means resample; give one of the two another key."),
        ("resample = []", "[keys] resample: give at least one key."),
        ('resample = ""', "turnpoint.toml: keys.resample must be a key, or a list of keys, each a text."),
        ("resample = 5", "turnpoint.toml: keys.resample must be a key, or a list of keys, each a text."),
    ],
)
def test_keys_that_cannot_be_are_refused(text: str, reason: str) -> None:
    settings(f"[keys]\n{text}\n")
    ran = turnpoint("keys")
    assert (ran.code, ran.refusal) == (2, reason)


def test_the_page_needs_no_settings_that_can_be_read() -> None:
    settings("[keys")
    assert done("keys", "--markdown").out.startswith("# Keys\n")
