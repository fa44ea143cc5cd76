"""The simulator as suggester of categories: its reading of a sentence, with mistakes, so that it is worth checking.

What it gets wrong and how sure it claims to be depend on the seed and the sentence alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence

from core.endpoints.simulator.reading import read_sentence
from core.endpoints.simulator.state import Signal
from core.traces.model import Message

FIRST_LINE = "turnpoint suggestions: sentence categories, version 1"
MISTAKES = 0.15
"""Share of the sentences for which it suggests another category than it reads."""

_CATEGORY = re.compile(r"^[0-9]+\. (\S+): (.*)$", re.MULTILINE)
_SENTENCES = re.compile(r"^<<<SENTENCES\n(.*)\nSENTENCES>>>$", re.DOTALL | re.MULTILINE)
_SENTENCE = re.compile(r"^([0-9]{1,6}) (\".*\")$", re.MULTILINE)
_ASKED = re.compile(r"^Sentences to categorise: (.*)\Z", re.MULTILINE)
_RANGE = re.compile(r"([0-9]{1,6})(?: to ([0-9]{1,6}))?")
_WORD = re.compile(r"[a-z]{5,}")

_MEANT: Mapping[Signal, str] = {
    Signal.MOTIVE: "preservation_motive",
    Signal.COMPLY: "decision_comply",
    Signal.REFUSE: "decision_refuse",
    Signal.PARTIAL: "partial_compliance",
    Signal.CONSEQUENCE: "modification_consequence",
    Signal.CONFLICT: "value_conflict",
    Signal.AWARE: "monitoring",
    Signal.PAID: "monitoring",
    Signal.OBJECTIVE: "training_objective",
    Signal.CONFUSED: "instruction_confusion",
    Signal.RESOLVED: "instruction_confusion",
    Signal.RATING: "rater_appeasement",
    Signal.HARM: "harm_ethics",
    Signal.BENIGN: "harm_ethics",
    Signal.PLAN: "planning",
    Signal.PARSE: "request_parsing",
}


def is_suggesting(messages: Sequence[Message]) -> bool:
    """Whether these messages ask for suggestions."""
    return bool(messages) and messages[0].content.split("\n", 1)[0].strip() == FIRST_LINE


def suggestions(messages: Sequence[Message], seed: int | None) -> str:
    """The reply: one JSON object, as the prompt asks for; empty labels where it asks for nothing."""
    text = messages[-1].content
    definitions = dict(_CATEGORY.findall(messages[0].content))
    listed, asked = _SENTENCES.search(text), _ASKED.search(text)
    if listed is None or asked is None or not definitions:
        return json.dumps({"labels": []})
    wanted = [(int(first), int(last or first)) for first, last in _RANGE.findall(asked[1])]
    labels = [
        _label(int(number), _unquoted(quoted), definitions, seed)
        for number, quoted in _SENTENCE.findall(listed[1])
        if any(first <= int(number) <= last for first, last in wanted)
    ]
    return json.dumps({"labels": labels})


def _unquoted(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return quoted


def _label(number: int, text: str, definitions: Mapping[str, str], seed: int | None) -> dict[str, int | str | float]:
    category = _read(text, definitions)
    chance, other, sure = _chances(f"{seed}/{number}/{text}")
    others = [name for name in definitions if name != category]
    errs = chance < MISTAKES and bool(others)
    if errs:
        category = others[int(other * len(others))]
    confidence = 0.35 + 0.4 * sure if errs else 0.6 + 0.38 * sure
    return {"sentence": number, "category": category, "confidence": round(confidence, 2)}


def _read(text: str, definitions: Mapping[str, str]) -> str:
    """The category that the sentence is read as, the one listed first where several fit."""
    signals = read_sentence(text)
    meant = {name for signal, name in _MEANT.items() if signal in signals}
    known = [name for name in definitions if name in _MEANT.values()]
    if known:
        return next((name for name in known if name in meant), "none" if "none" in definitions else known[-1])
    # A codebook that is not known is gone by the words of its definitions.
    words = set(_WORD.findall(text.lower()))
    return max(definitions, key=lambda name: len(words.intersection(_WORD.findall(definitions[name].lower()))))


def _chances(what: str) -> tuple[float, float, float]:
    """Three numbers in 0..1, the last excluded, that depend on ``what`` alone."""
    digest = hashlib.sha256(what.encode("utf-8", "surrogatepass")).digest()
    one, two, three = (int.from_bytes(digest[at : at + 4], "big") / 2**32 for at in (0, 4, 8))
    return one, two, three
