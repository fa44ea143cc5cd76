"""One line on standard error that is written over while something takes its time; nothing where that is no terminal."""

from __future__ import annotations

import sys

import click

from core.reporting import Throttled, in_a_thread

SECONDS_BETWEEN_UPDATES = 0.2


class TerminalLine:
    """Shows how far something is, at most five times a second, and the last that it was told for certain."""

    def __init__(self) -> None:
        self.is_shown = sys.stderr.isatty()
        self._cells = 0
        self._write = Throttled(self._write_over, SECONDS_BETWEEN_UPDATES, in_a_thread)

    def show(self, text: str) -> None:
        """Write over what stands there, as soon as it is due."""
        if self.is_shown:
            self._write(text)

    def _write_over(self, text: str) -> None:
        click.echo("\r" + text.ljust(self._cells), nl=False, err=True)
        self._cells = max(self._cells, len(text))

    def end(self) -> None:
        """Leave the line empty."""
        self._write.drop()
        if self._cells:
            click.echo("\r" + " " * self._cells + "\r", nl=False, err=True)
            self._cells = 0
