"""Gold labels: adjudicating a sentence, and which label of each sentence counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from core.annotation.annotation import ADJUDICATED as SOURCE
from core.annotation.annotation import GOLD, NOTHING, Circumstances
from core.annotation.codebook import Codebook
from core.annotation.disagreement import Disagreement, Opinion, find_disagreements
from core.annotation.gold import ADJUDICATED, GoldLabel, agreed_label, is_gold
from core.annotation.history import LabelEvent
from core.annotation.place import Place
from core.errors import NotFoundError
from core.store.labels import Change, annotate, load_annotations, load_labels
from core.store.opinions import load_adjudications_beside, load_opinions
from core.store.ratings import HUMAN
from core.store.standing import of_traces
from core.store.traces import no_such_trace

if TYPE_CHECKING:
    from sqlite_utils import Database

_ADJUDICATED = """
SELECT e.id, e.trace_id, e.sentence_idx, e.annotator, e.kind, e.category, e.secondary, e.note, e.decided_by,
       e.codebook_id, e.created_at
  FROM (SELECT DISTINCT trace_id, sentence_idx FROM label_events WHERE annotator = ? AND {of_traces}) decided
  JOIN label_events e ON e.trace_id = decided.trace_id AND e.sentence_idx = decided.sentence_idx
 ORDER BY e.trace_id, e.sentence_idx, e.id
