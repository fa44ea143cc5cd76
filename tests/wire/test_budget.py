"""How many bytes a key may cost; the counts repeat exactly, so that a careless repaint shows at once."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import opened, row_under_cursor
from tests.pty_app import PtyApp

STEPS = 60


@pytest.fixture
def running(home_with_long: Path) -> Iterator[PtyApp]:
    """The app on a thousand sentences, a rate at every prefix."""
    with opened(home_with_long) as app:
        yield app


def costs(running: PtyApp, key: str, times: int = STEPS) -> list[int]:
    """Bytes that come back for each press of a key that moves the cursor."""
    sizes = []
    for _ in range(times):
        start, left = len(running.output), row_under_cursor(running)
        running.send(key)
        running.wait_until(lambda _, left=left: row_under_cursor(running) not in ("", left), "move the cursor")  # type: ignore[misc]
        running.settle(0.05)
        sizes.append(len(running.output) - start)
    return sizes


@pytest.mark.slow
def test_a_step_costs_two_sentences_and_the_changed_cells_beside_them(running: PtyApp) -> None:
    sizes = costs(running, "j")
    assert min(sizes) > 100, "a key that draws nothing measures nothing"
    assert statistics.median(sizes) <= 1500
    assert statistics.mean(sizes) <= 3000
    back = costs(running, "k")
    assert statistics.median(back) <= 1500
    assert statistics.mean(back) <= 3000


@pytest.mark.slow
def test_a_label_costs_hardly_more_than_a_step(running: PtyApp) -> None:
    for key in ("3", " "):
        sizes = costs(running, key, times=40)
        assert min(sizes) > 100
        assert statistics.median(sizes) <= 1600
        assert statistics.mean(sizes) <= 3000


@pytest.mark.slow
def test_nothing_is_sent_while_nothing_happens(running: PtyApp) -> None:
    running.press("j")
    # The position is stored after a moment without moves; that must not draw anything either.
    running.settle(2.5)


def test_the_first_screen_is_a_few_frames(running: PtyApp) -> None:
    assert len(running.output) <= 45_000


def test_no_mouse_is_listened_to_unless_asked(running: PtyApp) -> None:
    for mode in (b"\x1b[?1000h", b"\x1b[?1002h", b"\x1b[?1003h"):
        assert mode not in running.output


@pytest.mark.slow
@pytest.mark.parametrize("size", [(120, 40), (80, 24), (44, 12)], ids=lambda size: "x".join(map(str, size)))
def test_what_single_changes_leave_is_what_a_full_repaint_draws(home_with_nasty: Path, size: tuple[int, int]) -> None:
    with opened(home_with_nasty, size=size, trace="nasty") as running:
        for key in ["j"] * 30 + ["1"] * 4 + ["k"] * 6 + ["b", "V", "j", "j", "q", "u", ">", "j", "j"]:
            running.press(key, quiet=0.03, first=0.4)
        # When this is refused, all before it has been obeyed.
        running.send("}")
        running.wait_for("no unsure")
        running.settle(1.0)
        patched = agreed(running.rows)
        running.send("?")
        running.wait_until(lambda _: agreed(running.rows) != patched, "show the keys")
        running.settle(1.0)
        running.send("q")
        running.wait_until(lambda _: agreed(running.rows) == patched, "draw the same again")


def agreed(rows: list[str]) -> list[str]:
    """Rows without emoji, about whose width terminals differ."""
    return ["" if any(character > "\U0001f000" for character in row) else row for row in rows]
