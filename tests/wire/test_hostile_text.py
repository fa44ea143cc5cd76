"""Nothing that a trace, a rollout or a paste says reaches the terminal as a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.traces.importers import read_traces
from tests.processes import SAMPLES, opened
from tests.pty_app import PtyApp
from tests.wire.hostile import SAID, offences, styles_in

SIZES = [(120, 40), (80, 24), (40, 10)]


@pytest.fixture(params=SIZES, ids=lambda size: "x".join(map(str, size)))
def nasty(request: pytest.FixtureRequest, home_with_nasty: Path) -> PtyApp:
    """The app on the nasty trace."""
    running = opened(home_with_nasty, "--db", "turnpoint.db", size=request.param, trace="nasty")
    request.addfinalizer(running.close)
    return running


def nothing_came_through(running: PtyApp) -> None:
    (trace,) = read_traces(SAMPLES / "nasty.jsonl").traces
    assert running.exit_code is None
    assert b"\x1b]52" not in running.output
    assert offences(bytes(running.output)) == []
    drawn = running.output.decode("utf-8", "replace")
    assert [style for style in styles_in(trace.response + SAID) if style in drawn] == []


def test_the_samples_are_as_hostile_as_the_audit_is_strict() -> None:
    (trace,) = read_traces(SAMPLES / "nasty.jsonl").traces
    raw = trace.response.encode("utf-8", "surrogatepass")
    assert b"\x1b]52" in raw
    assert len(offences(raw)) > 20
    assert styles_in(trace.response)
    assert offences(b"\x1b[1;31mfine\x1b[0m \xe2\x96\x8c \xe4\xb8\xad\r\n") == []


@pytest.mark.slow
def test_stepping_through_every_sentence(nasty: PtyApp) -> None:
    (trace,) = read_traces(SAMPLES / "nasty.jsonl").traces
    for index in range(1, len(trace.sentences)):
        nasty.send("j")
        nasty.wait_until(lambda text, index=index: f"▌{index}" in text.replace(" ", ""), f"reach sentence {index}")  # type: ignore[misc]
    nasty.send("k")
    nasty.wait_until(lambda text: f"▌{index - 1}" in text.replace(" ", ""), "go back")
    nothing_came_through(nasty)


VISITS = {
    "rollouts": ["V", "j", "j", "{enter}", "j", "G", "q", "f", "f", "/rolled{enter}", "n", "q"],
    "reading a sentence": ["g", "{enter}", "q", ":6{enter}", "{enter}", "G", "q"],
    "prompt and response": ["p", "{pagedown}", "{pagedown}", "G", "q"],
    "choosing a trace": ["o", "/odd{enter}", "G", "q"],
    "searching": ["/[/think]{enter}", "n", "/:=x[{enter}", "{escape}"],
    "pasting an escape": ["/\x1b[200~\x1b]52;c;cGFzdGU=\x07\x1b[201~", "{enter}", "{escape}"],
    "pasting controls": ["/\x1b[200~\u202egnorw\x00 \x9b31m\x07\x1b[201~", "{enter}", "{escape}"],
    "answering with markup": [":[/think]", "{enter}", "r[bold", "{enter}", "w[/x]", "{enter}"],
    "keys": ["?", "G", "q"],
}


@pytest.mark.slow
def test_on_every_screen(nasty: PtyApp) -> None:
    for keys in VISITS.values():
        for key in keys:
            nasty.press(key, quiet=0.05, first=0.25)
        nothing_came_through(nasty)
    nasty.send("gj")
    nasty.wait_until(lambda text: "\n▌ 1" in text, "reach sentence 1")
