"""What a server answered: its choices, read strictly out of the response body."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.endpoints.words import Words, is_moderation, words_of
from core.finishing import CUT, ENDED, FAILED, FILTERED, meaning_of
from core.traces.parts import REASONING, REFUSAL, TEXT, NoTextError, Part, parts_of
from core.traces.reasoning_beside import beside


class MalformedReplyError(ValueError):
    """A response with status 200 that holds no usable answer; ``kind`` is ``malformed`` or ``empty``.

    ``is_foreign`` where it is not even JSON, so that something other than the server may have answered. ``status`` is
    the one that a router wrote into ``body`` instead (400..599), else None.
    """

    def __init__(self, kind: str, reason: str, *, body: object = None, is_foreign: bool = False) -> None:
        self.kind = kind
        self.is_foreign = is_foreign
        self.body = body
        self.status = _status_in(body)
        super().__init__(reason)


@dataclass(frozen=True)
class Choice:
    """One answer; ``index`` (0-based) is its place among those asked for, and so says which seed it used.

    ``is_filtered`` where the server kept back what was written or cut it short because of what it says, where the model
    called a tool and wrote nothing, or where it refused in a field of its own: that is an answer too, and none that
    decides anything.
    """

    text: str
    finish_reason: str | None = None
    index: int = 0
    is_filtered: bool = False


@dataclass(frozen=True)
class Completion:
    """The usable choices of one response by index, and what the server said of itself.

    Tokens are those of the whole response; None where the server does not say. ``cached_tokens`` are those of
    ``prompt_tokens`` that its prefix cache had, and None for several choices: some servers count those of the last
    choice alone, whose prompt the choices before it have just put into the cache. ``provider`` is the one that a router
    chose; ``replica`` is the base URL that answered, for whoever knows it.
    """

    choices: tuple[Choice, ...]
    model: str | None = None
    system_fingerprint: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    provider: str | None = None
    replica: str | None = None


WITHHELD = Completion((Choice("", "content_filter", is_filtered=True),))
"""The only answer to a request, where the server reports as an error that it keeps it back."""


def read_chat(body: object, prefix: str = "") -> Completion:
    """Read the answers of a chat response, without an echo of ``prefix``.

    A server that parses reasoning hands it out apart, under a name that `core.traces.reasoning_beside` knows; it is put
    back in front of the content, because a rollout is the whole text. The tag that such a parser swallowed stays lost.
    Content may be a list of parts, which are joined as they stand.

    Raises:
        MalformedReplyError: if there is no usable choice.
    """
    return _completion(body, lambda choice: _without_echo(_chat_text(choice), prefix))


def read_answer(body: object) -> Completion:
    """Read the answers of a chat response to a question of our own: the content alone, without any reasoning.

    Raises:
        MalformedReplyError: if there is no usable choice.
    """
    return _completion(body, lambda choice: _said(_content(choice), TEXT))


def read_plain(body: object, prefix: str = "", prompt: str = "") -> Completion:
    """Read the answers of a plain completion, without an echo of the prompt or of ``prefix``.

    Raises:
        MalformedReplyError: if there is no usable choice.
    """

    def text(choice: Mapping[str, Any]) -> str | None:
        return _without_echo(_without_echo(_said(_parts(choice.get("text")), TEXT), prompt), prefix)

    return _completion(body, text)


def as_written(choice: object) -> tuple[str, str]:
    """The text of a choice as the server wrote it, and the reasoning that it gives apart; empty where there is none."""
    try:
        found = _mapping(choice)
        plain, is_chat = found.get("text"), found.get("message") is not None
        parts = _content(found) if plain is None else _parts(plain)
        return _said(parts, TEXT) or "", (_reasoning(found) or "") if is_chat else ""
    except MalformedReplyError:
        return "", ""


def _completion(body: object, text_of: Callable[[Mapping[str, Any]], str | None]) -> Completion:
    body = _parsed(body)
    if not isinstance(body, Mapping):
        words = words_of(body).text
        raise MalformedReplyError("malformed", f"the response is no JSON object{_after(words)}", is_foreign=True)
    found = body.get("choices")
    if not isinstance(found, list):
        words = words_of(body).text
        raise MalformedReplyError("malformed", f"the response has no choices{_after(words)}", body=body)
    if not found:
        raise MalformedReplyError("empty", "the response has no choices")
    places = _places(found)
    choices = []
    for place, choice in zip(places, found, strict=True):
        try:
            choices.append(_choice(_mapping(choice), place, text_of))
        except MalformedReplyError as error:
            refusal = error
    if not choices:
        raise refusal
    usage = body.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    return Completion(
        choices=tuple(sorted(choices, key=lambda choice: choice.index)),
        model=_string_or_none(body.get("model")),
        system_fingerprint=_string_or_none(body.get("system_fingerprint")),
        prompt_tokens=_count_or_none(usage.get("prompt_tokens")),
        completion_tokens=_count_or_none(usage.get("completion_tokens")),
        cached_tokens=_cached_tokens(usage) if len(found) == 1 else None,
        provider=_string_or_none(body.get("provider")),
    )


def _parsed(body: object) -> object:
    """The body, read as JSON where the server did not say that it is some."""
    if not isinstance(body, str):
        return body
    try:
        return json.loads(body)
    except ValueError:
        return body


def _cached_tokens(usage: Mapping[str, Any]) -> int | None:
    """Prompt tokens that the server had in its cache: OpenAI's field, or DeepSeek's; never more than there were."""
    details = usage.get("prompt_tokens_details")
    cached = _count_or_none(details.get("cached_tokens")) if isinstance(details, Mapping) else None
    if cached is None:
        cached = _count_or_none(usage.get("prompt_cache_hit_tokens"))
    prompt = _count_or_none(usage.get("prompt_tokens"))
    return cached if cached is None or prompt is None else min(cached, prompt)


def _places(choices: Sequence[object]) -> list[int]:
    """The index of each choice, or its position where the server's numbering is no numbering."""
    named = [choice.get("index") if isinstance(choice, Mapping) else None for choice in choices]
    proper = [place for place in named if isinstance(place, int) and 0 <= place < len(choices)]
    return proper if len(set(proper)) == len(choices) else list(range(len(choices)))


