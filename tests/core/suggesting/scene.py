"""A small trace in a database, a model that suggests, and requests to it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.annotation.codebook import load_codebook
from core.endpoints.endpoint import Endpoint
from core.resampling.retrying import RetryPolicy
from core.store.database import Store
from core.store.traces import add_traces
from core.suggesting.progress import SuggestingProgress, SuggestingResult
from core.suggesting.request import SuggestingRequest
from core.suggesting.runner import suggest
from core.traces.build import make_trace
from tests.core.fake_server import FakeServer, Reply

CODEBOOK = load_codebook()
N = 12
TRACE = make_trace(
    "diary", "<think>\n" + " ".join(f"The user asks for thing number {i}." for i in range(N)) + "\n</think>\nHere."
)
OTHER = make_trace("other", "<think>\nI must decide. I will comply. It is monitored.\n</think>\nHere.")
QUICK = RetryPolicy(attempts=3, first=0.0005, longest=0.002, longest_asked=0.01, patience=0.1)
FREE = Endpoint("fake", "http://fake/v1", "fake-1", concurrency=2, timeout=20)
PRICED = Endpoint(
    "priced", "http://fake/v1", "fake-1", concurrency=1, max_tokens=50, price_prompt=1.0, price_completion=10.0
)


def asked_in(body: Mapping[str, Any]) -> list[int]:
    """The sentences that a request asks about."""
    listed = body["messages"][-1]["content"].rsplit("Sentences to categorise: ", 1)[1]
    ranges = (re.fullmatch(r"(\d+)(?: to (\d+))?", part) for part in listed.split(", "))
    return [i for found in ranges if found for i in range(int(found[1]), int(found[2] or found[1]) + 1)]


def entry(sentence: int, category: str = "monitoring", confidence: float = 0.8) -> dict[str, Any]:
    return {"sentence": sentence, "category": category, "confidence": confidence}


def reply(*entries: Any) -> str:
    return json.dumps({"labels": entries})


def model(answer: Callable[[list[int], int], str] | None = None, **more: Any) -> FakeServer:
    """A server whose model answers sentences and the number of the request; by default as it should."""
    numbers = iter(range(10_000))
    answer = answer or (lambda asked, _: reply(*map(entry, asked)))

    def answered(prompt: str, seed: int) -> str:
        body = {"messages": json.loads(prompt)}
        return answer(asked_in(body), next(numbers))

    return FakeServer(continuation=answered, **more)


def chat(text: str, finish_reason: str = "stop") -> Reply:
    """One chat answer."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
    return Reply(body=json.dumps({"model": "fake-1", "choices": [choice]}))


def fresh_store(folder: Path) -> Store:
    """A database that holds both traces."""
    store = Store.open(folder / "turnpoint.db")
    store.write(lambda database: add_traces(database, [TRACE, OTHER])).result()
    return store


def wanted(**more: Any) -> SuggestingRequest:
    """A request about the trace, five sentences at a time."""
    return SuggestingRequest(
        **{"endpoint": FREE, "codebook": CODEBOOK, "traces": (TRACE,), "batch": 5, "retrying": QUICK, **more}
    )


def go(
    request: SuggestingRequest,
    store: Store,
    server: FakeServer,
    watch: Callable[[SuggestingProgress], None] = lambda progress: None,
) -> SuggestingResult:
    """Run to the end."""
    return asyncio.run(suggest(request, store, watch, clients=server.open))


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query as tuples."""
    return [tuple(row) for row in store.read.execute(query)]


def suggested(store: Store, trace_id: str = TRACE.id) -> list[int]:
    """Sentences with a suggestion."""
    return [row[0] for row in rows(store, f"SELECT sentence_idx FROM suggestions WHERE trace_id = '{trace_id}'")]
