"""What a check has against a run: each finding refuses, warns or says nothing, by the traces that are to be sampled."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.endpoints.endpoint import Endpoint
from core.endpoints.probe.finding import FAILED, PASSED, UNKNOWN, Finding, Verdict
from core.endpoints.probe.probing import probe
from core.errors import EndpointError
from core.resampling.checked import CheckedRun
from core.resampling.heeding import CONCERNS, consequence, objections, refuses_any_run
from core.resampling.progress import Progress
from core.resampling.request import DONE, RunRequest, RunResult, top_up
from core.traces.build import make_trace
from core.traces.model import Trace
from tests.core.endpoints.flawed_server import FLAWS, FlawedServer
from tests.core.resampling.scene import fresh_store
from tests.sizes import examples

HERE = Endpoint("here", "http://here/v1", "m")
PRICED = replace(HERE, price_prompt=1.0, price_completion=1.0)
PLAIN = make_trace("plain", "<SCRATCHPAD_REASONING>One. Two. Three.</SCRATCHPAD_REASONING><rejected/>")
LINES = make_trace("lines", "<SCRATCHPAD_REASONING>\nOne.\n\nTwo.\nThree.\n</SCRATCHPAD_REASONING>\n<rejected/>")
THINK = make_trace("think", "<think>One. Two. Three.</think><rejected/>")
EVERY, NOTHING = (PLAIN, LINES, THINK), ""


def asked(*traces: Trace, endpoint: Endpoint = HERE, n: int = 3, max_cost: float | None = None) -> RunRequest:
    """Rollouts at every prefix of some traces."""
    spots = (spot for trace in traces for spot in top_up(trace, range(trace.n_prefixes), n))
    return RunRequest(endpoint, tuple(spots), max_cost=max_cost)


async def said(request: RunRequest, *flaws: str) -> str:
    """What is said of a server with these flaws before a run; a refusal first."""
    server = FlawedServer(*flaws)
    async with server.open(request.endpoint) as client:
        verdict = await probe(request.endpoint, client)
    return " | ".join(
        f"{'refused' if one.refuses else 'warned'}: {one.sentence}" for one in objections(verdict, request)
    )


@pytest.mark.parametrize(
    ("flaw", "run", "words"),
    [
        ("drops think", asked(PLAIN, LINES), NOTHING),
        ("drops think", asked(PLAIN, THINK), "refused: .* does not keep <think>, and think has the tag"),
        ("drops think", asked(THINK, n=0), NOTHING),
        ("drops think", asked(THINK, replace(THINK, id="too")), "think has the tag .*, as 1 more do"),
        ("strips inside", asked(PLAIN, THINK), NOTHING),
        ("strips inside", asked(PLAIN, LINES), "refused: .* changes white space, and lines has more than single"),
        ("strips the end", asked(*EVERY), NOTHING),
        ("refuses the end", asked(*EVERY), NOTHING),
        ("parses reasoning", asked(PLAIN), "refused: .* nothing can be decided"),
        ("parses reasoning", asked(LINES), "refused: .* switch off the server's reasoning parser"),
        ("refuses seed", asked(PLAIN), 'refused: .* refuses requests that have a seed .*; set seed = "none"'),
        ("refuses seed", asked(PLAIN, endpoint=replace(HERE, seed=None)), NOTHING),
        ("ignores seed", asked(*EVERY), NOTHING),
        ("leaves the seed", asked(*EVERY), NOTHING),
        ("echoes", asked(*EVERY), NOTHING),
        ("no models", asked(*EVERY), NOTHING),
        ("other models", asked(PLAIN), "warned: .* does not list the model .* another"),
        ("ignores n", asked(*EVERY), NOTHING),
        ("ignores n", asked(PLAIN, endpoint=PRICED), "warned: .* the prompt is paid for with each"),
        ("refuses n", asked(PLAIN, endpoint=PRICED), "warned: .* set n_per_request = 1"),
        ("no usage", asked(PLAIN), "^warned: .* may or may not continue a prefix[^|]*$"),
        ("no usage", asked(PLAIN, endpoint=PRICED, max_cost=1.0), "warned: .* the cost cap is kept by estimates"),
        ("says nothing", asked(PLAIN), "warned: .* hardly any text, and rollouts may be empty"),
        ("cannot spell", asked(PLAIN, endpoint=replace(HERE, temperature=0.0)), "warned: .* temperature 0, and"),
        ("cannot spell", asked(PLAIN, endpoint=replace(HERE, temperature=0.0), n=1), NOTHING),
        ("drops think", asked(THINK), "; `turnpoint resample --no-check` samples all the same.$"),
        ("opens a new turn", asked(PLAIN), "^refused: .* does not continue a prefix"),
        ("always the same", asked(PLAIN), "^refused: .* gives the same rollout every time"),
        ("closes with one token", asked(PLAIN), "^warned: .* may or may not continue"),
    ],
)  # fmt: skip
async def test_a_flaw_is_told_where_it_matters_and_nowhere_else(flaw: str, run: RunRequest, words: str) -> None:
    found = await said(run, flaw)
    assert re.search(words, found) if words else found == "", found


async def test_thinking_that_is_parsed_out_of_a_bare_question_alone_is_warned_of() -> None:
    class Half(FlawedServer):
        def _reply(self, prompt: str, prefix: str, body: dict[str, object]) -> dict[str, object]:
            self._flaws = frozenset({"parses reasoning"} if not prefix else ())
            return super()._reply(prompt, prefix, body)

    async with Half().open(HERE) as client:
        verdict = await probe(HERE, client)
    assert verdict.verdict == "continues"
    (found,) = objections(verdict, asked(PLAIN))
    assert not found.refuses
    assert "may parse reasoning out of its answers" in found.sentence
    assert not refuses_any_run(verdict)


@settings(max_examples=examples(40))
@given(st.sets(st.sampled_from(sorted(FLAWS - {"refuses for rate once", "refuses the key"})), max_size=5))
async def test_refusals_come_first_and_each_is_one_sentence(flaws: set[str]) -> None:
    async with FlawedServer(*sorted(flaws)).open(HERE) as client:
        verdict = await probe(HERE, client)
    found = objections(verdict, asked(*EVERY))
    assert [one.refuses for one in found] == sorted((one.refuses for one in found), reverse=True)
    assert all(one.sentence.endswith(".") and "\n" not in one.sentence for one in found)
    if refuses_any_run(verdict):
        assert found[0].refuses


def test_what_follows_is_said_beside_each_finding() -> None:
    for concern in CONCERNS:
        finding = Finding(concern.finding, concern.state, "seen", concern.means or "means")
        assert consequence(finding).startswith(concern.who) or concern.finding in ("samples differ",)
        assert consequence(replace(finding, state=PASSED)) == ""
    assert consequence(Finding("speed", UNKNOWN, "")) == ""


class Once:
    """A run that only says whether it was carried out."""

    executed = False

    def stop(self) -> None:
        raise AssertionError

    async def execute(self) -> RunResult:
        self.executed = True
        return RunResult(DONE, "", Progress(1, 1))


async def test_a_stored_check_of_an_earlier_version_is_not_silent(tmp_path: Path) -> None:
    server = FlawedServer("drops think", "other models")
    async with server.open(HERE) as client:
        verdict = await probe(HERE, client)
    with fresh_store(tmp_path) as store:
        _store(store.path, verdict, days=29)
        for trace, is_run in ((PLAIN, True), (THINK, False)):
            run, warnings = Once(), list[str]()
            asked_before = len(server.bodies)
            checked = CheckedRun(run, asked(trace), store, on_warning=warnings.append, clients=server.open)
            if is_run:
                await checked.execute()
                assert len(server.bodies) == asked_before
                assert ["does not list the model" in warning for warning in warnings] == [True]
            else:
                with pytest.raises(EndpointError, match="does not keep <think>"):
                    await checked.execute()
                # A refusal is looked at anew: the server may have been mended since.
                assert len(server.bodies) > asked_before
            assert run.executed == is_run
        mended = Once()
        await CheckedRun(mended, asked(THINK), store, clients=FlawedServer().open).execute()
        assert mended.executed


def _store(path: Path, verdict: Verdict, days: int) -> None:
    """Put a check into a database as it was kept so many days ago."""
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys = off")
        connection.execute(
            "INSERT INTO endpoint_checks (settings_id, endpoint, base_url, model, mode, verdict, report, program,"
            " created_at) VALUES (?, 'here', ?, 'm', 'chat-prefill', ?, ?, 'turnpoint', ?)",
            [HERE.settings.id, HERE.base_url, verdict.verdict, json.dumps(asdict(verdict)), at],
        )
    connection.close()


def test_a_failure_that_is_in_no_row_says_nothing() -> None:
    verdict = Verdict("continues", "x.", (Finding("speed", FAILED, "slow"),), "http://here/v1", "m", "chat-prefill")
    assert objections(verdict, asked(*EVERY)) == ()
