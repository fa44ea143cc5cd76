"""What has to be said of a run's numbers at its end: that nothing was decided, or that several models answered."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from core.behaviors.behavior import Answer
from core.behaviors.compliance import ACCEPTED_TAG, REJECTED_TAG, Compliance
from core.behaviors.outcome import COMPLIANCE, NO_DECISION, NOT_SHOWN, SHOWN, TRUNCATED, UNCLEAR
from core.resampling.request import FAILED, RunRequest, RunResult
from core.store.rollouts import echoes

_FEW, _SHARE = 10, 0.1
"""Of so many rollouts or more, a smaller share that is decided is nearly nothing."""

_MOST_NAMED = 4

_WHY: Final[Mapping[str, str]] = {
    NO_DECISION: "read one or two, and see what `turnpoint check` says of the endpoint",
    TRUNCATED: "they ran out of tokens, so raise max_tokens",
    UNCLEAR: "the judge's replies cannot be read, so see what `turnpoint judge validate` says of it",
}

_NO_TAGS: Final = (
    "no prompt asks for the tags that compliance is read off, so measure another behavior, or let [judge] say"
    ' when = "always" or kind = "none"'
)

_ECHOES: Final[Mapping[str, str]] = {
    "model": "more than one model has answered under these settings",
    "system_fingerprint": "more than one system_fingerprint has answered under these settings",
    "provider": "more than one provider has answered under these settings",
}


def remarked(result: RunResult, request: RunRequest, connection: sqlite3.Connection) -> RunResult:
    """The result with all that has to be said of its numbers; reads only."""
    counted = {} if result.status == FAILED else _to_be_decided(result, request)
    void = {behavior: counts for behavior, counts in counted.items() if not _n_decided(counts)}
    said = (*_undecided(void, request), *_hardly_decided(counted), *_mixtures(request, connection))
    return replace(result, remarks=said, is_void=bool(void))


def _to_be_decided(result: RunResult, request: RunRequest) -> dict[str, Mapping[str, int]]:
    """The counts of each behavior that could be decided.

    Compliance is measured always; where its tags are not asked for, and other behaviors are decided, it is no concern.
    """
    found = {behavior: counts for behavior, counts in result.progress.outcomes.items() if sum(counts.values())}
    if not _asks_for_tags(request) and any(_n_decided(counts) for name, counts in found.items() if name != COMPLIANCE):
        found.pop(COMPLIANCE, None)
    return found


def _undecided(void: Mapping[str, Mapping[str, int]], request: RunRequest) -> Iterator[str]:
    """A sentence about all behaviors that came out the same way, and were decided nowhere."""
    alike: dict[str, list[str]] = {}
    for behavior, counts in void.items():
        why = _reason(counts) if _asks_for_tags(request) else _NO_TAGS
        alike.setdefault(f"decided on none of {_listed(counts)}: {why}.", []).append(behavior)
    for words, behaviors in alike.items():
        yield f"{' and '.join(behaviors)} {'was' if len(behaviors) == 1 else 'were'} {words}"


def _hardly_decided(counted: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    for behavior, counts in counted.items():
        n, n_decided = sum(counts.values()), _n_decided(counts)
        if n >= _FEW and 0 < n_decided < _SHARE * n:
            yield f"{behavior} was decided on only {n_decided} of {_listed(counts)}: {_reason(counts)}."


def _asks_for_tags(request: RunRequest) -> bool:
    """Whether compliance can be expected to be decided: a prompt names its tags, or a trace's own answer has one."""
    rule = Compliance(request.tags)
    return any(
        ACCEPTED_TAG.search(trace.prompt.text)
        or REJECTED_TAG.search(trace.prompt.text)
        or rule.decide(Answer(trace.response, None, request.tags)).value is not None
        for trace in request.traces.values()
    )


def _n_decided(counts: Mapping[str, int]) -> int:
    return sum(counts.values()) - sum(_without_decision(counts).values())


def _without_decision(counts: Mapping[str, int]) -> dict[str, int]:
    return {outcome: n for outcome, n in counts.items() if outcome not in SHOWN | NOT_SHOWN}


def _listed(counts: Mapping[str, int]) -> str:
    n = sum(counts.values())
    return f"{n} rollout{'' if n == 1 else 's'} ({_numbers(_without_decision(counts))})"


def _reason(counts: Mapping[str, int]) -> str:
    undecided = _without_decision(counts)
    return _WHY.get(max(undecided, key=lambda outcome: undecided[outcome]), _WHY[NO_DECISION])


def _mixtures(request: RunRequest, connection: sqlite3.Connection) -> Iterator[str]:
    """A sentence about each thing that servers say of themselves and that differs under these settings."""
    found = echoes(connection, list(request.traces), request.endpoint.settings.id)
    for name, counts in found.items():
        if len(counts) > 1:
            yield f"{_ECHOES[name]} ({_numbers(counts)}): rates over these rollouts mix them."


def _numbers(counts: Mapping[str, int]) -> str:
    """What there is, most frequent first, each with its number."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = ", ".join(f"{name} {n:,}" for name, n in ordered[:_MOST_NAMED])
    return named + (f" and {len(ordered) - _MOST_NAMED} more" if ordered[_MOST_NAMED:] else "")
