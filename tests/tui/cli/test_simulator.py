"""`turnpoint simulator serve`: the synthetic reasoner as a server of its own."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from tests.patience import PATIENCE
from tests.tui.cli.calling import SAMPLES, done, process, turnpoint


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "tui", "simulator", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        said = served.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/v1", said)
        assert found is not None, said
        try:
            yield served, found[0]
        finally:
            served.kill()


def test_it_answers_as_an_openai_server_until_ctrl_c(server: tuple[subprocess.Popen[str], str]) -> None:
    served, url = server
    body = {"model": "synthetic-reasoner", "messages": [{"role": "user", "content": "Hello?"}], "n": 2}
    request = urllib.request.Request(
        f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        answer = json.load(response)
    assert (answer["model"], len(answer["choices"])) == ("synthetic-reasoner", 2)
    served.send_signal(signal.SIGINT)
    _, complaints = served.communicate(timeout=PATIENCE)
    assert (served.returncode, complaints) == (0, "")


def test_resampling_there_is_resampling_here(server: tuple[subprocess.Popen[str], str]) -> None:
    _, url = server
    done("import", SAMPLES / "traces.jsonl")
    call = ("resample", "zoo-essay-free", "--prefix", "5", "-n", "9")
    ran = done(*call, "--base-url", url, "--model", "synthetic-reasoner")
    assert "(synthetic)" in ran.out
    served = done("analyze", "--json").json[0]
    done("--db", "here.db", "import", SAMPLES / "traces.jsonl")
    done("--db", "here.db", "resample", "zoo-essay-free", "--prefix", "5", "-n", "9")
    here = done("--db", "here.db", "analyze", "--json").json[0]
    assert [entry["k"] for entry in served["prefixes"]] == [entry["k"] for entry in here["prefixes"]]
    assert "(synthetic)" in done("analyze").out.splitlines()[0]


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = process("simulator", "serve", "--port", port)
    assert ran.code == 1
    assert ran.refusal == (
        f"cannot listen on 127.0.0.1:{port} (Address already in use); choose another --host or --port."
    )


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--port", "65536"], "invalid value for '--port': 65536 is not in the range 0<=x<=65535;"),
        (["--latency", "-1"], "invalid value for '--latency': -1.0 is not in the range 0<=x<=3600;"),
    ],
)
def test_a_number_out_of_range_is_refused(args: list[str], reason: str) -> None:
    ran = turnpoint("simulator", "serve", *args)
    assert ran.code == 2
    assert ran.refusal.startswith(reason)


def test_its_address_is_there_for_a_machine() -> None:
    command = [sys.executable, "-m", "tui", "simulator", "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        said = json.loads("".join(iter(served.stdout.readline, "}\n")) + "}")
        try:
            with urllib.request.urlopen(f"{said['base_url']}/models", timeout=PATIENCE) as response:
                assert json.load(response)["data"][0]["id"] == said["model"] == "synthetic-reasoner"
        finally:
            served.kill()
