"""A text file that holds one response and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.errors import ImportRefusedError
from core.traces.build import TraceRefusedError, make_trace, trace_id_from
from core.traces.importers.reading import decode, read_bytes
from core.traces.importers.rendered import split_conversation
from core.traces.importers.result import ImportResult
from core.traces.model import Message, Prompt
from core.traces.reasoning import ReasoningTags

SUFFIXES: Final = (".txt",)
_ANY_NAME: Final = ("", ".txt", ".text")
"""Suffixes of a file that may be a response without being said to be one; without any, only where it has tags."""

_NOTES = re.compile(
    r"(?:readme|licen[cs]e|copying|notice|changelog|authors|contributors|contributing|requirements|constraints|robots|cmakelists)"
    r"(?:[-_ .].*)?"
)
_SENTENCE = re.compile(r"\w[\"')\]*_]*[.!?…。！？][\"')\]*_]*(?=\s|$)|[。！？]")
_LONGEST_CODE: Final = 200
_CODE = re.compile(
    r"\s*(?:"
    r"\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d"
    r"|#!|#\s?include\b|//|/\*|<[!?]|</?[a-z][\w-]*[ >/]|[\])}]+[;,]?\s*$|@\w+|.*[;{]$|--?\w+"
    r"|(?:def|class|import|from|return|function|const|let|var|public|private|elif|except|func|fn|use|package)\b.*[\w)({;:]$"
    r"|[\w.\[\], -]+\s*(?:==|>=|<=|~=|:=|=)\s*\S.*$|[\w.-]+:\s\S+$|[\w./-]+$|\[[\w. -]+\]$"
    r")"
)
"""A line of a log, of code, of settings, or a word alone."""


def is_plain(path: Path) -> bool:
    """Any file that no other format took."""
    return not path.is_dir()


def read_plain(path: Path, tags: Sequence[ReasoningTags]) -> ImportResult:
    """The file's text is the response, where it looks like one; see `read_text`.

    Raises:
        ImportRefusedError: if it looks like something else, and for what `read_text` refuses.
    """
    data = read_bytes(path)
    if b"\0" in data[:8192]:
        raise ImportRefusedError(path, "this is a binary file of no known kind; give text, JSON, CSV or Parquet.")
    looks = looks_like(path.name, decode(path, data), tags)
    if looks:
        raise ImportRefusedError(
            path, f"this looks like {looks}, not like a response; if it is one, import it with --text."
        )
    return read_text(path, tags)


def read_text(path: Path, tags: Sequence[ReasoningTags]) -> ImportResult:
    """The file's text is the response, kept as it is but for a byte order mark; its name gives the id.

    A whole conversation, as a chat template renders it, is prompt and response.

    Raises:
        ImportRefusedError: if the file is empty, is not UTF-8, or has no reasoning.
    """
    text = decode(path, read_bytes(path))
    turns, response = split_conversation(text) or ([], text)
    prompt = Prompt(tuple(Message(turn["role"], turn["content"]) for turn in turns))
    try:
        trace = make_trace(trace_id_from(path.stem), response, prompt=prompt, tags=tags, source=f"{path.name}:1")
    except TraceRefusedError as refusal:
        raise ImportRefusedError(path, str(refusal)) from refusal
    return ImportResult((trace,), ())


def has_reasoning(path: Path, tags: Sequence[ReasoningTags]) -> bool:
    """Whether a file of a folder is a response for sure: its name may be one, and its text has reasoning in tags."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        # Refused, with its reason, when it is read.
        return True
    return not looks_like(path.name, text, tags) and _has_tags(text, tags)


def looks_like(name: str, text: str, tags: Sequence[ReasoningTags]) -> str:
    """What a file looks like that is no response, blank for one that may be: by its name, then by its lines."""
    path = Path(name)
    if path.suffix.lower() not in _ANY_NAME:
        return f"a {ascii(path.suffix)[1:-1]} file"
    if _NOTES.fullmatch(path.stem.lower()):
        return "a file of notes"
    if _has_tags(text, tags) or not text.strip():
        return ""
    if not path.suffix:
        return "text without reasoning in tags"
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and _is_table(lines):
        return "a table"
    if text.lstrip().startswith(("{", "[{")):
        return "broken JSON"
    n_code = sum(len(line) <= _LONGEST_CODE and _CODE.match(line) is not None for line in lines)
    if 2 * n_code > len(lines):
        return "code, settings or a log"
    return "" if _SENTENCE.search(text) else "a list of words"


def _has_tags(text: str, tags: Sequence[ReasoningTags]) -> bool:
    """Whether reasoning is opened or closed at the border of a line, where prose about tags does not have them.

    A whole conversation has an answer as well.
    """
    opens = "|".join(re.escape(pair.open) for pair in tags)
    closes = "|".join(re.escape(pair.close) for pair in tags)
    at_border = rf"^[ \t]*(?:{opens}|{closes})|(?:{closes})[ \t]*$"
    return re.search(at_border, text, re.MULTILINE | re.IGNORECASE) is not None or split_conversation(text) is not None


def _is_table(lines: Sequence[str]) -> bool:
    for delimiter in ("\t", ";", ","):
        counts = {line.count(delimiter) for line in lines[:20]}
        if counts == {lines[0].count(delimiter)} and lines[0].count(delimiter):
            names = [name.strip() for name in lines[0].split(delimiter)]
            return all(name and len(name) <= 40 and not name.endswith(".") and name.count(" ") < 3 for name in names)
    return False
