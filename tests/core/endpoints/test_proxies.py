"""A proxy in the environment: named where it matters, its password never, and refused where it cannot be used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.endpoints.client import open_client
from core.endpoints.completion import read_chat
from core.endpoints.continuation import Ask
from core.endpoints.endpoint import Endpoint
from core.endpoints.proxies import check_proxies, proxy_before, variables, without_login
from core.errors import EndpointError
from core.resampling.retrying import GivenUpError, Lane, RetryPolicy, RunEndedError

URL = "http://localhost:8000/v1"
PROXY = "http://ana:secret@proxy.lab:3128"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the machine's own."""
    for name in variables():
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("HTTP_PROXY", URL),
        ("http_proxy", URL),
        ("ALL_PROXY", URL),
        ("all_proxy", "https://api.lab/v1"),
        ("HTTPS_PROXY", "https://api.lab/v1"),
        ("https_proxy", "https://api.lab/v1"),
    ],
)
def test_the_variable_is_named_and_user_and_password_are_not(
    monkeypatch: pytest.MonkeyPatch, variable: str, url: str
) -> None:
    monkeypatch.setenv(variable, PROXY)
    proxy = proxy_before(url)
    assert proxy is not None
    host = "localhost" if url == URL else "api.lab"
    assert str(proxy) == f"the proxy http://proxy.lab:3128 that {variable} names; NO_PROXY={host} goes past it"
    assert variables() == {variable: "http://proxy.lab:3128"}


def test_the_other_scheme_s_proxy_is_not_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    assert proxy_before(URL) is None


@pytest.mark.parametrize(
    ("without", "is_past"),
    [
        ("localhost", True),
        ("127.0.0.1", False),
        ("127.0.0.1,localhost", True),
        ("*", True),
        ("other.lab", False),
        ("", False),
    ],
)
def test_no_proxy_goes_by_the_name(monkeypatch: pytest.MonkeyPatch, without: str, is_past: bool) -> None:
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", without)
    assert (proxy_before(URL) is None) is is_past


@pytest.mark.parametrize(
    "value",
    ["foo:bar:baz", "http://[::1", "ftp://proxy.lab:1", "http://ana:secret@proxy.lab:x", "http://proxy.lab:99999"],
)
async def test_one_that_is_none_is_a_sentence(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(EndpointError) as refusal:
        async with open_client(Endpoint("lab", URL, "m")):
            pass
    assert str(refusal.value) == (
        "the variable HTTPS_PROXY holds no address of a proxy; write http://HOST:PORT, or unset it."
    )


def test_a_socks_proxy_is_refused_where_it_stands_before_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://ana:secret@proxy.lab:1080")
    with pytest.raises(EndpointError, match=r"ALL_PROXY names a SOCKS proxy.*set NO_PROXY=localhost") as refusal:
        check_proxies(URL)
    assert "secret" not in str(refusal.value)
    monkeypatch.setenv("NO_PROXY", "localhost")
    check_proxies(URL)


async def failure(url: str) -> str:
    """What a request to ``url`` comes to."""
    endpoint = Endpoint("lab", url, "m", timeout=10)
    async with open_client(endpoint) as client:
        lane = Lane(endpoint, {url: client}, RetryPolicy(attempts=1), asyncio.Event())
        try:
            await lane.post(Ask("/chat/completions", {}), read_chat)
        except GivenUpError as error:
            return error.fault.message
        except RunEndedError as error:
            return str(error)
    raise AssertionError("it was answered")


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """A proxy that answers everything itself."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://ana:secret@127.0.0.1:{server.sockets[0].getsockname()[1]}"


def answer(status: str, body: str, kind: str = "text/html") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return (head + body).encode()


async def test_one_that_nobody_runs_is_named_where_the_connection_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://ana:secret@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert await failure(URL) == (
        "connection refused, through the proxy http://127.0.0.1:9 that HTTP_PROXY names;"
        " NO_PROXY=localhost goes past it"
    )


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (answer("503 Unavailable", "<html><title>Squid: no route</title></html>"), 'a page "Squid: no route"'),
        (answer("502 Bad Gateway", "upstream gone", "text/plain"), "upstream gone"),
        (answer("403 Forbidden", "<html><title>Blocked</title></html>"), 'a page "Blocked"'),
        (answer("407 Proxy Authentication Required", "login", "text/plain"), "wants a user and a password"),
        (answer("200 OK", "<html><title>Campus login</title></html>"), 'a page "Campus login"'),
    ],
)
async def test_one_that_answers_in_the_server_s_place_is_named(
    monkeypatch: pytest.MonkeyPatch, reply: bytes, said: str
) -> None:
    async with answering(reply) as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        message = await failure("http://model.invalid/v1")
    assert said in message
    assert "that http_proxy names; NO_PROXY=model.invalid goes past it" in message
    assert "secret" not in message


async def test_one_that_opens_no_tunnel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering(answer("403 Forbidden", "no", "text/plain")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        message = await failure("https://model.invalid/v1")
    assert message.startswith("the proxy says 403: Forbidden, through the proxy http://127.0.0.1:")


@given(st.text(), st.text(st.characters(exclude_characters="@")))
def test_whatever_stands_before_the_last_at_is_hidden(secret: str, host: str) -> None:
    assert without_login(f"http://{secret}@{host}") == f"http://{host}"
