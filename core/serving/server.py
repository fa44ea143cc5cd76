"""Starting llama.cpp's server on a GGUF file, and seeing that none is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from core.endpoints.gguf import read_model_file
from core.errors import EndpointError
from core.packages import install_command, package_folder
from core.sanitize import visible_line

PACKAGE: Final = "xllamacpp"
REQUIREMENT: Final = "xllamacpp==2026.10.11549"

LOOPBACK: Final = "127.0.0.1"
THREADS: Final = min(2, os.cpu_count() or 1)
SLOTS: Final = 4
CONTEXT: Final = 4096

# Left alone, OpenMP's threads wait for each other by spinning: on two cores of which one had other work, two threads of
# a model made 5 tokens a second where one made 60. Asleep while they wait they made 95, and 52 beside two busy loops.
_ASLEEP: Final = {"OMP_WAIT_POLICY": "passive"}

_CHILD: Final = Path(__file__).with_name("child.py")
_SECONDS_TO_END: Final = 5.0
_LOG_TAIL: Final = 20_000


@dataclass(frozen=True)
class ServedModel:
    """A model's file, and how it is served.

    ``alias`` is the name by which requests ask for it. ``slots`` requests are answered at a time, each with a
    ``context`` of its own, in tokens, prompt and continuation together; ``port`` 0 takes a free one.
    """

    path: Path
    alias: str
    host: str = LOOPBACK
    port: int = 0
    slots: int = SLOTS
    context: int = CONTEXT
    threads: int = THREADS


def served_model(path: Path, context: int | None = None) -> ServedModel:
    """How a file is served unless more is said: named after it, with no more context than it was trained for.

    Raises:
        ConfigError: if it is no GGUF file.
    """
    model = read_model_file(path)
    wanted = CONTEXT if context is None else context
    return ServedModel(path.resolve(), model.name, context=min(wanted, model.context or wanted))


def server_version() -> str | None:
    """The version of the package that holds the server; None where it is not installed."""
    try:
        return version(PACKAGE) if package_folder(PACKAGE) is not None else None
    except PackageNotFoundError:
        return None


def need_server() -> None:
    """Refuse where there is nothing to serve with.

    Raises:
        EndpointError: naming the command that installs it.
    """
    if package_folder(PACKAGE) is None:
        raise EndpointError(
            f"serving a model needs the package {PACKAGE}, which is not installed; run"
            f" {install_command(REQUIREMENT, alone=True)}."
        )


@contextmanager
def serving(served: ServedModel, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the server inside the block: its base URL, once it answers, and its process.

    What the server says goes into the file ``log``. It has a session of its own, so that a Ctrl-C or a hang-up of the
    terminal is for turnpoint to answer; when turnpoint is gone, in whatever way, the server ends by itself.

    Raises:
        EndpointError: if the package is not installed, or the server ends before it answers.
    """
    need_server()
    try:
        said = log.open("wb")
    except OSError as error:
        raise EndpointError(f"{log}: the server's log cannot be written ({error.strerror}); mend the folder.") from None
    with said:
        process = subprocess.Popen(  # noqa: S603 - this Python, on a file of ours
            [sys.executable, "-P", str(_CHILD), json.dumps(asdict(served) | {"path": str(served.path)})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env={**_ASLEEP, **os.environ},
            start_new_session=True,
        )
    try:
        yield f"{_address(process, served, log)}/v1", process
    finally:
        _end(process)


def _address(process: subprocess.Popen[bytes], served: ServedModel, log: Path) -> str:
    """Wait until the server answers, and say where."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait()
        raise EndpointError(f"{served.path}: the server ended before it answered ({last_word(log)}).")
    address: str = json.loads(line)["address"]
    return address


def last_word(log: Path) -> str:
    """The first error that a server's log names, or the last thing that it said; fit for a sentence."""
    with suppress(OSError):
        with log.open("rb") as file:
            lines = file.read(_LOG_TAIL).decode("utf-8", "replace").splitlines()
        told = [line.strip() for line in lines if line.strip()]
        errors = [line for line in told if " E " in line]
        if told:
            return visible_line((errors or told[-1:])[0])[-200:]
    return "it said nothing"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let it go, and wait until it has gone."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError):
        process.stdin.close()
    process.stdout.close()
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
