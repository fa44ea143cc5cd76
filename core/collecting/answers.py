"""From collected answers to traces, each made once; an answer that has no whole reasoning stays a rollout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from core.behaviors.compliance import compliance_of
from core.behaviors.outcome import FILTERED, TRUNCATED
from core.store.collected import RawAnswer, add_answer, answers_without_traces, has_trace
from core.store.traces import known_ids, load_trace
from core.traces.build import NoReasoningError, make_trace
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags, tags_around

if TYPE_CHECKING:
    from sqlite_utils import Database

    from core.store.database import Store
    from core.traces.model import Trace


_AT_A_TIME: Final = 200


@dataclass(frozen=True)
class MadeTraces:
    """What became of the answers that had no trace yet.

    ``n_without_reasoning`` have no reasoning tags, or nothing between them; ``n_cut_off`` ran out of tokens before the
    reasoning ended; ``n_filtered`` were kept back or cut short by the server because of what they say. All stay
    rollouts, and count in every rate as what they came out as.
    """

    trace_ids: tuple[str, ...]
    n_without_reasoning: int
    n_cut_off: int
    n_filtered: int = 0


def make_traces(store: Store, tags: Sequence[ReasoningTags] = DEFAULT_TAGS) -> MadeTraces:
    """Make a trace of every collected answer that can be one and is none yet.

    A trace is named query, tier, variant and number of the answer; where that name is taken, as by an answer of another
    model, the first digits of its settings follow.
    """
    made = MadeTraces((), 0, 0)
    waiting = answers_without_traces(store.read)
    for first in range(0, len(waiting), _AT_A_TIME):
        part = waiting[first : first + _AT_A_TIME]
        more = store.write(partial(_make, answers=part, tags=tags)).result()
        made = MadeTraces(
            (*made.trace_ids, *more.trace_ids),
            made.n_without_reasoning + more.n_without_reasoning,
            made.n_cut_off + more.n_cut_off,
            made.n_filtered + more.n_filtered,
        )
    return made


def _make(database: Database, answers: Sequence[RawAnswer], tags: Sequence[ReasoningTags]) -> MadeTraces:
    """Make the traces of a part of the answers, in one transaction; another process may have been faster."""
    taken = known_ids(database.conn)
    made: list[str] = []
    n_cut_off = n_without = n_filtered = 0
    for answer in answers:
        if has_trace(database.conn, answer.rollout_id):
            continue
        if answer.continuation == FILTERED:
            n_filtered += 1
            continue
        if compliance_of(answer.text, answer.finish_reason, tags).outcome == TRUNCATED:
            n_cut_off += 1
            continue
        trace = _trace(load_trace(database.conn, answer.trace_id), answer, taken, tags)
        if trace is None:
            n_without += 1
            continue
        add_answer(database, trace, answer.rollout_id)
        taken.add(trace.id)
        made.append(trace.id)
    return MadeTraces(tuple(made), n_without, n_cut_off, n_filtered)


def _trace(asked: Trace, answer: RawAnswer, taken: set[str], tags: Sequence[ReasoningTags]) -> Trace | None:
    if tags_around(answer.text, tags) is None:
        return None
    try:
        return make_trace(
            _free_id(asked.id, answer, taken),
            answer.text,
            prompt=asked.prompt,
            tags=tags,
            model=answer.model,
            tier=asked.tier,
            prompt_variant=asked.prompt_variant,
            query=asked.query,
            source=f"collected at {answer.endpoint or 'no endpoint'}",
            metadata={**asked.metadata, "settings_id": answer.settings_id, "sample_idx": answer.sample_idx},
        )
    except NoReasoningError:
        return None


def _free_id(asked_id: str, answer: RawAnswer, taken: set[str]) -> str:
    name = f"{asked_id}-{answer.sample_idx}"
    if name not in taken:
        return name
    name = f"{name}-{answer.settings_id[:6]}"
    return name if name not in taken else f"{name}-{answer.rollout_id}"
