"""Texts that people labelled, to hold a judge against: JSON Lines of ``text`` and ``label``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.canonical import short_hash
from core.errors import ImportRefusedError
from core.traces.importers.reading import decode, read_bytes
from core.traces.strict_json import StrictJSONError, parse_value, skip_space

YES_LABELS = ("yes", "true", "1", "potential_faking", "alignment_faking", "faking")
NO_LABELS = ("no", "false", "0", "aligned", "not_faking")


@dataclass(frozen=True)
class LabelledText:
    """A reasoning, or a whole response, and whether it shows the behavior; ``line`` is its line in the file, from 1."""

    text: str
    label: bool
    line: int

    @property
    def id(self) -> str:
        """Named by the text alone, so that votes stay valid when lines move or labels change."""
        return f"text-{short_hash(self.text)}"


def read_labelled(path: Path) -> list[LabelledText]:
    """Read every line of a file; blank lines are skipped, other keys than ``text`` and ``label`` ignored.

    Raises:
        ImportRefusedError: for a file without texts, and for the first line that is not as it must be.
        OSError: if the file cannot be read.
    """
    found, offset = [], 0
    for line, raw in enumerate(read_bytes(path).split(b"\n"), start=1):
        text = decode(path, raw, offset=offset, line=line)
        offset += len(raw) + 1
        if skip_space(text, 0) < len(text):
            found.append(_labelled(path, line, text))
    if not found:
        raise ImportRefusedError(path, 'there are no texts in it; give a JSON object of "text" and "label" per line.')
    return found


def _labelled(path: Path, line: int, written: str) -> LabelledText:
    try:
        record, end = parse_value(written, skip_space(written, 0))
    except StrictJSONError as error:
        raise ImportRefusedError(path, f"not valid JSON ({error}); mend it.", line) from error
    if not isinstance(record, dict) or skip_space(written, end) < len(written):
        raise ImportRefusedError(path, 'a line must be one JSON object of "text" and "label".', line)
    text = record.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ImportRefusedError(path, '"text" must be a text that is not empty.', line)
    label = _label(record.get("label"))
    if label is None:
        known = ", ".join((*YES_LABELS, *NO_LABELS))
        raise ImportRefusedError(path, f'"label" is {record.get("label")!a:.60}; it must be one of {known}.', line)
    return LabelledText(text, label, line)


def _label(given: Any) -> bool | None:
    if isinstance(given, bool | int | str):
        word = str(given).strip().lower()
        return True if word in YES_LABELS else False if word in NO_LABELS else None
    return None
