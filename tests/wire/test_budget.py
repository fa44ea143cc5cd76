"""How many bytes a key may cost; the counts repeat exactly, so that a careless repaint shows at once."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import opened
from tests.pty_app import PtyApp

STEPS = 60


@pytest.fixture
def running(home_with_long: Path) -> Iterator[PtyApp]:
    """The app on a thousand sentences, a rate at every prefix."""
    with opened(home_with_long) as app:
        yield app


def costs(running: PtyApp, key: str, times: int = STEPS) -> list[int]:
    """Bytes that come back for each press."""
    return [len(running.press(key, quiet=0.05)) for _ in range(times)]


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
    assert running.read_for(2.5) == b""


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
        patched = agreed(running.rows)
        running.press("?", quiet=0.3)
        assert agreed(running.rows) != patched
        running.press("q", quiet=0.3)
        assert agreed(running.rows) == patched


def agreed(rows: list[str]) -> list[str]:
    """Rows without emoji, about whose width terminals differ."""
    return ["" if any(character > "\U0001f000" for character in row) else row for row in rows]
