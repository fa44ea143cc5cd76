"""Labels in the database: changing them by steps, undo and redo over the whole history, and what stands now."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from core.annotation.annotation import ADJUDICATED, KEY, NOTHING, Annotation, Circumstances, Suggested
from core.annotation.codebook import Codebook
from core.annotation.history import History, LabelEvent, Step, fold
from core.clock import now
from core.store.codebooks import add_codebook
from core.store.rows import PROGRAM, insert_row
from core.store.standing import RATED, standing

if TYPE_CHECKING:
    from sqlite_utils import Database

_LATEST = """
SELECT * FROM label_events WHERE trace_id = ? AND annotator = ? AND sentence_idx = ? ORDER BY id DESC LIMIT 1
"""
_BEFORE = """
SELECT * FROM label_events WHERE trace_id = ? AND annotator = ? AND sentence_idx = ? AND id < ? ORDER BY id DESC LIMIT 1
"""
_TEXT = ("annotator", "trace_id", "note")
_CIRCUMSTANCES = (
    "codebook_id", "source", "verified", "suggested", "suggested_by", "confidence", "blind", "seconds", "ordered_by",
    "decided_by",
)  # fmt: skip


class Change(NamedTuple):
    """What a key makes of one sentence, and how that came about; ``kind`` names what it changes."""

    trace_id: str
    sentence_idx: int
    kind: str
    after: Annotation
    circumstances: Circumstances = Circumstances()


class Held(NamedTuple):
    """What an annotator holds of the sentences of a trace, and those whose label nobody has confirmed."""

    annotations: dict[int, Annotation]
    unverified: frozenset[int]


def annotate(
    database: Database, annotator: str, changes: Sequence[Change], codebook: Codebook
) -> tuple[LabelEvent, ...]:
    """Make ``changes`` as one step, which undo takes back as one (a job for the writer); no-changes are left out.

    What leaves the label as it was (a note, a doubt, a secondary category) leaves its circumstances, too; but who
    adjudicates anew has decided anew.
    """
    events: list[LabelEvent] = []
    for change in changes:
        row = database.conn.execute(_LATEST, [change.trace_id, annotator, change.sentence_idx]).fetchone()
        before = _annotation(row)
        if change.after == before:
            continue
        if not events:
            add_codebook(database, codebook)
        is_same_label = row is not None and before.is_decided and _decision(before) == _decision(change.after)
        if is_same_label and change.circumstances.source != ADJUDICATED:
            columns = {name: row[name] for name in _CIRCUMSTANCES}
        else:
            columns = _columns(change.circumstances, codebook.id)
        step = events[0].step if events else None
        events.append(_append(database, annotator, change, before, None, step, columns))
    return tuple(events)


def set_label(
    database: Database,
    annotator: str,
    trace_id: str,
    sentence_idx: int,
    category: str | None,
    codebook: Codebook,
    circumstances: Circumstances | None = None,
) -> LabelEvent | None:
    """Give a sentence a category, or clear it with None; None is returned where that changes nothing."""
    row = database.conn.execute(_LATEST, [trace_id, annotator, sentence_idx]).fetchone()
    before = _annotation(row)
    after = before.cleared() if category is None else before.given(category)
    kind = "clear" if category is None else "label"
    change = Change(trace_id, sentence_idx, kind, after, circumstances or Circumstances())
    events = annotate(database, annotator, [change], codebook)
    return events[0] if events else None


def rewrite(
    database: Database, annotator: str, changes: Sequence[Change], codebook: Codebook
) -> tuple[LabelEvent, ...]:
    """Make ``changes`` as one step (a job for the writer), under their own circumstances in any case.

    Unlike in `annotate`, a label that stays what it was is written as well: it is now one of this codebook.
    """
    events: list[LabelEvent] = []
    add_codebook(database, codebook)
    for change in changes:
        row = database.conn.execute(_LATEST, [change.trace_id, annotator, change.sentence_idx]).fetchone()
        step = events[0].step if events else None
        columns = _columns(change.circumstances, codebook.id)
        events.append(_append(database, annotator, change, _annotation(row), None, step, columns))
    return tuple(events)


def undo(database: Database, annotator: str) -> tuple[LabelEvent, ...]:
    """Take back the annotator's last step that still stands, on whichever traces it was made; empty: there is none."""
    undoable = load_history(database.conn, annotator).undoable
    events: list[LabelEvent] = []
    for row in _events_of(database, annotator, undoable[-1:]):
        place = (row["trace_id"], row["sentence_idx"])
        restored = database.conn.execute(_BEFORE, [place[0], annotator, place[1], row["id"]]).fetchone()
        columns = {name: None if restored is None else restored[name] for name in _CIRCUMSTANCES}
        columns["codebook_id"] = columns["codebook_id"] or row["codebook_id"]
        events.append(_replayed(database, row, "undo", _annotation(restored), columns, events))
    return tuple(events)


