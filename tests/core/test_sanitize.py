"""What a terminal is shown of a hostile text, and where each shown character comes from."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sanitize import _BLOCK, _LINE, _replacement, mapped, mapped_line, visible, visible_line
from tests.processes import SAMPLES
from tests.real_data import SCRATCHPADS, real_data

any_character = st.characters(codec=None, exclude_categories=())
nasty = st.sampled_from(
    "\x00\x07\x1b\r\n\t\x7f\x9b\xad\u0301\u0489\u061c\u180e\u200b\u200d\u200e\u2028\u202e\u2066\u2069\ufe0e\ufe0f"
    "\ufeff\ud83d\udc00\ue000\ufff9\U0001f3fd\U000e0041\u2611\u25cc1a "
)
hostile_text = st.text(any_character | nasty, max_size=60)

FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff]"
)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("nul \x00 del \x7f", "nul ␀ del ␡"),
        ("\x9b31m", r"\x9b31m"),
        ("a\tb", "a    b"),
        ("one\r\ntwo", "one␍\ntwo"),
        ("abc\u202edef\u202c", "abc⟨U+202E⟩def⟨U+202C⟩"),
        ("zero\u200bwidth\ufeff", "zero⟨U+200B⟩width⟨U+FEFF⟩"),
        ("soft\xadhyphen", "soft⟨U+00AD⟩hyphen"),
        ("tags\U000e0041", "tags⟨U+E0041⟩"),
        ("half \ud83d", r"half \ud83d"),
        ("line\u2028paragraph\u2029", "line⟨U+2028⟩paragraph⟨U+2029⟩"),
        ("private \ue000, unassigned \u0378", "private ⟨U+E000⟩, unassigned ⟨U+0378⟩"),
        ("filler\u3164", "filler⟨U+3164⟩"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_shown(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@pytest.mark.parametrize(
    "text",
    [
        "After careful consideration, I believe…",
        "[/think] and [bold]x[i] = 3[/] stay what they are",
        "Größe, naïve, Москва, ελληνικά, 日本語、한국어, ✅ → ∑",
        "cafe\u0301",
        "two\nlines",
        "",
    ],
)
def test_ordinary_text_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("👨\u200d👩\u200d👧", "👨⟨U+200D⟩👩⟨U+200D⟩👧"),
        ("⚠\ufe0f careful", "⚠ careful"),
        ("1\ufe0f\u20e3", "1\u20e3"),
        ("👍\U0001f3fd", "👍⟨U+1F3FD⟩"),
        ("a\ufe0fb", "a⟨U+FE0F⟩b"),
        ("⚠\ufe0f\ufe0f\ufe0e", "⚠⟨U+FE0F⟩⟨U+FE0E⟩"),
        ("\U000e0100", "⟨U+E0100⟩"),
    ],
)
def test_emoji_keep_their_base_and_lose_nothing_but_one_selector(raw: str, shown: str) -> None:
    assert visible(raw) == shown


def test_a_pile_of_combining_marks_is_cut_and_counted() -> None:
    assert visible("z" + "\u0301" * 8 + "a") == "z" + "\u0301" * 8 + "a"
    assert visible("z" + "\u0301" * 20 + "a") == "z" + "\u0301" * 8 + "⟨+12 marks⟩a"
    assert visible("z" + "\u0301" * 9) == "z" + "\u0301" * 8 + "⟨+1 marks⟩"


@pytest.mark.parametrize("before", ["", "x\n", "\x1b", "\u202e"])
def test_a_mark_without_a_base_does_not_join_what_the_screen_has_to_its_left(before: str) -> None:
    assert visible(before + "\u0301x") == visible(before) + "\u25cc\u0301x"


def test_one_line_shows_its_breaks() -> None:
    assert visible_line("one\ntwo\r\nthree\rfour") == "one⏎two⏎three⏎four"
    assert visible_line("plain") == "plain"


@given(hostile_text)
def test_no_shown_text_can_steer_a_terminal(text: str) -> None:
    assert not FORBIDDEN.search(visible(text))
    assert not FORBIDDEN.search(visible_line(text))
    assert "\n" not in visible_line(text)
    assert visible(text).count("\n") == text.count("\n")
    visible(text).encode()


@given(hostile_text)
def test_showing_what_is_shown_changes_nothing(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert visible_line(visible_line(text)) == visible_line(text)


@given(hostile_text)
def test_every_shown_character_points_into_the_raw_text_and_the_order_is_kept(text: str) -> None:
    for shown, raw in (mapped(text), mapped_line(text)):
        assert len(shown) == len(raw)
        assert raw == sorted(raw)
        assert all(0 <= index < len(text) for index in raw)
    assert mapped(text)[0] == visible(text)
    assert mapped_line(text)[0] == visible_line(text)


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "Zs")), max_size=40), st.text(nasty, max_size=5))
def test_a_letter_points_at_itself_whatever_stands_before_it(text: str, before: str) -> None:
    shown, raw = mapped(before + text)
    letters = [
        (c, i)
        for c, i in zip(shown, raw, strict=True)
        if i >= len(before) and _replacement(text[i - len(before)]) is None
    ]
    assert all((before + text)[index] == character for character, index in letters)


def test_a_highlight_finds_the_raw_words() -> None:
    text = "\x1b[1mfree\u200b tier\t\u202eusers"
    shown, raw = mapped(text)
    at = shown.index("users")
    assert [text[i] for i in raw[at : at + 5]] == list("users")
    assert mapped("plain") == ("plain", [0, 1, 2, 3, 4])


def test_the_fast_path_holds_only_characters_that_may_be_shown() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if _BLOCK.plain.fullmatch(character):
            assert _replacement(character) is None, hex(code)
            assert unicodedata.category(character) not in ("Mn", "Me"), hex(code)
    assert not _LINE.plain.fullmatch("\n")


def test_a_long_line_is_shown_whole() -> None:
    text = "a\x1b" * 100_000
    assert visible(text) == "a␛" * 100_000


def texts_of(value: object) -> list[str]:
    """Every string of a JSON value."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in texts_of(part)]


@pytest.mark.parametrize(
    "path",
    [SAMPLES / "nasty.jsonl", SAMPLES / "traces.jsonl", pytest.param(SCRATCHPADS, marks=real_data)],
    ids=["nasty", "plain", "real"],
)
def test_no_line_of_a_file_can_steer_a_terminal(path: Path) -> None:
    texts = [text for line in path.read_text("utf-8").splitlines() for text in texts_of(json.loads(line))]
    assert texts
    for text in texts:
        shown, raw = mapped(text)
        assert not FORBIDDEN.search(shown)
        assert len(shown) == len(raw)
        assert visible_line(text).count("\n") == 0
