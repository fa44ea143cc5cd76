"""People's verdicts on rollouts in the database: giving them, undo and redo over the whole history, what stands now."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.annotation.history import History, Step, fold
from core.annotation.verdict import SKIPPED, UNJUDGED, WORDS, HumanVerdict, VerdictCircumstances, VerdictEvent
from core.clock import now
from core.store.rows import PROGRAM, insert_row

if TYPE_CHECKING:
    from sqlite_utils import Database

_LATEST = """
SELECT * FROM verdict_events
 WHERE rollout_id = ? AND behavior = ? AND annotator = ? AND id < ? ORDER BY id DESC LIMIT 1
"""
_STANDING = """
SELECT e.*, r.trace_id
  FROM (SELECT max(id) AS id FROM verdict_events WHERE behavior = ? GROUP BY annotator, rollout_id) last
  JOIN verdict_events e ON e.id = last.id JOIN rollouts r ON r.id = e.rollout_id
 ORDER BY e.annotator, e.rollout_id
"""
_STANDING_OF = """
SELECT e.* FROM (SELECT max(id) AS id FROM verdict_events WHERE annotator = ? AND behavior = ? GROUP BY rollout_id) last
  JOIN verdict_events e ON e.id = last.id ORDER BY e.rollout_id
"""
_TEXT = ("annotator", "note")
_CIRCUMSTANCES = ("blind", "seconds", "ordered_by", "judge_id")
_ANY = 2**63 - 1


def set_verdict(
    database: Database,
    annotator: str,
    rollout_id: int,
    behavior: str,
    word: str | None,
    circumstances: VerdictCircumstances | None = None,
) -> VerdictEvent | None:
    """Say yes, no or skipped of a rollout, or take that back with None (a job for the writer).

    None is returned where that changes nothing; a note stays as it is.

    Raises:
        ValueError: for another word.
    """
    if word is not None and word not in WORDS:
        raise ValueError(f"a verdict is one of {', '.join(WORDS)} or None, not {word!r}")
    before = _verdict(_latest(database, annotator, rollout_id, behavior))
    after = replace(before, word=word)
    if after == before:
        return None
    kind = "clear" if word is None else "skip" if word == SKIPPED else "label"
    made = _columns(circumstances or VerdictCircumstances())
    return _append(database, annotator, (rollout_id, behavior), kind, before, after, None, made)


def note_verdict(database: Database, annotator: str, rollout_id: int, behavior: str, note: str) -> VerdictEvent | None:
    """Write a note on a rollout, or take it off with an empty one; the circumstances of a verdict stay."""
    row = _latest(database, annotator, rollout_id, behavior)
    before = _verdict(row)
    after = replace(before, note=note.strip())
    if after == before:
        return None
    return _append(database, annotator, (rollout_id, behavior), "note", before, after, None, _circumstances_of(row))


def undo_verdict(database: Database, annotator: str) -> VerdictEvent | None:
    """Take back the annotator's last change of a verdict that still stands, on whichever rollout; None: there is none.

    Labels of sentences have a history of their own.
    """
    undoable = load_verdict_history(database.conn, annotator).undoable
    if not undoable:
        return None
    target = _event(database, undoable[-1])
    restored = _latest(database, annotator, target["rollout_id"], target["behavior"], before=target["id"])
    return _replayed(database, target, "undo", restored)


def redo_verdict(database: Database, annotator: str) -> VerdictEvent | None:
    """Make again the change of a verdict that was undone last; None: there is none."""
    redoable = load_verdict_history(database.conn, annotator).redoable
    if not redoable:
        return None
    target = _event(database, redoable[-1])
    return _replayed(database, target, "redo", target)


def load_verdict_history(connection: sqlite3.Connection, annotator: str) -> History:
    """What the annotator can undo and redo: ids of events, as text."""
    rows = connection.execute(
        "SELECT id, kind, target FROM verdict_events WHERE annotator = ? ORDER BY id", [annotator]
    )
    return fold(Step(str(id_), kind, None if target is None else str(target)) for id_, kind, target in rows)


def load_verdicts(connection: sqlite3.Connection, annotator: str, behavior: str) -> dict[int, HumanVerdict]:
    """What the annotator holds of each rollout now, by its row id; rollouts of which nothing is said are left out."""
    found = ((row["rollout_id"], _verdict(row)) for row in connection.execute(_STANDING_OF, [annotator, behavior]))
    return {rollout_id: verdict for rollout_id, verdict in found if verdict != UNJUDGED}


def ever_judged(connection: sqlite3.Connection, annotator: str, behavior: str) -> set[int]:
    """The rollouts of which the annotator said yes or no at any time, taken back or not."""
    rows = connection.execute(
        "SELECT DISTINCT rollout_id FROM verdict_events"
        " WHERE annotator = ? AND behavior = ? AND verdict IN ('yes', 'no')",
        [annotator, behavior],
    )
    return {row["rollout_id"] for row in rows}


@dataclass(frozen=True)
class StandingVerdict:
    """What one annotator says of one rollout now, and how that came about."""

    annotator: str
    rollout_id: int
    trace_id: str
    verdict: HumanVerdict
    circumstances: VerdictCircumstances


def standing_verdicts(
    connection: sqlite3.Connection, behavior: str, trace_ids: Collection[str] | None = None
) -> list[StandingVerdict]:
    """All that people say of a behavior now (skipped included), on rollouts of ``trace_ids`` or of all traces.

    In the order of annotators and rollouts.
    """
    return [
        StandingVerdict(row["annotator"], row["rollout_id"], row["trace_id"], _verdict(row), _how(row))
        for row in connection.execute(_STANDING, [behavior])
        if row["verdict"] is not None and (trace_ids is None or row["trace_id"] in trace_ids)
    ]


def judged_behaviors(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The behaviors of which people have said anything, by name."""
    rows = connection.execute("SELECT DISTINCT behavior FROM verdict_events ORDER BY behavior")
    return tuple(row["behavior"] for row in rows)


