"""Text that would write to the clipboard, reorder a line or crash a markup parser is shown, and does nothing."""

from __future__ import annotations

import dataclasses
import re

import pytest
from textual.pilot import Pilot

from core.endpoints.endpoint import Endpoint
from core.store.database import Store
from core.store.traces import add_traces
from core.traces.model import Message, Prompt
from tests.tui.app_under_test import (
    NASTY,
    SIMULATOR,
    add_rollout_rows,
    build_app,
    cursor,
    enter,
    list_screen,
    outcomes,
    sample_trace,
    send,
    status,
    text,
    until,
)
from tui.screens.picker import PickerScreen
from tui.screens.reader import ReaderScreen
from tui.screens.rollouts import RolloutsScreen

NASTY_TRACE = sample_trace(NASTY)
LAST = len(NASTY_TRACE.sentences) - 1
OBEYED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""What no terminal may be sent: controls, bidirectional and invisible characters, half characters."""

PAYLOADS = [
    "\x1b]52;c;dHVybnBvaW50\x07",
    "\x1b]0;owned\x1b\\",
    "\x9b31mred\x9b0m",
    "a [/oops] b [bold] c [[ d [@click=app.exit]quit[/]",
    "\u202egnorw\u202c \u2067isolate\u2069 zero\u200bwidth \ufeff",
    "NUL \x00 BEL \x07 BS \x08 DEL \x7f CR \r FF \x0c",
    "half \ud83d and \udc00",
    "x\u0301" * 3 + "\u0301" * 400,
    "日本語 👨‍👩‍👧‍👦 🇳🇱 ☑️ ㍿",
    "word" * 30_000,
    "",
    " \n\n\t\n",
]


def assert_harmless(pilot: Pilot[None]) -> None:
    """Nothing on the screen, or in the picture of it, would be obeyed; every row is as wide as the screen."""
    strips = pilot.app.screen._compositor.render_strips()
    for strip in strips:
        shown = "".join(segment.text for segment in strip)
        assert not OBEYED.search(shown), ascii(shown)
        assert all(segment.control is None for segment in strip)
        assert strip.cell_length == pilot.app.size.width, ascii(shown)
    assert not OBEYED.search(pilot.app.export_screenshot())


@pytest.mark.parametrize("size", [(120, 36), (31, 9)])
async def test_every_sentence_of_the_nasty_trace(store: Store, size: tuple[int, int]) -> None:
    async with build_app(store, NASTY).run_test(size=size) as pilot:
        assert_harmless(pilot)
        for index in range(LAST + 1):
            assert cursor(pilot) == index
            await send(pilot, "j")
            assert_harmless(pilot)


async def test_evidence_stays_visible(store: Store) -> None:
    async with build_app(store, NASTY).run_test(size=(120, 36)) as pilot:
        await send(pilot, ":", "6", "enter")
        assert "␛]52;c;dHVybnBvaW50␇" in text(pilot)
        assert "[/think]" in text(pilot)
        await send(pilot, ":", "1", "2", "enter")
        assert "⟨U+202E⟩gnorw⟨U+202C⟩" in text(pilot)


async def test_labels_readers_and_copies(store: Store) -> None:
    async with build_app(store, NASTY).run_test(size=(100, 30)) as pilot:
        for index in (6, 12, 16, 19, 20, 23, 25, 27, 30, LAST):
            await send(pilot, ":", *str(index), "enter")
            await send(pilot, "enter")
            assert isinstance(list_screen(pilot), ReaderScreen)
            assert_harmless(pilot)
            await send(pilot, "y", "escape", "7", "y")
            assert_harmless(pilot)
        await send(pilot, "p")
        assert isinstance(list_screen(pilot), ReaderScreen)
        for _ in range(12):
            await send(pilot, "pagedown")
            assert_harmless(pilot)
        await send(pilot, "G")
        assert_harmless(pilot)


@pytest.mark.parametrize("words", ["[/think]", "[[", "[bold", "␛", "[@click=app.exit]x[/]", "日本語", "☑"])
async def test_searches(store: Store, words: str) -> None:
    async with build_app(store, NASTY).run_test(size=(120, 36)) as pilot:
        await send(pilot, "/")
        await enter(pilot, words)
        for key in ("n", "o", "/"):
            await send(pilot, key)
            assert_harmless(pilot)
        await enter(pilot, words)
        assert_harmless(pilot)


async def test_pasted_escapes_stay_in_the_question(store: Store) -> None:
    from textual import events

    app = build_app(store, NASTY)
    async with app.run_test(size=(120, 36)) as pilot:
        await send(pilot, "/")
        assert app.focused is not None
        app.focused.post_message(events.Paste("\x1b]52;c;eA==\x07 \u202e [/x]"))
        await pilot.pause()
        await send(pilot, "enter")
        await pilot.pause()
        assert status(pilot) == "no sentence holds that."
        await send(pilot, "o", "/")
        app.focused.post_message(events.Paste("\x1b]52;c;eA==\x07 \u202e [/x]"))
        await pilot.pause()
        await send(pilot, "enter")
        await until(pilot, lambda: "0 traces" in text(pilot))
        assert_harmless(pilot)


async def test_rollouts_whatever_they_say(store: Store) -> None:
    drawn = [(payload, outcomes("no_decision", "unclear")) for payload in PAYLOADS]
    add_rollout_rows(store, NASTY, 12, drawn, model="\x1b[31mmodel [/x]\u202e")
    async with build_app(store, NASTY).run_test(size=(120, 36)) as pilot:
        await pilot.press(":", "1", "2", "enter", "V")
        assert isinstance(list_screen(pilot), RolloutsScreen)
        for index in range(len(PAYLOADS)):
            assert cursor(pilot) == index
            assert_harmless(pilot)
            await send(pilot, "enter", "pagedown")
            assert_harmless(pilot)
            await send(pilot, "y", "escape", "y")
            assert_harmless(pilot)
            await send(pilot, "j")
        await send(pilot, "/")
        await enter(pilot, "[/oops]")
        assert cursor(pilot) == 3
        assert_harmless(pilot)


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_names_of_traces_queries_and_models(store: Store, payload: str) -> None:
    # No importer lets an id with half a character through.
    named = dataclasses.replace(
        NASTY_TRACE,
        id=f"id {payload}".encode("utf-8", "replace").decode(),
        query=payload,
        model=payload,
        tier=payload,
        prompt_variant=payload,
        prompt=Prompt((Message(payload, payload), Message("user", payload))),
    )
    store.write(lambda db: add_traces(db, [named])).result()
    endpoint = Endpoint(f"lab {payload[:400]}", "http://127.0.0.1:9/v1", "small-model")
    if payload.isprintable():
        add_rollout_rows(store, named.id, 0, [(payload, outcomes("complied", "yes"))], endpoint=endpoint, model=payload)
    async with build_app(store, named.id, endpoint=endpoint).run_test(size=(120, 36)) as pilot:
        assert_harmless(pilot)
        for key in ("p", "G", "escape", "enter", "escape", "V", "enter", "escape", "escape"):
            await send(pilot, key)
            assert_harmless(pilot)
        await send(pilot, "o")
        assert isinstance(list_screen(pilot), PickerScreen)
        await send(pilot, "G")
        assert_harmless(pilot)
        await send(pilot, "enter", "7", "u")
        assert_harmless(pilot)


async def test_what_a_server_says(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.resampling.retrying import RetryPolicy
    from tests.core.fake_server import FakeServer, error

    server = FakeServer(lambda number, body: error(401, "\x1b]52;c;eA==\x07 [/x] \u202e no \x00"))
    monkeypatch.setattr("core.endpoints.simulator.app.create_app", lambda: server)
    async with build_app(store, NASTY, endpoint=SIMULATOR, retrying=RetryPolicy(1)).run_test(size=(160, 36)) as pilot:
        await send(pilot, "r", "5", "enter")
        await until(pilot, lambda: "run failed" in status(pilot))
        assert_harmless(pilot)
