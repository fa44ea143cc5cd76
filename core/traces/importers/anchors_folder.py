"""The files of a thought-anchors folder, read one by one and taken as they are.

A complete folder has ``chunks.json`` and, per chunk, ``chunk_i/solutions.json``: rollouts that start before chunk i.
A site folder has ``chunks_labeled.json``, with numbers in place of rollouts. The layout is that of
interp-reasoning/thought-anchors.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from core.errors import ImportRefusedError
from core.traces.importers.reading import decode, read_bytes
from core.traces.strict_json import StrictJSONError, parse_value, skip_space

CHUNKS: Final = "chunks.json"
LABELLED: Final = "chunks_labeled.json"
RESAMPLED: Final = "chunks_resampled.json"
LINKS: Final = "step_importance.json"
BASE_SOLUTION: Final = "base_solution.json"
SOLUTIONS: Final = "solutions.json"
DESCRIPTIONS: Final = ("problem.json", "scenario.json")


def is_anchors_folder(path: Path) -> bool:
    """Whether ``path`` is a folder with chunks of either kind."""
    return path.is_dir() and any((path / name).is_file() for name in (CHUNKS, LABELLED))


def read_document(path: Path) -> Any:
    """The one JSON value of a file.

    Raises:
        ImportRefusedError: if the file is empty, is not UTF-8, or is not one strict JSON value.
        OSError: if it cannot be read.
    """
    text = decode(path, read_bytes(path))
    try:
        value, end = parse_value(text, skip_space(text, 0))
    except StrictJSONError as error:
        at = error.position or 0
        reason = f"not valid JSON ({error}); mend it."
        raise ImportRefusedError(path, reason, 1 + text.count("\n", 0, at)) from error
    if skip_space(text, end) < len(text):
        raise ImportRefusedError(path, "more text after the end of the JSON; mend it.", 1 + text.count("\n", 0, end))
    return value


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object of a file; empty where there is no such file.

    Raises:
        ImportRefusedError: if the file holds anything else.
    """
    if not path.is_file():
        return {}
    value = read_document(path)
    if not isinstance(value, dict):
        raise ImportRefusedError(path, "this is not a JSON object; give the file as thought-anchors writes it.")
    return value


def read_objects(path: Path) -> list[dict[str, Any]]:
    """The JSON objects that a file lists; none where there is no such file.

    Raises:
        ImportRefusedError: if the file holds anything else.
    """
    if not path.is_file():
        return []
    value = read_document(path)
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ImportRefusedError(
            path, "this is not a JSON list of objects; give the file as thought-anchors writes it."
        )
    return value


def read_chunks(folder: Path) -> dict[int, str]:
    """The chunks of a folder by index, from ``chunks.json`` or else from ``chunks_labeled.json``; indices may skip.

    Raises:
        ImportRefusedError: if there are none, or one is not text.
    """
    path = folder / CHUNKS
    if path.is_file():
        listed = read_object(path).get("chunks")
        chunks: dict[int, Any] = dict(enumerate(listed)) if isinstance(listed, list) else {}
    else:
        path = folder / LABELLED
        chunks = {index: row.get("chunk") for index, row in read_labelled(folder).items()}
    if not chunks:
        raise ImportRefusedError(path, "the file lists no chunks; give the chunks of the base solution.")
    for index, chunk in chunks.items():
        if not isinstance(chunk, str) or not chunk.strip():
            raise ImportRefusedError(path, f"chunk {index} is not text; give the words of the base solution.")
    return chunks


def read_labelled(folder: Path) -> dict[int, dict[str, Any]]:
    """The rows of ``chunks_labeled.json`` by ``chunk_idx``, in its order; empty where there is no such file.

    Raises:
        ImportRefusedError: if a row has no index of its own.
    """
    path = folder / LABELLED
    rows: dict[int, dict[str, Any]] = {}
    for position, row in enumerate(read_objects(path)):
        index = row.get("chunk_idx", position)
        if not isinstance(index, int) or isinstance(index, bool) or index < 0 or index in rows:
            raise ImportRefusedError(path, f"row {position} has no chunk_idx of its own; number the chunks from 0.")
        rows[index] = row
    return dict(sorted(rows.items()))


def read_resampled(folder: Path) -> dict[int, list[str]]:
    """The first sentences of rollouts that a site folder lists by chunk index; empty where it has none.

    Raises:
        ImportRefusedError: if the file holds anything else.
    """
    path = folder / RESAMPLED
    found: dict[int, list[str]] = {}
    for key, sentences in read_object(path).items():
        listed = isinstance(sentences, list) and all(isinstance(sentence, str) for sentence in sentences)
        if not (key.isascii() and key.isdigit() and listed):
            raise ImportRefusedError(path, f"the entry {key!a} is not a list of sentences of a chunk; mend it.")
        found[int(key)] = sentences
    return dict(sorted(found.items()))


def solutions_of(folder: Path, index: int) -> Path:
    """Where the rollouts of chunk ``index`` are kept."""
    return folder / f"chunk_{index}" / SOLUTIONS


def description_of(folder: Path) -> tuple[str, Mapping[str, Any]]:
    """What the folder says about its problem or scenario, and the name of the file; empty where it says nothing."""
    for name in DESCRIPTIONS:
        if (folder / name).is_file():
            return name, read_object(folder / name)
    return "", {}
