"""What a deletion takes away, in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui.views.numbers import how_many
from tui.views.wording import money

if TYPE_CHECKING:
    from core.store.deleting import Deletion

_COUNTED = {
    "traces": "trace",
    "sentences": "sentence",
    "rollouts": "rollout",
    "judge_votes": "vote",
    "suggestions": "suggestion",
    "failures": "failure",
    "queues": "queue",
    "queue_items": "queue place",
}


def what_goes(deletion: Deletion) -> str:
    """The rows that go, with the labels by annotator and what was spent on them."""
    parts = [how_many(n, noun) for table, noun in _COUNTED.items() if (n := deletion.rows.get(table))]
    parts += [f"{how_many(n, 'label')} of {annotator}" for annotator, n in deletion.labelled.items()]
    spent = f", {money(deletion.cost)} spent on it" if deletion.cost else ""
    return (", ".join(parts) or "nothing") + spent


def what_hangs(deletion: Deletion) -> str:
    """What hangs on traces, but for their sentences."""
    rows = {table: n for table, n in deletion.rows.items() if table not in ("traces", "sentences")}
    return what_goes(replace(deletion, rows=rows))


def what_stays(deletion: Deletion) -> str:
    """What somebody may not expect to stay, in a sentence; empty where there is nothing of the kind."""
    if deletion.n_answers_kept:
        answers = how_many(deletion.n_answers_kept, "collected answer")
        return f"{answers} of which these traces were made stay and count; `collect` makes the traces again."
    if deletion.n_answers_lost:
        traces = how_many(deletion.n_answers_lost, "trace")
        return f"{traces} made of the answers that go stay, without how the answer came out."
    return ""


def where_kept(backup: Path | None) -> str:
    """Where all of it can still be found."""
    return f"a copy of the database is {backup}" if backup is not None else "no copy is kept"