"""


def adjudicate(
    database: Database,
    decided_by: str,
    trace_id: str,
    sentence_idx: int,
    category: str,
    reason: str,
    codebook: Codebook,
    secondary: str | None = None,
) -> LabelEvent | None:
    """Decide the label of a sentence (a job for the writer); None is returned where just that was decided before.

    It is a label of the annotator `GOLD`, so that `core.store.labels.undo` and ``redo`` of that name take it back and
    make it again, whoever decided.

    Raises:
        NotFoundError: if there is no such sentence, or the codebook has no such category.
    """
    _refuse_unknown(database.conn, trace_id, sentence_idx, [category, *([secondary] if secondary else [])], codebook)
    before = load_annotations(database.conn, trace_id, GOLD).get(sentence_idx, NOTHING)
    given = replace(before.given(category), secondary=None if secondary == category else secondary)
    circumstances = Circumstances(source=SOURCE, decided_by=decided_by)
    change = Change(trace_id, sentence_idx, "label", given.noted(reason), circumstances)
    return next(iter(annotate(database, GOLD, [change], codebook)), None)


def withdraw(
    database: Database, decided_by: str, trace_id: str, sentence_idx: int, codebook: Codebook
) -> LabelEvent | None:
    """Take an adjudicated label off, with its reason (a job for the writer); None is returned where there is none.

    Raises:
        NotFoundError: if there is no such sentence.
    """
    _refuse_unknown(database.conn, trace_id, sentence_idx, (), codebook)
    circumstances = Circumstances(source=SOURCE, decided_by=decided_by)
    change = Change(trace_id, sentence_idx, "clear", NOTHING, circumstances)
    return next(iter(annotate(database, GOLD, [change], codebook)), None)


def load_gold(connection: sqlite3.Connection, trace_id: str) -> dict[int, GoldLabel]:
    """The gold label of each sentence of a trace that has one: adjudicated, or else agreed on by all its annotators."""
    return gold_by_trace(load_all_gold(connection, (trace_id,))).get(trace_id, {})


def load_labels_of(connection: sqlite3.Connection, trace_id: str, who: str) -> dict[int, str]:
    """Category of each labelled sentence of a trace: an annotator's, or the gold labels where ``who`` is `GOLD`.

    What another database adjudicated otherwise is neither.
    """
    if not is_gold(who):
        return load_labels(connection, trace_id, who)
    if who != GOLD:
        return {}
    return {index: label.category for index, label in load_gold(connection, trace_id).items()}


def gold_by_trace(gold: Mapping[Place, GoldLabel]) -> dict[str, dict[int, GoldLabel]]:
    """The same labels by trace, and there by sentence."""
    found: dict[str, dict[int, GoldLabel]] = {}
    for place, label in gold.items():
        found.setdefault(place.trace_id, {})[place.sentence_idx] = label
    return found


def load_all_gold(connection: sqlite3.Connection, trace_ids: Collection[str] | None = None) -> dict[Place, GoldLabel]:
    """The gold labels of these traces (None: of all), in the order of the store's traces and of their sentences.

    Agreement is derived from the labels that stand, and never stored: those of people, two or more, all the same.
    """
    opinions = load_opinions(connection, trace_ids, (HUMAN,))
    gold = {}
    for place, group in groupby(opinions, key=lambda opinion: opinion.place):
        agreed = agreed_label(tuple(group))
        if agreed is not None:
            gold[place] = agreed
    gold |= _adjudicated(connection, trace_ids, opinions)
    order = {row["id"]: n for n, row in enumerate(connection.execute("SELECT id FROM traces ORDER BY rowid"))}
    return {place: gold[place] for place in sorted(gold, key=lambda p: (order[p.trace_id], p.sentence_idx))}


def load_disagreements(
    connection: sqlite3.Connection,
    trace_ids: Collection[str] | None = None,
    kinds: Collection[str] = (HUMAN,),
    raters: Collection[str] | None = None,
) -> tuple[Disagreement, ...]:
    """Where raters of ``kinds`` (and of these names; None: all) differ, or somebody adjudicated, by position.

    What another database had adjudicated there stands beside what raters say.
    """
    opinions = load_opinions(connection, trace_ids)
    found = find_disagreements(opinions, _adjudicated(connection, trace_ids, opinions), kinds, raters)
    elsewhere = load_adjudications_beside(connection, trace_ids)
    return tuple(replace(one, beside=(*one.beside, *elsewhere.get(one.place, ()))) for one in found)


def _adjudicated(
    connection: sqlite3.Connection, trace_ids: Collection[str] | None, opinions: Sequence[Opinion]
) -> dict[Place, GoldLabel]:
    people: dict[Place, list[Opinion]] = {}
    for opinion in opinions:
        if opinion.kind == HUMAN:
            people.setdefault(opinion.place, []).append(opinion)
    found = {}
    rows = connection.execute(_ADJUDICATED.format(of_traces=of_traces(trace_ids)), [GOLD, *(trace_ids or ())])
    for place, group in groupby(rows, key=lambda row: Place(row["trace_id"], row["sentence_idx"])):
        events = list(group)
        standing = [event for event in events if event["annotator"] == GOLD][-1]
        if standing["category"] is not None:
            found[place] = _gold_label(standing, events, people.get(place, ()))
    return found


def _gold_label(standing: sqlite3.Row, events: Sequence[sqlite3.Row], opinions: Sequence[Opinion]) -> GoldLabel:
    decision = _decision(standing, events)
    seen = _seen(decision, events)
    return GoldLabel(
        category=standing["category"],
        secondary=standing["secondary"],
        how=ADJUDICATED,
        decided_by=standing["decided_by"],
        reason=standing["note"] or "",
        n_annotators=len(opinions),
        n_agree=sum(opinion.category == standing["category"] for opinion in opinions),
        changed_since=tuple(one.rater for one in opinions if one.category != seen.get(one.rater)),
        codebook_id=standing["codebook_id"],
        at=decision["created_at"],
    )


def _decision(standing: sqlite3.Row, events: Sequence[sqlite3.Row]) -> sqlite3.Row:
    """The event in which somebody decided so; undo and redo bring decisions back, but decide nothing."""
    same = [
        event
        for event in events
        if event["annotator"] == GOLD
        and event["kind"] not in ("undo", "redo")
        and all(event[name] == standing[name] for name in ("category", "secondary", "note", "decided_by"))
    ]
    return same[-1] if same else standing


def _seen(decision: sqlite3.Row, events: Sequence[sqlite3.Row]) -> Mapping[str, str | None]:
    """What each rater said when it was decided.

    Both the number and the time of an event have to be the smaller ones: a merge brings events that were written
    before the decision, but were not there to be seen.
    """
    return {
        event["annotator"]: event["category"]
        for event in events
        if event["id"] < decision["id"] and event["created_at"] <= decision["created_at"]
    }


def _refuse_unknown(
    connection: sqlite3.Connection, trace_id: str, sentence_idx: int, categories: Sequence[str], codebook: Codebook
) -> None:
    (n,) = connection.execute("SELECT count(*) FROM sentences WHERE trace_id = ?", [trace_id]).fetchone()
    if not n:
        raise no_such_trace(connection, trace_id)
    if not 0 <= sentence_idx < n:
        raise NotFoundError(f"no sentence {sentence_idx} in {trace_id!r}; give a number from 0 to {n - 1}.")
    known = [category.name for category in codebook.categories]
    for category in categories:
        if category not in known:
            raise NotFoundError(f"no category {category!r} in the codebook; give one of {', '.join(known)}.")
