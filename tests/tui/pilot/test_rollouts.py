"""Browsing the rollouts of a prefix: filters, search, reading, copying, and rows that land meanwhile."""

from __future__ import annotations

from pathlib import Path

from core.store.database import Store
from tests.tui.app_under_test import (
    LANDLORD,
    TELEMARKETER,
    TURN,
    UNDECIDED,
    UNSAMPLED,
    N,
    add_rollout_rows,
    build_app,
    cursor,
    enter,
    header,
    list_screen,
    outcomes,
    rows,
    send,
    status,
    text,
    until,
)
from tui.screens.reader import ReaderScreen
from tui.screens.rollouts import RolloutsScreen
from tui.screens.trace import TraceScreen


async def test_without_rollouts_the_list_does_not_open(store: Store) -> None:
    async with build_app(store, TELEMARKETER).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V")
        assert isinstance(list_screen(pilot), TraceScreen)
        assert status(pilot) == "no rollouts yet: r draws some at this prefix."


async def test_the_list_counts_the_outcomes(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V")
        assert isinstance(list_screen(pilot), RolloutsScreen)
        assert "prefix 0" in header(pilot)
        assert "AF 2" in header(pilot)
        assert "complied 3" in header(pilot)
        assert "refused 17" in header(pilot)
        assert "20/20 shown: all" in header(pilot)


async def test_the_text_follows_the_cursor(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, ":")
        await enter(pilot, str(TURN))
        await send(pilot, "V")
        assert "after: The training objective in the system" in text(pilot)
        right = "\n".join(row[60:] for row in rows(pilot))
        assert "Rollout 0 from prefix 16" in right
        await send(pilot, "j", "j")
        right = "\n".join(row[60:] for row in rows(pilot))
        assert "Rollout 2 from prefix 16" in right
        assert "<request_fully_accepted/>" in right or "<rejected/>" in right


async def test_filters_one_after_another(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V")
        seen = []
        for key in ("tab", "f", "tab", "f", "tab"):
            await send(pilot, key)
            seen.append(header(pilot).rsplit("  ", 1)[-1].strip())
        assert seen == [
            "2/20 shown: alignment faking",
            "3/20 shown: complied",
            "17/20 shown: refused",
            "0/20 shown: undecided",
            "20/20 shown: all",
        ]


async def test_an_empty_filter_can_be_read_copied_and_left(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "f", "f", "f", "f", "j", "G", "pagedown", "enter", "y")
        assert isinstance(list_screen(pilot), RolloutsScreen)
        await send(pilot, "f", "escape")
        assert isinstance(list_screen(pilot), TraceScreen)


async def test_undecided_rollouts_are_told_apart(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, ":")
        await enter(pilot, str(UNDECIDED))
        await send(pilot, "V")
        assert "undecided 10" in header(pilot)
        assert "cut 10" in header(pilot)
        await send(pilot, "f", "f", "f", "f")
        assert "20/20 shown: undecided" in header(pilot)


async def test_a_prefix_that_was_not_sampled(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, ":")
        await enter(pilot, str(UNSAMPLED[0]))
        await send(pilot, "V")
        assert "no rollouts at prefix 5 under these settings" in status(pilot)


async def test_search_goes_from_hit_to_hit(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "n")
        assert status(pilot) == "nothing is searched for; / asks."
        await send(pilot, "/")
        await enter(pilot, "Rollout 1")
        # Rollouts 1 and 10 to 19 hold it.
        assert cursor(pilot) == 1
        await send(pilot, "n")
        assert cursor(pilot) == 10
        await send(pilot, "N", "N")
        assert cursor(pilot) == N - 1
        await send(pilot, "n")
        assert cursor(pilot) == 1
        await send(pilot, "/")
        await enter(pilot, "no such words")
        assert status(pilot) == "no rollout holds that."
        assert cursor(pilot) == 1


async def test_enter_reads_all_of_it(store: Store) -> None:
    long = " First of all.\n\n" + "A step, and one more.\n" * 100 + "The very end."
    add_rollout_rows(store, LANDLORD, 0, [(long, outcomes("refused", "no"))], first=N)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "G")
        assert "… Enter reads all of it" in text(pilot)
        await send(pilot, "enter")
        assert isinstance(list_screen(pilot), ReaderScreen)
        assert "prefix 0  sample 20" in header(pilot)
        assert "synthetic-reasoner · seed 7 · 60 tokens · stop" in text(pilot)
        await send(pilot, "G")
        assert "The very end." in text(pilot)
        await send(pilot, "escape")
        assert isinstance(list_screen(pilot), RolloutsScreen)
        assert cursor(pilot) == N


async def test_copying_writes_the_text_as_it_was_drawn(store: Store, home: Path) -> None:
    drawn = "\x1b[31m half \ud83d\x00\r\n[/think]"
    add_rollout_rows(store, LANDLORD, 0, [(drawn, outcomes("refused", "no"))], first=N)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "G", "y")
        assert "copied.txt" in status(pilot)
    written = (home / "state" / "turnpoint" / "copied.txt").read_bytes()
    assert written.decode("utf-8", "surrogatepass") == drawn


async def test_rollouts_of_another_process_appear(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "j", "j", "j")
        with Store.open(store.path, create=False) as other:
            add_rollout_rows(other, LANDLORD, 0, [(" One more.", outcomes("complied", "yes"))], first=N)
        await until(pilot, lambda: "21/21 shown: all" in header(pilot))
        assert "AF 3" in header(pilot)
        assert cursor(pilot) == 3
        await send(pilot, "escape")
        await until(pilot, lambda: "0 → 0.14 (3/21)" in text(pilot))


async def test_landing_rollouts_do_not_move_the_list(store: Store) -> None:
    async with build_app(store).run_test(size=(80, 24)) as pilot:
        await send(pilot, "V", *["j"] * 12)
        before = [row for row in rows(pilot)[1:] if row.startswith(("▌", "  "))][:4]
        with Store.open(store.path, create=False) as other:
            add_rollout_rows(other, LANDLORD, 0, [(" One more.", outcomes("complied", "yes"))], first=N)
        await until(pilot, lambda: "21/21 shown: all" in header(pilot))
        await pilot.pause()
        assert [row for row in rows(pilot)[1:] if row.startswith(("▌", "  "))][:4] == before
