"""Text on a figure: what can be drawn of it, how wide that is, and where its lines break."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.sanitize import visible_line

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN: Final = "□"
"""Stands for a character that the font has no picture of."""

_ELLIPSIS: Final = "…"
# Kerning and ligatures are not measured.
_SLACK: Final = 1.02
_UNITS: Final = 100
_CONTROLS: Final = {chr(0x2400 + code): code for code in range(0x20)} | {"␡": 0x7F}
_WORDS = re.compile(r"\S+\s*|\s+")


def drawable(text: str) -> str:
    """Return ``text`` on one line as it may be drawn: made visible, and `UNKNOWN` for what the font lacks.

    It lacks the pictures of control characters, which are named instead: ESC is ``⟨U+001B⟩``.
    """
    known = _characters()
    return "".join(char if ord(char) in known else _named(char) for char in visible_line(text))


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a line of `drawable` text in points at a font size of ``size`` points."""
    return sum(_advance(char, bold) for char in text) * size * _SLACK


def wrapped(text: str, room: float, size: float, most: int, *, bold: bool = False) -> list[str]:
    """Break a line of `drawable` text into at most ``most`` lines of ``room`` points; what is left out shows as ``…``.

    Lines break at white space, and within a word that is wider than a line. An empty text has one empty line.
    """
    lines = [""]
    rest = text.strip()
    # Far more than fits need not be measured: a sentence may have a million characters.
    cut = int(most * room / (size * 0.1)) + 1
    shortened = len(rest) > cut
    used = 0.0
    for word in _WORDS.findall(rest[:cut]):
        for piece in _fitting(word, room, size, bold):
            if used + width(piece.rstrip(), size, bold=bold) <= room:
                lines[-1] += piece
                used += width(piece, size, bold=bold)
            elif len(lines) == most:
                return _ended(lines, room, size, bold)
            else:
                lines.append(piece)
                used = width(piece, size, bold=bold)
    return _ended(lines, room, size, bold) if shortened else [line.rstrip() for line in lines]


def clipped(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Return a line of `drawable` text, or as much of it as fits into ``room`` points."""
    return wrapped(text, room, size, 1, bold=bold)[0]


def _named(char: str) -> str:
    control = _CONTROLS.get(char)
    return UNKNOWN if control is None else f"⟨U+{control:04X}⟩"


def _fitting(word: str, room: float, size: float, bold: bool) -> Sequence[str]:
    if width(word.rstrip(), size, bold=bold) <= room:
        return (word,)
    pieces, used = [""], 0.0
    for char in word:
        advance = width(char, size, bold=bold)
        if pieces[-1] and used + advance > room:
            pieces.append("")
            used = 0.0
        pieces[-1] += char
        used += advance
    return pieces


def _ended(lines: Sequence[str], room: float, size: float, bold: bool) -> list[str]:
    last = lines[-1].rstrip()
    while last and width(last + _ELLIPSIS, size, bold=bold) > room:
        last = last[:-1].rstrip()
    return [*(line.rstrip() for line in lines[:-1]), last + _ELLIPSIS]


@lru_cache
def _font(bold: bool) -> Any:
    import matplotlib
    from matplotlib.ft2font import FT2Font

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    font = FT2Font(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name))
    font.set_size(_UNITS, 72)
    return font


@lru_cache
def _characters() -> frozenset[int]:
    return frozenset(_font(False).get_charmap())


@lru_cache(maxsize=4096)
def _advance(char: str, bold: bool) -> float:
    """Width of one character as a share of the font size."""
    return float(_font(bold).load_char(ord(char)).linearHoriAdvance) / 65536 / _UNITS
