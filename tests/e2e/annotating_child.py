"""A process that annotates on command, line by line; one that is killed, or told to end, is followed by another.

The first line on standard input names the database, as does the one after a slash. Any other line is a JSON list: an
annotator and what to do; the answer is the list of events that it made. A question mark is answered by itself; a line
without text ends the process.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from core.annotation.annotation import Annotation
from core.annotation.codebook import load_codebook
from core.annotation.history import LabelEvent
from core.store.database import Store
from core.store.labels import Change, annotate, load_annotations, redo, undo

CODEBOOK = load_codebook()
OTHER_DATABASE = 3


def turned(held: Annotation, kind: str, value: str) -> Annotation:
    """What a key makes of an annotation."""
    turns = {
        "label": lambda: held.given(value),
        "secondary": lambda: held.given_too(value),
        "note": lambda: held.noted(value),
        "clear": held.cleared,
        "skip": held.skipped,
        "unsure": held.doubted,
    }
    return turns[kind]()


def carry_out(database: Database, annotator: str, job: list[Any]) -> tuple[LabelEvent, ...]:
    """Do what a line says."""
    if job[0] in ("undo", "redo"):
        return undo(database, annotator) if job[0] == "undo" else redo(database, annotator)
    kind, trace_id, first, last, value = job
    held = load_annotations(database.conn, trace_id, annotator)
    sentences = range(first, last + 1)
    changes = [Change(trace_id, i, kind, turned(held.get(i, Annotation()), kind, value)) for i in sentences]
    return annotate(database, annotator, changes, CODEBOOK)


def lines() -> Iterator[str]:
    """Lines of standard input, never more of it than they take: the next process reads on from there."""
    line = b""
    while byte := os.read(0, 1):
        if byte == b"\n":
            yield line.decode()
            line = b""
        else:
            line += byte


def work(path: Path) -> None:
    """Do what the lines say, until an empty one."""
    with Store.open(path, create=False) as store:
        store.write(lambda _: None).result()
        os.write(1, f"{os.getpid()}\n".encode())
        for line in lines():
            if not line:
                return
            if line == "/":
                break
            if line == "?":
                os.write(1, b"?\n")
                continue
            try:
                annotator, job = json.loads(line)
            except ValueError:
                # What a process that was killed has left of a line.
                continue
            events = store.write(lambda db, a=annotator, j=job: carry_out(db, a, j)).result()  # type: ignore[misc]
            os.write(1, (json.dumps([[e.trace_id, e.sentence_idx, e.kind] for e in events]) + "\n").encode())
    os._exit(OTHER_DATABASE)


def main() -> None:
    """One process after another, until standard input ends."""
    for line in lines():
        status = 0
        while status == 0 or os.WIFSIGNALED(status):
            child = os.fork()
            if child == 0:
                work(Path(line))
                os._exit(0)
            _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != OTHER_DATABASE:
            return


if __name__ == "__main__":
    main()
