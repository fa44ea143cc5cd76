"""The check of a server: what is right passes, and each flaw is found and named."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.endpoints.client import open_app, open_client
from core.endpoints.endpoint import MODE_NAMES, Endpoint, simulator_endpoint
from core.endpoints.faults import MODERATED, RATE_LIMIT, Fault
from core.endpoints.limits import RateLimit, duration, rate_limits
from core.endpoints.probe import continuing, serving, varying
from core.endpoints.probe.asking import Heard
from core.endpoints.probe.evidence import Evidence
from core.endpoints.probe.finding import FAILED, MUST_NOT_SAMPLE, PASSED, UNKNOWN, VERDICTS, Verdict
from core.endpoints.probe.probing import conclude, probe
from core.endpoints.probe.steps import MID_WORD, NOTHING, ONE_LETTER, PLAIN, STEPS
from tests.core.endpoints.flawed_server import FLAWS, FlawedServer

HERE = Endpoint("here", "http://127.0.0.1:8000/v1", "m")
# What the perfect server has nothing to say about.
NOT_TOLD = {serving.ALLOWED}


async def checked(*flaws: str, endpoint: Endpoint = HERE, **more: Any) -> Verdict:
    """The verdict on a server with these flaws."""
    server = FlawedServer(*flaws, **more)
    async with server.open(endpoint) as client:
        return await probe(endpoint, client)


@pytest.mark.parametrize("mode", MODE_NAMES)
async def test_a_server_that_does_all_of_it_passes(mode: str) -> None:
    verdict = await checked(endpoint=replace(HERE, mode=mode))
    assert verdict.verdict == "continues"
    assert {finding.name for finding in verdict.findings if finding.state != PASSED} == NOT_TOLD
    assert all(not finding.means and not finding.do for finding in verdict.findings)
    assert verdict.sentence == f"http://127.0.0.1:8000/v1 in mode {mode} continues a prefix."


@pytest.mark.parametrize("mode", MODE_NAMES)
async def test_the_simulator_passes(mode: str) -> None:
    endpoint = replace(simulator_endpoint(), mode=mode)
    async with open_client(endpoint) as client:
        verdict = await probe(endpoint, client)
    assert verdict.verdict == "continues"
    assert [finding.name for finding in verdict.findings if finding.state == FAILED] == []


@pytest.mark.parametrize(
    ("flaw", "named", "verdict"),
    [
        ("opens a new turn", continuing.SAME_TURN, "restarts"),
        ("repeats the tag", continuing.NO_RESTART, "restarts"),
        ("repeats the first sentence", continuing.NO_RESTART, "restarts"),
        ("echoes", continuing.NO_ECHO, "continues"),
        ("drops the prefix", continuing.KEPT, "restarts"),
        ("refuses a prefix", continuing.KEPT, "restarts"),
        ("drops think", continuing.THINK_KEPT, "continues"),
        ("strips inside", continuing.INNER_KEPT, "continues"),
        ("strips the end", continuing.END_KEPT, "continues"),
        ("refuses the end", continuing.END_KEPT, "continues"),
        ("parses reasoning", continuing.REASONING_LEFT, "continues"),
        ("ignores n", varying.N_HONOURED, "continues"),
        ("refuses n", varying.N_HONOURED, "continues"),
        ("same choices", varying.DIFFERENT, "repeats"),
        ("always the same", varying.DIFFERENT, "repeats"),
        ("ignores seed", varying.SEED_HONOURED, "continues"),
        ("refuses seed", varying.SEED_HONOURED, "continues"),
        ("leaves the seed", varying.NOT_LEFT, "continues"),
        ("other models", serving.LISTED, "continues"),
        ("no usage", serving.COUNTED, "unproven"),
    ],
)
async def test_a_flaw_is_found_and_named(flaw: str, named: str, verdict: str) -> None:
    found = await checked(flaw)
    finding = found.finding(named)
    assert finding.state == FAILED
    assert finding.seen
    assert finding.means
    failed = {one.name for one in found.findings if one.state == FAILED}
    # A seed that is refused is refused in the request for several choices as well.
    assert failed - ({varying.N_HONOURED} if flaw == "refuses seed" else set()) == {named}
    assert found.verdict == verdict


async def test_thinking_that_is_begun_anew_is_a_restart_and_named_twice() -> None:
    found = await checked("reopens think")
    assert found.verdict == "restarts"
    assert found.finding(continuing.NO_RESTART).state == FAILED
    assert found.finding(continuing.THINK_KEPT).state == FAILED


async def test_a_refusal_names_the_modes_to_try() -> None:
    here = await checked("opens a new turn")
    assert here.sentence.endswith('try mode = "chat-continue" or "chat-prefix" or "completions".')
    vllm = await checked("opens a new turn", endpoint=replace(HERE, mode="chat-continue"))
    assert vllm.sentence.endswith('try mode = "chat-prefix" or "completions".')


async def test_a_server_that_refuses_prefixes_is_asked_no_further() -> None:
    found = await checked("refuses a prefix")
    assert found.n_requests < 8
    assert "400: this is not supported" in found.finding(continuing.KEPT).seen


async def test_a_chat_template_around_plain_text_is_noticed() -> None:
    plain = replace(HERE, mode="completions")
    found = await checked("wraps plain text", endpoint=plain)
    assert (found.verdict, found.finding(continuing.SAME_TURN).state) == ("restarts", FAILED)
    assert "as a question to be answered" in found.sentence


async def test_a_turn_closed_by_a_single_token_is_in_doubt() -> None:
    found = await checked("closes with one token")
    assert (found.verdict, found.finding(continuing.SAME_TURN).state) == ("unproven", UNKNOWN)


async def test_tokens_that_a_template_adds_while_the_text_goes_on_are_in_doubt() -> None:
    found = await checked("adds tokens and goes on")
    assert (found.verdict, found.finding(continuing.SAME_TURN).state) == ("unproven", FAILED)


async def test_a_model_that_cannot_spell_is_judged_by_the_tokens() -> None:
    found = await checked("cannot spell")
    assert (found.verdict, found.finding(continuing.MID_WORD_ON).state) == ("continues", UNKNOWN)


async def test_a_count_that_never_changes_is_a_prefix_that_is_dropped() -> None:
    assert (await checked("constant usage")).finding(continuing.KEPT).state == FAILED


async def test_white_space_that_no_one_counts_is_no_white_space_that_is_stripped() -> None:
    found = await checked("white space is free")
    assert found.verdict == "continues"
    assert found.finding(continuing.INNER_KEPT).state == UNKNOWN


async def test_answers_without_text_prove_nothing_about_samples() -> None:
    found = await checked("says nothing")
    for name in (varying.DIFFERENT, varying.SEED_HONOURED, varying.NOT_LEFT):
        assert found.finding(name).state == UNKNOWN


async def test_a_cache_of_unseeded_requests_matters_where_no_seed_is_sent() -> None:
    assert (await checked("caches")).verdict == "continues"
    assert "leave the endpoint's seed on" in (await checked("caches")).finding(varying.DIFFERENT).do
    assert (await checked("caches", endpoint=replace(HERE, seed=None))).verdict == "repeats"


async def test_an_endpoint_without_seed_and_n_is_asked_for_neither() -> None:
    endpoint = replace(HERE, seed=None, n_per_request=1)
    server = FlawedServer()
    async with server.open(endpoint) as client:
        found = await probe(endpoint, client)
    assert found.verdict == "continues"
    assert not any("seed" in body or "n" in body for body in server.bodies)
    assert found.finding(varying.N_HONOURED).state == found.finding(varying.SEED_HONOURED).state == UNKNOWN


async def test_greedy_decoding_by_choice_is_no_fault_of_the_server() -> None:
    found = await checked("always the same", endpoint=replace(HERE, temperature=0.0))
    assert (found.verdict, found.finding(varying.DIFFERENT).state) == ("continues", UNKNOWN)


async def test_a_missing_list_of_models_is_not_held_against_a_server() -> None:
    found = await checked("no models")
    assert (found.verdict, found.finding(serving.LISTED).state) == ("continues", UNKNOWN)


async def test_a_refusal_for_rate_is_waited_out() -> None:
    assert (await checked("refuses for rate once", headers={"retry-after": "0"})).verdict == "continues"


async def test_a_refused_key_is_one_sentence_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1")
    found = await checked("refuses the key")
    assert found.verdict == "unreachable"
    assert found.sentence == (
        "http://127.0.0.1:8000/v1 refused the API key (401: no such key);"
        " check the environment variable OPENAI_API_KEY."
    )
    assert "sk-secret-1" not in json.dumps(asdict(found))


async def test_nobody_there() -> None:
    endpoint = Endpoint("closed", "http://127.0.0.1:9/v1", "m")
    async with open_client(endpoint) as client:
        found = await probe(endpoint, client)
    assert found.verdict == "unreachable"
    assert found.sentence.startswith("http://127.0.0.1:9/v1 answers no request (")


async def test_rate_limits_are_read_off_the_headers() -> None:
    headers = {
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "499",
        "x-ratelimit-reset-requests": "120ms",
        "x-ratelimit-limit-tokens": "30000",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    seen = (await checked(headers=headers)).finding(serving.ALLOWED).seen
    assert seen == "500 requests, 499 left, all back in 0.12 s; 30000 tokens, all back in 360 s"


async def test_the_check_is_short_and_says_how_much_it_took() -> None:
    server, steps = FlawedServer(), []
    async with server.open(HERE) as client:
        found = await probe(HERE, client, lambda done, of, name: steps.append((done, of)))
    assert found.n_requests == len(server.bodies) + 1 == len(STEPS) + 1 == 15
    assert steps == [(done, 15) for done in range(15)]
    assert all(body["max_tokens"] <= 32 for body in server.bodies)
    assert 0 < found.completion_tokens < 500
    assert 0 < found.prompt_tokens < 2000


@given(flaws=st.sets(st.sampled_from(sorted(FLAWS - {"refuses for rate once", "refuses the key"})), max_size=6))
async def test_any_mixture_of_flaws_has_a_verdict_in_one_sentence(flaws: set[str]) -> None:
    found = await checked(*sorted(flaws))
    assert found.verdict in VERDICTS
    assert found.sentence.endswith(".")
    assert found.refuses == (found.verdict in MUST_NOT_SAMPLE)
    if "opens a new turn" in flaws:
        assert found.verdict != "continues"


counts = st.integers(1, 40)


@given(question=counts, header=st.integers(0, 6), closing=st.integers(0, 6), plain=counts, long=counts)
def test_whatever_the_template_a_turn_is_open_if_and_only_if_nothing_was_added(
    question: int, header: int, closing: int, plain: int, long: int
) -> None:
    start = question + header
    added = closing + header if closing else 0
    told = {NOTHING: start, ONE_LETTER: start + 1, PLAIN: start + 1 + plain, MID_WORD: start + 1 + plain + long}
    answers: dict[str, Heard | Fault] = {
        step.name: Heard(("x",), ("x",), count + (added if step is not NOTHING else 0)) for step, count in told.items()
    }
    finding = continuing.same_turn(Evidence(HERE, False, (), answers))
    assert finding.state == (PASSED if added == 0 else UNKNOWN if added == 1 else FAILED)


@given(answered=st.sets(st.sampled_from([step.name for step in STEPS])), tokens=st.none() | counts)
def test_with_answers_missing_there_is_a_verdict_all_the_same(answered: set[str], tokens: int | None) -> None:
    answers: dict[str, Heard | Fault] = {name: Heard((name,), (name,), tokens) for name in answered}
    assert conclude(Evidence(HERE, False, (), answers)).verdict != "continues"


@given(
    st.sets(st.sampled_from([step.name for step in STEPS if step is not NOTHING])),
    st.sampled_from([RATE_LIMIT, MODERATED]),
)
def test_load_and_moderation_are_held_against_no_server(failed: set[str], kind: str) -> None:
    answers: dict[str, Heard | Fault] = {
        step.name: Fault(kind, "429: later") if step.name in failed else Heard((step.name,), (step.name,), None)
        for step in STEPS
    }
    verdict = conclude(Evidence(HERE, False, (), answers))
    assert not verdict.refuses
    assert not [finding for finding in verdict.findings if finding.seen == "429: later"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *[("6m0s", 360), ("1s", 1), ("120ms", 0.12), ("1h2m3s", 3723), ("7.66s", 7.66), ("2", 2), ("1d", 86400)],
        *[("", None), ("soon", None), ("1s2m", None), ("-3", None), ("nan", None)],
    ],
)
def test_durations_in_headers(text: str, seconds: float | None) -> None:
    assert duration(text) == (None if seconds is None else pytest.approx(seconds))


@given(st.text(max_size=60))
def test_no_header_breaks_the_reading(value: str) -> None:
    (limit,) = rate_limits({"x-ratelimit-limit-tokens": value, "x-ratelimit-reset-tokens": value})
    assert isinstance(limit, RateLimit)


async def test_a_key_that_is_said_back_is_not_in_the_report() -> None:
    key = "sk-0123456789abcdef"

    async def parrot(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        said = dict(scope["headers"])[b"authorization"].decode()
        choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        body = {"data": [{"id": said}], "model": said, "choices": [choice], "usage": {"prompt_tokens": 9}}
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    async with open_app(parrot) as client:
        client.api_key = key
        found = await probe(HERE, client)
    report = json.dumps(asdict(found))
    assert "Bearer [key]" in report
    assert key not in report