def redo(database: Database, annotator: str) -> tuple[LabelEvent, ...]:
    """Make again the step that was undone last; empty: there is none."""
    redoable = load_history(database.conn, annotator).redoable
    events: list[LabelEvent] = []
    for row in _events_of(database, annotator, redoable[-1:]):
        columns = {name: row[name] for name in _CIRCUMSTANCES}
        events.append(_replayed(database, row, "redo", _annotation(row), columns, events))
    return tuple(events)


def _events_of(database: Database, annotator: str, steps: Sequence[str]) -> list[sqlite3.Row]:
    """The events of the last of ``steps``, if there is one."""
    query = "SELECT * FROM label_events WHERE annotator = ? AND step = ? ORDER BY id"
    return [row for step in steps for row in database.conn.execute(query, [annotator, step]).fetchall()]


def _replayed(
    database: Database,
    target: sqlite3.Row,
    kind: str,
    after: Annotation,
    circumstances: Mapping[str, Any],
    so_far: Sequence[LabelEvent],
) -> LabelEvent:
    """Write what undo or redo of an event restores, under the circumstances in which that was given."""
    annotator, change = target["annotator"], Change(target["trace_id"], target["sentence_idx"], kind, after)
    latest = database.conn.execute(_LATEST, [change.trace_id, annotator, change.sentence_idx]).fetchone()
    step = so_far[0].step if so_far else None
    return _append(database, annotator, change, _annotation(latest), target["id"], step, circumstances)


def _append(
    database: Database,
    annotator: str,
    change: Change,
    before: Annotation,
    target: int | None,
    step: str | None,
    circumstances: Mapping[str, Any],
) -> LabelEvent:
    uid, after = uuid.uuid4().hex, change.after
    row = {
        "uid": uid,
        "step": step or uid,
        "annotator": annotator,
        "trace_id": change.trace_id,
        "sentence_idx": change.sentence_idx,
        "kind": change.kind,
        "category": after.category,
        "secondary": after.secondary,
        "skipped": int(after.is_skipped),
        "unsure": int(after.is_unsure),
        "note": after.note or None,
        "previous": before.category,
        "target": target,
        **circumstances,
        "program": PROGRAM,
        "created_at": now(),
    }
    event_id = insert_row(database, "label_events", row, text=_TEXT)
    assert event_id is not None
    place = (change.trace_id, change.sentence_idx)
    return LabelEvent(event_id, uid, step or uid, annotator, *place, change.kind, before, after, target)


def _columns(made: Circumstances, codebook_id: str) -> dict[str, Any]:
    suggested = made.suggested
    return {
        "codebook_id": codebook_id,
        "source": made.source,
        "verified": int(made.is_verified),
        "suggested": None if suggested is None else suggested.category,
        "suggested_by": None if suggested is None else suggested.by,
        "confidence": None if suggested is None else suggested.confidence,
        "blind": int(made.is_blind),
        "seconds": None if made.seconds is None else round(made.seconds, 3),
        "ordered_by": made.ordered_by,
        "decided_by": made.decided_by,
    }


