"""Reports that come too fast: whatever the timing, what was told last is what was reported last."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.reporting import Throttled, in_a_thread
from tests.patience import PATIENCE
from tests.sizes import examples
from tui.cli.terminal_line import TerminalLine


class Time:
    """A clock that is moved by hand, and does what is due on its way."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[Alarm] = []

    def later(self, seconds: float, work: Callable[[], None]) -> Alarm:
        self.due.append(Alarm(self, self.now + seconds, work))
        return self.due[-1]

    def pass_by(self, seconds: float) -> None:
        end = self.now + seconds
        while ready := [alarm for alarm in self.due if alarm.at <= end]:
            first = min(ready, key=lambda alarm: alarm.at)
            self.due.remove(first)
            self.now = max(self.now, first.at)
            first.work()
        self.now = end


class Alarm:
    """What is to be done at some time."""

    def __init__(self, clock: Time, at: float, work: Callable[[], None]) -> None:
        self.clock, self.at, self.work = clock, at, work

    def cancel(self) -> None:
        if self in self.clock.due:
            self.clock.due.remove(self)


@settings(max_examples=examples(200))
@given(st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=40))
def test_the_last_report_arrives_and_few_do_before(pauses: list[float]) -> None:
    clock, told = Time(), list[tuple[float, int]]()
    throttled = Throttled[int](lambda n: told.append((clock.now, n)), 1.0, clock.later, lambda: clock.now)
    for n, pause in enumerate(pauses):
        throttled(n)
        clock.pass_by(pause)
    clock.pass_by(1.0)
    assert told[0] == (0.0, 0)
    assert told[-1][1] == len(pauses) - 1
    assert [n for _, n in told] == sorted({n for _, n in told})
    assert all(after - before >= 1.0 - 1e-9 for (before, _), (after, _) in itertools.pairwise(told))
    assert clock.due == []


def test_what_is_dropped_is_never_told() -> None:
    clock, told = Time(), list[int]()
    throttled = Throttled[int](told.append, 1.0, clock.later, lambda: clock.now)
    throttled(1)
    throttled(2)
    throttled.drop()
    clock.pass_by(9.0)
    assert told == [1]
    throttled(3)
    throttled(4)
    throttled.flush()
    clock.pass_by(9.0)
    assert told == [1, 3, 4]


def test_a_line_shows_the_last_that_it_was_told_while_its_thread_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, arrived = list[str](), threading.Event()

    def echo(text: str, **_: object) -> None:
        shown.append(text.strip())
        if text.strip() == "40/40":
            arrived.set()

    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("click.echo", echo)
    line = TerminalLine()
    for n in range(41):
        line.show(f"{n}/40")
    assert arrived.wait(PATIENCE)
    line.show("and on")
    line.end()
    assert shown[0] == "0/40"
    assert shown[-2:] == ["40/40", ""]


def test_a_timer_of_a_thread_can_be_cancelled() -> None:
    told = threading.Event()
    in_a_thread(3600, told.set).cancel()
    in_a_thread(0, told.set)
    assert told.wait(PATIENCE)
