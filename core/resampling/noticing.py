"""What is worth saying of answers that came: those that decide nothing, and words of servers that nobody here knows.

Counts are by the words in which they are said after the number, so that those of several stretches add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from core.behaviors.outcome import FILTERED
from core.endpoints.completion import Choice
from core.finishing import ENDED, UNKNOWN, meaning_of, was_cut
from core.resampling.rollout import Rollout

_LONGEST = 40


def of_rollouts(rollouts: Iterable[Rollout]) -> Counter[str]:
    """What is to be said of rollouts that were drawn."""
    said = Counter[str]()
    for rollout in rollouts:
        if rollout.continuation == FILTERED:
            said[f"filtered by the server ({_word(rollout.finish_reason)}), in no rate"] += 1
        elif meaning_of(rollout.finish_reason) == UNKNOWN:
            said[f'with the unknown finish reason "{_word(rollout.finish_reason)}", taken for an end'] += 1
        elif not rollout.text.strip() and not was_cut(rollout.finish_reason):
            said["without any text, taken for an end"] += 1
    return said


def of_votes(replies: Iterable[Choice]) -> Counter[str]:
    """What is to be said of the replies of a judge."""
    said = Counter[str]()
    for reply in replies:
        if reply.is_filtered:
            said[f"votes filtered by the judge's server ({_word(reply.finish_reason)}), unclear"] += 1
        elif was_cut(reply.finish_reason):
            said[f"votes cut off ({_word(reply.finish_reason)}), read as far as they go"] += 1
    return said


def remarks(noticed: Mapping[str, int]) -> Sequence[str]:
    """The counts in words, most frequent first."""
    return [f"{n} {what}" for what, n in sorted(noticed.items(), key=lambda item: (-item[1], item[0]))]


def _word(finish_reason: str | None) -> str:
    """The server's word; one that refuses in a field of its own says that it ended."""
    if finish_reason is None or meaning_of(finish_reason) == ENDED:
        return "refusal"
    return finish_reason if len(finish_reason) <= _LONGEST else finish_reason[:_LONGEST] + "…"
