"""Taking a key out of what a server says, in every form in which servers repeat keys."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote, quote_plus

from core.endpoints.completion import Completion

BLOT = "[key]"
_SHORTEST = 4
_BEGINNING = 8
# They log what servers send (OPENAI_LOG=debug), request ids and reason phrases included.
_LOGGERS = ("openai._base_client", "openai._legacy_response", "openai._response", "httpx2")
# Words such as EMPTY or test, with which servers without keys are asked, may well stand in an answer.
_SHORTEST_IN_ANSWERS = 16
# Keys as providers make them, what follows Bearer, and user and password of a URL.
_SECRETS = re.compile(
    r"\b(?:sk|pk|rk|gsk|hf|xai|nvapi|fw)[-_][A-Za-z0-9_-]{16,}|(?<=Bearer )[^\s\"',;]{8,}|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"
)


def blotted(text: str, key: str) -> str:
    """``text`` without the key: as it is, URL-encoded, in base64, or cut short after its beginning.

    Keys of less than 4 characters, such as the one that is sent to servers without keys, are no secret.
    """
    if len(key) < _SHORTEST:
        return text
    return _pattern(key).sub(BLOT, text)


def without_secrets(text: str, key: str) -> str:
    """``text`` without the key, and without what looks like a key of anyone else: a router quotes its providers."""
    return _SECRETS.sub(BLOT, blotted(text, key))


def said_without_key(text: str, key: str) -> str:
    """What a model or server says, without the key; a key of less than 16 characters may be a word, and stays."""
    return text if len(key) < _SHORTEST_IN_ANSWERS else text.replace(key, BLOT)


def without_key(completion: Completion, key: str) -> Completion:
    """An answer without the key, in case that a server gives it back as text or as the name of its model."""
    if len(key) < _SHORTEST_IN_ANSWERS:
        return completion
    itself = (completion.model, completion.system_fingerprint, completion.provider)
    if not any(key in text for text in (*itself, *(choice.text for choice in completion.choices)) if text):
        return completion
    model, fingerprint, provider = (None if text is None else said_without_key(text, key) for text in itself)
    choices = tuple(replace(choice, text=said_without_key(choice.text, key)) for choice in completion.choices)
    return replace(completion, choices=choices, model=model, system_fingerprint=fingerprint, provider=provider)


@contextmanager
def blotted_logs(key: str) -> Iterator[None]:
    """Keep the key out of what the client and the layers below it log, while this is open."""

    def blot(record: logging.LogRecord) -> bool:
        record.msg, record.args = blotted(record.getMessage(), key), ()
        return True

    for name in _LOGGERS:
        logging.getLogger(name).addFilter(blot)
    try:
        yield
    finally:
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(blot)


@lru_cache(maxsize=8)
def _pattern(key: str) -> re.Pattern[str]:
    forms = {key, quote(key, safe=""), quote_plus(key), quote(key)}
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        forms |= {_in_base64(key, offset, alphabet) for offset in range(3)}
    words = [re.escape(form) for form in sorted(forms, key=len, reverse=True) if len(form) >= _SHORTEST]
    if len(key) > _BEGINNING:
        # OpenAI names a wrong key by its beginning and its end, with asterisks between.
        words.append(re.escape(key[:_BEGINNING]) + r"[^\s\"'<>]*")
    return re.compile("|".join(words))


def _in_base64(key: str, offset: int, encode: object) -> str:
    """What a key looks like within the base64 of a longer text, ``offset`` bytes (modulo 3) into it.

    Characters that also depend on the bytes around it are left out.
    """
    assert callable(encode)
    raw = bytes(offset) + key.encode()
    first = -(-8 * offset // 6)
    last = 8 * len(raw) // 6
    return str(encode(raw).decode()[first:last])
