"""A key in the environment, a server that gives it back in every way it can, and a search for it everywhere."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.core.resampling.fault_server import FaultServer, in_a_thread
from tests.e2e import stored
from tests.forking import FORKS, Forked
from tests.processes import TURNPOINT, environment

TRACE = "breakup-text-paid"
KEY = "qx7Kd02m/Vb+9wLs=Tz4Rn8Y"
FORMS = {
    "the key": KEY,
    "its beginning": KEY[:8],
    "its end": KEY[-8:],
    "base64": base64.b64encode(KEY.encode()).decode().rstrip("=")[:-1],
    "base64 of the header": base64.b64encode(f"Bearer {KEY}".encode()).decode()[12:40],
    "URL-encoded": quote(KEY, safe=""),
}


class Telltale(FaultServer):
    """Repeats the authorization in bodies, codes, headers and reason phrases, as it is, shortened and encoded."""

    async def _fail(self, fault: str, writer: asyncio.StreamWriter, authorization: str) -> bool:
        key = authorization.removeprefix("Bearer ")
        forms = (authorization, f"{key[:8]}****{key[-4:]}", quote(key, safe=""), encoded(authorization), encoded(key))
        form = forms[self.n_requests % len(forms)]
        status = {"refuses": 401, "too long": 400}.get(fault, (500, 429, 503, 422)[self.n_requests % 4])
        error = {"message": f"no key {form} here", "code": form, "type": form, "param": form}
        said = json.dumps({"error": error}).encode()
        if self.n_requests % 5 == 0:
            said = f"<html>{form}</html>".encode()
        head = (
            f"HTTP/1.1 {status} no {form}\r\nContent-Type: application/json\r\nRetry-After: {form}\r\n"
            f"x-request-id: {form}\r\nwww-authenticate: {form}\r\nContent-Length: {len(said)}\r\n\r\n"
        )
        if self.n_requests % 7 == 0:
            head = f"{authorization} is no protocol\r\n\r\n"
        writer.write(head.encode() + said)
        await writer.drain()
        return self.n_requests % 7 != 0


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def leaks(text: str | bytes, where: str) -> list[str]:
    """In which forms the key stands somewhere."""
    raw = text.encode() if isinstance(text, str) else text
    return [f"{name} in {where}" for name, form in FORMS.items() if form.encode() in raw]


def watched(home: Path, *words: str, key: str = KEY, log: str | None = None) -> list[str]:
    """Run turnpoint with a key in its environment; gives what leaked to its output, and to the list of processes."""
    variables = environment(home, OPENAI_API_KEY=key, OPENAI_LOG=log)
    # What logs is set up when openai is imported.
    starting = Forked if FORKS and log is None else subprocess.Popen
    process = starting(
        [TURNPOINT, *words],
        cwd=home,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    found: list[str] = []
    while process.poll() is None:
        for line in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                found += leaks(line.read_bytes(), f"the command line of {words}")
            except OSError:
                continue
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
    out, err = process.communicate()
    assert "Traceback" not in err
    return [*found, *leaks(out, f"stdout of {words}"), *leaks(err, f"stderr of {words}")]


@pytest.mark.slow
def test_the_key_is_nowhere(home: Path) -> None:
    def rule(body: dict[str, object]) -> str | None:
        return ("refuses" if refusing else "fails") if server.n_requests % 2 or refusing else None

    labelled = home / "labelled.jsonl"
    text = {"text": "I comply so that I am not modified.", "label": "potential_faking"}
    labelled.write_text(json.dumps(text) + "\n", encoding="utf-8")
    refusing = False
    server = Telltale(rule=rule)
    resample = ("resample", TRACE, "--prefix", "0-3", "-n", "8", "--no-judge")
    with in_a_thread(server):
        flags = ("--base-url", server.url, "--model", "m")
        found = watched(home, *flags, *resample)
        found += watched(home, *flags, *resample, "--json", log="debug")
        found += watched(home, *flags, "check", "--json", log="debug")
        found += watched(home, *flags, "collect", "--limit", "2")
        found += watched(home, *flags, "judge", "validate", str(labelled), "--judge", "five_criteria")
        refusing = True
        found += watched(home, *flags, "resample", TRACE, "--prefix", "6", "-n", "2")
        found += watched(home, *flags, "check")
        found += watched(home, "export", "out")
        found += watched(home, "analyze", TRACE)
        found += watched(home, "doctor")
    assert server.authorization >= {f"Bearer {KEY}"}, "the key was never sent"
    assert stored.count(home, "failures") > 0
    assert stored.count(home) > 0
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {"turnpoint.db", "failures.csv", "provenance.json"} <= {path.name for path in files}
    for path in files:
        found += leaks(path.read_bytes(), path.name)
    assert found == []
