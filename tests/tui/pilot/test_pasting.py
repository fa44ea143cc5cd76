"""Pasting into the app: no key is run outside a question, and lines stay lines in a note."""

from __future__ import annotations

import pytest
from textual import events
from textual.pilot import Pilot

from core.store.database import Store
from tests.tui.app_under_test import (
    LANDLORD,
    TELEMARKETER,
    build_app,
    count_rollouts,
    cursor,
    list_screen,
    query,
    send,
    status,
    stored_labels,
    text,
    until_said,
)

HOSTILE = "1 2\n3 x\r\nq\x1b[31m yes 7"


async def paste(pilot: Pilot[None], pasted: str) -> None:
    """Deliver a paste as the driver does."""
    pilot.app.post_message(events.Paste(pasted))
    await pilot.pause()


@pytest.mark.parametrize("keys", [(), ("V",), ("o",), ("?",), ("z",)])
async def test_a_paste_outside_a_question_is_passed_over_with_one_sentence(store: Store, keys: tuple[str, ...]) -> None:
    async with build_app(store).run_test(size=(140, 36)) as pilot:
        await send(pilot, *keys)
        screen, at = list_screen(pilot), cursor(pilot)
        await paste(pilot, HOSTILE)
        assert status(pilot).startswith("a paste runs no keys")
        assert (list_screen(pilot), cursor(pilot)) == (screen, at)
        assert stored_labels(store) == {}
        await send(pilot, "escape")


async def test_three_lines_stay_three_lines_in_a_note(store: Store) -> None:
    async with build_app(store).run_test(size=(140, 36)) as pilot:
        await send(pilot, "i")
        await paste(pilot, "one\ntwo\r\nthree\n")
        assert "one⏎two⏎three" in status(pilot)
        await send(pilot, "!", "enter")
        await until_said(pilot, "noted on sentence 0.")
        assert query(store, "SELECT note FROM label_events") == [("one\ntwo\nthree!",)]
        # The note is opened again as it is, and kept as it is.
        await send(pilot, "i")
        assert "one⏎two⏎three!" in status(pilot)
        await send(pilot, "end", "?", "enter")
        await until_said(pilot, "noted on sentence 0.")
        assert query(store, "SELECT note FROM label_events ORDER BY id DESC LIMIT 1") == [("one\ntwo\nthree!?",)]
        await send(pilot, "V", "i")
        await paste(pilot, "of\nthis\nrollout")
        await send(pilot, "enter")
        await pilot.pause()
        assert query(store, "SELECT note FROM verdict_events") == [("of\nthis\nrollout",)]


@pytest.mark.parametrize("key", ["r", "M", "/", ":", "w", "Q"])
async def test_line_breaks_answer_no_question(store: Store, key: str) -> None:
    async with build_app(store, TELEMARKETER).run_test(size=(140, 36)) as pilot:
        await send(pilot, key)
        await paste(pilot, "5\n7\nq\n")
        assert list_screen(pilot).bar.is_open
        assert "5 7 q" in text(pilot)
        await send(pilot, "escape")
        assert not list_screen(pilot).bar.is_open
        assert stored_labels(store, TELEMARKETER) == {}
        assert count_rollouts(store, TELEMARKETER) == 0


async def test_a_paste_right_after_the_key_of_a_question_goes_into_it(store: Store) -> None:
    async with build_app(store, LANDLORD).run_test(size=(140, 36)) as pilot:
        pilot.app.post_message(events.Key("slash", "/"))
        pilot.app.post_message(events.Paste("review\n1 2 x"))
        await pilot.pause()
        assert "review 1 2 x" in status(pilot)
        assert stored_labels(store) == {}
