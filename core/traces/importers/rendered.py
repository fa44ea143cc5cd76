"""Prompts that a chat template has rendered into one text, taken apart into the turns that they were made of.

As a user turn such a text would be put into the template once more, and the model would answer something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from core.traces.strict_json import StrictJSONError, parse_value, skip_space


class Template(NamedTuple):
    """How a family of chat templates opens a turn, with the role as the first group, and how it ends one."""

    opens: re.Pattern[str]
    ends: re.Pattern[str]


TEMPLATES: Final = (
    Template(re.compile(r"<\|im_start\|>(\w+)\n"), re.compile(r"<\|im_end\|>\s*")),
    Template(re.compile(r"<\|start_header_id\|>(\w+)<\|end_header_id\|>\n\n"), re.compile(r"<\|eot_id\|>\s*")),
    Template(re.compile(r"<start_of_turn>(\w+)\n"), re.compile(r"<end_of_turn>\s*")),
    Template(re.compile(r"<\|turn>(\w+)\n"), re.compile(r"<turn\|>\s*")),
    Template(
        re.compile(r"<\|start\|>(\w+)(?:<\|channel\|>\w+)?(?:<\|message\|>|\Z)"),
        re.compile(r"<\|(?:end|return)\|>\s*"),
    ),
    Template(re.compile(r"<｜(User|Assistant)｜>"), re.compile(r"<｜end▁of▁sentence｜>\s*")),
    Template(re.compile(r"\n\n(Human|Assistant): ?"), re.compile(r"(?!)")),
    Template(re.compile(r"<\|(system|user|assistant)\|>\n?"), re.compile(r"(?:<\|end\|>|</s>|<\|endoftext\|>)\s*")),
)
"""ChatML, Llama 3, Gemma, Gemma 4, harmony, DeepSeek, Claude's of old, Phi and its kin."""

_ROLES: Final = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "model": "assistant",
}
_ANSWERS = re.compile(r"<\|start\|>assistant(?=<\|channel\|>)")
"""What opens an answer of harmony, whose channel the model writes itself."""
_BEGIN = re.compile(r"\s*(?:<\|begin_of_text\|>|<bos>|<s>|<｜begin▁of▁sentence｜>|\[gMASK\]<sop>)?")
_MARKS = re.compile(r"<\|\w+\|>|<｜\w+｜>|\[/?INST\]|<start_of_turn>|<\|turn>")


def is_rendered(text: str) -> bool:
    """Whether a text has the marks of a chat template in it."""
    return _MARKS.search(text) is not None


def has_turns(text: str) -> bool:
    """Whether a text has turns of others than the model in it, as a chat template opens them."""
    openings = (opening for template in TEMPLATES for opening in template.opens.finditer(text))
    # What any text may have, such as "Human:", is no mark.
    return any(opening[0][0] == "<" and _ROLES.get(opening[1].lower()) in ("system", "user") for opening in openings)


def turns_of(text: str) -> tuple[list[dict[str, str]], str] | None:
    """The turns of a rendered prompt, and what it already begins of the answer; None for a text of another kind.

    A list of turns written as JSON is one as well.
    """
    if text.lstrip().startswith('[{"'):
        return _turns_of_json(text)
    for template in TEMPLATES:
        found = list(template.opens.finditer(text))
        if found:
            return _taken_apart(text, template, found)
    return None


def split_conversation(text: str) -> tuple[list[dict[str, str]], str] | None:
    """The turns of a whole conversation that was rendered, and the answer at its end; None for any other text.

    The answer begins after the words that open the assistant's turn, as the model wrote it.
    """
    for template in TEMPLATES:
        found = list(template.opens.finditer(text))
        answer = next((i for i in range(len(found)) if _all_assistant(found[i:])), None)
        if answer:
            header = _ANSWERS.match(text, found[answer].start())
            begins = header.end() if header else found[answer].end()
            apart = _taken_apart(text[: found[answer].start()], template, found[:answer])
            end = None if header else template.ends.search(text, begins)
            return (apart[0], text[begins : end.start() if end else len(text)]) if apart else None
    return None


def unrendered(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record with a rendered prompt as one with turns; what the prompt begins of the answer stands before it.

    A response that holds the whole conversation, prompt and all, is taken apart likewise.
    """
    if record.get("messages") is not None:
        return record
    prompt = record.get("prompt")
    if isinstance(prompt, list) and len(prompt) == 1 and isinstance(prompt[0], str):
        prompt = prompt[0]
    name = "text" if record.get("response") is None else "response"
    response = record.get(name)
    if prompt is None and isinstance(response, str) and (whole := split_conversation(response)):
        return {**record, "prompt": whole[0], name: whole[1]}
    if not isinstance(prompt, str):
        return record
    found = turns_of(prompt)
    if found is None:
        return {**record, "prompt": prompt}
    turns, begun = found
    changed = {**record, "prompt": turns}
    if isinstance(response, str) and response.startswith(prompt):
        response = response.removeprefix(prompt)
        changed[name] = response
    if isinstance(response, str) and begun and not response.startswith(begun.strip() or begun):
        changed[name] = begun + response
    return changed


def _all_assistant(openings: Sequence[re.Match[str]]) -> bool:
    return all(_ROLES.get(opening[1].lower()) == "assistant" for opening in openings)


def _taken_apart(text: str, template: Template, found: list[re.Match[str]]) -> tuple[list[dict[str, str]], str] | None:
    begin = _BEGIN.match(text)
    before = text[begin.end() if begin else 0 : found[0].start()]
    if before.strip() and "｜" not in found[0][0]:
        # DeepSeek's alone writes the system prompt without a mark; in any other the text is about chats, and none.
        return None
    turns = [{"role": "system", "content": before}] if before.strip() else []
    for opening, after in zip(found, [*found[1:], None], strict=True):
        role = _ROLES.get(opening[1].lower())
        rest = text[opening.end() : after.start() if after else len(text)]
        end = template.ends.search(rest)
        if role is None or (end and rest[end.end() :].strip()):
            return None
        if after is None and role == "assistant" and end is None:
            return turns, rest
        if "<|channel|>" in opening[0] and "final" not in opening[0]:
            # Of what gpt-oss said before, its template sends the answers alone.
            continue
        turns.append({"role": role, "content": rest[: end.start()] if end else rest})
    return turns, ""


def _turns_of_json(text: str) -> tuple[list[dict[str, str]], str] | None:
    try:
        value, end = parse_value(text, skip_space(text, 0))
    except StrictJSONError:
        return None
    is_whole = skip_space(text, end) == len(text)
    is_turns = isinstance(value, list) and all(isinstance(turn, dict) and "role" in turn for turn in value)
    return (value, "") if is_whole and is_turns else None
