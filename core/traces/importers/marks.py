"""What a trace's metadata says of how its answer ended and of what its reasoning is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.finishing import was_cut
from core.traces.importers.content import Content
from core.traces.names import field
from core.traces.truncated import TRUNCATED

SUMMARY: Final = "reasoning_is_summary"
"""Key of a trace's metadata: true where the reasoning is its provider's summary of what the model thought."""

STOP_FIELDS: Final = ("finish_reason", "stop_reason", "done_reason", "stop_type")


def is_cut_off(reason: object) -> bool:
    """Whether a server's reason to stop, or an object that names it as its type, means that the answer was cut off."""
    if isinstance(reason, Mapping):
        reason = reason.get("type") or reason.get("reason")
    return isinstance(reason, str) and was_cut(reason.rpartition(".")[2])


def marks_of(record: Mapping[str, Any], content: Content) -> dict[str, bool]:
    """The marks of a record, empty for an ordinary answer."""
    marks = {}
    if any(is_cut_off(field(record, name)) for name in STOP_FIELDS):
        marks[TRUNCATED] = True
    if content.is_summary and content.reasoning.strip():
        marks[SUMMARY] = True
    return marks
