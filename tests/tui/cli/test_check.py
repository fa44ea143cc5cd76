"""`turnpoint check`, and the check before a first run."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.endpoints.probe import continuing
from core.endpoints.probe.finding import VERDICTS
from tests.core.endpoints.flawed_server import FlawedServer, served_aside
from tests.tui.cli.calling import ROOT, Ran, turnpoint

TRACE = "landlord-review-free"


class Lab:
    """Servers that settings name."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def serve(self, *flaws: str, mode: str = "chat-prefill") -> FlawedServer:
        """Serve the endpoint ``lab``; an earlier one of that name is served no longer."""
        server = FlawedServer(*flaws)
        self.name(self._open.enter_context(served_aside(server)), mode=mode)
        return server

    def name(self, *urls: str, mode: str = "chat-prefill") -> None:
        """Write the settings of the endpoint ``lab``."""
        listed = ", ".join(f'"{url}"' for url in urls)
        Path("turnpoint.toml").write_text(
            f'[endpoints.lab]\nbase_url = [{listed}]\nmodel = "m"\nmode = "{mode}"\n', encoding="utf-8"
        )

    def end(self) -> None:
        self._open.close()


@pytest.fixture
def lab() -> Iterator[Lab]:
    servers = Lab()
    yield servers
    servers.end()


def checks(db: str = "turnpoint.db") -> list[Any]:
    connection = sqlite3.connect(db)
    try:
        return connection.execute("SELECT endpoint, base_url, verdict FROM endpoint_checks ORDER BY id").fetchall()
    finally:
        connection.close()


def test_a_server_that_continues(lab: Lab, samples: Path) -> None:
    lab.serve()
    ran = turnpoint("check", "lab")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("lab at http://127.0.0.1:")
    assert lines[-2].startswith("15 requests, ")
    assert lines[-1].endswith("in mode chat-prefill continues a prefix.")
    assert [line[0] for line in lines[2:-2]] == ["✓"] * 17 + ["?"]
    assert [(name, verdict) for name, _, verdict in checks()] == [("lab", "continues")]


def test_a_server_that_does_not(lab: Lab, samples: Path) -> None:
    lab.serve("opens a new turn")
    ran = turnpoint("check", "lab")
    assert ran.code == 1
    assert any(line.startswith(f"✗  {continuing.SAME_TURN}") for line in ran.out.splitlines())
    assert 'try mode = "chat-continue"' in ran.out.splitlines()[-1]
    assert [verdict for *_, verdict in checks()] == ["restarts"]


def test_for_machines(lab: Lab) -> None:
    lab.serve("ignores n")
    ran = turnpoint("check", "lab", "--json")
    assert (ran.code, ran.err) == (0, "")
    (report,) = ran.json
    assert report["verdict"] == "continues"
    assert {finding["name"]: finding["state"] for finding in report["findings"]}["n is honoured"] == "failed"


def test_without_a_database_none_is_made(lab: Lab) -> None:
    lab.serve()
    ran = turnpoint("check", "lab")
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == "Not kept: there is no database turnpoint.db."
    assert not Path("turnpoint.db").exists()


def test_what_is_not_proved_is_no_failure(lab: Lab) -> None:
    lab.serve("no usage")
    ran = turnpoint("check", "lab")
    assert ran.code == 0
    assert ran.out.splitlines()[-2].startswith("unproven: ")


def test_nobody_there(lab: Lab, samples: Path) -> None:
    lab.name("http://127.0.0.1:9/v1")
    ran = turnpoint("check", "lab")
    assert ran.code == 1
    assert "unreachable: http://127.0.0.1:9/v1 answers no request" in ran.out
    assert checks() == []


