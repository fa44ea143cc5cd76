"""Reading what a model suggested: strictly, sentence by sentence, because a guess at what it meant is no suggestion."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_ENTRY = {"sentence", "category", "confidence"}
# Where the JSON may begin, after whatever the model reasoned before; and the code fence that may stand around it.
_STARTS = re.compile(r"\{(?=\s*\"labels\")")
_FENCE_END = re.compile(r"\r?\n[ \t]*```\s*\Z")
_MOST_STARTS = 50


class Guess(NamedTuple):
    """A category, and how sure the model is of it, 0..1."""

    category: str
    confidence: float


@dataclass(frozen=True)
class Reading:
    """What a reply holds.

    ``guesses`` are by sentence. ``refusal`` says in a few words what of the reply was not taken, and why; empty where
    all that was asked for is there. ``is_readable`` is false where there was no JSON object of the form asked for.
    """

    guesses: Mapping[int, Guess] = field(default_factory=dict)
    refusal: str = ""
    is_readable: bool = True


def read_suggestions(reply: str, asked: Sequence[int], categories: Collection[str]) -> Reading:
    """Read the guesses about the sentences ``asked`` out of a reply.

    The reply ends with one JSON object of ``labels``, in a code fence or not; reasoning may stand before it. An entry
    that is not of the form asked for, names no category of ``categories`` or a confidence outside 0..1, or stands
    beside another about the same sentence, is refused for its sentence alone.
    """
    entries = _entries(reply)
    if entries is None:
        return Reading(refusal="no JSON object of labels at the end of the reply", is_readable=False)
    about: dict[int | None, list[Any]] = {number: [] for number in asked}
    stray = 0
    for entry in entries:
        found = about.get(_number(entry))
        if found is None:
            stray += 1
        else:
            found.append(entry)
    read = {number: _only_guess(about[number], categories) for number in asked}
    guesses = {number: guess for number, guess in read.items() if isinstance(guess, Guess)}
    refused = {number: why for number, why in read.items() if not isinstance(why, Guess)}
    return Reading(guesses, _in_words(refused, stray))


def _entries(reply: str) -> list[Any] | None:
    """The list of labels, or None where the reply does not end with an object of just that."""
    bare = _FENCE_END.sub("", reply)
    starts = [found.start() for found in _STARTS.finditer(bare)]
    for start in starts[-_MOST_STARTS:]:
        found = _object(bare[start:])
        if isinstance(found, dict) and set(found) == {"labels"} and isinstance(found["labels"], list):
            return found["labels"]
    return None


def _object(text: str) -> Any:
    try:
        # What is no JSON, such as NaN, is no number; it costs its sentence alone, and so does a key that stands twice.
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    # Only the sentence's number is kept, so that the entry is refused for its sentence.
    numbers = [value for name, value in pairs if name == "sentence"]
    return {"sentence": numbers[0]} if len(numbers) == 1 else {}


def _number(entry: object) -> int | None:
    """The sentence that an entry is about."""
    number = entry.get("sentence") if isinstance(entry, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _only_guess(entries: Sequence[Mapping[str, object]], categories: Collection[str]) -> Guess | str:
    """What the entries about one sentence say, or why they are refused."""
    if len(entries) != 1:
        return "more than once" if entries else "missing"
    entry = entries[0]
    if set(entry) != _ENTRY:
        return "not of the form asked for"
    category, confidence = entry["category"], entry["confidence"]
    if not isinstance(category, str) or category not in categories:
        return "no category of the codebook"
    if isinstance(confidence, bool) or not isinstance(confidence, int | float):
        return "confidence is no number"
    if not 0 <= confidence <= 1:
        return "confidence outside 0 to 1"
    return Guess(category, float(confidence))


def _in_words(refused: Mapping[int, str], stray: int) -> str:
    by_reason: dict[str, list[int]] = {}
    for number, reason in sorted(refused.items()):
        by_reason.setdefault(reason, []).append(number)
    parts = [f"{reason}: {', '.join(map(str, numbers))}" for reason, numbers in by_reason.items()]
    return "; ".join([*parts, f"{stray} not asked for"] if stray else parts)
