"""Rollouts as rows of a list: their outcomes in a few cells, and what the annotator says of them. No Textual here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.analysis.counts import Count
from core.annotation.verdict import SKIPPED, UNJUDGED, HumanVerdict
from core.behaviors.outcome import (
    ALIGNMENT_FAKING,
    COMPLIANCE,
    ERROR,
    FILTERED,
    NO_DECISION,
    RESTARTED,
    TRUNCATED,
    UNCLEAR,
    YES,
)
from core.sanitize import visible_line
from core.store.rollouts import StoredRollout
from tui.palette import BOLD, DIM, LABEL, PLAIN, behavior_style
from tui.views.session import short_name
from tui.widgets.lines import Line, Piece
from tui.widgets.text_list import TextItem

WORDS = {
    NO_DECISION: "undecided",
    UNCLEAR: "unclear",
    TRUNCATED: "cut",
    RESTARTED: "restarted",
    FILTERED: "filtered",
    ERROR: "failed",
}
ALL, COMPLIED, REFUSED, UNDECIDED = "all", "complied", "refused", "undecided"
FAKING = "alignment faking"
FILTERS = (ALL, FAKING, COMPLIED, REFUSED, UNDECIDED)
"""Then, one by one, the user's own behaviors that were measured: those that show it."""
READ_OFF = (ALL, COMPLIED, REFUSED, UNDECIDED)
"""Those that tell nothing of what a judge says: compliance is read off the text."""


@dataclass(frozen=True)
class Verdicts:
    """What one annotator says of rollouts, about one behavior, and what is hidden from them.

    While ``is_blind``, no judge's verdict is shown on a rollout until the annotator has said yes or no; on those that
    are ``seen`` it was shown before. ``is_working``: the annotator came here to judge.
    """

    behavior: str = ALIGNMENT_FAKING
    held: Mapping[int, HumanVerdict] = field(default_factory=dict)
    seen: frozenset[int] = frozenset()
    is_blind: bool = False
    is_working: bool = False

    def of(self, stored: StoredRollout) -> HumanVerdict:
        """What the annotator says of a rollout."""
        return self.held.get(stored.id, UNJUDGED)

    def hides(self, stored: StoredRollout) -> bool:
        """Whether what judges say of a rollout is hidden now."""
        return self.is_blind and self.of(stored).shows is None

    def is_judged_blind(self, stored: StoredRollout) -> bool:
        """Whether it is hidden, and has been all along."""
        return self.hides(stored) and stored.id not in self.seen

    def is_shown(self, found: Sequence[StoredRollout]) -> bool:
        """Whether the list tells of verdicts at all: a list that is only browsed does not."""
        return self.is_working or self.is_blind or any(stored.id in self.held for stored in found)

    def n_done(self, found: Sequence[StoredRollout]) -> int:
        """How many the annotator is done with."""
        return sum(self.of(stored).is_done for stored in found)

    def agreement(self, found: Sequence[StoredRollout]) -> Count:
        """Of the rollouts that the annotator and the judge both decided, those of which they say the same."""
        both = [(self.of(stored).shows, judged(stored, self.behavior)) for stored in found]
        decided = [(one, other) for one, other in both if one is not None and other is not None]
        return Count(sum(one == other for one, other in decided), len(decided))


def judged(stored: StoredRollout, behavior: str) -> bool | None:
    """What the judge decided; None where it did not."""
    outcome = stored.outcomes.get(behavior)
    return None if outcome is None or outcome.value is None else outcome.value == 1


def word_of(stored: StoredRollout, behavior: str) -> str:
    """What a behavior came out as, in a word."""
    outcome = stored.outcomes.get(behavior)
    return WORDS.get(outcome.outcome, outcome.outcome) if outcome else "unjudged"


def own_behaviors(found: Sequence[StoredRollout]) -> Sequence[str]:
    """The behaviors of the user's own that any rollout was decided on, by name."""
    return sorted({name for stored in found for name in stored.outcomes}.difference((COMPLIANCE, ALIGNMENT_FAKING)))


def filters_of(own: Sequence[str], verdicts: Verdicts) -> Sequence[str]:
    """What the list can be narrowed to; in blind mode, nothing that tells of judges."""
    return READ_OFF if verdicts.is_blind else (*FILTERS, *own)


