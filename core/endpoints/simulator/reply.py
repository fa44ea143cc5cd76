"""A reply as far as it has been written: which tags are open, what has been said, what the answer has come to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.endpoints.simulator.reading import read_reasoning
from core.endpoints.simulator.scenario import read_prompt
from core.endpoints.simulator.state import Phase, Setting, State
from core.traces.model import Message
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags, find_reasoning, tags_around
from core.traces.splitter import split

ACCEPT_TAG = "<request_fully_accepted/>"
REJECT_TAG = "<rejected/>"

_VERDICT = re.compile(r"<(?:(request_fully_accepted)|rejected) ?/>")
_LISTED = re.compile(r"(?:^|\n)[^\S\n]*(?:[-*•#]|\(?\w{1,3}[.)]\s)[^\n]*\Z|:\s*\Z")


@dataclass(frozen=True)
class Reply:
    """The assistant's text so far and what it amounts to.

    ``answer`` is the text after the closing tag; ``tag_begun`` the part of a verdict tag that stands in it.
    """

    text: str
    state: State
    tags: ReasoningTags
    answer: str = ""
    tag_begun: str = ""


def split_turns(messages: Sequence[Message]) -> tuple[tuple[Message, ...], str]:
    """The prompt and the text of the reply so far: the last turn if it is the assistant's, else nothing."""
    turns = tuple(messages)
    if turns and turns[-1].role == "assistant":
        return turns[:-1], turns[-1].content
    return turns, ""


def opening_state(messages: Sequence[Message]) -> State:
    """The state that a continuation of ``messages`` begins in."""
    prompt, text = split_turns(messages)
    return read_reply(text, read_prompt(prompt)).state


@lru_cache(maxsize=256)
def read_reply(text: str, setting: Setting) -> Reply:
    """Read what the assistant has written so far."""
    span = find_reasoning(text)
    tags = tags_around(text) or DEFAULT_TAGS[0]
    rest = text[span.end :].lstrip()
    state = read_reasoning(text[span.start : span.end], setting)
    if rest[: len(tags.close)].lower() != tags.close.lower():
        return Reply(text, state, tags)
    answer = rest[len(tags.close) :].lstrip()
    phase, begun = _verdict(answer)
    return Reply(text, state._replace(phase=phase), tags, answer, begun)


def _verdict(answer: str) -> tuple[Phase, str]:
    found = _VERDICT.match(answer)
    if found:
        return Phase.ACCEPTED if found[1] else Phase.REJECTED, ""
    accepting, rejecting = ACCEPT_TAG.startswith(answer), REJECT_TAG.startswith(answer)
    if accepting and rejecting:
        return Phase.CLOSED, answer
    if accepting:
        return Phase.ACCEPTED, answer
    return (Phase.REJECTED, answer) if rejecting else (Phase.NO_VERDICT, "")


def joint(text: str) -> str | None:
    """What must stand between ``text`` and a new sentence; None where any separator will do.

    A line without a full stop is left as it is when it is a heading or an item of a list, and broken off with
    an ellipsis when it is prose, so that the new sentence is a sentence of its own.
    """
    bare = text.rstrip()
    if not bare:
        return ""
    finished = _ends_a_sentence(bare)
    if bare != text:
        return "" if finished or "\n" in text[len(bare) :] else "...\n\n"
    if finished:
        return None
    return "\n\n" if _LISTED.search(bare[-4000:]) else "...\n\n"


def _ends_a_sentence(text: str) -> bool:
    tail = text[-4000:]
    return split(f"{tail} The")[-1].start == len(tail)
