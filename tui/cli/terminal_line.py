"""One line on standard error that is written over while something takes its time; nothing where that is no terminal."""

from __future__ import annotations

import sys
import time

import click

SECONDS_BETWEEN_UPDATES = 0.2


class TerminalLine:
    """Shows how far something is, at most five times a second."""

    def __init__(self) -> None:
        self._shown_at = 0.0
        self._cells = 0
        self._is_terminal = sys.stderr.isatty()

    @property
    def is_due(self) -> bool:
        """Whether anybody would see the next text."""
        return self._is_terminal and time.monotonic() - self._shown_at >= SECONDS_BETWEEN_UPDATES

    def show(self, text: str) -> None:
        """Write over what stands there, if it is due."""
        if self.is_due:
            self._shown_at = time.monotonic()
            click.echo("\r" + text.ljust(self._cells), nl=False, err=True)
            self._cells = max(self._cells, len(text))

    def end(self) -> None:
        """Leave the line empty."""
        if self._cells:
            click.echo("\r" + " " * self._cells + "\r", nl=False, err=True)
            self._cells = 0
