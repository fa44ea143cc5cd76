"""Reasoning that stands beside an answer: every name that programs give it, and how its text is read.

Records, turns, choices, samples of logs and what servers answer all ask here. A new name is a line in
``REASONING_FIELDS``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from core.traces.names import is_filled, plain_name

REASONING_FIELDS: Final = (
    *("reasoning_content", "reasoning", "thinking", "reasoning_details", "thinking_blocks", "reasoning_text"),
    *("thinking_content", "thinking_text", "reasoning_trace", "reasoning_traces", "thinking_trace", "thinking_traces"),
    *("thinking_trajectory", "thinking_trajectories", "deepseek_thinking_trajectory", "gemini_thinking_trajectory"),
    *("deepseek_reasoning", "r1_reasoning", "model_reasoning", "generated_reasoning", "internal_reasoning"),
    *("chain_of_thought", "chain_of_thoughts", "cot", "complex_cot", "model_cot", "generated_cot", "cot_reasoning"),
    *("thought", "thoughts", "think", "think_content", "thought_process", "thinking_process", "reasoning_process"),
    *("thinking_part", "reasoning_part", "reasoning_steps", "inner_thoughts", "internal_thoughts"),
    *("internal_monologue", "inner_monologue", "scratchpad", "scratch_pad", "hidden_scratchpad", "private_reasoning"),
    *("rationale", "analysis", "reasoning_summary", "thinking_summary", "thought_summary"),
)
"""Names of fields that hold the reasoning of an answer, the surer first; case and separators do not count."""

NATIVE: Final = frozenset(
    {"reasoningcontent", "reasoning", "thinking", "reasoningdetails", "thinkingblocks", "reasoningtext"}
)
"""Plain names under which a server gives what the model thought, whatever its answer has in tags."""

REASONING_PARTS: Final = frozenset({"reasoning", "thinking", "thought", "redacted_thinking", "reasoning_text"})
"""Types of the parts of a content that are reasoning."""

_ORDER: Final = {plain_name(name): place for place, name in enumerate(REASONING_FIELDS)}
_SUMMARIES: Final = frozenset(plain_name(name) for name in ("reasoning_summary", "thinking_summary", "thought_summary"))
_SWITCHES: Final = frozenset(
    (
        *("on", "off", "yes", "no", "true", "false", "none", "null", "auto", "low", "medium", "high", "minimal"),
        *("xhigh", "max", "default", "enabled", "disabled", "concise", "detailed"),
    )
)
"""Values that say how much a model was to reason."""
_PARTS: Final = ("text", "reasoning", "thinking", "thought", "content", "reasoning_content", "reasoningText")
_ENCRYPTED: Final = ("encrypted_content", "data", "signature", "redactedContent", "encrypted")
_SPLIT: Final = "\n\n"


class Reasoning(NamedTuple):
    """Reasoning as one text, blank where there is none that can be read.

    ``name`` is the field that it came from. ``is_encrypted`` says that there is more, which its provider encrypted or
    kept, and ``is_summary`` that this is the provider's summary of it.
    """

    text: str = ""
    name: str = ""
    is_encrypted: bool = False
    is_summary: bool = False


def is_reasoning_name(name: str) -> bool:
    """Whether a field of this name holds reasoning."""
    return plain_name(name) in _ORDER


def beside(fields: Mapping[str, Any]) -> Reasoning:
    """The reasoning of a record, a turn or a choice: its first field of a known name that holds text."""
    known = sorted((name for name in fields if is_reasoning_name(name)), key=lambda name: _ORDER[plain_name(name)])
    found = [_named(name, fields[name]) for name in known]
    readable = next((reasoning for reasoning in found if reasoning.text.strip()), None)
    encrypted = next((reasoning for reasoning in found if reasoning.is_encrypted), None)
    if readable is None:
        return encrypted or Reasoning()
    return readable


def reasoning_of(value: Any) -> Reasoning:
    """The reasoning that a value holds: a text, a part with a text of its own, or a list of either.

    The parts of a list are thoughts of their own, but those of the type ``text`` pieces of one.
    """
    if isinstance(value, str):
        return Reasoning(value)
    if isinstance(value, Mapping):
        return _of_part(value)
    if not isinstance(value, list):
        return Reasoning()
    pieces = [reasoning_of(piece) for piece in value]
    filled = [piece for piece in pieces if piece.text.strip()]
    # A signature beside a thought that can be read is no second thought; a block that was blacked out is.
    lost = any(isinstance(piece, Mapping) and piece.get("type") == "redacted_thinking" for piece in value)
    are_pieces = all(isinstance(piece, Mapping) and piece.get("type") == "text" for piece in value)
    return Reasoning(
        ("" if are_pieces else _SPLIT).join(piece.text for piece in filled),
        is_encrypted=lost or (not filled and any(piece.is_encrypted for piece in pieces)),
        is_summary=any(piece.is_summary for piece in filled),
    )


def filled_names(value: Any) -> Iterator[tuple[str, str]]:
    """Every field below ``value`` that has a known name and holds text: the name, and the text.

    Of a list of turns only the last counts; what stands below ``metadata`` is not the model's.
    """
    if isinstance(value, list):
        for piece in _answering(value):
            yield from filled_names(piece)
    elif isinstance(value, Mapping) and value.get("redacted") is not True:
        for name, inner in value.items():
            if is_reasoning_name(name) and (text := _named(name, inner).text).strip():
                yield name, text
            elif name != "metadata" and isinstance(inner, Mapping | list):
                yield from filled_names(inner)


def _answering(pieces: Sequence[Any]) -> Sequence[Any]:
    are_turns = pieces and all(isinstance(piece, Mapping) and ("role" in piece or "from" in piece) for piece in pieces)
    return pieces[-1:] if are_turns else pieces


def _named(name: str, value: Any) -> Reasoning:
    if isinstance(value, str) and value.strip().casefold() in _SWITCHES:
        return Reasoning()
    found = reasoning_of(value)
    return found._replace(name=name, is_summary=found.is_summary or plain_name(name) in _SUMMARIES)


def _of_part(part: Mapping[str, Any]) -> Reasoning:
    hidden = part.get("redacted") is True or part.get("type") == "redacted_thinking"
    for name in () if hidden else _PARTS:
        inner = part.get(name)
        found = reasoning_of(inner) if isinstance(inner, str | list | Mapping) else Reasoning()
        if found.text.strip():
            return found
    # Without a type it is a setting, such as {"effort": "low", "summary": "auto"}.
    summary = reasoning_of(part.get("summary")) if "type" in part else Reasoning()
    if summary.text.strip():
        return Reasoning(summary.text, is_summary=True)
    is_kept = part.get("summary") == [] or any(is_filled(part.get(name)) for name in _ENCRYPTED)
    return Reasoning(is_encrypted=hidden or ("type" in part and is_kept) or is_filled(part.get("redactedContent")))
