"""How long each sentence was looked at: by a clock that stands still while nobody looks."""

from __future__ import annotations

from tui.screens.looking import Looking


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_every_look_at_a_place_counts_and_the_present_one_too() -> None:
    clock = Clock()
    looking = Looking(clock)
    looking.at("first")
    clock.now += 2
    looking.at("second")
    clock.now += 5
    looking.at("first")
    clock.now += 1
    assert (looking.seconds("first"), looking.seconds("second"), looking.seconds("third")) == (3, 5, 0)


def test_nothing_is_looked_at_elsewhere() -> None:
    clock = Clock()
    looking = Looking(clock)
    looking.at("first")
    clock.now += 2
    looking.at(None)
    clock.now += 50
    assert looking.seconds("first") == 2
    looking.at("first")
    looking.at("first")
    clock.now += 1
    assert looking.seconds("first") == 3
