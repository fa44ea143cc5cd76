"""Traces in the database: adding them, loading one, listing all."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from core.behaviors.outcome import NOT_SHOWN, SHOWN, YES
from core.clock import now
from core.errors import NotFoundError
from core.store.rows import PROGRAM, insert
from core.store.standing import RATED, standing
from core.traces.model import Prompt, Sentence, Span, Trace
from core.traces.truncated import TRUNCATED

if TYPE_CHECKING:
    from sqlite_utils import Database


_MARKS: Final = ("is_truncated", "has_prompt")


@dataclass(frozen=True)
class TraceSummary:
    """One line about a trace: what it is, and how much has been done with it.

    ``n_labelled`` counts the labels of all annotators, and no adjudicated ones.
    ``has_prompt`` is false where no user says anything before the response.
    ``outcomes`` has the outcome of each behavior on the collected answer that the trace was made of; it is empty for
    other traces. ``is_truncated`` says that the trace was cut off before it came into the database.
    """

    id: str
    model: str | None
    tier: str | None
    prompt_variant: str | None
    query: str | None
    n_sentences: int
    n_rollouts: int
    n_prefixes_sampled: int
    n_labelled: int
    is_truncated: bool = False
    outcomes: Mapping[str, str] = field(default_factory=dict)
    has_prompt: bool = True


def add_traces(database: Database, traces: Sequence[Trace]) -> None:
    """Write traces that are not there yet, with their prompts and sentences (a job for the writer)."""
    at = now()
    insert(
        database,
        "prompts",
        [{"id": t.prompt.id, "messages": t.prompt.canonical, "created_at": at} for t in traces],
        ignore=True,
    )
    insert(
        database,
        "traces",
        [
            {
                "id": t.id,
                "prompt_id": t.prompt.id,
                "response": t.response,
                "reasoning_start": t.reasoning.start,
                "reasoning_end": t.reasoning.end,
                "model": t.model,
                "tier": t.tier,
                "prompt_variant": t.prompt_variant,
                "query": t.query,
                "source": t.source,
                "metadata": json.dumps(t.metadata),
                "splitter": t.splitter,
                "program": PROGRAM,
                "created_at": at,
            }
            for t in traces
        ],
        text=("id", "response", "model", "tier", "prompt_variant", "query", "source"),
    )
    insert(
        database,
        "sentences",
        [
            {"trace_id": t.id, "idx": s.index, "start": s.start, "end": s.end, "text": s.text}
            for t in traces
            for s in t.sentences
        ],
        text=("trace_id", "text"),
    )


def known_ids(connection: sqlite3.Connection) -> set[str]:
    """Ids of all traces in the database."""
    return {row["id"] for row in connection.execute("SELECT id FROM traces")}


def is_known(connection: sqlite3.Connection, trace_id: str) -> bool:
    """Whether a trace has this id."""
    return connection.execute("SELECT 1 FROM traces WHERE id = ?", [trace_id]).fetchone() is not None


def check_known(connection: sqlite3.Connection, trace_ids: Iterable[str]) -> None:
    """Refuse ids that no trace has.

    Raises:
        NotFoundError: for the first of them.
    """
    known = known_ids(connection)
    for trace_id in trace_ids:
        if trace_id not in known:
            raise no_such_trace(connection, trace_id)


def no_such_trace(connection: sqlite3.Connection, trace_id: str) -> NotFoundError:
    """The refusal of an id that no answered trace has, with the one that may be meant."""
    known = sorted(row["id"] for row in connection.execute("SELECT id FROM traces WHERE response <> ''"))
    close = get_close_matches(trace_id, known, n=1)
    hint = f"did you mean {close[0]}?" if close else "`turnpoint traces` lists them."
    return NotFoundError(f"no trace {trace_id!r} in this database; {hint}")


def load_trace(connection: sqlite3.Connection, trace_id: str) -> Trace:
    """Load one trace.

    Raises:
        NotFoundError: if there is none of that id.
    """
    row = connection.execute(
        "SELECT traces.*, prompts.messages FROM traces JOIN prompts ON prompts.id = prompt_id WHERE traces.id = ?",
        [trace_id],
    ).fetchone()
    if row is None:
        raise no_such_trace(connection, trace_id)
    sentences = connection.execute(
        'SELECT idx, start, "end", text FROM sentences WHERE trace_id = ? ORDER BY idx', [trace_id]
    )
    return Trace(
        id=row["id"],
        prompt=Prompt.from_json(row["messages"]),
        response=row["response"],
        reasoning=Span(row["reasoning_start"], row["reasoning_end"]),
        sentences=tuple(Sentence(s["idx"], s["start"], s["end"], s["text"]) for s in sentences),
        splitter=row["splitter"],
        model=row["model"],
        tier=row["tier"],
        prompt_variant=row["prompt_variant"],
        query=row["query"],
        source=row["source"] or "",
        metadata=json.loads(row["metadata"] or "{}"),
    )


def sentence_texts(connection: sqlite3.Connection, trace_id: str) -> tuple[str, ...]:
    """The raw sentences of a trace, in order; none for a trace that is not there."""
    rows = connection.execute("SELECT text FROM sentences WHERE trace_id = ? ORDER BY idx", [trace_id])
    return tuple(row["text"] for row in rows)


def list_traces(connection: sqlite3.Connection) -> list[TraceSummary]:
    """Summaries of all traces but the unanswered ones, in the order in which they were added."""
    outcomes = own_outcomes(connection)
    rows = connection.execute(
        f"""
        SELECT t.id, t.model, t.tier, t.prompt_variant, t.query,
               (SELECT count(*) FROM sentences s WHERE s.trace_id = t.id) AS n_sentences,
               (SELECT count(*) FROM rollouts r WHERE r.trace_id = t.id) AS n_rollouts,
               (SELECT count(DISTINCT r.prefix_idx) FROM rollouts r WHERE r.trace_id = t.id) AS n_prefixes_sampled,
               (SELECT count(*) FROM {standing("trace_id = t.id")} WHERE {RATED}) AS n_labelled,
               iif(json_valid(t.metadata), json_extract(t.metadata, ?), 0) IS TRUE AS is_truncated,
               instr(p.messages, '"role":"user"') > 0 AS has_prompt
          FROM traces t JOIN prompts p ON p.id = t.prompt_id WHERE t.response <> '' ORDER BY t.rowid
        """,  # noqa: S608 - conditions of ours
        [f"$.{TRUNCATED}"],
    )
    return [
        TraceSummary(**dict(row) | {name: bool(row[name]) for name in _MARKS}, outcomes=outcomes.get(row["id"], {}))
        for row in rows
    ]


def own_outcomes(connection: sqlite3.Connection) -> dict[str, dict[str, str]]:
    """For each trace that was made of a collected answer: the latest outcome of each behavior on that answer."""
    found: dict[str, dict[str, str]] = {}
    for row in connection.execute(
        """
        SELECT t.id, o.behavior, o.outcome FROM traces t JOIN outcomes o ON o.rollout_id = t.rollout_id
         WHERE t.rollout_id IS NOT NULL ORDER BY t.rowid, o.rowid
        """
    ):
        found.setdefault(row["id"], {})[row["behavior"]] = row["outcome"]
    return found


def traces_showing(
    connection: sqlite3.Connection, behavior: str, outcome: str = YES, limit: int | None = None
) -> tuple[str, ...]:
    """Ids of the traces whose own answer showed ``behavior`` (``outcome`` no: did not), ``limit`` of them at most.

    Queries take turns, so that ten traces are of ten queries where there are as many. Undecided answers are in neither.

    Raises:
        NotFoundError: if there is none.
    """
    wanted = SHOWN if outcome == YES else NOT_SHOWN
    own = own_outcomes(connection)
    turn: Counter[str | None] = Counter()
    found: list[tuple[int, int, str]] = []
    for summary in connection.execute("SELECT id, query FROM traces WHERE rollout_id IS NOT NULL ORDER BY rowid"):
        if own.get(summary["id"], {}).get(behavior) in wanted:
            found.append((turn[summary["query"]], len(found), summary["id"]))
            turn[summary["query"]] += 1
    if not found:
        judged = sorted({name for outcomes in own.values() for name in outcomes})
        there = f"; judged are {', '.join(judged)}" if judged else "; `turnpoint collect` asks for answers"
        negated = "" if outcome == YES else "not "
        raise NotFoundError(f"no collected trace is judged {negated}to show {behavior!r}{there}.")
    return tuple(trace_id for _, _, trace_id in sorted(found)[:limit])


def find_in_sentences(connection: sqlite3.Connection, words: str) -> list[tuple[str, int]]:
    """(trace id, sentence index) of the sentences that hold all the words, best match first."""
    quoted = " ".join('"' + word.replace('"', '""') + '"' for word in words.split())
    if not quoted:
        return []
    rows = connection.execute(
        "SELECT s.trace_id, s.idx FROM sentences_fts f JOIN sentences s ON s.rowid = f.rowid"
        " WHERE sentences_fts MATCH ? ORDER BY rank",
        [quoted],
    )
    return [(row["trace_id"], row["idx"]) for row in rows]
