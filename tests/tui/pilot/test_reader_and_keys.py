"""Reading texts in full, copying them, and the list of keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.store.database import Store
from tests.tui.app_under_test import (
    CODEBOOK,
    LANDLORD,
    build_app,
    cursor,
    header,
    list_screen,
    rows,
    sample_trace,
    send,
    status,
    text,
)
from tui.actions import in_scope
from tui.screens.picker import PickerScreen
from tui.screens.reader import KeysScreen, ReaderScreen
from tui.screens.rollouts import RolloutsScreen
from tui.screens.trace import TraceScreen

LONG = sample_trace("nasty").sentences[27].text.strip()
"""A sentence of 10,000 characters without a space."""


def last_words(pilot: Pilot[None]) -> str:
    """What stands at the end of the last row of the list."""
    return rows(pilot)[-2].replace("▌", " ").strip()[-5:]


async def test_p_reads_prompt_and_response(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "p")
        assert isinstance(list_screen(pilot), ReaderScreen)
        assert f"{LANDLORD}  prompt and response" in header(pilot)
        assert "── system ──" in text(pilot)
        await send(pilot, "G")
        assert sample_trace(LANDLORD).response[-20:] in text(pilot)
        await send(pilot, "escape")
        assert isinstance(list_screen(pilot), TraceScreen)


async def test_enter_reads_the_sentence(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j", "enter")
        assert "sentence 1" in header(pilot)
        sentence = sample_trace(LANDLORD).sentences[1]
        assert f"characters {sentence.start} to {sentence.end}" in text(pilot)
        assert sentence.text.strip() in " ".join(text(pilot).replace("▌", " ").split())
        await send(pilot, "q")
        assert isinstance(list_screen(pilot), TraceScreen)
        assert cursor(pilot) == 1


async def test_a_long_sentence_is_cut_in_the_list_and_whole_in_the_reader(store: Store) -> None:
    async with build_app(store, "nasty").run_test(size=(120, 36)) as pilot:
        await send(pilot, ":", "2", "7", "enter")
        assert "more rows: z reads it in full" in text(pilot)
        await send(pilot, "enter")
        await send(pilot, "G")
        assert last_words(pilot) == LONG[-5:]


@pytest.mark.parametrize(("down", "up", "width"), [("j", "k", 400), ("pagedown", "pageup", 80)])
async def test_a_line_higher_than_the_screen_is_scrolled_through(store: Store, down: str, up: str, width: int) -> None:
    async with build_app(store, "nasty").run_test(size=(width, 14)) as pilot:
        await pilot.press(":", "2", "7", "enter", "enter", "j")
        presses = 0
        while last_words(pilot) != LONG[-5:]:
            before = text(pilot)
            await send(pilot, down)
            assert text(pilot) != before
            presses += 1
        assert presses > 1
        await send(pilot, *[up] * (presses + 2))
        assert cursor(pilot) == 0
        assert "characters" in text(pilot)


async def test_y_copies_the_sentence_to_a_file(store: Store, home: Path) -> None:
    app = build_app(store)
    async with app.run_test(size=(120, 36)) as pilot:
        await send(pilot, "j", "y")
        wanted = sample_trace(LANDLORD).sentences[1].text.strip()
        assert status(pilot) == (
            f"sent {len(wanted)} characters to the terminal's clipboard and wrote them to ~/state/turnpoint/copied.txt"
        )
        assert app.clipboard == wanted
    assert (home / "state" / "turnpoint" / "copied.txt").read_text() == wanted


async def test_y_where_no_file_can_be_written(store: Store, home: Path) -> None:
    (home / "state").write_text("in the way")
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "y")
        assert "no file was written" in status(pilot)


async def test_y_copies_the_whole_response(store: Store, home: Path) -> None:
    async with build_app(store, "nasty").run_test(size=(120, 36)) as pilot:
        await send(pilot, "p", "y")
    written = (home / "state" / "turnpoint" / "copied.txt").read_bytes()
    assert written.decode("utf-8", "surrogatepass") == sample_trace("nasty").response


@pytest.mark.parametrize("key", ["?", "f1"])
async def test_all_keys_of_a_trace(store: Store, key: str) -> None:
    async with build_app(store).run_test(size=(120, 100)) as pilot:
        await send(pilot, key)
        assert isinstance(list_screen(pilot), KeysScreen)
        shown = " ".join(text(pilot).replace("▌", " ").split())
        for action in in_scope("trace", CODEBOOK):
            assert action.help[:40] in shown
        await send(pilot, "escape")
        assert isinstance(list_screen(pilot), TraceScreen)


@pytest.mark.parametrize(("opens", "kind"), [("o", PickerScreen), ("V", RolloutsScreen), ("p", ReaderScreen)])
async def test_each_screen_lists_its_own_keys(store: Store, opens: str, kind: type) -> None:
    async with build_app(store).run_test(size=(120, 60)) as pilot:
        await send(pilot, opens)
        below = list_screen(pilot)
        assert isinstance(below, kind)
        await send(pilot, "?")
        shown = " ".join(text(pilot).replace("▌", " ").split())
        for action in in_scope(below.SCOPE, CODEBOOK):
            assert action.help[:40] in shown
        assert "next unlabelled sentence" not in shown
        await send(pilot, "q")
        assert list_screen(pilot) is below


async def test_the_keys_screen_scrolls_on_a_small_terminal(store: Store) -> None:
    async with build_app(store).run_test(size=(80, 24)) as pilot:
        await send(pilot, "?", "G")
        assert "label none" in text(pilot)
        await send(pilot, "g")
        assert "next sentence or line" in text(pilot)


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+q", "q"])
async def test_leaving(store: Store, key: str) -> None:
    app = build_app(store)
    async with app.run_test(size=(120, 36)) as pilot:
        await send(pilot, key)
        await pilot.pause()
    assert app._exit
    assert app.return_code == 0


async def test_the_greeting_stays_until_the_first_move(store: Store) -> None:
    async with build_app(store, greeting="R, then Enter, resamples every prefix").run_test(size=(120, 36)) as pilot:
        assert status(pilot) == "R, then Enter, resamples every prefix"
        await send(pilot, "j")
        assert "? keys" in status(pilot)