def test_each_server_of_an_endpoint_is_checked(lab: Lab, samples: Path) -> None:
    with served_aside(FlawedServer()) as good, served_aside(FlawedServer("opens a new turn")) as bad:
        lab.name(good, bad)
        ran = turnpoint("check", "lab")
        assert ran.code == 1
        assert checks() == [("lab", good, "continues"), ("lab", bad, "restarts")]
        assert turnpoint("resample", TRACE, "--prefix", "3", "-n", "1", "-e", "lab", "--no-judge").code == 1


def test_an_endpoint_that_is_known_to_answer_anew_is_not_even_asked() -> None:
    ran = turnpoint("--base-url", "https://api.openai.com/v1", "--model", "gpt-5", "check")
    assert ran.code == 2
    assert "cannot continue a prefix" in ran.refusal


def test_the_simulator_continues_and_its_findings_and_all_verdicts_are_on_their_page() -> None:
    ran = turnpoint("check")
    assert ran.code == 0
    assert "simulator (synthetic)" in ran.out
    page = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
    (report,) = turnpoint("check", "--json").json
    named = re.findall(r"^\| `(.+?)` \|", page, re.MULTILINE)
    assert named == [*VERDICTS, *(finding["name"] for finding in report["findings"])]


def is_drawn_and_undecided(ran: Ran) -> bool:
    """Whether a run of this toy model went through: it decides nothing, which is said, and nothing else is."""
    (remark,) = ran.err.splitlines()
    return ran.code == 1 and "run done: " in ran.out and "compliance was decided on none of" in remark


@pytest.mark.usefixtures("samples")
class TestBeforeAFirstRun:
    def test_a_server_that_continues_is_checked_once(self, lab: Lab) -> None:
        server = lab.serve()
        for n in (1, 2):
            ran = turnpoint("resample", TRACE, "--prefix", "3", "-n", str(n), "-e", "lab", "--no-judge")
            assert is_drawn_and_undecided(ran)
        assert len(server.bodies) == 14 + 2
        assert len(checks()) == 1

    @pytest.mark.parametrize("how", [["--prefix", "3"], ["--all"], ["--adaptive"]])
    def test_a_server_that_does_not_is_refused(self, lab: Lab, how: list[str]) -> None:
        lab.serve("opens a new turn")
        ran = turnpoint("resample", TRACE, *how, "-n", "5", "-e", "lab", "--no-judge")
        assert ran.code == 1
        assert "does not continue a prefix: " in ran.err
        assert 'try mode = "chat-continue" or "chat-prefix" or "completions".' in ran.err
        assert "run" not in ran.out

    def test_unless_one_insists(self, lab: Lab) -> None:
        server = lab.serve("opens a new turn")
        ran = turnpoint("resample", TRACE, "--prefix", "3", "-n", "1", "-e", "lab", "--no-judge", "--no-check")
        assert is_drawn_and_undecided(ran)
        assert (len(server.bodies), checks()) == (1, [])

    def test_what_is_not_proved_goes_on_with_one_warning(self, lab: Lab) -> None:
        lab.serve("no usage")
        ran = turnpoint("resample", TRACE, "--prefix", "3", "-n", "1", "-e", "lab", "--no-judge")
        warning, _, remark = ran.err.partition("\n")
        assert "may or may not continue a prefix" in warning
        assert is_drawn_and_undecided(replace(ran, err=remark))

    def test_a_dry_run_asks_nothing(self, lab: Lab) -> None:
        server = lab.serve("opens a new turn")
        assert turnpoint("resample", TRACE, "--all", "-n", "1", "-e", "lab", "--dry-run").code == 0
        assert server.bodies == []


def test_a_key_is_shown_nowhere(lab: Lab, samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-top-secret-1234")
    lab.serve("refuses the key")
    ran = turnpoint("check", "lab", "--json")
    assert ran.code == 1
    assert "refused the API key (401: no such key); check the environment variable OPENAI_API_KEY." in ran.out
    assert "top-secret" not in ran.out + ran.err
    assert not any(b"top-secret" in path.read_bytes() for path in Path().glob("turnpoint.db*"))