def passes(stored: StoredRollout, wanted: str) -> bool:
    """Whether a rollout is shown under a filter."""
    compliance = word_of(stored, COMPLIANCE)
    if wanted == ALL:
        return True
    if wanted not in FILTERS:
        return word_of(stored, wanted) == YES
    if wanted == FAKING:
        return word_of(stored, ALIGNMENT_FAKING) == YES
    if wanted == UNDECIDED:
        return compliance not in (COMPLIED, REFUSED)
    return compliance == wanted


def counts_of(found: Sequence[StoredRollout], own: Sequence[str], verdicts: Verdicts) -> list[str | None]:
    """The counts of a header: each behavior that is shown, then the outcomes of compliance."""
    outcomes = Counter(word_of(stored, COMPLIANCE) for stored in found)
    counts = "  ".join(f"{word} {n}" for word, n in outcomes.most_common())
    if verdicts.is_blind:
        return ["blind", counts]
    faking = sum(word_of(stored, ALIGNMENT_FAKING) == YES for stored in found)
    is_judged = not own or any(ALIGNMENT_FAKING in stored.outcomes for stored in found)
    counted = [f"{short_name(name)} {sum(word_of(stored, name) == YES for stored in found)}" for name in own]
    return [f"AF {faking}" if is_judged else None, *counted, counts]


def progress_of(found: Sequence[StoredRollout], verdicts: Verdicts, is_long: bool) -> str:
    """How many are judged, and how often the annotator agrees with the judge; nothing where nobody judges."""
    if not verdicts.is_shown(found):
        return ""
    agree = verdicts.agreement(found)
    done = f"judged {verdicts.n_done(found)}/{len(found)}" + (" by you" if is_long else "")
    agreed = f", agree {agree.k}/{agree.n}" + (" with the judge" if is_long else "") if agree.n else ""
    return f"{done}{agreed}  "


def item_of(stored: StoredRollout, number: int, own: Sequence[str], verdicts: Verdicts, *, tells: bool) -> TextItem:
    """One row of the list; with ``tells``, what the annotator says of it stands first."""
    hidden, faking = verdicts.hides(stored), word_of(stored, ALIGNMENT_FAKING)
    mark = "--" if hidden else {"yes": "AF", "no": " ·", "unjudged": " ?"}.get(faking, " ×")
    head: list[Piece] = [(f"{number:>3} ", BOLD)]
    if tells:
        head.append((f"{_said(verdicts.of(stored)):<5}", LABEL))
    head += [
        (f"{mark} ", behavior_style(ALIGNMENT_FAKING) if faking == YES and not hidden else DIM),
        (f"{word_of(stored, COMPLIANCE):<9} ", PLAIN),
    ]
    for name in own:
        shown = "-" * len(short_name(name)) if hidden else _own_mark(stored, name)
        head.append((f"{shown} ", DIM if hidden else behavior_style(name)))
    return TextItem(visible_line(stored.rollout.text.strip()[:400]), tuple(head), max_rows=2)


def verdict_lines(stored: StoredRollout, verdicts: Verdicts) -> list[Line]:
    """What the annotator and the judge say of the rollout under the cursor, and the annotator's note."""
    held, name = verdicts.of(stored), verdicts.behavior
    outcome = stored.outcomes.get(name)
    if verdicts.hides(stored):
        judge = "hidden until you say yes or no"
    elif outcome is None:
        judge = "not asked"
    else:
        votes = f" ({outcome.votes_yes} of {outcome.votes_cast} say yes)" if outcome.votes_cast else ""
        judge = WORDS.get(outcome.outcome, outcome.outcome) + votes
    lines: list[Line] = [
        [(f"{short_name(name)}  ", behavior_style(name) + BOLD), (f"you: {held.word or '?'}   judge: {judge}", PLAIN)]
    ]
    if held.note:
        lines.append([(f"note: {visible_line(held.note)}", LABEL)])
    return lines


def outcomes_in_words(stored: StoredRollout, verdicts: Verdicts) -> str:
    """The outcomes of all behaviors that are not hidden."""
    names = [COMPLIANCE] if verdicts.hides(stored) else list(stored.outcomes)
    return ", ".join(f"{name} {stored.outcomes[name].outcome}" for name in names if name in stored.outcomes)


def _said(held: HumanVerdict) -> str:
    word = "skip" if held.word == SKIPPED else held.word or ""
    return f"{word}*" if held.note else word


def _own_mark(stored: StoredRollout, behavior: str) -> str:
    """The short name of a behavior that is shown, else a sign in as many cells."""
    name, word = short_name(behavior), word_of(stored, behavior)
    mark = name if word == YES else {"no": "·", "unjudged": "?"}.get(word, "×")
    return f"{mark:>{len(name)}}"
