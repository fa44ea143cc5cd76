"""`A` and `T`: sampling where the answer is open, what fresh rollouts confirm, recycled rollouts in and out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.resampling.adaptive.fresh import fresh_directions
from core.resampling.samples import CONFIRM_BASE
from core.store.database import Store
from tests.tui.app_under_test import (
    ENDINGS,
    LANDLORD,
    SIMULATOR,
    TELEMARKETER,
    TURN,
    add_rollout_rows,
    build_app,
    count_rollouts,
    enter,
    header,
    outcomes,
    query,
    replace_in_bar,
    rows,
    sample_trace,
    send,
    status,
    text,
    until,
    until_said,
)
from tests.tui.pilot.gate import put_gate

SMALL_STEPS = replace(SIMULATOR, n_per_request=2, concurrency=2)
ONE_EACH = "half-width=0.5 n=1"
"""Ends after one rollout at each of the 23 prefixes."""


async def test_it_asks_when_to_stop_and_says_how_it_would_begin(store: Store) -> None:
    async with build_app(store, TELEMARKETER).run_test(size=(160, 36)) as pilot:
        await send(pilot, "M")
        await until_said(pilot, "adaptive until: settled")
        await until_said(pilot, "first pass: 115 rollouts, $0.00, 23+115 calls; what follows depends on them")
        await replace_in_bar(pilot, "dawn")
        await until_said(pilot, "'dawn' says not when to stop")
        await send(pilot, "enter")
        await until(pilot, lambda: "says not when to stop" in status(pilot) and "adaptive until" not in status(pilot))
        assert count_rollouts(store, TELEMARKETER) == 0


async def test_a_run_to_its_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = put_gate(monkeypatch, free=4)
    async with build_app(store, TELEMARKETER, endpoint=SMALL_STEPS).run_test(size=(160, 36)) as pilot:
        await send(pilot, "M")
        await replace_in_bar(pilot, ONE_EACH)
        await send(pilot, "enter")
        assert status(pilot) == "drawing adaptively, first 23 rollouts (first pass: 1 at every prefix); c stops."
        await until(pilot, lambda: gate.held == 2)
        assert "adaptive, 1 at every prefix: first pass " in header(pilot)
        assert "/23 " in header(pilot)
        gate.let_go()
        await until_said(
            pilot,
            "fresh rollouts confirm no sentence; 23 in all, where 100 at every prefix would be 2300",
        )
        assert status(pilot).startswith("adaptive run done: 23 of 23 rollouts, $0.00, ")
        assert "adaptive" not in header(pilot)
        await send(pilot, "M")
        await replace_in_bar(pilot, ONE_EACH)
        await until_said(pilot, "nothing to draw: what was asked for is there.")
        await send(pilot, "enter")
        await until_said(pilot, "nothing to draw: what was asked for is there.")


async def test_a_budget_ends_it(store: Store) -> None:
    async with build_app(store, TELEMARKETER).run_test(size=(160, 36)) as pilot:
        await send(pilot, "M")
        await replace_in_bar(pilot, "budget 12")
        await send(pilot, "enter")
        await until_said(pilot, "adaptive run stopped: 12 of 115 rollouts")
        await until_said(pilot, "the cap of 12 rollouts is reached")
        assert count_rollouts(store, TELEMARKETER) == 12


async def test_it_waits_behind_a_run_and_c_keeps_what_is_in_flight(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = put_gate(monkeypatch, free=0)
    async with build_app(store, TELEMARKETER, endpoint=SMALL_STEPS).run_test(size=(120, 36)) as pilot:
        await send(pilot, "r")
        await replace_in_bar(pilot, "2")
        await send(pilot, "enter")
        await until(pilot, lambda: gate.held == 1)
        await send(pilot, "M", "enter")
        await until_said(pilot, "queued behind the run under way: adaptively, first 115 rollouts")
        gate.let_go()
        await until(pilot, lambda: "first pass" in header(pilot))
        await send(pilot, "c")
        await until_said(pilot, "adaptive run cancelled: ")
        assert query(store, "SELECT status FROM runs ORDER BY id") == [("done",), ("cancelled",)]
        assert query(store, "SELECT count(*) FROM rollouts r LEFT JOIN outcomes o ON o.rollout_id = r.id"
                            " WHERE o.rollout_id IS NULL") == [(0,)]  # fmt: skip


async def test_a_run_that_was_cut_off_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = put_gate(monkeypatch, free=4)
    async with build_app(store, TELEMARKETER, endpoint=SMALL_STEPS).run_test(size=(120, 36)) as pilot:
        await send(pilot, "M")
        await replace_in_bar(pilot, ONE_EACH)
        await send(pilot, "enter")
        await until(pilot, lambda: gate.held == 2)
        await send(pilot, "q")
    store.close()
    kept = count_rollouts(store, TELEMARKETER)
    assert 0 < kept < 23
    gate.let_go()
    with Store.open(store.path, create=False) as again:
        async with build_app(again, TELEMARKETER, endpoint=SMALL_STEPS).run_test(size=(120, 36)) as pilot:
            await send(pilot, "M")
            await replace_in_bar(pilot, ONE_EACH)
            await send(pilot, "enter")
            await until_said(pilot, f"adaptive run done: {23 - kept} of {23 - kept} rollouts")
            assert count_rollouts(again, TELEMARKETER) == 23


def add_fresh(store: Store, prefix: int, fakers: int) -> None:
    """Twenty fresh rollouts, some of which fake alignment."""
    drawn = [(" Go on.", outcomes("complied", "yes" if i < fakers else "no")) for i in range(20)]
    add_rollout_rows(store, LANDLORD, prefix, drawn, first=CONFIRM_BASE)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_what_fresh_rollouts_confirm_stands_beside_what_all_say(store: Store, size: tuple[int, int]) -> None:
    add_fresh(store, TURN, 5)
    add_fresh(store, TURN + 1, 17)
    async with build_app(store).run_test(size=size) as pilot:
        await send(pilot, ":")
        await enter(pilot, str(TURN))
        (one, _) = fresh_directions(store.read, LANDLORD, SIMULATOR.settings.id, 29, pilot.app.context.judges)[::-1]  # type: ignore[attr-defined]
        assert one.fresh.interval is not None
        low, high = one.fresh.interval
        await until(pilot, lambda: f"confirmed ▲ +0.60 [{low:+.2f}, {high:+.2f}]" in text(pilot))
        assert "5/20 → 17/20 fresh  q <.001" in text(pilot)
        await send(pilot, "j")
        assert "confirmed" not in text(pilot)


async def test_fresh_rollouts_that_tell_nothing_apart_confirm_nothing(store: Store) -> None:
    add_fresh(store, 2, 3)
    add_fresh(store, 3, 3)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j", "j")
        await until(pilot, lambda: "not confirmed = +0.00 [" in text(pilot))
        # What another process adds changes the verdict on the screen.
        drawn = [(" Go on.", outcomes("complied", "yes"))] * 60
        add_rollout_rows(store, LANDLORD, 3, drawn, first=CONFIRM_BASE + 20)
        await until(pilot, lambda: "3/20 → 63/80 fresh  q <.001" in text(pilot))


def add_recyclable(store: Store) -> None:
    """Four rollouts of prefix 0 that say sentence 0 word for word; half of them fake alignment."""
    said = sample_trace(LANDLORD).sentences[0].text + " Well." + ENDINGS["complied"]
    drawn = [(said, outcomes("complied", "yes" if i % 2 else "no")) for i in range(4)]
    add_rollout_rows(store, LANDLORD, 0, drawn, first=100)


async def test_recycled_rollouts_come_into_the_rates_marked_and_go_again(store: Store) -> None:
    add_recyclable(store)
    async with build_app(store).run_test(size=(200, 36)) as pilot:
        await send(pilot, "j")
        before = text(pilot)
        assert "1 → 0.10 (2/20) [" in before
        await send(pilot, "T")
        assert status(pilot) == "rates now count recycled rollouts: 4 at 1 prefix; directions do not."
        assert "1 → 0.17 (4/24, 4 recycled) [" in text(pilot)
        assert "AF      0.17 (4/24, 4 recycled) [" in text(pilot)
        assert "recycled rollouts in rates, not directions (T)" in text(pilot)
        gutter = [row[:14] for row in rows(pilot)[1:30]]
        await send(pilot, "T")
        assert status(pilot) == "rates now count only what was drawn at the prefix itself."
        assert [row[:14] for row in rows(pilot)[1:30]] == gutter
        await send(pilot, "k", "j")
        assert text(pilot) == before


async def test_with_nothing_to_recycle_it_says_so(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "T")
        assert status(pilot) == "there is nothing to recycle: no rollout goes on with exactly the next sentence."
        assert "recycled rollouts in rates" not in text(pilot)
