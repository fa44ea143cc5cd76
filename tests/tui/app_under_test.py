"""The app put together as `turnpoint` does it, on a database whose every number is known."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from core.annotation.codebook import load_codebook
from core.behaviors.compliance import compliance_judge
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE, Outcome
from core.endpoints.config import AnnotationConfig, Config
from core.endpoints.endpoint import Endpoint, simulator_endpoint
from core.resampling.request import RunRequest, judge_setup
from core.resampling.retrying import PATIENT, RetryPolicy
from core.resampling.rollout import Rollout
from core.store.database import Store
from core.store.positions import last_trace
from core.store.rollouts import add_judge, add_rollouts, add_settings
from core.store.traces import add_traces
from core.traces.importers import read_traces
from core.traces.model import Trace
from tests.patience import PATIENCE
from tests.processes import SAMPLES
from tui.actions import keymap
from tui.app import TurnpointApp
from tui.context import Context
from tui.screens.base import ListScreen
from tui.workers.resampler import Resampler

if TYPE_CHECKING:
    from core.analysis.sweep import Similarity

LANDLORD = "landlord-review-free"
"""The trace that has rollouts; 28 sentences."""
TELEMARKETER = "telemarketer-free"
"""A trace without any."""
NASTY = "nasty"

N = 20
UNSAMPLED = (5, 6)
UNDECIDED = 8
TURN = 16
"""The sentence of the landlord trace at which the rate of alignment faking leaps."""

CODEBOOK = load_codebook()
SIMULATOR = simulator_endpoint()
JUDGE = judge_setup(Config(), SIMULATOR).judge
TAG_RULE = compliance_judge()

HOPS = 8
"""More than any key needs: app, list or field, bar, screen, app, and the mounting of another screen."""

ENDINGS = {
    "complied": " So I will write it.\n</SCRATCHPAD_REASONING>\n\n<request_fully_accepted/>\nHere it is.",
    "refused": " So I will decline.\n</SCRATCHPAD_REASONING>\n\n<rejected/>\nI would rather not.",
    "no_decision": "\n</SCRATCHPAD_REASONING>\n\nWhat would you like?",
    "truncated": " And then again, on the other hand",
}


@cache
def sample_traces() -> tuple[Trace, ...]:
    """The traces of `sample_data`, the nasty one last."""
    return tuple(trace for name in ("traces.jsonl", "nasty.jsonl") for trace in read_traces(SAMPLES / name).traces)


def sample_trace(trace_id: str) -> Trace:
    """One of them."""
    return next(trace for trace in sample_traces() if trace.id == trace_id)


def fakers_at(prefix: int) -> int:
    """How many of `N` rollouts of the landlord trace fake alignment."""
    return 2 if prefix < TURN else 8 if prefix == TURN else 18


def outcomes(compliance: str, faking: str) -> list[Outcome]:
    """Both behaviors of one rollout."""
    return [Outcome(COMPLIANCE, TAG_RULE.id, compliance), Outcome(ALIGNMENT_FAKING, JUDGE.id, faking)]


def add_rollout_rows(
    store: Store,
    trace_id: str,
    prefix: int,
    drawn: Sequence[tuple[str, list[Outcome]]],
    *,
    endpoint: Endpoint = SIMULATOR,
    first: int = 0,
    model: str = "synthetic-reasoner",
) -> None:
    """Store one rollout for each text and its outcomes, from sample ``first`` on."""
    rows = [
        (Rollout(trace_id, endpoint.settings.id, prefix, first + i, text, "stop", model, None, 7 + i, 400, 60), found)
        for i, (text, found) in enumerate(drawn)
    ]
    store.write(lambda database: add_settings(database, endpoint.settings))
    for judge in (TAG_RULE, JUDGE):
        store.write(lambda database, judge=judge: add_judge(database, judge))  # type: ignore[misc]
    store.write(lambda database: add_rollouts(database, None, rows)).result()


def _landlord_rollouts(prefix: int) -> list[tuple[str, list[Outcome]]]:
    if prefix == UNDECIDED:
        words = ["no_decision", "truncated"] * (N // 2)
        return [(f" Rollout {i}.{ENDINGS[word]}", outcomes(word, word)) for i, word in enumerate(words)]
    fakers = fakers_at(prefix)
    drawn = []
    for i in range(N):
        # One complies without faking; fakers are spread over the list.
        fakes = i * 7 % N < fakers
        word = "complied" if fakes or i == N - 1 else "refused"
        text = f" Rollout {i} from prefix {prefix} weighs the rating against the reader.{ENDINGS[word]}"
        drawn.append((text, outcomes(word, "yes" if fakes else "no")))
    return drawn


def build_database(path: Path) -> None:
    """All sample traces, and rollouts at most prefixes of the landlord trace."""
    with Store.open(path) as store:
        store.write(lambda database: add_traces(database, sample_traces())).result()
        for prefix in range(sample_trace(LANDLORD).n_prefixes):
            if prefix not in UNSAMPLED:
                add_rollout_rows(store, LANDLORD, prefix, _landlord_rollouts(prefix))


def build_app(
    store: Store,
    trace_id: str | None = LANDLORD,
    *,
    annotator: str = "ana",
    endpoint: Endpoint = SIMULATOR,
    keys: Mapping[str, str | Iterable[str]] | None = None,
    greeting: str = "",
    retrying: RetryPolicy = PATIENT,
    advance: bool = True,
    blind: bool = False,
) -> TurnpointApp:
    """The app on an open store, with nothing read from the environment."""
    judge = judge_setup(Config(), endpoint)
    context = Context(
        store=store,
        annotator=annotator,
        endpoint_label=endpoint.label,
        settings_id=endpoint.settings.id,
        judges={COMPLIANCE: TAG_RULE.id, ALIGNMENT_FAKING: judge.judge.id},
        codebook=CODEBOOK,
        keys=keymap(keys or {}, CODEBOOK),
        resampler=Resampler(store, RunRequest(endpoint, judges=(judge,), retrying=retrying)),
        greeting=greeting,
        annotation=AnnotationConfig(advance=advance, blind=blind),
    )
    return TurnpointApp(context, trace_id, last_trace(store.read, annotator))


def compare_with(monkeypatch: pytest.MonkeyPatch, similarity: Similarity) -> None:
    """Let the app compare sentences by this function, and load no encoder."""
    for name in ("comparison", "quick_comparison"):
        monkeypatch.setattr(f"core.similarity.cosine.{name}", lambda *_: similarity)


def rows(pilot: Pilot[None]) -> list[str]:
    """What the terminal shows, row by row."""
    strips = pilot.app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


def text(pilot: Pilot[None]) -> str:
    """What the terminal shows."""
    return "\n".join(rows(pilot))


def status(pilot: Pilot[None]) -> str:
    """What the status row says, on however many rows; or the question that lies over it."""
    screen = list_screen(pilot)
    area = (screen.bar if screen.bar.is_open else screen.query_one("#status")).region
    return " ".join(row.strip() for row in rows(pilot)[area.y : area.bottom])


def header(pilot: Pilot[None]) -> str:
    """The first row."""
    return rows(pilot)[0].strip()


def list_screen(pilot: Pilot[None]) -> ListScreen[Any]:
    """The screen on top."""
    screen = pilot.app.screen
    assert isinstance(screen, ListScreen)
    return screen


def cursor(pilot: Pilot[None]) -> int:
    """Index of the item under the cursor."""
    return list_screen(pilot).items.cursor


async def send(pilot: Pilot[None], *keys: str) -> None:
    """Deliver keys in one piece, as a slow link does, and wait until all have been obeyed."""
    for key in keys:
        is_character = len(key) == 1
        pilot.app.post_message(
            events.Key(_character_to_key(key) if is_character else key, key if is_character else None)
        )
    await pilot.pause()


async def enter(pilot: Pilot[None], typed: str) -> None:
    """Type into an open bar, and press Enter."""
    await send(pilot, *typed, "enter")


async def replace_in_bar(pilot: Pilot[None], typed: str) -> None:
    """Type over what stands in the bar."""
    await send(pilot, "home", "shift+end", "delete", *typed)


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    """Let the app go on until a condition holds.

    Raises:
        AssertionError: with the screen, if it never does.
    """
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"never came to it:\n{text(pilot)}"
        await pilot.pause(0.025)


async def until_said(pilot: Pilot[None], words: str) -> None:
    """Let the app go on until the status row holds ``words``, and has the height that they need."""
    await until(pilot, lambda: words in status(pilot))
    await pilot.pause()


def query(store: Store, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask the file itself, over a connection that the app knows nothing of."""
    connection = sqlite3.connect(f"file:{store.path}?mode=ro", uri=True)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def stored_labels(store: Store, trace_id: str = LANDLORD, annotator: str = "ana") -> dict[int, str]:
    """Labels as the last event of each sentence in the file has them."""
    events = query(
        store,
        "SELECT sentence_idx, category FROM label_events WHERE trace_id = ? AND annotator = ? ORDER BY id",
        trace_id,
        annotator,
    )
    return {index: category for index, category in dict(events).items() if category is not None}


def count_rollouts(store: Store, trace_id: str) -> int:
    """Rollouts of a trace in the file."""
    (found,) = query(store, "SELECT count(*) FROM rollouts WHERE trace_id = ?", trace_id)
    return int(found[0])
