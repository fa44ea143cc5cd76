"""Whether a continuation began anew instead of going on: a server that ignores a prefix often shows it this way."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from core.traces.reasoning import (
    DEFAULT_TAGS,
    ReasoningTags,
    begins_with_opening,
    find_reasoning,
    is_reasoning_open,
    tags_around,
)
from core.traces.splitter import split

# Shorter sentences, such as "Okay, let me think.", may well come twice.
_FEWEST_CHARACTERS = 24
# The first sentence stands near the beginning of any reasoning; the rest need not be split.
_BEGINNING = 2000


def began_anew(prefix: str, continuation: str, tags: Sequence[ReasoningTags] = DEFAULT_TAGS) -> bool:
    """Whether a continuation starts with what its prefix has said at the very start.

    That is, after white space, with the opening tag of a reasoning that is open in the prefix, or with the whole first
    sentence of that reasoning, of 24 characters or more. What comes later in the continuation does not count.
    """
    start = continuation.lstrip()
    pair = tags_around(prefix, tags)
    if pair is not None and is_reasoning_open(prefix, tags) and begins_with_opening(start, pair):
        return True
    first = _first_sentence(prefix, tuple(tags))
    return len(first) >= _FEWEST_CHARACTERS and start.startswith(first)


@lru_cache(maxsize=64)
def _first_sentence(prefix: str, tags: tuple[ReasoningTags, ...]) -> str:
    span = find_reasoning(prefix, tags)
    sentences = split(prefix[span.start : span.end][:_BEGINNING])
    return prefix[span.start : span.end][sentences[0].start : sentences[0].end].strip() if sentences else ""
