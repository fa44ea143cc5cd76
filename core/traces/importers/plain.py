"""A text file that holds one response and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import ImportRefusedError
from core.traces.build import TraceRefusedError, make_trace, trace_id_from
from core.traces.harmony import split_conversation
from core.traces.importers.reading import decode, read_bytes
from core.traces.importers.result import ImportResult
from core.traces.model import Prompt
from core.traces.reasoning import ReasoningTags


def is_plain(path: Path) -> bool:
    """Any file that no other format took."""
    return not path.is_dir()


def read_plain(path: Path, tags: Sequence[ReasoningTags]) -> ImportResult:
    """The file's text is the response, kept as it is but for a byte order mark; its name gives the id.

    A conversation of gpt-oss has its prompt in it.

    Raises:
        ImportRefusedError: if the file is empty, is not UTF-8, or has no reasoning.
    """
    text = decode(path, read_bytes(path))
    prompt, response = split_conversation(text) or (Prompt(), text)
    try:
        trace = make_trace(trace_id_from(path.stem), response, prompt=prompt, tags=tags, source=f"{path.name}:1")
    except TraceRefusedError as refusal:
        raise ImportRefusedError(path, str(refusal)) from refusal
    return ImportResult((trace,), ())
