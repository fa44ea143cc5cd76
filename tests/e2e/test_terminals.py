"""Terminals of any size and ability, and one that changes its mind."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from tests.e2e import stored
from tests.processes import app, opened, simulator
from tests.sizes import sized
from tests.wire.hostile import SEQUENCE

TRACE = "landlord-review-free"
N = sized(20, 40)
STORM = [(20, 5), (1, 1), (200, 50), (2, 40), (200, 1), (80, 24), (3, 3), (119, 35), (40, 12), (99, 24), (100, 24)]


@pytest.mark.slow
def test_a_storm_of_sizes_during_a_run(home: Path) -> None:
    sizes = random.Random(3)
    # Answers take long enough for the run to outlast the storm.
    with simulator(home, latency=0.2) as slow, opened(home, *slow.flags, trace=TRACE) as running:
        running.send("R")
        running.wait_for("rollouts at all")
        running.send(f"{{ctrl+u}}{N}{{enter}}")
        running.wait_for("run ")
        for size in [*STORM, *((sizes.randint(1, 200), sizes.randint(1, 50)) for _ in range(9))]:
            running.resize(*size)
            running.press("j", quiet=0.05, first=0.3)
        running.resize(120, 40)
        running.wait_until(lambda _: stored.count(home) == 29 * N, "store all")
        running.wait_until(lambda text: "/28 labelled" in text and "run " not in text.splitlines()[0], "end the run")
        running.send("g")
        running.wait_until(lambda text: "\n▌ 0" in text, "go to the first")
        running.send("q")
        assert running.wait_exit() == 0
    assert stored.per_prefix(home, TRACE) == dict.fromkeys(range(29), N)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1, 1), (20, 5), (60, 20), (200, 50)], ids=lambda size: "x".join(map(str, size)))
def test_starting_at_any_size(sampled: Path, size: tuple[int, int]) -> None:
    with app(sampled, size=size) as running:
        running.wait_until(lambda _: b"\x1b[?1049h" in running.output, "take the screen")
        running.settle(0.4)
        # The first key opens the first trace of the list.
        for key in ("{enter}", "j", "1", "V", "j", "{enter}", "q", "q", "p", "G", "q", "?", "G", "q", "/a{enter}"):
            running.press(key, quiet=0.05, first=0.3)
        running.resize(120, 40)
        running.wait_for(TRACE, "1/28 labelled")
        running.send("q")
        assert running.wait_exit() == 0


def colours(output: bytes) -> set[str]:
    """Kinds of colour that the styles in ``output`` ask for."""
    kinds = set()
    for match in SEQUENCE.finditer(output.decode(errors="replace")):
        if match["last"] != "m":
            continue
        if re.search(r"[34]8;2;", match[0]):
            kinds.add("truecolor")
        elif re.search(r"[34]8;5;", match[0]):
            kinds.add("256")
        elif re.search(r"[\[;](3[0-7]|9[0-7]|4[0-7]|10[0-7])(?=[;m])", match[0]):
            kinds.add("16")
    return kinds


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "never"),
    [
        pytest.param({"COLORTERM": "truecolor"}, {"truecolor"}, id="truecolor"),
        pytest.param({"COLORTERM": None}, {"truecolor"}, id="256 colours"),
        pytest.param({"TERM": "xterm", "COLORTERM": None}, {"truecolor", "256"}, id="xterm"),
        pytest.param({"TERM": "screen", "COLORTERM": None}, {"truecolor", "256"}, id="screen"),
        pytest.param({"TERM": "vt100", "COLORTERM": None}, {"truecolor", "256"}, id="vt100"),
        pytest.param({"NO_COLOR": "1"}, {"truecolor", "256", "16"}, id="NO_COLOR"),
        pytest.param({"TERM": None, "COLORTERM": None}, {"truecolor"}, id="unknown"),
    ],
)
def test_terminals_of_fewer_colours(sampled: Path, changes: dict[str, str | None], never: set[str]) -> None:
    with opened(sampled, changes=changes, trace=TRACE) as running:
        running.send("1")
        running.wait_for("1/28 labelled", "pre1")
        running.send("V")
        running.wait_for("4/4 shown")
        running.send("q")
        running.wait_for("1/28 labelled", "R resample all")
        assert not colours(bytes(running.output)) & never
        # Sign, category and cursor are told without any colour.
        assert re.search(r"[▲▼=][ 0-9]\.\d\d", running.text)
        assert "▌" in running.text
        running.send("q")
        assert running.wait_exit() == 0


@pytest.mark.slow
def test_the_terminal_is_given_back_as_it_was(home: Path) -> None:
    with opened(home, trace=TRACE) as running:
        running.send("q")
        assert running.wait_exit() == 0
        text = running.output.decode(errors="replace")
        on, off = set(re.findall(r"\x1b\[\?(\d+)h", text)), set(re.findall(r"\x1b\[\?(\d+)l", text))
        assert text.rindex("\x1b[?1049l") > text.rindex("\x1b[?1049h")
        assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l"), "the cursor stays hidden"
        assert on - off - {"25", "7"} == set(), "a mode stays on"


def test_a_terminal_that_cannot_draw_is_refused(home: Path) -> None:
    refused = app(home, changes={"TERM": "dumb"})
    refused.wait_exit()
    assert refused.exit_code == 2
    assert "this terminal cannot draw (TERM=dumb)" in refused.text
