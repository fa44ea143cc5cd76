"""Logs of events, of labels and of verdicts: what one file is ahead goes on here, what both changed stands beside.

An event is the same in every file that holds its uid, and none is ever changed. All events of one annotator about one
place (a sentence, or a behavior of a rollout) are a chain, and the last one is what stands. Where both files went on
with a chain and came to something else, the other file's events go on under another annotator's name, for good: what
that file adds to the chain later goes where its earlier events went.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from core.store.merging.report import Conflict
from core.store.merging.state import Merging, without_id
from core.store.merging.traces import names_beside

Place: TypeAlias = tuple[Any, Any]
Standing: TypeAlias = tuple[Any, ...]


class Log(NamedTuple):
    """A table of events: its columns that say where, and those that say what stands after an event.

    ``where`` gives a row's place in this database.
    """

    table: str
    place: tuple[str, str]
    standing: tuple[str, ...]
    where: Callable[[Merging, sqlite3.Row], Place]


LABELS: Final = Log(
    "label_events",
    ("trace_id", "sentence_idx"),
    ("category", "secondary", "skipped", "unsure", "note"),
    lambda merging, row: (merging.trace(row["trace_id"]), row["sentence_idx"]),
)
VERDICTS: Final = Log(
    "verdict_events",
    ("rollout_id", "behavior"),
    ("verdict", "note"),
    lambda merging, row: (merging.rollout(row["rollout_id"]).id, row["behavior"]),
)


class _Event(NamedTuple):
    """``holder`` is the annotator who has it here; None: nobody."""

    uid: str
    standing: Standing
    holder: str | None


@dataclass
class _Chain:
    events: list[_Event] = field(default_factory=list)

    @property
    def new(self) -> list[_Event]:
        return [event for event in self.events if event.holder is None]

    @property
    def uids(self) -> set[str]:
        return {event.uid for event in self.events}

    def home(self, annotator: str) -> str:
        """Under whose name the chain stands here."""
        return next((event.holder for event in reversed(self.events) if event.holder is not None), annotator)


def merge_events(merging: Merging, log: Log) -> None:
    """Bring over events that are unknown here, each annotator's in their order."""
    chains = _chains(merging, log)
    planned: dict[tuple[str, Place], list[_Event]] = {}
    names = {key: _settle(merging, log, *key, chain, planned) for key, chain in chains.items()}
    new = {event.uid for chain in chains.values() for event in chain.new}
    query = f"""
        SELECT e.*, t.uid AS target_uid FROM {log.table} e LEFT JOIN {log.table} t ON t.id = e.target ORDER BY e.id
    """  # noqa: S608 - names of ours
    for row in merging.theirs(query):
        merging.tally.count(log.table, row["uid"] in new)
        if row["uid"] in new:
            where = log.where(merging, row)
            name = names[row["annotator"], where]
            changed = {"annotator": name, **dict(zip(log.place, where, strict=True))}
            merging.add(log.table, _moved(merging, log, row) | changed)
            merging.tally.beside[log.table] += name != row["annotator"]


def _chains(merging: Merging, log: Log) -> dict[tuple[str, Place], _Chain]:
    """The other file's chains that have an event which is unknown here."""
    chains: dict[tuple[str, Place], _Chain] = {}
    holder = f"SELECT annotator FROM {log.table} WHERE uid = ?"  # noqa: S608 - a name of ours
    for row in merging.theirs(f"SELECT * FROM {log.table} ORDER BY id"):  # noqa: S608
        found = merging.here.execute(holder, [row["uid"]]).fetchone()
        event = _Event(row["uid"], _standing(log, row), None if found is None else found["annotator"])
        chains.setdefault((row["annotator"], log.where(merging, row)), _Chain()).events.append(event)
    return {key: chain for key, chain in chains.items() if chain.new}


def _settle(
    merging: Merging,
    log: Log,
    annotator: str,
    where: Place,
    chain: _Chain,
    planned: dict[tuple[str, Place], list[_Event]],
) -> str:
    """Under whose name the chain's new events go; a conflict is put into the report.

    ``planned`` holds what goes where already: two chains of the other file may have begun as one here.
    """
    home = chain.home(annotator)
    for name in names_beside(home, merging.stem):
        coming = planned.setdefault((name, where), [])
        if _goes_on([*_held(merging, log, name, where), *coming], chain):
            coming += chain.new
            if name != home:
                here = [*_held(merging, log, home, where), *planned[home, where]][-1].standing
                merging.tally.conflicts.append(_conflict(merging, log, annotator, name, where, here, chain))
            return name
    raise AssertionError("there is always another name")


def _held(merging: Merging, log: Log, annotator: str, where: Place) -> list[_Event]:
    """What an annotator's chain of this place is here."""
    first, second = log.place
    query = f"SELECT * FROM {log.table} WHERE {first} = ? AND {second} = ? AND annotator = ? ORDER BY id"  # noqa: S608
    rows = merging.here.execute(query, [*where, annotator])
    return [_Event(row["uid"], _standing(log, row), annotator) for row in rows]


def _goes_on(held: Sequence[_Event], chain: _Chain) -> bool:
    """Whether the chain's new events can follow those held here, so that nothing that stands in a file is covered.

    They can where there are none, where the other file is merely ahead, and where both files came to the same.
    """
    if not held or held[-1].standing == chain.new[-1].standing:
        return True
    return chain.events[-1].holder is None and all(event.uid in chain.uids for event in held)


def _moved(merging: Merging, log: Log, row: sqlite3.Row) -> dict[str, Any]:
    """The row with its target as it is called here."""
    columns = without_id(row)
    target = columns.pop("target_uid")
    found = merging.here.execute(f"SELECT id FROM {log.table} WHERE uid = ?", [target]).fetchone()  # noqa: S608
    return columns | {"target": None if found is None else found["id"]}


def _standing(log: Log, row: sqlite3.Row) -> Standing:
    # Events of before skips and doubts were kept have NULL where others have 0.
    return tuple(row[name] or None for name in log.standing)


def _conflict(
    merging: Merging, log: Log, annotator: str, kept_as: str, where: Place, here: Standing, chain: _Chain
) -> Conflict:
    words = (_words(log, here), _words(log, chain.events[-1].standing))
    if log is LABELS:
        return Conflict(annotator, kept_as, where[0], where[1], None, None, *words)
    rollout = merging.here.execute("SELECT trace_id FROM rollouts WHERE id = ?", [where[0]]).fetchone()
    return Conflict(annotator, kept_as, rollout["trace_id"], None, where[0], where[1], *words)


def _words(log: Log, standing: Standing) -> str:
    """What stands, for a person: ``planning, unsure, "a note"``."""
    said = dict(zip(log.standing, standing, strict=True))
    note = said.pop("note")
    words = [name if value == 1 else str(value) for name, value in said.items() if value is not None]
    return ", ".join(words + ([f'"{note}"'] if note else [])) or "nothing"
