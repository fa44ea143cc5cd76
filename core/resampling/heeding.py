"""What a check of a server means for one run: which of its findings refuse it, and which it is warned of.

A finding that fails may be of no concern: a server that drops ``<think>`` does no harm to a trace without one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from core.endpoints.probe.continuing import END_KEPT, INNER_KEPT, PARSED, REASONING_LEFT, THINK_KEPT
from core.endpoints.probe.finding import FAILED, UNKNOWN, UNPROVEN, Finding, Verdict
from core.endpoints.probe.serving import COUNTED, LISTED
from core.endpoints.probe.varying import DIFFERENT, LOWEST_TEMPERATURE, N_HONOURED, SEED_HONOURED, UNANSWERED
from core.resampling.request import RunRequest

NO_CHECK = "`turnpoint resample --no-check` samples all the same"

_WHITE_SPACE = re.compile(r"[^\S ]|  ")
"""What a server that tidies white space up would change."""


@dataclass(frozen=True)
class Objection:
    """One sentence about what a run would come to; one that ``refuses`` keeps it from being begun."""

    sentence: str
    refuses: bool


@dataclass(frozen=True)
class Concern:
    """A finding that matters in a ``state``: ``what`` the server does, after its address, and ``who`` is concerned.

    ``why`` it matters to a request is a few words, and None where it does not; without it, it matters to any. Where
    ``means`` is given, the finding has to mean just that.
    """

    finding: str
    state: str
    refuses: bool
    what: str
    who: str
    why: Callable[[RunRequest], str | None] | None = None
    means: str | None = None

    def is_about(self, finding: Finding) -> bool:
        """Whether this is the finding, in the state in which it matters."""
        is_meant = self.means is None or finding.means == self.means
        return (finding.name, finding.state) == (self.finding, self.state) and is_meant


def _has_think(request: RunRequest) -> str | None:
    return _of_traces(request, lambda prefix: "<think>" in prefix, "has the tag in what is to be continued")


def _has_white_space(request: RunRequest) -> str | None:
    def would_change(prefix: str) -> bool:
        return _WHITE_SPACE.search(prefix.strip()) is not None

    return _of_traces(request, would_change, "has more than single spaces in what is to be continued")


def _ends_in_white_space(request: RunRequest) -> str | None:
    ending = (spot.trace for spot in request.spots if spot.n and spot.trace.prefix(spot.prefix_idx)[-1:].isspace())
    return _named([trace.id for trace in ending], "has prefixes that end in it")


def _greedy(request: RunRequest) -> str | None:
    is_greedy = request.endpoint.temperature == 0 and any(spot.n > 1 for spot in request.spots)
    return "the rollouts of a prefix are one answer, counted often" if is_greedy else None


def _silent(request: RunRequest) -> str | None:
    # Below that temperature, nothing is said of how samples differ.
    return "rollouts may be empty" if request.endpoint.temperature >= LOWEST_TEMPERATURE else None


def _capped(request: RunRequest) -> str | None:
    return None if request.max_cost is None else "the cost cap is kept by estimates"


def _priced(request: RunRequest) -> str | None:
    return "the prompt is paid for with each" if request.endpoint.has_prices else None


CONCERNS: Final = (
    Concern(REASONING_LEFT, FAILED, True, "hands reasoning out in a field of its own", "all runs"),
    Concern(SEED_HONOURED, FAILED, True, "refuses requests that have a seed", "all runs", means=UNANSWERED),
    Concern(THINK_KEPT, FAILED, True, "does not keep <think>", "runs on traces with <think>", _has_think),
    Concern(INNER_KEPT, FAILED, True, "changes white space", "runs on traces of several lines", _has_white_space),
    Concern(END_KEPT, FAILED, False, "strips white space", "runs on such prefixes", _ends_in_white_space),
    Concern(REASONING_LEFT, UNKNOWN, False, "may parse reasoning out of its answers", "all runs", means=PARSED),
    Concern(DIFFERENT, UNKNOWN, False, "is sampled at temperature 0", "runs with n above 1", _greedy),
    Concern(DIFFERENT, UNKNOWN, False, "answered the check with hardly any text", "all runs", _silent),
    Concern(LISTED, FAILED, False, "does not list the model that is asked for", "all runs"),
    Concern(COUNTED, FAILED, False, "reports no usage", "runs with a cost cap", _capped),
    Concern(N_HONOURED, FAILED, False, "gives one answer where several are asked for", "runs with prices", _priced),
)
"""Which findings matter, and when; what is not here does no harm to a rate."""


def objections(verdict: Verdict, request: RunRequest) -> tuple[Objection, ...]:
    """What the check of one server has against a run of ``request`` there, what refuses it first."""
    found = [Objection(verdict.sentence, verdict.refuses)] if verdict.refuses or verdict.verdict == UNPROVEN else []
    for concern, finding in _concerning(verdict):
        why = "" if concern.why is None else concern.why(request)
        if why is not None:
            found.append(Objection(_sentence(verdict, concern, finding, why), concern.refuses))
    return tuple(sorted(found, key=lambda one: not one.refuses))


def refuses_any_run(verdict: Verdict) -> bool:
    """Whether no run at all may be made there, whatever its traces."""
    return verdict.refuses or any(one.refuses and one.why is None for one, _ in _concerning(verdict))


def consequence(finding: Finding) -> str:
    """What a finding leads to before a run, in a few words; empty where nothing follows from it."""
    about = (
        f"{one.who} are {'refused' if one.refuses else 'warned of it'}" for one in CONCERNS if one.is_about(finding)
    )
    return next(about, "")


def _concerning(verdict: Verdict) -> Iterator[tuple[Concern, Finding]]:
    return ((one, finding) for one in CONCERNS for finding in verdict.findings if one.is_about(finding))


def _sentence(verdict: Verdict, concern: Concern, finding: Finding, why: str) -> str:
    parts = [f"{verdict.base_url} in mode {verdict.mode} {concern.what}", why and f", and {why}"]
    # A refusal names what to do as well, and a small terminal has four rows for it.
    told = (finding.means,) if concern.refuses and finding.means else (finding.seen, finding.means)
    parts.append(f" ({'; '.join(filter(None, told))})")
    parts += [f"; {do}" for do in (finding.do, NO_CHECK if concern.refuses else "") if do]
    return "".join(parts) + "."


def _of_traces(request: RunRequest, holds: Callable[[str], bool], what: str) -> str | None:
    """Which traces have something in what is to be continued: the longest prefix of a trace has all others in it."""
    longest: dict[str, int] = {}
    for spot in request.spots:
        if spot.n:
            longest[spot.trace.id] = max(spot.prefix_idx, longest.get(spot.trace.id, 0))
    return _named([one for one, at in longest.items() if holds(request.traces[one].prefix(at))], what)


def _named(trace_ids: Sequence[str], what: str) -> str | None:
    first, *others = dict.fromkeys(trace_ids) or [""]
    if not first:
        return None
    return f"{first} {what}" + (f", as {len(others)} more do" if others else "")
