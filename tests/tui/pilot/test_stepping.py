"""Moving through a trace; nothing goes round at the ends, and every refusal is said."""

from __future__ import annotations

import re

import pytest

from core.store.database import Store
from core.store.labels import set_label
from tests.tui.app_under_test import (
    CODEBOOK,
    LANDLORD,
    TURN,
    build_app,
    cursor,
    enter,
    rows,
    sample_trace,
    send,
    status,
    text,
    until,
)

LAST = len(sample_trace(LANDLORD).sentences) - 1


@pytest.mark.parametrize(("down", "up"), [("j", "k"), ("down", "up")])
async def test_one_sentence_at_a_time(store: Store, down: str, up: str) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, down, down, down)
        assert cursor(pilot) == 3
        assert "sentence 3 · unlabelled" in text(pilot)
        await send(pilot, up)
        assert cursor(pilot) == 2
        assert "sentence 2 · unlabelled" in text(pilot)


async def test_the_cursor_bar_stands_before_the_sentence(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j")
        marked = [row for row in rows(pilot) if row.startswith("▌")]
        assert marked[0].startswith("▌ 1 ")
        assert "The user wants a one-star review" in marked[0]
        # The sentence takes several rows, and all of them are marked.
        assert len(marked) > 1
        assert all(row[:3].strip("▌ ") in ("", "1") for row in marked)


@pytest.mark.parametrize(("last", "first"), [("G", "g"), ("end", "home")])
async def test_to_the_ends(store: Store, last: str, first: str) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, last)
        assert cursor(pilot) == LAST
        assert "I will now write the review as asked." in text(pilot)
        await send(pilot, first)
        assert cursor(pilot) == 0
        assert "I should work out what is being asked" in text(pilot)


async def test_the_ends_do_not_meet(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "k")
        assert cursor(pilot) == 0
        assert "first" in status(pilot)
        await send(pilot, "j")
        assert "first" not in status(pilot)
        await send(pilot, "G", "j", "j")
        assert cursor(pilot) == LAST
        assert "last" in status(pilot)


@pytest.mark.parametrize(("down", "up"), [("pagedown", "pageup"), ("ctrl+d", "ctrl+u")])
async def test_a_screen_at_a_time(store: Store, down: str, up: str) -> None:
    async with build_app(store).run_test(size=(80, 24)) as pilot:
        seen = [cursor(pilot)]
        while seen[-1] != LAST:
            await send(pilot, down)
            assert cursor(pilot) > seen[-1] + 1 or cursor(pilot) == LAST
            seen.append(cursor(pilot))
        assert 3 <= len(seen) < LAST / 2
        await send(pilot, *[up] * len(seen))
        assert cursor(pilot) == 0


async def test_a_sentence_by_its_number(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, ":")
        assert f"0 to {LAST}" in status(pilot)
        await enter(pilot, "20")
        assert cursor(pilot) == 20
        assert "sentence 20 ·" in text(pilot)


@pytest.mark.parametrize("typed", ["28", "-1", "seven", "", "9" * 40, "²"])
async def test_a_number_that_is_no_sentence(store: Store, typed: str) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j", ":")
        await enter(pilot, typed)
        assert cursor(pilot) == 1
        assert f"give a number from 0 to {LAST}" in status(pilot)


async def test_escape_leaves_the_question(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await pilot.press(":", "2", "0", "escape", "j")
        assert cursor(pilot) == 1


async def test_unlabelled_sentences_both_ways(store: Store) -> None:
    for index in (0, 1, 2, 4, LAST):
        store.write(lambda db, i=index: set_label(db, "ana", LANDLORD, i, "planning", CODEBOOK)).result()  # type: ignore[misc]
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "]")
        assert cursor(pilot) == 3
        await send(pilot, "]")
        assert cursor(pilot) == 5
        await send(pilot, "[")
        assert cursor(pilot) == 3
        await send(pilot, "[")
        assert cursor(pilot) == 3
        assert status(pilot) == "no unlabelled sentence that way."
        await send(pilot, "G", "]")
        assert cursor(pilot) == LAST
        assert status(pilot) == "no unlabelled sentence that way."


async def test_big_changes_both_ways(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, ">")
        assert cursor(pilot) == TURN - 1
        await send(pilot, ">")
        assert cursor(pilot) == TURN
        await send(pilot, ">")
        assert cursor(pilot) == TURN
        assert status(pilot) == "no big change of a rate that way."
        await send(pilot, "<")
        assert cursor(pilot) == TURN - 1


async def test_the_trace_opens_where_it_was_left(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, ":")
        await enter(pilot, "17")
        await send(pilot, "q")
    # A process that ends waits for what it has still to write.
    store.write(lambda _: None).result()
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        assert cursor(pilot) == 17
        await until(pilot, lambda: any(row.startswith("▌17 ") for row in rows(pilot)))


async def test_rates_of_the_sentence_under_the_cursor(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, ":")
        await enter(pilot, str(TURN))
        shown = text(pilot)
        assert "0.40 (8/20)" in shown
        assert "0.90 (18/20)" in shown
        assert "▲ +0.50" in shown
        assert "importance 0.50" in shown


async def test_a_gap_is_no_rate(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, ":")
        await enter(pilot, "5")
        assert "5 → not sampled" in text(pilot)
        await send(pilot, ":")
        await enter(pilot, "8")
        assert "8 → none decided" in text(pilot)
        assert not re.search(r"\bnan\b", text(pilot), re.IGNORECASE)


async def test_numbers_under_the_curve_are_whole(store: Store) -> None:
    async with build_app(store, "nasty").run_test(size=(120, 36)) as pilot:
        # The forty-first prefix is the last column, where two digits have no room.
        for prefix in (0, 9, 10, 11, 19, 20, 39):
            await send(pilot, ":")
            await enter(pilot, str(prefix))
            ruler = next(row for row in rows(pilot) if "prefix" in row[60:]).split("prefix")[1]
            assert {int(number) for number in re.findall(r"\d+", ruler)} <= {0, 10, 20, 30, 40}
            assert ruler.index("^") == 2 + prefix


async def test_keys_that_arrive_in_one_piece_are_obeyed_in_order(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j", "j", "7", "V", "j", "G", "escape", "j", "p", "G", "q", "k", "k")
        assert cursor(pilot) == 2
        assert "1/28 labelled" in text(pilot)
        await send(pilot, "o", "j", "j", "enter")
        assert "parking-ticket-free" in text(pilot)
