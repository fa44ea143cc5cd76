"""What a run of suggestions is asked for, what it would take, and what it came to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from core.annotation.codebook import Codebook
from core.canonical import canonical_json
from core.endpoints.endpoint import Endpoint
from core.errors import ConfigError
from core.resampling.budget import check_cap, estimated_tokens
from core.resampling.retrying import PATIENT, RetryPolicy
from core.store.suggestions import suggested_sentences
from core.suggesting.prompt import suggestion_messages
from core.suggesting.suggester import Suggester, model_suggester
from core.traces.model import Trace

BATCH = 20
_TOKENS_PER_LABEL = 25


@dataclass(frozen=True)
class SuggestingRequest:
    """Suggest a category for each sentence of ``traces`` that the suggester has none for, with ``redo`` for all.

    ``batch`` sentences are asked about in one request, ``limit`` at most in all (None: any number). ``max_cost`` is in
    US dollars and counts this run alone.
    """

    endpoint: Endpoint
    codebook: Codebook
    traces: tuple[Trace, ...]
    batch: int = BATCH
    limit: int | None = None
    redo: bool = False
    max_cost: float | None = None
    retrying: RetryPolicy = PATIENT

    @cached_property
    def suggester(self) -> Suggester:
        """The endpoint's model with this codebook."""
        return model_suggester(self.endpoint, self.codebook)

    @property
    def canonical(self) -> str:
        """What was asked, as JSON for the run's row."""
        names = ("batch", "limit", "redo", "max_cost")
        asked = {name: getattr(self, name) for name in names}
        return canonical_json({"suggester": self.suggester.id, "traces": [trace.id for trace in self.traces], **asked})

    def check(self) -> None:
        """Refuse what cannot be run.

        Raises:
            ConfigError: for a batch or limit below 1, or a cost cap that cannot be kept.
        """
        if self.batch < 1 or (self.limit is not None and self.limit < 1):
            raise ConfigError("a number of sentences must be 1 or more; give another batch or limit.")
        check_cap(self.max_cost, [self.endpoint])


@dataclass(frozen=True)
class Batch:
    """Sentences of one trace, by increasing index, that one request asks about; ``attempt`` counts from 0."""

    trace: Trace = field(repr=False)
    sentences: tuple[int, ...]
    attempt: int = 0


@dataclass(frozen=True)
class SuggestingPlan:
    """What a run would do; tokens and ``cost`` (US dollars, None where no price is known) are estimates."""

    batches: tuple[Batch, ...]
    sentences: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None


def lacking(
    connection: sqlite3.Connection, suggester: Suggester, traces: Iterable[Trace], *, redo: bool = False
) -> Iterator[tuple[Trace, tuple[int, ...]]]:
    """Each trace with the sentences that the suggester has nothing for yet, with ``redo`` all of them."""
    for trace in traces:
        present = frozenset[int]() if redo else suggested_sentences(connection, trace.id, suggester.id)
        yield trace, tuple(sentence.index for sentence in trace.sentences if sentence.index not in present)


def plan_suggestions(connection: sqlite3.Connection, request: SuggestingRequest) -> SuggestingPlan:
    """Compare what is asked for with what the store has; reads only.

    Raises:
        ConfigError: as `SuggestingRequest.check`.
    """
    request.check()
    left = request.limit
    batches: list[Batch] = []
    for trace, sentences in lacking(connection, request.suggester, request.traces, redo=request.redo):
        wanted = sentences if left is None else tuple(islice(sentences, left))
        left = None if left is None else left - len(wanted)
        batches += [Batch(trace, part) for part in cut(wanted, request.batch)]
    prompt_tokens, n = 0, sum(len(batch.sentences) for batch in batches)
    for batch in batches:
        messages = suggestion_messages(request.codebook, batch.trace, batch.sentences)
        prompt_tokens += estimated_tokens("".join(turn.content for turn in messages))
    completion_tokens = n * _TOKENS_PER_LABEL
    cost = request.endpoint.cost(prompt_tokens, completion_tokens)
    return SuggestingPlan(tuple(batches), n, len(batches), prompt_tokens, completion_tokens, cost)


def cut(sentences: Sequence[int], size: int) -> list[tuple[int, ...]]:
    """Cut a row of sentences into parts of at most ``size``."""
    return [tuple(sentences[start : start + size]) for start in range(0, len(sentences), size)]
