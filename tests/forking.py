"""Processes of turnpoint without the second that each would spend on imports.

``python -m tests.forking`` imports all that a run or a screen needs, once. Whenever it is asked, it forks a process
that takes over the folder, the environment and the files or the terminal that it is given, and does from there on what
the command `turnpoint` does. The process is a child of whoever asked, who waits for it or kills it as any other.

What this leaves out is the start of an interpreter; with ``TURNPOINT_TESTS=full`` every process has one of its own.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from ctypes import CDLL
from functools import cache
from pathlib import Path
from typing import IO, Any

from tests.pty_app import set_size
from tests.sizes import FULL

# A benchmark, which is not run by pytest, measures starts as they are; and only Linux gives away a child's child.
FORKS = not FULL and "PYTEST_VERSION" in os.environ and sys.platform == "linux"

LARGEST = 1 << 16
BECOME_PARENT_OF_ORPHANS = 36
HEAVY = ("aiohttp", "openai", "openai.resources.chat", "sqlite_utils", "uvicorn")


@cache
def _server() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """The process that forks, and what it is asked through; it ends when this one does."""
    CDLL(None).prctl(BECOME_PARENT_OF_ORPHANS, 1, 0, 0, 0)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    words = [sys.executable, "-m", "tests.forking"]
    with theirs:
        return ours, subprocess.Popen(words, stdin=theirs.fileno(), cwd=Path(__file__).parent.parent)


def fork(
    words: Sequence[str | Path], home: Path, environment: Mapping[str, str], files: Sequence[int], *, is_terminal: bool
) -> int:
    """Do what ``words`` say in a process with these three files; gives its id."""
    said = [[*map(str, words)], str(home), dict(environment), is_terminal]
    asked, _ = _server()
    socket.send_fds(asked, [json.dumps(said).encode()], list(files))
    return int(asked.recv(LARGEST))


def forked_in_terminal(
    words: Sequence[str | Path], home: Path, environment: Mapping[str, str], size: tuple[int, int]
) -> tuple[int, int]:
    """Do what ``words`` say in a terminal of its own; gives the process and the other end of the terminal."""
    ours, theirs = os.openpty()
    set_size(theirs, size)
    pid = fork(words, home, environment, [theirs] * 3, is_terminal=True)
    os.close(theirs)
    return pid, ours


class Forked(subprocess.Popen[str]):
    """`subprocess.Popen`, but for how the process comes into being."""

    def _execute_child(self, args: Any, executable: Any, preexec: Any, close: Any, keep: Any, *rest: Any) -> None:
        cwd, env, _startupinfo, _flags, _shell, *pipes = rest[:11]
        to_child, _, _, from_child, _, errors = pipes
        self.pid = fork(args, cwd, env, (to_child, from_child, errors), is_terminal=False)
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


def _load() -> None:
    for package in ("core", "tui"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for name in HEAVY:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def _forked_when_asked(asked: socket.socket) -> tuple[list[Any], list[int]]:
    """Fork for every request, until nobody asks; returns in the new processes alone, each with its request."""
    while True:
        said, files, _, _ = socket.recv_fds(asked, LARGEST, 3)
        if not said:
            os._exit(0)
        reading, writing = os.pipe()
        # A process between this one and the new one, which ends at once: orphans go to whoever asked.
        between = os.fork()
        if between == 0:
            pid = os.fork()
            if pid == 0:
                os.close(reading)
                os.close(writing)
                return json.loads(said), files
            os.write(writing, str(pid).encode())
            os._exit(0)
        os.close(writing)
        os.waitpid(between, 0)
        for file in files:
            os.close(file)
        asked.send(os.read(reading, LARGEST))
        os.close(reading)


def _take_over(files: list[int], words: list[str], home: str, environment: dict[str, str], is_terminal: bool) -> None:
    if is_terminal:
        os.setsid()
        fcntl.ioctl(files[0], termios.TIOCSCTTY, 0)
    for number, file in enumerate(files):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    os.chdir(home)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = words
    for name, stream in _streams().items():
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _streams() -> dict[str, IO[str]]:
    """The standard streams as the interpreter makes them in the locale C.UTF-8."""
    how = {"encoding": "utf-8", "errors": "surrogateescape", "closefd": False}
    return {
        "stdin": open(0, **how),  # type: ignore[call-overload]
        "stdout": open(1, "w", **how),  # type: ignore[call-overload]
        "stderr": open(2, "w", 1, **(how | {"errors": "backslashreplace"})),  # type: ignore[call-overload]
    }


if __name__ == "__main__":
    _load()
    channel = socket.socket(fileno=os.dup(0))
    request, given = _forked_when_asked(channel)
    channel.close()
    _take_over(given, *request)
    from tui.cli import main

    main()
