"""A program in a pseudo-terminal of its own: press keys, count the bytes that come back, read the screen.

The terminal is a modern one (synchronized output, truecolor) unless the environment given says otherwise; what the
program writes is kept byte for byte in ``output``, and a VT parser turns it into the rows that a person would see.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pyte
from wcwidth import wcwidth

from tests.patience import PATIENCE

ASKS_SYNCHRONIZED_OUTPUT = b"\x1b[?2026$p"
HAS_SYNCHRONIZED_OUTPUT = b"\x1b[?2026;2$y"
# pyte takes the private forms of these (keyboard protocols) for others and would draw their last letter.
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]")

KEYS = {
    "enter": b"\r",
    "escape": b"\x1b",
    "tab": b"\t",
    "backspace": b"\x7f",
    "down": b"\x1b[B",
    "up": b"\x1b[A",
    "pagedown": b"\x1b[6~",
    "pageup": b"\x1b[5~",
    "ctrl+c": b"\x03",
    "ctrl+u": b"\x15",
}

Starting = Callable[[Sequence[str | Path], Path, Mapping[str, str], tuple[int, int]], tuple[int, int]]
"""From words, folder, environment and size to the id of a process and the other end of its terminal."""


def in_terminal(
    argv: Sequence[str | Path], cwd: Path, environment: Mapping[str, str], size: tuple[int, int]
) -> tuple[int, int]:
    """Start a program in a terminal of its own."""
    words = [str(word) for word in argv]
    pid, fd = pty.fork()
    if pid == 0:
        try:
            set_size(0, size)
            os.chdir(cwd)
            os.execve(words[0], words, dict(environment))
        finally:
            os._exit(127)
    return pid, fd


class PtyApp:
    """One process under a pseudo-terminal; use it in a ``with`` statement, which ends the process."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        cwd: Path,
        environment: Mapping[str, str],
        size: tuple[int, int] = (120, 40),
        start: Starting | None = None,
    ) -> None:
        """Start ``argv`` in ``cwd`` with exactly this environment; ``size`` is columns by rows."""
        self.output = bytearray()
        self.exit_code: int | None = None
        self.started_at = time.perf_counter()
        self.last_byte_at = self.started_at
        self._answered = 0
        self._drawn = 0
        self._rows: dict[int, str] = {}
        self._size = size
        self.pid, self._fd = (start or in_terminal)(argv, cwd, environment, size)
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)

    def __enter__(self) -> PtyApp:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, keys: str) -> None:
        """Type: names in braces are keys (``{enter}``), everything else is itself."""
        parts = re.split(r"\{(\w[\w+]*)\}", keys)
        data = b"".join(KEYS[part] if i % 2 else part.encode() for i, part in enumerate(parts))
        os.write(self._fd, data)

    def press(self, keys: str, quiet: float = 0.15, first: float = 3.0) -> bytes:
        """Type, and return what is sent back until ``quiet`` seconds are silent; ``first`` awaits the first byte.

        That is for what nothing depends on: a slow program answers later. `wait_until` waits for what is meant.
        """
        start = len(self.output)
        self.send(keys)
        self.read(first)
        self.settle(quiet)
        return bytes(self.output[start:])

    def read(self, seconds: float) -> bool:
        """Take what the program writes within ``seconds``; False if it is silent or has gone."""
        if not select.select([self._fd], [], [], max(0.0, seconds))[0]:
            return False
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        if not data:
            time.sleep(0.01)
            return False
        self.last_byte_at = time.perf_counter()
        self.output += data
        while (at := self.output.find(ASKS_SYNCHRONIZED_OUTPUT, self._answered)) >= 0:
            self._answered = at + 1
            os.write(self._fd, HAS_SYNCHRONIZED_OUTPUT)
        return True

    def settle(self, quiet: float = 0.15) -> None:
        """Read until the program is silent for ``quiet`` seconds.

        Raises:
            AssertionError: if it never is.
        """
        end = time.monotonic() + PATIENCE
        while self.read(quiet):
            assert time.monotonic() < end, f"never silent for {quiet} s"

    def read_for(self, seconds: float) -> bytes:
        """Everything that is written in the next ``seconds``."""
        start, end = len(self.output), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)
        return bytes(self.output[start:])

    @property
    def rows(self) -> list[str]:
        """The screen, row by row."""
        fresh = bytes(self.output[self._drawn :])
        self._drawn = len(self.output)
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", fresh))
        for y in self._screen.dirty:
            self._rows[y] = self._row(y)
        self._screen.dirty.clear()
        return [self._rows[y] for y in range(self._screen.lines)]

    def _row(self, y: int) -> str:
        """What pyte calls the display, of one row: that of all takes longer than reading them."""
        cells, x, shown = self._screen.buffer[y], 0, []
        while x < self._screen.columns:
            shown.append(cells[x].data)
            x += 2 if wcwidth(cells[x].data[0]) == 2 else 1
        return "".join(shown)

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.rows)

    def wait_until(self, holds: Callable[[str], object], what: str) -> str:
        """Read until the screen fulfils a condition, and return it.

        Raises:
            AssertionError: with the screen, if it does not come to that, or the program ends first.
        """
        end = time.monotonic() + PATIENCE
        while not holds(text := self.text):
            self.read(0.05)
            if time.monotonic() > end or (self._poll() and not self.read(0) and not holds(self.text)):
                raise AssertionError(f"never came to {what} (exit code {self.exit_code}):\n{text}")
        return text

    def wait_for(self, *words: str) -> str:
        """Read until all the words are on the screen."""
        return self.wait_until(lambda text: all(word in text for word in words), f"show {words}")

    def wait_while(self, *words: str) -> str:
        """Read until none of the words is on the screen."""
        return self.wait_until(lambda text: not any(word in text for word in words), f"lose {words}")

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, as dragging a window does."""
        _ = self.rows
        self._size = (columns, rows)
        self._screen.resize(rows, columns)
        set_size(self._fd, self._size)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Take the terminal away, as a dropped connection does."""
        os.close(self._fd)
        self._fd = -1

    def wait_exit(self) -> int:
        """Wait for the end; the exit code, or minus the signal's number."""
        end = time.monotonic() + PATIENCE
        while not self._poll():
            if self._fd >= 0:
                self.read(0.02)
            else:
                time.sleep(0.02)
            if time.monotonic() > end:
                screen = self.text if self._fd >= 0 else ""
                raise AssertionError(f"still running after {PATIENCE} s:\n{screen}")
        while self._fd >= 0 and self.read(0):
            pass
        assert self.exit_code is not None
        return self.exit_code

    def _poll(self) -> bool:
        if self.exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code is not None

    def close(self) -> None:
        """End the process if it still runs, and give the terminal back."""
        if not self._poll():
            os.kill(self.pid, signal.SIGKILL)
            _, status = os.waitpid(self.pid, 0)
            self.exit_code = os.waitstatus_to_exitcode(status)
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def set_size(fd: int, size: tuple[int, int]) -> None:
    """Tell a terminal its columns and rows."""
    columns, rows = size
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
