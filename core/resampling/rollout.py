"""One sampled continuation of a prefix."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rollout:
    """Sample ``sample_idx`` (0-based) from prefix ``prefix_idx`` of a trace, under one set of sampling settings.

    ``text`` is the continuation alone, untouched; ``cost`` is in US dollars, None where no price is known;
    ``cached_tokens`` are those of ``prompt_tokens`` that the server had in its cache, ``replica`` is the base URL that
    answered, and ``provider`` the one that a router chose. ``continuation`` is ``restarted`` where the text begins the
    reasoning anew instead of going on, ``filtered`` where the server did not give what was written, or not all of it,
    because of what it says, else None: then it is the outcome of every behavior.
    """

    trace_id: str
    settings_id: str
    prefix_idx: int
    sample_idx: int
    text: str
    finish_reason: str | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    seed: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    cached_tokens: int | None = None
    replica: str | None = None
    provider: str | None = None
    continuation: str | None = None


@dataclass(frozen=True)
class Failure:
    """A request that was given up: at which ``stage`` (sample or judge), of what ``kind``, after how many attempts."""

    trace_id: str
    settings_id: str
    prefix_idx: int
    sample_idx: int | None
    stage: str
    kind: str
    message: str
    attempts: int = 1
