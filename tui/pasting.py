"""What a terminal sends of a paste, made safe: no key is run by it, whatever it holds.

A terminal that is asked to marks where a paste begins and ends. Textual takes what stands between as text, but for an
escape, which makes keys of all that follows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message

ESCAPE, SHOWN_ESCAPE = "\x1b", "\u241b"

LONGEST_TYPED: Final = 100
"""Characters that arrive in one piece, at most, when they are typed over a slow link; and some keys repeat."""
FEWEST_DIFFERENT: Final = 12
SECONDS_BETWEEN_PIECES: Final = 0.05
"""Pieces of one unmarked paste come faster after each other than this."""


class Pastes:
    """Goes through what is read, piece by piece, and keeps in mind whether it is within a paste."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._is_within = False
        self._held = ""
        self._before = ""
        self._unmarked_at = float("-inf")

    def safe(self, data: str) -> str:
        """What is to be parsed for ``data``: marks stay, escapes within a paste are shown, an unmarked paste is marked.

        The beginning of what may be the end mark is held until the next piece tells.
        """
        if not self._is_within and self._is_unmarked(data):
            self._unmarked_at = self._clock()
            return f"{BRACKETED_PASTE_START}{data}{BRACKETED_PASTE_END}"
        parts = []
        while data:
            part, data = self._within(data) if self._is_within else self._outside(data)
            parts.append(part)
        return "".join(parts)

    def _outside(self, data: str) -> tuple[str, str]:
        """What is to be parsed as it is, the start mark included, and what is left."""
        seen = self._before + data
        at = seen.find(BRACKETED_PASTE_START)
        if at < 0:
            self._before = seen[1 - len(BRACKETED_PASTE_START) :]
            return data, ""
        end = at + len(BRACKETED_PASTE_START) - len(self._before)
        self._is_within, self._before = True, ""
        return data[:end], data[end:]

    def _within(self, data: str) -> tuple[str, str]:
        """What was pasted, the end mark included, and what is left."""
        seen, self._held = self._held + data, ""
        text, mark, left = seen.partition(BRACKETED_PASTE_END)
        if mark:
            self._is_within = False
        else:
            sizes = range(len(BRACKETED_PASTE_END) - 1, 0, -1)
            n_held = next((n for n in sizes if text.endswith(BRACKETED_PASTE_END[:n])), 0)
            text, self._held = text[: len(text) - n_held], text[len(text) - n_held :]
        return text.replace(ESCAPE, SHOWN_ESCAPE) + mark, left

    def _is_unmarked(self, data: str) -> bool:
        """Whether nobody can have typed that: too much in one piece, and no key held down."""
        if ESCAPE in data or not data:
            return False
        is_much = len(data) >= LONGEST_TYPED and len(set(data)) >= FEWEST_DIFFERENT
        return is_much or self._clock() - self._unmarked_at < SECONDS_BETWEEN_PIECES


class PasteSafeParser(XTermParser):
    """Textual's parser of what a terminal sends, fed with safe pastes."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pastes = Pastes()

    def feed(self, data: str) -> Iterable[Message]:
        """Parse the next piece; an empty one is the end."""
        safe = self._pastes.safe(data)
        return super().feed(safe) if safe or not data else ()


def parse_pastes_safely() -> None:
    """Let Textual's driver read with `PasteSafeParser`: it makes its parser itself, and cannot be given one."""
    from textual.drivers import linux_driver

    linux_driver.XTermParser = PasteSafeParser  # type: ignore[attr-defined]
