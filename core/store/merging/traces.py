"""Traces and their sentences: one that differs from the trace of its id here is kept beside it, under another id."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from core.store.merging.state import Merging

Content: TypeAlias = tuple[Any, ...]
"""What makes a trace the same: prompt, response, reasoning, and where its sentences are."""

_SPANS = 'SELECT start, "end" FROM sentences WHERE trace_id = ? ORDER BY idx'


def merge_traces(merging: Merging) -> dict[str, int]:
    """Bring over traces, and tell of which answer, a rollout of the other file, each new one was made.

    What else is said of a trace that is here already (model, tier, variant, query, metadata) stays as it is here.
    """
    ids = _Ids(row["id"] for row in merging.here.execute("SELECT id FROM traces"))
    answers: dict[str, int] = {}
    for row in merging.theirs("SELECT * FROM traces ORDER BY rowid"):
        spans = [tuple(span) for span in merging.theirs(_SPANS, [row["id"]])]
        known = _alike(merging.here, ids, row["id"], _content(row, spans))
        if known is not None:
            merging.traces[row["id"]] = known
            merging.tally.count("traces", False)
            merging.tally.already["sentences"] += len(spans)
            continue
        kept_as = next(name for name in names_beside(row["id"], merging.stem) if name not in ids)
        if kept_as != row["id"]:
            merging.traces[row["id"]] = merging.tally.renamed[row["id"]] = kept_as
            merging.tally.beside["traces"] += 1
        merging.keep("traces", dict(row) | {"id": kept_as, "rollout_id": None})
        for sentence in merging.theirs("SELECT * FROM sentences WHERE trace_id = ? ORDER BY idx", [row["id"]]):
            merging.keep("sentences", dict(sentence) | {"trace_id": kept_as})
        ids.add(kept_as)
        if row["rollout_id"] is not None:
            answers[kept_as] = row["rollout_id"]
    return answers


def point_to_answers(merging: Merging, answers: dict[str, int]) -> None:
    """Have new traces name the answers that they were made of, once these are here."""
    for trace_id, rollout_id in answers.items():
        ours = merging.rollout(rollout_id).id
        merging.here.execute("UPDATE traces SET rollout_id = ? WHERE id = ?", [ours, trace_id])


def names_beside(name: str, stem: str) -> Iterator[str]:
    """The names under which something called ``name`` may be kept, the first one first: its own, then NAME@STEM."""
    yield name
    yield f"{name}@{stem}"
    number = 2
    while True:
        yield f"{name}@{stem}-{number}"
        number += 1


class _Ids:
    """Ids of traces here, and which of them one was given for standing beside another."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids: set[str] = set()
        self._beside: dict[str, list[str]] = {}
        for name in ids:
            self.add(name)

    def __contains__(self, name: str) -> bool:
        return name in self._ids

    def add(self, name: str) -> None:
        self._ids.add(name)
        for shorter in _shorter(name):
            self._beside.setdefault(shorter, []).append(name)

    def candidates(self, name: str) -> list[str]:
        """Itself, and those that are named after it or that it is named after."""
        return [known for known in (name, *_shorter(name)) if known in self._ids] + self._beside.get(name, [])


def _shorter(name: str) -> list[str]:
    return [name[:at] for at, char in enumerate(name) if char == "@" and at > 0]


def _alike(here: sqlite3.Connection, ids: _Ids, name: str, content: Content) -> str | None:
    """The trace here that is the same, under the same id or one that an earlier merge gave it."""
    for known in ids.candidates(name):
        row = here.execute("SELECT * FROM traces WHERE id = ?", [known]).fetchone()
        if _content(row, [tuple(span) for span in here.execute(_SPANS, [known])]) == content:
            return known
    return None


def _content(row: sqlite3.Row, spans: list[tuple[Any, ...]]) -> Content:
    return row["prompt_id"], row["response"], row["reasoning_start"], row["reasoning_end"], tuple(spans)
