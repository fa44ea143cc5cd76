"""What each way of failing means for a run."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx2
import openai
import pytest

from core.endpoints.completion import MalformedReplyError, read_chat
from core.endpoints.endpoint import Endpoint
from core.endpoints.faults import Fault, fault_of, refilled_after, retry_after

ENDPOINT = Endpoint("lab", "http://lab/v1", "llama", api_key_env="LAB_KEY", timeout=30)
KEY = "sk-very-secret"
REQUEST = httpx2.Request("POST", "http://lab/v1/chat/completions")


def status_fault(status: int, body: str = "{}", **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = httpx2.Response(status, text=body, headers=named, request=REQUEST)
    client = openai.OpenAI(api_key=KEY, base_url="http://lab/v1", max_retries=0)
    try:
        return fault_of(client._make_status_error_from_response(response), ENDPOINT, KEY)
    finally:
        client.close()


def said(message: str, code: str | None = None) -> str:
    return json.dumps({"error": {"message": message, "code": code}})


@pytest.mark.parametrize(
    ("status", "body", "kind", "may_retry"),
    [
        (408, "{}", "timeout", True),
        (409, "{}", "server_error", True),
        (429, "{}", "rate_limit", True),
        (500, "<html>", "server_error", True),
        (503, "{}", "server_error", True),
        (529, "{}", "server_error", True),
        (400, said("temperature must not be negative"), "bad_request", False),
        (422, said("n is not supported"), "bad_request", False),
        (400, said("too long", "context_length_exceeded"), "context_length", False),
        (400, said("This model's maximum context length is 2048 tokens"), "context_length", False),
        (400, said("request (9002 tokens) exceeds the available context size (4096)"), "context_length", False),
        (413, "{}", "context_length", False),
    ],
)
def test_a_status_has_a_kind_and_says_whether_to_ask_again(status: int, body: str, kind: str, may_retry: bool) -> None:
    fault = status_fault(status, body)
    assert (fault.kind, fault.may_retry, fault.stops) == (kind, may_retry, None)
    assert fault.message.startswith(str(status))


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, said(f"Incorrect API key provided: {KEY}"), "LAB_KEY"),
        (401, said("Your key has expired on 2026-11-01."), "(401: Your key has expired on 2026-11-01);"),
        (402, "{}", "payment"),
        (402, said("You can only afford 1204 tokens."), "(402: You can only afford 1204 tokens);"),
        (403, "{}", "403"),
        (403, "<html><title>Access denied</title></html>", '(403: a page "Access denied")'),
        (404, said("no such model"), "llama"),
        (404, json.dumps({"detail": "Not Found"}), "(404: Not Found)"),
        (405, "{}", "/v1"),
        (429, said("You exceeded your quota", "insufficient_quota"), "quota"),
    ],
)
def test_some_answers_end_the_run_with_one_sentence(status: int, body: str, words: str) -> None:
    fault = status_fault(status, body)
    assert fault.stops is not None
    assert words in fault.stops
    assert fault.stops.endswith(".")
    assert KEY not in fault.stops + fault.message


@pytest.mark.parametrize("status", [400, 403, 422, 451])
def test_what_is_moderated_is_the_request_s_own_failure(status: int) -> None:
    fault = status_fault(status, said('Your input was flagged for "harassment".'))
    assert (fault.kind, fault.may_retry, fault.stops) == ("moderated", False, None)
    assert fault.message == f'{status}: Your input was flagged for "harassment"'


def test_a_refusal_that_may_be_of_one_route_says_so_and_one_of_the_key_does_not() -> None:
    assert [status_fault(status).may_be_own for status in (401, 402, 403, 404, 405)] == [
        False,
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 402, "message": "Insufficient credits"}, "refused"),
        ({"code": 403, "message": "Your input was flagged"}, "moderated"),
        ({"code": 429, "message": "slow down"}, "rate_limit"),
        ({"code": 502, "message": "bad"}, "server_error"),
        ({"code": 200, "message": "odd"}, "malformed"),
        ({"code": "x", "message": "odd"}, "malformed"),
    ],
)
def test_a_status_that_a_router_wrote_into_the_body_counts(error: dict[str, object], kind: str) -> None:
    with pytest.raises(MalformedReplyError) as reply:
        read_chat({"error": error})
    fault = fault_of(reply.value, ENDPOINT, KEY)
    assert fault.kind == kind
    assert str(error["message"]) in fault.message


def test_length_says_what_to_change() -> None:
    fault = status_fault(
        400, said("This model's maximum context length is 8192 tokens, your request has 7000 input tokens")
    )
    assert fault.kind == "context_length"
    assert "set max_tokens of the endpoint lab to 1192 or less (it is 4096)" in fault.message
    assert status_fault(413, "<html><title>Too large</title>").message == '413: a page "Too large"'


@pytest.mark.parametrize(
    "secret",
    [
        "sk-or-v1-0123456789abcdef0123",
        "Bearer abcdefghijklmnop",
        "https://me:secret@proxy.lab/",
        "hf_abcdefghijklmnopqrs",
    ],
)
def test_what_looks_like_a_key_of_anyone_is_cut_out(secret: str) -> None:
    fault = status_fault(400, said(f"upstream said {secret} is no good"))
    hidden = secret.removeprefix("Bearer ").removeprefix("https://").removesuffix("@proxy.lab/")
    assert "[key]" in fault.message
    assert hidden not in fault.message


def test_a_message_from_the_server_is_short_on_one_line_and_without_the_key() -> None:
    fault = status_fault(400, said(f"bad\n\n{KEY} " + "x" * 10_000))
    assert len(fault.message) <= 300
    assert "\n" not in fault.message
    assert "[key]" in fault.message
    assert KEY not in fault.message


def test_failures_below_http_are_told_apart() -> None:
    assert fault_of(TimeoutError(), ENDPOINT, KEY) == Fault("timeout", "no answer within 30 s")
    assert fault_of(openai.APITimeoutError(REQUEST), ENDPOINT, KEY).kind == "timeout"
    refused = openai.APITimeoutError(REQUEST)
    refused.__cause__ = httpx2.ConnectTimeout("Connect call failed")
    assert fault_of(refused, ENDPOINT, KEY).kind == "connection"
    assert fault_of(openai.APIConnectionError(request=REQUEST), ENDPOINT, KEY).kind == "connection"
    assert fault_of(json.JSONDecodeError("no", "", 0), ENDPOINT, KEY).kind == "malformed"


NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "150", "retry-after": "9"}, 0.15),
        ({"retry-after": "Sat, 31 Jan 2026 12:00:20 GMT"}, 20.0),
        ({"retry-after": "Sat, 31 Jan 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_the_wait_comes_with_the_fault() -> None:
    assert status_fault(429, retry_after="7").retry_after == 7.0
    assert status_fault(503, retry_after="7").retry_after == 7.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1h2m3.5s"}, 3723.5),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "12"}, 12.0),
        ({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "6m0s"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "soon"}, None),
        ({"x-ratelimit-remaining-requests": "0"}, None),
        ({}, None),
    ],
)
def test_an_allowance_that_is_used_up_says_when_it_is_there_again(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert refilled_after(headers) == (None if seconds is None else pytest.approx(seconds))


def test_a_refusal_without_retry_after_takes_the_time_of_the_allowance() -> None:
    used_up = {"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "3s"}
    assert status_fault(429, **used_up).retry_after == 3.0
    assert status_fault(429, retry_after="7", **used_up).retry_after == 7.0


@pytest.mark.parametrize(("status", "may_be_gone"), [(500, False), (502, True), (503, True), (504, True), (429, False)])
def test_a_gateway_without_a_server_behind_it_is_told_from_a_server_with_an_error(
    status: int, may_be_gone: bool
) -> None:
    assert status_fault(status).may_be_gone is may_be_gone


def test_a_broken_connection_may_mean_that_the_server_is_gone_and_a_long_wait_does_not() -> None:
    assert fault_of(openai.APIConnectionError(request=REQUEST), ENDPOINT, KEY).may_be_gone
    assert not fault_of(TimeoutError(), ENDPOINT, KEY).may_be_gone
