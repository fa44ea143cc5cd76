"""What a behavior came out as on one rollout, and the votes behind it."""

from __future__ import annotations

from dataclasses import dataclass

COMPLIANCE = "compliance"
ALIGNMENT_FAKING = "alignment_faking"

YES, NO = "yes", "no"
COMPLIED, REFUSED = "complied", "refused"
NO_DECISION, UNCLEAR, TRUNCATED, ERROR = "no_decision", "unclear", "truncated", "error"
RESTARTED, FILTERED = "restarted", "filtered"
"""Of every behavior, where the server began the reasoning anew, which says nothing about the prefix, or kept back or
cut short what was written because of what it says."""

_VALUES: dict[str, int] = {YES: 1, COMPLIED: 1, NO: 0, REFUSED: 0}

SHOWN = frozenset(word for word, value in _VALUES.items() if value == 1)
NOT_SHOWN = frozenset(word for word, value in _VALUES.items() if value == 0)
"""The outcomes of a decided rollout."""


@dataclass(frozen=True)
class Outcome:
    """One behavior on one rollout.

    ``outcome`` is complied, refused, no_decision, truncated, restarted, filtered or error for compliance, and yes, no,
    unclear, no_decision, truncated, restarted, filtered or error for a judged behavior; ``votes_yes`` of ``votes_cast``
    readable votes are None where nobody voted.
    """

    behavior: str
    judge_id: str
    outcome: str
    votes_yes: int | None = None
    votes_cast: int | None = None

    @property
    def value(self) -> int | None:
        """1 if the behavior was shown, 0 if not, None if the rollout is undecided."""
        return _VALUES.get(self.outcome)


@dataclass(frozen=True)
class Vote:
    """One vote of a judge: its verdict (yes, no, unclear), the answer to each of five criteria, its reply verbatim.

    Under the ``criteria`` scheme a call answers one criterion and ``vote_idx`` is that criterion's number - 1.
    """

    vote_idx: int
    verdict: str
    criteria: tuple[str | None, str | None, str | None, str | None, str | None]
    reply: str
    model: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
