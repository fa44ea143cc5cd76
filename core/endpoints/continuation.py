"""How a server is made to go on with a prefix instead of answering anew: one continuation mode per dialect.

The prefix is sent untouched, never stripped and never re-joined: the separator after it belongs to the continuation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.endpoints.completion import Completion, read_chat, read_plain
from core.endpoints.settings import SamplingSettings
from core.traces.model import Message

CHAT_PATH = "/chat/completions"
PLAIN_PATH = "/completions"


@dataclass(frozen=True)
class Ask:
    """One request: where it goes, and its JSON body."""

    path: str
    body: Mapping[str, Any]

    @property
    def n(self) -> int:
        """How many answers are asked for."""
        return int(self.body.get("n", 1))

    @property
    def content(self) -> bytes:
        """The body as bytes; escapes carry characters that UTF-8 cannot, such as lone surrogates."""
        return json.dumps(self.body, allow_nan=False).encode("ascii")


class Mode(Protocol):
    """One way to have a prefix continued."""

    def ask(
        self, messages: Sequence[Message], prefix: str, settings: SamplingSettings, n: int, seed: int | None
    ) -> Ask:
        """Build the request for ``n`` continuations of ``prefix``, the first of them with ``seed``."""

    def read(self, body: object, messages: Sequence[Message], prefix: str) -> Completion:
        """Read the continuations out of the response, each without an echo of what was sent."""


@dataclass(frozen=True)
class ChatMode:
    """The prefix as a last assistant message, with what this dialect wants on that message and in the body."""

    on_message: Mapping[str, Any]
    in_body: Mapping[str, Any]

    def ask(
        self, messages: Sequence[Message], prefix: str, settings: SamplingSettings, n: int, seed: int | None
    ) -> Ask:
        """Build a chat request; an empty prefix is an ordinary question, with no assistant message."""
        turns: list[dict[str, Any]] = [{"role": turn.role, "content": turn.content} for turn in messages]
        flags: Mapping[str, Any] = {}
        if prefix:
            turns.append({"role": "assistant", "content": prefix, **self.on_message})
            flags = self.in_body
        # A trace may have no prompt; its prefix 0 is then a question about nothing, which servers accept.
        turns = turns or [{"role": "user", "content": ""}]
        return Ask(CHAT_PATH, {**_sampling(settings, n, seed), "messages": turns, **flags})

    def read(self, body: object, messages: Sequence[Message], prefix: str) -> Completion:
        """Read a chat response."""
        return read_chat(body, prefix)


@dataclass(frozen=True)
class PlainMode:
    """The prompt as one text, made here: by the model's chat template, or plain where the settings have none.

    Right wherever the server takes completions: nothing between here and the model can open a new turn.
    """

    def ask(
        self, messages: Sequence[Message], prefix: str, settings: SamplingSettings, n: int, seed: int | None
    ) -> Ask:
        """Build a completion request.

        Raises:
            ConfigError: if the template cannot be rendered with these messages.
        """
        template = settings.template
        prompt = render_plain(messages, prefix) if template is None else template.prompt(messages, prefix)
        return Ask(PLAIN_PATH, {**_sampling(settings, n, seed), "prompt": prompt})

    def read(self, body: object, messages: Sequence[Message], prefix: str) -> Completion:
        """Read a completion; an echo of a rendered template is not looked for, as its special tokens do not return."""
        return read_plain(body, prefix, render_plain(messages, prefix))


def render_plain(messages: Sequence[Message], prefix: str) -> str:
    """The contents of the messages, each followed by a blank line, and then the prefix as it is."""
    return "".join(f"{turn.content}\n\n" for turn in messages) + prefix


MODES: Mapping[str, Mode] = {
    "chat-prefill": ChatMode(on_message={}, in_body={}),
    "chat-continue": ChatMode(on_message={}, in_body={"continue_final_message": True, "add_generation_prompt": False}),
    "chat-prefix": ChatMode(on_message={"prefix": True}, in_body={}),
    "completions": PlainMode(),
}


def _sampling(settings: SamplingSettings, n: int, seed: int | None) -> dict[str, Any]:
    body: dict[str, Any] = {
        **settings.extra,
        "model": settings.model,
        "temperature": settings.temperature,
        **({} if settings.top_p is None else {"top_p": settings.top_p}),
        "max_tokens": settings.max_tokens,
    }
    if n > 1:
        # Left out for one, because some servers refuse the field itself.
        body["n"] = n
    if seed is not None:
        body["seed"] = seed
    return body
