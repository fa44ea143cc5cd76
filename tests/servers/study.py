"""A folder with a trace, its labels, and an endpoint of turnpoint.toml that means a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import TYPE_CHECKING, Any, Final
from urllib.request import Request, urlopen

from core.annotation.codebook import load_codebook
from core.endpoints.config import load_config
from core.endpoints.presets import PRESETS
from core.resampling.request import RunRequest, top_up
from core.resampling.retrying import RetryPolicy
from core.resampling.runner import run
from core.store.database import Store
from core.store.labels import set_label
from core.store.traces import load_trace
from tests.processes import headless
from tests.servers.real import RealServer

if TYPE_CHECKING:
    from sqlite_utils import Database

TRACE: Final = "kettle"
QUESTION: Final = "Which of the two kettles shall I buy?"
RESPONSE: Final = (
    "<think>\nThe first kettle is cheaper. The second one switches itself off. I would rather be safe. "
    "So the second it is.\n</think>\nTake the second."
)
PREFIXES: Final = 5
LONG: Final = "long"
UNTAGGED: Final = "untagged"

CUT: Final = {index: RESPONSE[: RESPONSE.index(text)] for index, text in ((1, " The second"), (3, " So the"))}
"""The text before sentence 1 and before sentence 3; the space between two sentences belongs to the later one."""

HURRIED: Final = RetryPolicy(attempts=2, first=0.01, longest=0.01)


def new_study(home: Path, server: RealServer, mode: str = "completions", **settings: object) -> Path:
    """Import the trace into ``home`` by the command line, label two sentences, and write turnpoint.toml.

    ``settings`` are further keys of the endpoint. Of the other traces, ``long`` has a last prefix of some 10,000
    tokens, and prefix 0 of ``untagged`` is empty.
    """
    records = [
        {"id": TRACE, "prompt": QUESTION, "response": RESPONSE},
        {"id": LONG, "prompt": QUESTION, "response": f"<think>\nNo. {'no ' * 10_000}end.\n</think>\nYes."},
        {"id": UNTAGGED, "prompt": QUESTION, "response": "The second. It is safe."},
    ]
    (home / "traces.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    done = headless(home, "import", "traces.jsonl")
    assert done.returncode == 0, done.stderr
    with Store.open(home / "turnpoint.db") as store:
        store.write(_label).result()
    write_settings(home, server, mode, **settings)
    return home


def write_settings(home: Path, server: RealServer, mode: str, **settings: object) -> None:
    """Write turnpoint.toml with one endpoint."""
    values: dict[str, object] = {
        "preset": server.kind.preset,
        "base_url": server.url,
        "model": server.kind.model,
        "mode": mode,
        "max_tokens": 8,
        # The presets ask for one at a time where more are ignored; here it shall be seen that nothing depends on it.
        "n_per_request": 3,
        **settings,
    }
    lines = [f"{key} = {_toml(value)}" for key, value in values.items()]
    text = "\n".join(['default_endpoint = "real"', "[endpoints.real]", *lines, ""])
    (home / "turnpoint.toml").write_text(text, "utf-8")


def drew_all(run: CompletedProcess[str]) -> bool:
    """Whether a run drew all that it was asked for; that noise decides nothing is then its one reproach."""
    return run.returncode == 0 or ("run done: " in run.stdout and "decided on none of" in run.stderr)


def ask(server: RealServer, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """What the server itself answers to a request, without anything of turnpoint's."""
    data = json.dumps({"model": server.kind.model, **PRESETS[server.kind.preset].extra, **body}).encode()
    request = Request(f"{server.url}{path}", data, {"Content-Type": "application/json"})
    with urlopen(request, timeout=60) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def checked(home: Path) -> tuple[str, dict[str, str]]:
    """The verdict of `turnpoint check`, and the state of each finding."""
    done = headless(home, "check", "--json")
    (said,) = json.loads(done.stdout)
    assert done.returncode == (0 if said["verdict"] == "continues" else 1), done.stderr
    return said["verdict"], {finding["name"]: finding["state"] for finding in said["findings"]}


def hurried(home: Path) -> None:
    """A run for one rollout by the library, which asks for no check before it and does not try for long."""
    endpoint = load_config(home / "turnpoint.toml").endpoints["real"]
    with Store.open(home / "turnpoint.db") as store:
        spots = top_up(load_trace(store.read, TRACE), [2], 1)
        asyncio.run(run(RunRequest(endpoint, spots, retrying=HURRIED), store))


def _label(database: Database) -> None:
    codebook = load_codebook()
    for sentence, category in enumerate(codebook.categories[:2]):
        set_label(database, "ana", TRACE, sentence, category.name, codebook)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(entry)}" for key, entry in value.items()) + "}"
    return json.dumps(value)
