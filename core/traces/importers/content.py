"""What a chat message says: its text, and the reasoning that a server put beside the text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from core.traces.model import Span
from core.traces.names import field
from core.traces.parts import POINTERS, TEXT_PARTS, NoTextError, text_in, thought_in
from core.traces.reasoning import ReasoningTags
from core.traces.reasoning_beside import REASONING_PARTS, Reasoning, beside, reasoning_of

_CONTENTS: Final = ("content", "value", "parts", "text")
"""Where a turn has its text: everywhere, ShareGPT, Gemini, here and there."""
_LONGEST_NAME: Final = 60
_THINK: Final = ReasoningTags("<think>", "</think>")
_LINE_ENDS = re.compile(r"(?:\r?\n)*")


class Content(NamedTuple):
    """The two sides of one message; ``reasoning`` is empty where the text holds all there is.

    ``is_encrypted`` says that there is reasoning which cannot be read, ``is_summary`` that it is only summarised.
    """

    text: str
    reasoning: str = ""
    is_encrypted: bool = False
    is_summary: bool = False


def content_of(value: object) -> Content:
    """Read the content of a message: a text, or a list of parts, of whichever provider.

    Several texts are joined by line breaks, as servers do, but where parts have no type they are pieces of one text.

    Raises:
        NoTextError: if there is a part that is no text, or nothing at all.
    """
    if isinstance(value, str):
        return Content(value)
    if isinstance(value, Mapping) and isinstance(value.get("parts"), list):
        value = value["parts"]
    if not isinstance(value, list) or not value:
        raise NoTextError("no text and no list of parts")
    read = [_part(part, number) for number, part in enumerate(value, start=1)]
    thoughts = [part for part in read if isinstance(part, Reasoning)]
    filled = [thought.text for thought in thoughts if thought.text.strip()]
    is_one_text = all(isinstance(part, Mapping) and "type" not in part for part in value)
    said = [part for part in read if isinstance(part, Content)]
    inner = [part.reasoning for part in said if part.reasoning.strip()]
    return Content(
        ("" if is_one_text else "\n").join(part.text for part in said),
        ("" if is_one_text else "\n\n").join([*filled, *inner]),
        is_encrypted=any(part.is_encrypted for part in read),
        is_summary=any(part.is_summary for part in read),
    )


def message_content(message: Mapping[str, Any]) -> Content:
    """Read the content of a message together with the reasoning that stands beside it.

    Raises:
        NoTextError: if it has none, or what it has is no text.
    """
    apart = beside(message)
    content = next((value for name in _CONTENTS if (value := field(message, name)) is not None), None)
    if content in (None, []) and (apart.text or apart.is_encrypted or isinstance(message.get("refusal"), str)):
        # A server that ran out of tokens in the reasoning has no content, and one that refused says so elsewhere.
        content = message.get("refusal") or ""
    read = content_of(content)
    if read.reasoning.strip():
        return read._replace(is_encrypted=read.is_encrypted or apart.is_encrypted)
    return with_reasoning(read, apart)


def with_reasoning(content: Content, apart: Reasoning) -> Content:
    """The content with reasoning that stood elsewhere."""
    return Content(content.text, apart.text, content.is_encrypted or apart.is_encrypted, apart.is_summary)


def joined(content: Content, tags: Sequence[ReasoningTags]) -> str:
    """One raw text, as the model wrote it: the reasoning in its tags, then the text, both with their own white space.

    What a line break needs around the tags is added where it is missing, and nothing else. The tags are ``<think>``
    where turnpoint looks for these or the text has tagged reasoning of its own, and otherwise the first pair it looks
    for. Reasoning that the text has between marks of its own is not written twice.
    """
    return joined_with_span(content, tags)[0]


def joined_with_span(content: Content, tags: Sequence[ReasoningTags]) -> tuple[str, Span | None]:
    """The same, and where in it the reasoning is; None where the tags in the text decide that."""
    text, reasoning = content.text, content.reasoning
    if not reasoning.strip() or _repeats(text, reasoning) or text.lstrip().startswith(_THINK.open):
        return text, None
    pair = _THINK if _THINK in tags or any(tag.open in text for tag in tags) or not tags else tags[0]
    pair, reasoning = _bare(reasoning, pair, tags)
    written = pair.open + ("" if reasoning.startswith(("\n", "\r\n")) else "\n") + reasoning
    # A scratchpad in the text goes before the model's own thinking.
    is_sure = not any(tag.open in text for tag in tags if tag != pair)
    span = Span(len(pair.open), len(written.rstrip())) if is_sure else None
    if not text.strip():
        # Without an answer the reasoning was cut off, and its end is still to come.
        return written, span
    written += ("" if reasoning.endswith("\n") else "\n") + pair.close
    missing = 2 - _leading_line_ends(text)
    return written + "\n" * missing + text, span


def _bare(reasoning: str, usual: ReasoningTags, tags: Sequence[ReasoningTags]) -> tuple[ReasoningTags, str]:
    """Reasoning without the tags that some programs leave around it, and these; else ``usual`` and all of it."""
    body = reasoning.strip()
    for pair in (*tags, _THINK):
        if body.startswith(pair.open) or (body.endswith(pair.close) and pair.open not in body):
            return pair, body.removeprefix(pair.open).removesuffix(pair.close)
    return usual, reasoning


def _leading_line_ends(text: str) -> int:
    match = _LINE_ENDS.match(text)
    return match[0].count("\n") if match else 0


def _repeats(text: str, reasoning: str) -> bool:
    """Whether the text has the reasoning between marks, whatever they are called."""
    body = reasoning.strip()
    return body in text and re.search(rf"[>\]|]\s*{re.escape(body)}\s*[<\[]", text) is not None


def _part(part: object, number: int) -> Content | Reasoning:
    if not isinstance(part, Mapping):
        raise NoTextError(f"a part {number} that is no text")
    kind = part.get("type")
    if isinstance(kind, str) and kind in TEXT_PARTS:
        return Content(text_in(part, TEXT_PARTS[kind], number))
    if isinstance(kind, str) and kind in POINTERS:
        return Content("")
    if isinstance(kind, str) and kind in REASONING_PARTS:
        return thought_in(part, kind, number)
    if kind == "message":
        try:
            return content_of(part.get("content"))
        except NoTextError as error:
            raise NoTextError(f"in part {number} {error}") from error
    if kind is None and isinstance(part.get("reasoningContent"), Mapping):
        return reasoning_of(part["reasoningContent"])
    if kind is None and isinstance(part.get("text"), str):
        return Reasoning(part["text"], is_summary=True) if part.get("thought") is True else Content(part["text"])
    if kind is None and part.keys() <= {"thoughtSignature", "thought_signature", "thought"}:
        return Content("")
    named = f"a part {number} of the type {kind[:_LONGEST_NAME]!a}" if isinstance(kind, str) else f"a part {number}"
    raise NoTextError(f"{named} that is no text")
