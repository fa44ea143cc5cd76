"""What a trace is: a prompt, one response to it, and the sentences that tile its reasoning."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from core.canonical import canonical_json, short_hash


class Span(NamedTuple):
    """Half-open character range ``[start, end)`` of a trace's raw response."""

    start: int
    end: int


class Message(NamedTuple):
    """One turn of a prompt."""

    role: str
    content: str


@dataclass(frozen=True)
class Prompt:
    """The turns that a response answers; two equal prompts have one id."""

    messages: tuple[Message, ...] = ()

    @cached_property
    def canonical(self) -> str:
        """The messages as one canonical JSON string (ASCII, so that any text survives)."""
        return canonical_json([{"role": role, "content": content} for role, content in self.messages])

    @property
    def asks(self) -> bool:
        """Whether a user says something in it, so that there is something to answer."""
        return any(turn.role == "user" for turn in self.messages)

    @property
    def text(self) -> str:
        """The contents of the messages, one after the other."""
        return "".join(turn.content for turn in self.messages)

    @cached_property
    def id(self) -> str:
        """First 16 hex digits of the SHA-256 of the canonical JSON."""
        return short_hash(self.canonical)

    @classmethod
    def from_json(cls, canonical: str) -> Prompt:
        """Read back what `canonical` wrote."""
        return cls(tuple(Message(turn["role"], turn["content"]) for turn in json.loads(canonical)))


@dataclass(frozen=True)
class Sentence:
    """Sentence ``index`` (0-based): the characters ``[start, end)`` of the raw response.

    White space between two sentences belongs to the later one, so that a prefix never ends in white space.
    """

    index: int
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Trace:
    """One model response to one prompt, with the span that is its reasoning.

    ``sentences`` tile ``reasoning`` exactly: joined, their texts give it back character by character.
    """

    id: str
    prompt: Prompt
    response: str
    reasoning: Span
    sentences: tuple[Sentence, ...]
    splitter: str
    model: str | None = None
    tier: str | None = None
    prompt_variant: str | None = None
    query: str | None = None
    source: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n_prefixes(self) -> int:
        """How many prefixes there are: before each sentence, and after the last."""
        return len(self.sentences) + 1

    @property
    def is_all_reasoning(self) -> bool:
        """Whether no tag tells reasoning from answer, so that all of the response counts as reasoning."""
        return self.reasoning == (0, len(self.response.rstrip()))

    def prefix(self, index: int) -> str:
        """Raw text before sentence ``index``; for ``index == n`` the text up to the reasoning's end.

        Raises:
            IndexError: if ``index`` is outside 0..n.
        """
        if not 0 <= index <= len(self.sentences):
            raise IndexError(f"prefix {index} of a trace with {len(self.sentences)} sentences")
        if index == len(self.sentences):
            return self.response[: self.reasoning.end]
        return self.response[: self.sentences[index].start]


def build_sentences(response: str, reasoning: Span, spans: Sequence[Span]) -> tuple[Sentence, ...]:
    """Turn spans relative to the reasoning into sentences of the raw response."""
    base = reasoning.start
    return tuple(
        Sentence(i, base + start, base + end, response[base + start : base + end])
        for i, (start, end) in enumerate(spans)
    )
