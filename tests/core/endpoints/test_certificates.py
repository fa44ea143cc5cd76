"""Certificates that the environment names: refused in one sentence where they are none and would be needed."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from core.endpoints.certificates import named_by, ssl_context, unread, why_unusable
from core.endpoints.wire import reason_of
from core.errors import EndpointError

NAMES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
HTTPS = "https://api.lab/v1"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No certificates of the machine's own."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_without_a_variable_the_system_s_are_trusted() -> None:
    assert (named_by(), why_unusable(), unread()) == (None, None, None)
    assert isinstance(ssl_context(HTTPS), ssl.SSLContext)


@pytest.mark.parametrize(
    ("variable", "make", "said"),
    [
        ("SSL_CERT_FILE", lambda path: None, "{}: no such file or directory"),
        ("SSL_CERT_FILE", lambda path: path.mkdir(), "{}: is a directory"),
        ("SSL_CERT_FILE", lambda path: path.write_text(""), "there is no certificate in {}"),
        ("SSL_CERT_FILE", lambda path: path.write_text("none"), "there is no certificate in {}"),
        ("SSL_CERT_DIR", lambda path: None, "there is no folder {}"),
        ("SSL_CERT_DIR", lambda path: path.write_text(""), "there is no folder {}"),
    ],
)
def test_what_is_none_is_one_sentence_and_matters_to_https_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, make: object, said: str
) -> None:
    path = tmp_path / "certificates"
    assert callable(make)
    make(path)
    monkeypatch.setenv(variable, str(path))
    with pytest.raises(EndpointError) as refusal:
        ssl_context(HTTPS)
    assert str(refusal.value) == (
        f"{variable} names no certificates ({said.format(path)}); mend the variable, or unset it."
    )
    assert isinstance(ssl_context("http://localhost:8000/v1"), ssl.SSLContext)


def test_one_that_is_not_read_is_said_with_the_refusal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    assert reason_of(error) == (
        "the certificate is not trusted (self-signed certificate); SSL_CERT_FILE names those to trust"
    )
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/lab.pem")
    assert reason_of(error).endswith("names those to trust, REQUESTS_CA_BUNDLE is not read")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert unread() is None
