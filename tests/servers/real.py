"""Servers that no one here wrote, each in a process of its own, on SmolLM2 or on the tiny model."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.packages import package_folder
from core.serving.smollm2 import FILE, PACKAGE
from tests.processes import TURNPOINT

CONTEXT: Final = 4096
"""Tokens that a server of llama.cpp takes for one prompt and its continuation."""


@dataclass(frozen=True)
class Kind:
    """One server program: how it is started, and what was seen of it.

    ``command`` may name ``{port}``, ``{python}``, ``{turnpoint}``, ``{smollm2}`` and the variables of the environment;
    ``preset`` is turnpoint's for it, ``model`` what it is asked for. ``choices_of_three`` is how many choices a request
    for three brings, ``refuses_flags`` whether the fields of vLLM are refused rather than ignored,
    ``fails_on_nonsense`` whether a request is known that it fails on. A test that is marked ``where`` runs on kinds
    that have what it names.
    """

    name: str
    command: str
    preset: str
    model: str = "tiny"
    choices_of_three: int = 1
    refuses_flags: bool = False
    refuses_long_prompts: bool = True
    fails_on_nonsense: bool = False
    chat_opens_a_turn: bool = True
    starts_at_once: bool = True


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind(
            name="turnpoint-server",
            command=f"{{turnpoint}} server {{smollm2}} --slots 4 --threads 1 --context {CONTEXT} --port {{port}}",
            preset="turnpoint-server",
            model=Path(FILE).stem,
            choices_of_three=3,
            chat_opens_a_turn=False,
        ),
        Kind(
            name="transformers",
            command="{python} -m transformers.cli.transformers serve tiny --device cpu --host 127.0.0.1 --port {port}",
            preset="transformers",
            refuses_flags=True,
            refuses_long_prompts=False,
            fails_on_nonsense=True,
            starts_at_once=False,
        ),
        # `make test` runs none of these. `make test-servers` compiles the first; the others are for who has installed
        # them, with LLAMA_SERVER=PATH TURNPOINT_SERVER=llama-server, or VLLM_PYTHON=PATH TURNPOINT_SERVER=vllm.
        Kind(
            name="llama-cpp-python",
            command="{LLAMA_CPP_PYTHON} -m llama_cpp.server --model tiny/tiny.gguf --model_alias tiny --n_threads 2"
            f" --n_ctx {CONTEXT} --host 127.0.0.1 --port {{port}}",
            preset="llama-cpp-python",
        ),
        Kind(
            name="llama-server",
            command="{LLAMA_SERVER} -m tiny/tiny.gguf -a tiny -t 2 -np 4 --jinja --no-webui"
            f" -c {4 * CONTEXT} --host 127.0.0.1 --port {{port}}",
            preset="llama-cpp",
            choices_of_three=3,
            chat_opens_a_turn=False,
        ),
        # The engine for CPUs stays up only with these flags.
        Kind(
            name="vllm",
            command="{VLLM_PYTHON} -m vllm.entrypoints.openai.api_server --model tiny --served-model-name tiny"
            f" --max-model-len {CONTEXT} --max-num-batched-tokens {8 * CONTEXT} --no-enable-chunked-prefill"
            " --enforce-eager --dtype float32 --host 127.0.0.1 --port {port}",
            preset="vllm",
            choices_of_three=3,
            starts_at_once=False,
        ),
    )
}


class RealServer:
    """A running server of one kind.

    Attributes:
        url: what goes before ``/completions``.
    """

    def __init__(self, kind: Kind, folder: Path, port: int | None = None) -> None:
        """Start it on the model in ``folder/tiny`` and wait until it answers; AssertionError with its log if not."""
        self.kind = kind
        self._folder = folder
        self.port = free_port() if port is None else port
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._log = folder / f"{kind.name}-{self.port}.log"
        hub = folder / "hub"
        hub.mkdir(exist_ok=True)
        # transformers lists what is in this folder as its models, and fails where there is no such folder.
        offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(hub)}
        # For so small a model a second thread costs more than it brings.
        environment = {**os.environ, **offline, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        places = {"port": self.port, "python": sys.executable, "turnpoint": TURNPOINT, "smollm2": smollm2()}
        command = shlex.split(kind.command.format(**os.environ | places))
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
            )
        try:
            self._await_answer(120.0)
        except BaseException:
            self.end()
            raise

    @property
    def template(self) -> Path:
        """Where turnpoint finds the chat template of the model that is served."""
        return smollm2() if self.kind.model != "tiny" else self._folder / "tiny"

    @property
    def log(self) -> str:
        """What the server has said so far."""
        return self._log.read_text("utf-8", "replace")

    def end(self) -> None:
        """Stop it at once, with whatever it has started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _await_answer(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/models", timeout=2):
                    return
            except (OSError, urllib.error.HTTPError):
                assert self._process.poll() is None, f"{self.kind.name} ended by itself:\n{self.log}"
                assert time.monotonic() < end, f"{self.kind.name} never answered:\n{self.log}"
            time.sleep(0.05)


@contextmanager
def running(kind: Kind, folder: Path, port: int | None = None) -> Iterator[RealServer]:
    """A server that is ended when it is no longer needed."""
    server = RealServer(kind, folder, port)
    try:
        yield server
    finally:
        server.end()


def smollm2() -> Path:
    """The weights of SmolLM2, as they are packaged; their hash is looked at by the tests of what serves them."""
    folder = package_folder(PACKAGE)
    assert folder is not None, "make test installs the real model; run it once"
    return folder / FILE


def free_port() -> int:
    """A port at which nothing answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