def _decision(annotation: Annotation) -> tuple[str | None, bool]:
    return annotation.category, annotation.is_skipped


def _annotation(row: sqlite3.Row | None) -> Annotation:
    if row is None:
        return NOTHING
    return Annotation(row["category"], row["secondary"], bool(row["skipped"]), bool(row["unsure"]), row["note"] or "")


def load_history(connection: sqlite3.Connection, annotator: str) -> History:
    """What the annotator can undo and redo."""
    rows = connection.execute(
        """
        SELECT e.step, e.kind, t.step AS target
          FROM label_events e LEFT JOIN label_events t ON t.id = e.target
         WHERE e.annotator = ? ORDER BY e.id
        """,
        [annotator],
    )
    return fold(Step(*next(events)) for _, events in groupby(rows, key=lambda row: row["step"]))


def load_held(connection: sqlite3.Connection, trace_id: str, annotator: str) -> Held:
    """All that an annotator holds of a trace now, in one look."""
    rows = list(_standing(connection, trace_id, annotator))
    found = ((row["sentence_idx"], _annotation(row)) for row in rows)
    return Held(
        {index: annotation for index, annotation in found if annotation != NOTHING},
        frozenset(row["sentence_idx"] for row in rows if row["category"] is not None and row["verified"] == 0),
    )


def load_annotations(connection: sqlite3.Connection, trace_id: str, annotator: str) -> dict[int, Annotation]:
    """What the annotator holds of each sentence of a trace now, by sentence; those that say nothing are left out."""
    return load_held(connection, trace_id, annotator).annotations


def load_labels(connection: sqlite3.Connection, trace_id: str, annotator: str) -> dict[int, str]:
    """Category of each labelled sentence of a trace, as this annotator has it now."""
    found = load_annotations(connection, trace_id, annotator)
    return {index: one.category for index, one in found.items() if one.category is not None}


def load_unverified(connection: sqlite3.Connection, trace_id: str, annotator: str) -> frozenset[int]:
    """The sentences of a trace whose label nobody has confirmed: it was imported, or mapped from another codebook."""
    return load_held(connection, trace_id, annotator).unverified


def load_circumstances(connection: sqlite3.Connection, trace_id: str, annotator: str) -> dict[int, Circumstances]:
    """How each label of a trace that stands came about, by sentence."""
    return {
        row["sentence_idx"]: Circumstances(
            source=row["source"] or KEY,
            is_verified=row["verified"] != 0,
            suggested=row["suggested"] and Suggested(row["suggested"], row["suggested_by"] or "", row["confidence"]),
            is_blind=bool(row["blind"]),
            seconds=row["seconds"],
            ordered_by=row["ordered_by"],
            decided_by=row["decided_by"],
        )
        for row in _standing(connection, trace_id, annotator)
        if row["category"] is not None
    }


def _standing(connection: sqlite3.Connection, trace_id: str, annotator: str) -> Iterator[sqlite3.Row]:
    """The last event of each sentence, in the order of the sentences."""
    theirs = standing("trace_id = ? AND annotator = ?")
    yield from connection.execute(f"SELECT * FROM {theirs} ORDER BY sentence_idx", [trace_id, annotator])  # noqa: S608


def count_labels(connection: sqlite3.Connection, trace_id: str) -> dict[str, int]:
    """How many sentences of a trace each annotator has labelled now, the most first; nobody without a label.

    Adjudicated labels are nobody's.
    """
    rows = connection.execute(
        f"SELECT annotator, count(*) AS n FROM {standing('trace_id = ?')} WHERE {RATED}"  # noqa: S608 - conditions of ours
        " GROUP BY annotator ORDER BY n DESC, annotator",
        [trace_id],
    )
    return {row["annotator"]: row["n"] for row in rows}
