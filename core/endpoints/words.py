"""The server's own words: what is wrong, as it says it in whatever shape its body has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Final, NamedTuple

_DEEPEST: Final = 4
_LONGEST: Final = 20_000
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_HEADING: Final = re.compile(r"<h1[^>]*>(.*?)</h1>", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")
_FIELDS: Final = ("error", "message", "detail", "msg", "error_description", "errors", "title", "reason", "raw")
_CODES: Final = ("code", "type", "status")
# Names of kinds of errors, and what routers say where the provider's words follow: they add nothing to the words.
_EMPTY: Final = frozenset(("error", "provider returned error", "internal server error"))
_MODERATION: Final = re.compile(
    r"moderation|moderated|flagged|content[ _-]?(?:filter|policy|management)|usage polic|data_inspection_failed"
    r"|inappropriate content|prohibited (?:content|use)|guardrail|sensitive content|harmful content",
    re.IGNORECASE,
)
_ANSWER: Final = re.compile(
    r"\b(?:output|completion|response|generated)\b.{0,60}\b(?:blocked|filtered|flagged|inappropriate|violat\w*)",
    re.IGNORECASE,
)
_QUESTION: Final = re.compile(r"\b(?:input|prompt|request|messages?)\b", re.IGNORECASE)


class Words(NamedTuple):
    """What a server says: a code where it has one, and a text; both may be empty. Neither is fit for a terminal."""

    code: str = ""
    text: str = ""


def words_of(body: object) -> Words:
    """Find the words in the body of a refusal, parsed or not.

    It knows ``error`` (a text, or a table), ``message``, ``detail`` (a text, or FastAPI's list), what OpenRouter adds
    in ``metadata`` (the provider's words, the reasons of a moderation), plain text, and of a page its title.
    """
    if isinstance(body, str):
        return Words(text=_plain(body))
    found = list(dict.fromkeys(filter(None, (text.strip() for text in _texts(body, 0)))))
    said = [text for text in found if text.lower().rstrip(".") not in _EMPTY] or found
    # A text that another one holds is said already.
    kept = [text for text in said if not any(text != other and text in other for other in said)]
    return Words(_code(body, 0), "; ".join(kept))


def is_moderation(words: Words) -> bool:
    """Whether a server refuses to read, or to have written, what was asked because of what it says."""
    return _MODERATION.search(f"{words.code} {words.text}") is not None


def keeps_an_answer_back(words: Words) -> bool:
    """Whether what a server refuses for what it says is the answer, and not what was asked."""
    text = words.text
    return is_moderation(words) and _ANSWER.search(text) is not None and _QUESTION.search(text) is None


def is_page(text: str) -> bool:
    """Whether a text is HTML: nothing that a server of models would write."""
    return re.match(r"\s*<(?:!doctype|html|head|body|\?xml)", text, re.IGNORECASE) is not None


def _plain(text: str) -> str:
    text = text[:_LONGEST].strip()
    if text[:1] in ("{", "["):
        try:
            return words_of(json.loads(text)).text
        except (ValueError, RecursionError):
            return text
    if not is_page(text):
        return text
    named = _TITLE.search(text) or _HEADING.search(text)
    title = " ".join(unescape(_TAG.sub(" ", named[1])).split()) if named else ""
    return f'a page "{title}"' if title else "a page of HTML"


def _texts(value: object, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        yield _plain(value)
    elif isinstance(value, list):
        for inner in value[:5]:
            yield from _texts(inner, depth + 1)
    elif isinstance(value, Mapping):
        yield from _place(value)
        for name in _FIELDS:
            yield from _texts(value.get(name), depth + 1)
        yield from _metadata(value.get("metadata"), depth + 1)


def _place(value: Mapping[str, object]) -> Iterator[str]:
    """Where FastAPI found what it complains of."""
    place = value.get("loc")
    if isinstance(place, list) and "msg" in value:
        yield "at " + ".".join(str(step) for step in place)[:200]


def _metadata(value: object, depth: int) -> Iterator[str]:
    """What OpenRouter passes on, but for the text that was flagged: that is the user's own."""
    if not isinstance(value, Mapping):
        return
    yield from _texts(value.get("raw"), depth)
    reasons = value.get("reasons")
    if isinstance(reasons, list):
        yield from (reason for reason in reasons[:5] if isinstance(reason, str))


def _code(value: object, depth: int) -> str:
    """A code that is a word: the status repeated as a number says nothing new."""
    if not isinstance(value, Mapping) or depth > 1:
        return ""
    codes = (value.get(name) for name in _CODES)
    word = next((code for code in codes if isinstance(code, str) and not code.isdigit()), "")
    return word or _code(value.get("error"), depth + 1)