def _replayed(database: Database, target: sqlite3.Row, kind: str, source: sqlite3.Row | None) -> VerdictEvent:
    """Write what undo or redo of ``target`` restores, under the circumstances in which that was given."""
    annotator, place = target["annotator"], (target["rollout_id"], target["behavior"])
    before = _verdict(_latest(database, annotator, *place))
    return _append(database, annotator, place, kind, before, _verdict(source), target["id"], _circumstances_of(source))


def _append(
    database: Database,
    annotator: str,
    place: tuple[int, str],
    kind: str,
    before: HumanVerdict,
    after: HumanVerdict,
    target: int | None,
    circumstances: Mapping[str, Any],
) -> VerdictEvent:
    uid = uuid.uuid4().hex
    row = {
        "uid": uid,
        "annotator": annotator,
        "rollout_id": place[0],
        "behavior": place[1],
        "kind": kind,
        "verdict": after.word,
        "note": after.note or None,
        "target": target,
        **circumstances,
        "program": PROGRAM,
        "created_at": now(),
    }
    event_id = insert_row(database, "verdict_events", row, text=_TEXT)
    assert event_id is not None
    return VerdictEvent(event_id, uid, annotator, *place, kind, before, after, target)


def _latest(
    database: Database, annotator: str, rollout_id: int, behavior: str, before: int = _ANY
) -> sqlite3.Row | None:
    row: sqlite3.Row | None = database.conn.execute(_LATEST, [rollout_id, behavior, annotator, before]).fetchone()
    return row


def _event(database: Database, event_id: str) -> sqlite3.Row:
    row: sqlite3.Row = database.conn.execute("SELECT * FROM verdict_events WHERE id = ?", [int(event_id)]).fetchone()
    return row


def _verdict(row: sqlite3.Row | None) -> HumanVerdict:
    return UNJUDGED if row is None else HumanVerdict(row["verdict"], row["note"] or "")


def _how(row: sqlite3.Row) -> VerdictCircumstances:
    return VerdictCircumstances(bool(row["blind"]), row["seconds"], row["ordered_by"], row["judge_id"])


def _circumstances_of(row: sqlite3.Row | None) -> dict[str, Any]:
    return {name: None if row is None else row[name] for name in _CIRCUMSTANCES}


def _columns(made: VerdictCircumstances) -> dict[str, Any]:
    return {
        "blind": int(made.is_blind),
        "seconds": None if made.seconds is None else round(made.seconds, 3),
        "ordered_by": made.ordered_by,
        "judge_id": made.judge_id,
    }
