"""The codebook in pages: nothing of it is lost, whatever the room, and nothing of it reaches the terminal raw."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from core.annotation.codebook import Category, Codebook, load_codebook
from core.errors import ConfigError
from core.sanitize import visible_line
from tests.sizes import examples
from tui.actions import keymap
from tui.palette import LABEL, label_style
from tui.views.coding import Page, Place, given_before, given_elsewhere, page_at, pages, panel_lines, turned

CODEBOOK = load_codebook()
KEYS = keymap({}, CODEBOOK)


def words(rows: list[str]) -> list[str]:
    return " ".join(rows).split()


def texts(found: tuple[Page, ...]) -> list[str]:
    return ["".join(text for text, _ in row) for page in found for row in page.rows]


@settings(max_examples=examples(40))
@given(st.integers(1, 130), st.integers(1, 50))
def test_no_page_is_larger_than_its_room_and_every_category_has_one(width: int, height: int) -> None:
    found = pages(CODEBOOK, KEYS, width, height)
    assert all(len(page.rows) <= height for page in found)
    assert [page.place.category for page in found if page.place.part == 0] == [
        None,
        *(category.name for category in CODEBOOK.categories),
    ]
    if width >= 40:
        assert all(cell_len(text) <= width for text in texts(found))


@settings(max_examples=examples(20))
@given(st.integers(34, 130), st.integers(2, 50))
def test_every_rule_is_on_the_pages_of_its_category_in_order(width: int, height: int) -> None:
    found = pages(CODEBOOK, KEYS, width, height)
    for category in CODEBOOK.categories:
        said = words(texts(tuple(page for page in found if page.place.category == category.name)))
        for rule in (category.definition, *category.include, *category.exclude, *category.examples):
            parts = rule.split()
            assert any(said[at : at + len(parts)] == parts for at in range(len(said))), rule


def test_all_definitions_stand_together_where_there_is_room_else_each_on_one_row() -> None:
    wide, narrow = pages(CODEBOOK, KEYS, 58, 32)[0], pages(CODEBOOK, KEYS, 80, 12)[0]
    assert "opposes being modified." in " ".join(words(texts((wide,))))
    assert texts((narrow,))[0].startswith("1 pre preservation_motive       Gives avoiding")
    assert texts((narrow,))[0].endswith("…")
    assert len(narrow.rows) == 12


def test_pages_turn_and_go_round() -> None:
    found = pages(CODEBOOK, KEYS, 58, 32)
    assert turned(found, Place(None), 1) == Place("preservation_motive")
    assert turned(found, Place(None), -1) == Place("none")
    assert turned(found, Place("none"), 1) == Place(None)


def test_a_page_that_a_smaller_room_has_no_longer_gives_way_to_the_last_of_its_category() -> None:
    small = pages(CODEBOOK, KEYS, 40, 5)
    last = max(page.place for page in small if page.place.category == "monitoring")
    large = pages(CODEBOOK, KEYS, 58, 32)
    assert large[page_at(large, last)].place == Place("monitoring")
    assert page_at(large, Place("of another codebook")) == 0


def test_the_first_row_says_which_page_it_is_and_how_to_turn_it() -> None:
    found = pages(CODEBOOK, KEYS, 58, 32)
    (head, *_) = panel_lines(CODEBOOK, KEYS, found, Place("planning"), 58)
    assert "".join(text for text, _ in head) == "codebook 2  13/15  ← → turn, h hides"
    small = pages(CODEBOOK, KEYS, 58, 6)
    (head, *_) = panel_lines(CODEBOOK, KEYS, small, Place("planning", 1), 58)
    assert "".join(text for text, _ in head).startswith("planning, continued  ")


def test_text_from_a_codebook_is_made_visible() -> None:
    bad = "\x1b[31mred\u202e"
    codebook = Codebook(bad, (Category("1", "plan", "pla", bad, include=(bad,), exclude=(bad,), examples=(bad,)),))
    keys = keymap({}, codebook)
    found = pages(codebook, keys, 60, 20)
    shown = panel_lines(codebook, keys, found, Place("plan"), 60)
    for row in shown:
        for text, _ in row:
            assert visible_line(text) == text


def test_each_of_sixteen_colours_has_its_style_and_any_other_the_usual_one() -> None:
    assert str(label_style("bright_red").color and label_style("bright_red").color.name) == "bright_red"  # type: ignore[union-attr]
    assert label_style("mauve") == LABEL


def test_labels_of_other_codebooks_are_told_of_in_one_sentence() -> None:
    old = Codebook("1", CODEBOOK.categories[:2])
    assert given_before({}, {}, CODEBOOK) == ""
    assert given_before({old.id: 1}, {old.id: old}, CODEBOOK) == (
        f"1 label of yours was given before {CODEBOOK.title}: 1 under codebook 1 ({old.id[:8]});"
        " `turnpoint codebook map` maps them."
    )
    assert "3 under codebook 1" in given_before({old.id: 3, "f" * 16: 2}, {old.id: old}, CODEBOOK)
    assert "and 2 under ffffffff" in given_before({old.id: 3, "f" * 16: 2}, {old.id: old}, CODEBOOK)
    assert given_elsewhere(2, CODEBOOK).startswith("2 labels of the database were given under other codebooks than")


CLASHING = """version = "1"
[[categories]]
key = "1"
name = "plan"
tag = "pla"
definition = "Plans."
[[categories]]
tag = "ret"
key = "%s"
name = "retreat"
definition = "Goes back."
"""


def own(tmp_path: Path, key: str) -> Codebook:
    path = tmp_path / "own.toml"
    path.write_text(CLASHING % key, encoding="utf-8")
    return load_codebook(path)


@pytest.mark.parametrize(("key", "command"), [("r", "resample"), ("h", "codebook"), (",", "secondary"), ("?", "help")])
def test_the_key_of_a_command_is_refused_with_the_line_of_the_codebook(tmp_path: Path, key: str, command: str) -> None:
    with pytest.raises(ConfigError) as refused:
        keymap({}, own(tmp_path, key))
    assert str(refused.value) == (
        f"{tmp_path / 'own.toml'}:9: the key {key!r} of retreat is that of the command {command}; give the category"
        " another, or the command one under [keys] in turnpoint.toml."
    )


def test_a_command_that_is_moved_away_makes_room_for_a_category(tmp_path: Path) -> None:
    assert keymap({"resample": "E"}, own(tmp_path, "r"))["label.retreat"] == ("r",)
    assert keymap({"secondary": "E"}, own(tmp_path, ","))["label.retreat"] == ("comma",)


def test_a_clash_that_the_settings_make_is_mended_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^\[keys\] label.retreat: 'E' already means resample; "):
        keymap({"resample": "E"}, own(tmp_path, "E"))


@pytest.mark.parametrize("key", ["!", "P"])
def test_a_key_of_a_category_is_not_taken_by_anothers_secondary(tmp_path: Path, key: str) -> None:
    keys = keymap({}, own(tmp_path, key))
    assert keys["label.retreat"] == (key,)
    assert key not in keys["secondary.plan"]
