"""`turnpoint server` and `turnpoint demo --real`: what they say, what they refuse, and that no server is left behind.

All of it with the tiny model, which loads at once, but for the demo itself.
"""

from __future__ import annotations

import json
import re
import signal
import socket
import sqlite3
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.e2e import stored
from tests.patience import PATIENCE
from tests.processes import headless, is_one_sentence, start, wait_until
from tests.servers.real import free_port

pytestmark = pytest.mark.slow

DEMO = "turnpoint-demo-real"


@pytest.fixture
def tiny(models: Path) -> Path:
    return models / "tiny" / "tiny.gguf"


@contextmanager
def served(home: Path, *args: str | Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """`turnpoint server`, when it answers, and what it said in JSON."""
    # Whoever runs the tests in the background has told them to ignore Ctrl-C, and that would be inherited.
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = start(home, "server", *args, "--port", "0", "--json", preexec_fn=heeding)
    assert process.stdout is not None
    try:
        said = "".join(iter(process.stdout.readline, "}\n")) + "}"
        yield process, json.loads(said)
    finally:
        process.kill()
        process.communicate()


def port_of(base_url: str) -> int:
    found = re.search(r":(\d+)/v1$", base_url)
    assert found, base_url
    return int(found[1])


def answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_server_is_left_behind(tmp_path: Path, tiny: Path, number: signal.Signals) -> None:
    with served(tmp_path, tiny) as (process, said):
        port = port_of(said["base_url"])
        assert answers(port)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert process.returncode == (0 if number == signal.SIGINT else -number), err
        wait_until(lambda: not answers(port), "the server's end")


def test_the_lines_that_are_printed_are_an_endpoint(tmp_path: Path, tiny: Path) -> None:
    port = free_port()
    process = start(
        tmp_path, "server", tiny, "--port", str(port), "--slots", "2", "--context", "1024", "--threads", "1"
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(10)]
        assert lines[0] == (
            f"tiny answers at http://127.0.0.1:{port}/v1 (2 requests at a time, 1,024 tokens each, threads: 1)\n"
        )
        settings = "".join(lines[3:])
        table = tomllib.loads(settings)["endpoints"]["local"]
        assert (table["preset"], table["template"], table["concurrency"]) == ("turnpoint-server", str(tiny), 2)
        (tmp_path / "turnpoint.toml").write_text(settings, "utf-8")
        checked = headless(tmp_path, "check", "local", "--json")
        (verdict,) = json.loads(checked.stdout)
        assert verdict["verdict"] == "continues", verdict
    finally:
        process.kill()
        process.communicate()


def test_a_page_of_elsewhere_may_not_ask(tmp_path: Path, tiny: Path) -> None:
    with served(tmp_path, tiny) as (_, said):
        asked = Request(f"{said['base_url']}/models", headers={"Origin": "http://page.example"})
        with urlopen(asked, timeout=PATIENCE) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == ""


def test_two_servers_at_one_port_are_refused(tmp_path: Path, tiny: Path) -> None:
    with served(tmp_path, tiny) as (_, said):
        second = headless(tmp_path, "server", tiny, "--port", str(port_of(said["base_url"])))
        assert second.returncode == 1
        assert is_one_sentence(second.stderr), second.stderr


@pytest.mark.parametrize(
    "content", [b"", b"no model", b"GGUF\x03\0\0\0" + b"\0" * 400], ids=["empty", "text", "header"]
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.gguf").write_bytes(content)
    refused = headless(tmp_path, "server", "a.gguf", "--port", "0")
    assert refused.returncode in (1, 2)
    assert is_one_sentence(refused.stderr), refused.stderr
    assert "a.gguf" in refused.stderr


def test_a_model_that_is_cut_off_is_refused_by_the_server_itself(tmp_path: Path, tiny: Path) -> None:
    (tmp_path / "half.gguf").write_bytes(tiny.read_bytes()[: tiny.stat().st_size // 2])
    refused = headless(tmp_path, "server", "half.gguf", "--port", "0")
    assert refused.returncode == 1
    assert is_one_sentence(refused.stderr), refused.stderr
    assert "ended before it answered" in refused.stderr


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path, tiny: Path) -> None:
    refused = headless(tmp_path, "server", tiny, "--port", "0", "--log", "nowhere/server.log")
    assert (refused.returncode, is_one_sentence(refused.stderr)) == (1, True)
    assert "nowhere/server.log" in refused.stderr


def test_a_demo_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    """The second server listens elsewhere, and its rollouts continue the same rates."""
    (tmp_path / DEMO).mkdir()
    first = start(tmp_path, "demo", "--real", "--headless", "-n", "1")
    wait_until(lambda: drawn(tmp_path) or first.poll() is not None, "the first rollouts")
    first.kill()
    first.communicate()
    kept = drawn(tmp_path)
    assert kept
    again = headless(tmp_path, "demo", "--real", "--headless", "-n", "1")
    assert again.returncode == 0, again.stderr
    assert "SmolLM2-135M (real, tiny)" in again.stdout.splitlines()[0]
    assert stored_rows(tmp_path, "SELECT prefix_idx, count(*) FROM rollouts GROUP BY 1") == [(i, 1) for i in range(6)]
    assert stored_rows(tmp_path, "SELECT count(*) FROM sampling_settings") == [(1,)]


def drawn(home: Path) -> int:
    """How many rollouts there are; none before there is a table of them."""
    try:
        ((n,),) = stored_rows(home, "SELECT count(*) FROM rollouts")
    except sqlite3.OperationalError:
        return 0
    return n


def stored_rows(home: Path, query: str) -> list[tuple[int, ...]]:
    return stored.rows(home / DEMO, query)
