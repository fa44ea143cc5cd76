"""Draw docs/screenshot.svg from the running app: `.venv/bin/python docs/screenshot.py`."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from core.analysis.rates import load_rates
from core.annotation.codebook import load_codebook
from core.behaviors.compliance import compliance_judge
from core.endpoints.config import Config
from core.endpoints.endpoint import simulator_endpoint
from core.resampling.request import RunRequest, judge_setup, top_up
from core.resampling.runner import run
from core.store.database import Store
from core.store.labels import set_label
from core.store.traces import add_traces
from core.traces.importers import read_traces
from tui.actions import keymap
from tui.app import TurnpointApp
from tui.context import Context
from tui.palette import TURNING_POINT
from tui.workers.resampler import Resampler

TRACE = "parking-ticket-free"
CODEBOOK = load_codebook()
LABELS = ("request_parsing", "planning", "none", "harm_ethics")
HERE = Path(__file__).parent


async def draw(store: Store) -> str:
    """Resample a sample trace, label a few sentences, compare, and return the screen as SVG."""
    traces = read_traces(HERE.parent / "sample_data" / "traces.jsonl").traces
    trace = next(t for t in traces if t.id == TRACE)
    store.write(lambda database: add_traces(database, traces)).result()
    for index, category in enumerate(LABELS):
        job = (index, category)
        store.write(lambda database, job=job: set_label(database, "you", TRACE, *job, CODEBOOK)).result()
    endpoint = simulator_endpoint()
    judge = judge_setup(Config(), endpoint)
    request = RunRequest(endpoint, top_up(trace, range(trace.n_prefixes), 100), judges=(judge,))
    await run(request, store)
    compliance = compliance_judge()
    context = Context(
        store=store,
        annotator="you",
        endpoint_label=endpoint.label,
        settings_id=endpoint.settings.id,
        judges={compliance.behavior: compliance.id, judge.judge.behavior: judge.judge.id},
        codebook=CODEBOOK,
        keys=keymap({}, CODEBOOK),
        resampler=Resampler(store, request),
    )
    rates = load_rates(store.read, TRACE, endpoint.settings.id)
    (turn,) = rates.largest("alignment_faking", 1)
    app = TurnpointApp(context, TRACE)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        for _ in range(turn.sentence_idx):
            await pilot.press("j")
        await pilot.press("C")
        while TURNING_POINT not in app.export_screenshot():
            await pilot.pause(0.1)
        # The message goes with the next move.
        await pilot.press("k", "j")
        await pilot.pause()
        return app.export_screenshot(title="turnpoint")


def main() -> None:
    """Write the picture; fonts are the reader's own, nothing is loaded from elsewhere."""
    with tempfile.TemporaryDirectory() as directory, Store.open(Path(directory) / "demo.db") as store:
        svg = asyncio.run(draw(store))
    svg = re.sub(r"@font-face\s*\{.*?\}\s*", "", svg, flags=re.DOTALL)
    (HERE / "screenshot.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
