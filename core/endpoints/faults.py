"""What went wrong with a request: its kind, whether asking again can help, whether the run must stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from core.endpoints.blotting import without_secrets
from core.endpoints.completion import MalformedReplyError
from core.endpoints.endpoint import Endpoint
from core.endpoints.limits import rate_limits
from core.endpoints.proxies import proxy_before
from core.endpoints.too_long import too_long
from core.endpoints.wire import reason_of
from core.endpoints.words import Words, is_moderation, is_page, keeps_an_answer_back, words_of

RATE_LIMIT = "rate_limit"
SERVER_ERROR = "server_error"
TIMEOUT = "timeout"
CONNECTION = "connection"
MALFORMED = "malformed"
BAD_REQUEST = "bad_request"
CONTEXT_LENGTH = "context_length"
REFUSED = "refused"
MODERATED = "moderated"

_KEPT = "what was sampled is kept"

GATEWAY = (502, 503, 504)

_MESSAGE_LIMIT = 300
_WORDS_LIMIT = 240
_READ_LIMIT = 5_000
# Statuses that servers moderate with.
_MODERATING = (400, 403, 422, 451)


@dataclass(frozen=True)
class Fault:
    """One failed attempt.

    ``kind`` is also the kind of the failure that is stored; ``stops`` is the sentence with which the whole run ends,
    where asking on is pointless, and ``may_be_own`` that it ends only a run in which nothing was answered: else the
    request alone was refused. ``retry_after`` is in seconds, as the server asked; ``may_be_gone`` says that there may
    be no server at all at present.
    """

    kind: str
    message: str
    may_retry: bool = True
    stops: str | None = None
    retry_after: float | None = None
    may_be_gone: bool = False
    may_be_own: bool = False
    is_withheld: bool = False


def fault_of(error: Exception, endpoint: Endpoint, key: str) -> Fault:
    """Say what an exception of the client means; ``key`` is blotted out of every message."""
    import httpx2
    import openai

    if isinstance(error, openai.APIStatusError):
        response = error.response
        refusal = _Refusal(error.status_code, error.body, response.headers, error.message, is_page(response.text))
        return _status_fault(refusal, endpoint, key)
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException | TimeoutError):
        # The aiohttp transport reports a refused connection as a connect timeout.
        if isinstance(error.__cause__, httpx2.ConnectTimeout):
            return _unconnected(error.__cause__, endpoint, key)
        return Fault(TIMEOUT, f"no answer within {endpoint.timeout:g} s{_by_proxy(endpoint)}")
    if isinstance(error, MalformedReplyError):
        if error.status is not None:
            return _status_fault(_Refusal(error.status, error.body), endpoint, key)
        return Fault(error.kind, _clean(str(error), key) + (_by_proxy(endpoint) if error.is_foreign else ""))
    if isinstance(error, ValueError | RecursionError):
        return Fault(MALFORMED, _clean(f"the response cannot be read ({error})", key) + _by_proxy(endpoint))
    # Not all that breaks on a wire is wrapped by openai: the rest is an error of some layer below it.
    return _unconnected(error, endpoint, key)


@dataclass(frozen=True)
class _Refusal:
    """A status of 400 or more, be it that of the response or one that a router wrote into the body of a 200."""

    status: int
    body: object
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    is_page: bool = False


def _unconnected(error: BaseException, endpoint: Endpoint, key: str) -> Fault:
    return Fault(CONNECTION, _clean(reason_of(error), key) + _by_proxy(endpoint), may_be_gone=True)


def _by_proxy(endpoint: Endpoint) -> str:
    """That a proxy stands between, which may be what fails or answers; empty where there is none."""
    proxy = proxy_before(endpoint.served_at or endpoint.base_url)
    return "" if proxy is None else f", through {proxy}"


def _status_fault(refusal: _Refusal, endpoint: Endpoint, key: str) -> Fault:
    status, headers, where = refusal.status, refusal.headers, endpoint.base_url
    words = words_of(refusal.body)
    said = _said(words, refusal, endpoint, key)
    quoted = f"{status}: {said}" if said else f"{status}"
    message = f"{status}: {said or _clean(refusal.message, key)}"
    if status in _MODERATING and is_moderation(words):
        return Fault(MODERATED, message, may_retry=False, is_withheld=keeps_an_answer_back(words))
    stops = {
        401: f"{where} refused the API key ({quoted}); check the environment variable {endpoint.api_key_env}.",
        402: f"{where} asks for payment ({quoted}); top up the account, {_KEPT}.",
        403: f"{where} denied access ({quoted}); check the rights of the key in {endpoint.api_key_env}.",
        404: f'{where} knows no model "{endpoint.model}", or nothing is at that address ({quoted}); check both.',
        405: f"{where} does not take requests at that address ({quoted}); check base_url, it usually ends in /v1.",
        407: f"a proxy before {where} wants a user and a password ({quoted}); write them into its variable.",
    }.get(status)
    if stops is not None:
        return Fault(REFUSED, message, may_retry=False, stops=stops, may_be_own=status in (403, 404))
    if status == 429:
        if words.code == "insufficient_quota":
            spent = f"{where} says that the quota of the account is used up ({quoted}); {_KEPT}."
            return Fault(RATE_LIMIT, message, may_retry=False, stops=spent)
        asked = retry_after(headers)
        return Fault(RATE_LIMIT, message, retry_after=refilled_after(headers) if asked is None else asked)
    if status == 408:
        return Fault(TIMEOUT, message)
    if status == 409 or status >= 500:
        return Fault(SERVER_ERROR, message, retry_after=retry_after(headers), may_be_gone=status in GATEWAY)
    length = too_long(words.code, words.text[:_READ_LIMIT])
    if length is not None:
        advice = length.advice(endpoint.max_tokens, endpoint.name)
        return Fault(CONTEXT_LENGTH, f"{message}; {advice}", may_retry=False)
    if status == 413:
        # What is too large is what was sent, as a gateway counts it: max_tokens has no part in it.
        return Fault(CONTEXT_LENGTH, message, may_retry=False)
    return Fault(BAD_REQUEST, message, may_retry=False)


def _said(words: Words, refusal: _Refusal, endpoint: Endpoint, key: str) -> str:
    """The server's own words, fit to stand within a sentence, and that a proxy may be who says them."""
    text = _clean(words.text, key, _WORDS_LIMIT).rstrip(".")
    foreign = refusal.is_page or refusal.status in (407, *GATEWAY)
    return text + _by_proxy(endpoint) if foreign else text


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that the server asks to wait, from ``Retry-After`` (seconds or a date) or ``retry-after-ms``."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) / scale
        except (KeyError, ValueError):
            continue
        return seconds if 0 <= seconds < float("inf") else None
    try:
        when = parsedate_to_datetime(headers["retry-after"])
    except (KeyError, ValueError, TypeError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())


def refilled_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until an allowance that is used up is there again, from ``x-ratelimit-remaining-…`` and ``-reset-…``."""
    limits = rate_limits({name.lower(): value for name, value in headers.items()})
    return max((one.reset for one in limits if one.remaining == 0 and one.reset is not None), default=None)


def _clean(message: str, key: str, limit: int = _MESSAGE_LIMIT) -> str:
    # The key goes first: what is cut afterwards could hold half of it.
    words = " ".join(without_secrets(message[:_READ_LIMIT], key)[: 4 * limit].split())
    return words if len(words) <= limit else words[: limit - 1] + "…"
