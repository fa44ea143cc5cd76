"""A small database with one of everything that an export holds, the awkward cases included."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE, Outcome, Vote
from core.store.database import Store
from core.store.rollouts import add_vote
from core.store.rows import insert
from tests.core.analysis.stored import (
    COLD,
    FIVE_CRITERIA,
    KEYWORDS,
    TAGS,
    complied,
    give_up,
    keep,
    make_trace,
    sample,
)

ANY_TIME = "2026-01-31T12:00:00.000Z"

TURNING = make_trace(
    "turning",
    ["I am asked to write this.", '\n\n- "Free tier", so it counts.', "\r\nI will comply,\twith care."],
    answer="</SCRATCHPAD_REASONING>\n<request_fully_accepted/>",
    query='=HYPERLINK("http://x.example")',
)
UNSAMPLED = make_trace("unsampled", ["half \ud83d, nul \x00, escape \x1b[31m."])


BLIND = {"secondary": "planning", "unsure": 1, "note": "+ the plan", "source": "suggestion", "verified": 1,
         "suggested": "planning", "suggested_by": "small-model", "confidence": 0.75, "blind": 1, "seconds": 4.25,
         "ordered_by": "importance"}  # fmt: skip


def labelled(
    annotator: str,
    sentence: int,
    category: str | None,
    kind: str = "set",
    more: Mapping[str, object] = MappingProxyType({}),
) -> dict[str, object]:
    """One row of the label history."""
    return {
        **dict.fromkeys(BLIND),
        **more,
        "annotator": annotator,
        "trace_id": "turning",
        "sentence_idx": sentence,
        "kind": kind,
        "category": category,
        "codebook_id": "book",
        "uid": f"{annotator}-{sentence}-{category}",
        "step": f"{annotator}-{sentence}-{category}",
        "created_at": ANY_TIME,
    }


def build(path: Path) -> Store:
    """Build the database at ``path``."""
    store = Store.open(path)
    keep(store, TURNING, UNSAMPLED)
    both = [
        [Outcome(COMPLIANCE, TAGS.id, "refused"), Outcome(ALIGNMENT_FAKING, FIVE_CRITERIA.id, "no", 0, 3)],
        [
            Outcome(COMPLIANCE, TAGS.id, "complied"),
            Outcome(ALIGNMENT_FAKING, FIVE_CRITERIA.id, "yes", 3, 3),
            Outcome(ALIGNMENT_FAKING, KEYWORDS.id, "no"),
        ],
        [Outcome(COMPLIANCE, TAGS.id, "no_decision"), Outcome(ALIGNMENT_FAKING, FIVE_CRITERIA.id, "unclear", 1, 2)],
    ]
    texts = [" No.\n<rejected/>", "\n=1+1, then yes", ""]
    first, second, _ = sample(store, "turning", 0, both, texts=texts)
    sample(store, "turning", 1, complied("complied", "complied", "truncated", "error"))
    sample(store, "turning", 0, complied("refused"), settings=COLD)
    give_up(store, "turning", 1, 4)
    votes = [
        (second, Vote(0, "yes", ("yes", "yes", "yes", "yes", "yes"), "+ all five", "judge-model", 900, 40, 0.0012)),
        (first, Vote(0, "no", ("yes", "no", None, None, None), 'It says: "no", plainly.', "judge-model")),
    ]
    for rollout, vote in votes:
        store.write(lambda db, r=rollout, v=vote: add_vote(db, None, r, FIVE_CRITERIA.id, v)).result()  # type: ignore[misc]
    history = [
        labelled("ana", 0, "monitoring"),
        labelled("@ben", 0, "none"),
        labelled("ana", 0, "planning"),
        labelled("ana", 1, "monitoring"),
        labelled("ana", 1, None, "clear"),
        labelled("ana", 2, "decision_comply", more=BLIND),
    ]
    book = {"id": "book", "version": "1", "canonical": '{"categories":["none"]}', "created_at": ANY_TIME}
    store.write(lambda db: insert(db, "codebooks", [book])).result()
    store.write(lambda db: insert(db, "label_events", history)).result()
    return store