def _choice(choice: Mapping[str, Any], place: int, text_of: Callable[[Mapping[str, Any]], str | None]) -> Choice:
    """One answer, whatever became of its text; what the server failed at, or says nothing of, is none."""
    reason = _reason(choice)
    meaning = meaning_of(reason)
    # Routers pass on a provider's failure as a choice of status 200.
    words = words_of(choice) if choice.get("error") is not None else Words()
    is_moderated = is_moderation(words)
    if (choice.get("error") is not None or meaning == FAILED) and not is_moderated:
        raise MalformedReplyError("malformed", f"a choice is an error{_after(words.text)}", body=choice)
    keeps_back = is_moderated or meaning == FILTERED
    try:
        text, refusal = text_of(choice), _refusal(choice)
    except MalformedReplyError:
        if not keeps_back:
            raise
        text = refusal = None
    if text is None and refusal is None and reason is None:
        raise MalformedReplyError("malformed", "a choice has no text")
    withheld = not text and (meaning not in (ENDED, CUT) or _calls_tools(choice))
    is_filtered = keeps_back or refusal is not None or withheld
    return Choice(text or refusal or "", reason, place, is_filtered)


def _reason(choice: Mapping[str, Any]) -> str | None:
    """Why the server stopped: a router's word, or the provider's where that says more than an end."""
    own, native = (_string_or_none(choice.get(name)) for name in ("finish_reason", "native_finish_reason"))
    return native if native and meaning_of(own) == ENDED and meaning_of(native) in (CUT, FILTERED) else own or native


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedReplyError("malformed", "a choice has no message")
    return value


def _content(choice: Mapping[str, Any]) -> tuple[Part, ...] | None:
    """The parts of a message's content; None where there is no content."""
    return _parts(_mapping(choice.get("message")).get("content"))


def _parts(value: object) -> tuple[Part, ...] | None:
    if value is None or value == []:
        return None
    try:
        return parts_of(value)
    except NoTextError as error:
        raise MalformedReplyError("malformed", f"a choice has {error}") from None


def _said(parts: Sequence[Part] | None, kind: str) -> str | None:
    return None if parts is None else "".join(part.text for part in parts if part.kind == kind)


def _chat_text(choice: Mapping[str, Any]) -> str | None:
    content, reasoning = _said(_content(choice), TEXT), _reasoning(choice)
    if not reasoning:
        return content
    content = content or ""
    return content if reasoning in content else reasoning + content


def _reasoning(choice: Mapping[str, Any]) -> str | None:
    """Reasoning that the server gives apart, in a field beside the content or a part of it."""
    return beside(_mapping(choice.get("message"))).text or _said(_content(choice), REASONING)


def _refusal(choice: Mapping[str, Any]) -> str | None:
    """What the model refuses with, in the field or the part that servers have for it."""
    message = choice.get("message")
    if not isinstance(message, Mapping):
        return None
    apart = message.get("refusal")
    refusal = apart if isinstance(apart, str) else _said(_content(choice), REFUSAL)
    return refusal if refusal and refusal.strip() else None


def _calls_tools(choice: Mapping[str, Any]) -> bool:
    message = choice.get("message")
    return isinstance(message, Mapping) and bool(message.get("tool_calls") or message.get("function_call"))


def _status_in(body: object) -> int | None:
    """The status that stands in the error of a body, as routers write it where a provider has failed."""
    error = body.get("error") if isinstance(body, Mapping) else None
    code = error.get("code") if isinstance(error, Mapping) else None
    return code if isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600 else None


def _after(words: str) -> str:
    return f": {words}" if words else ""


def _without_echo(text: str | None, start: str) -> str | None:
    return text[len(start) :] if text and start and text.startswith(start) else text


def _string_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _count_or_none(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
