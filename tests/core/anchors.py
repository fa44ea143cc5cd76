"""Small thought-anchors folders, written by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNKS = ("The lamp is on.", "So someone is at home.", "I will ring the bell.")
SOLUTION = "The lamp is on. So someone is\nat home.\n\nI will ring the bell.\n</think>\n\nRing it."


def write(path: Path, value: Any) -> None:
    """Write JSON, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def rollout(removed: str, resampled: str, **decided: Any) -> dict[str, Any]:
    """One entry of ``solutions.json``."""
    return {"chunk_removed": removed, "chunk_resampled": resampled, "rollout": f" {resampled} And on.", **decided}


def answered(index: int, *said: tuple[str, str]) -> list[dict[str, Any]]:
    """Rollouts from before chunk ``index``, each with what it says and answers; "yes" is correct."""
    return [rollout(CHUNKS[index], text, answer=answer, is_correct=answer == "yes") for text, answer in said]


def write_complete(
    folder: Path,
    solutions: Mapping[int, Sequence[Mapping[str, Any]]],
    *,
    chunks: Sequence[str] = CHUNKS,
    solution: str | None = SOLUTION,
    **files: Any,
) -> Path:
    """Write a folder with rollouts; ``files`` are further documents by name without suffix."""
    write(folder / "chunks.json", {"source_text": "", "solution_text": solution or "", "chunks": list(chunks)})
    if solution is not None:
        write(folder / "base_solution.json", {"prompt": "Home?\n<think>\n", "solution": solution, "answer": "yes"})
    for index, entries in solutions.items():
        write(folder / f"chunk_{index}" / "solutions.json", list(entries))
    for name, value in files.items():
        write(folder / f"{name}.json", value)
    return folder


def same_or_not(anchors: Sequence[str], candidates: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
    """A similarity that knows one paraphrase of each sentence: the same words in capitals."""
    return [
        np.array([0.9 if text.upper() == anchor.upper() else 0.1 for text in texts])
        for anchor, texts in zip(anchors, candidates, strict=True)
    ]
