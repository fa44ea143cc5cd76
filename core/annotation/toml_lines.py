"""On which line of a TOML file a thing stands, so that a refusal can name it; `tomllib` does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

TABLE: Final = ""
"""In place of a key: the line on which the table itself begins."""

Place = tuple[int | None, str]
"""A key of the table with this number, from 0, in the array; None: a key, or another table, at the top."""

# Strings first, as they may hold anything; one of several lines may end in two quotes of its own.
_PIECE = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|\'[^\']*\'|#[^\n]*|[\n\[\]{}=,.]|[^\s"\'#\[\]{}=,.]+',
    re.DOTALL,
)


class _Token(NamedTuple):
    text: str
    line: int


def lines_of(source: str, array: str) -> Mapping[Place, int]:
    """Lines, from 1, of the top-level keys of a valid TOML text, and of the tables of ``array`` with their keys.

    The tables may be written with headers of their own, or as inline tables in a list.
    """
    scan = _Scan(array)
    for token in _tokens(source):
        scan.take(token)
    return scan.lines


def _tokens(source: str) -> Iterator[_Token]:
    line, at = 1, 0
    for piece in _PIECE.finditer(source):
        line += source.count("\n", at, piece.start())
        at = piece.start()
        if not piece[0].startswith("#"):
            yield _Token(piece[0], line)


class _Scan:
    """Where the scan is: in which table, how deep in brackets, and before or after an equals sign."""

    def __init__(self, array: str) -> None:
        self.lines: dict[Place, int] = {}
        self._array = array
        self._table: int | str | None = None
        self._n_tables = 0
        self._depth = 0
        self._words: list[str] = []
        self._in_header = self._in_value = self._in_array = False

    def take(self, token: _Token) -> None:
        """Take the next piece of the text."""
        text = token.text
        if self._in_header:
            self._take_header(token)
        elif self._in_value:
            self._take_value(token)
        elif text == "[" and not self._words:
            self._in_header = True
        elif text == "=":
            self._note(self._table, self._words[0], token.line)
            self._in_array = self._table is None and self._words == [self._array]
            self._in_value, self._words = True, []
        elif text not in "\n.":
            self._words.append(_unquoted(text))

    def _take_header(self, token: _Token) -> None:
        text = token.text
        if text not in "[].\n":
            self._words.append(_unquoted(text))
        elif text == "]" and self._words:
            self._open(self._words, token.line)
            self._words = []
        elif text == "\n":
            self._in_header = False

    def _open(self, name: list[str], line: int) -> None:
        """Begin the table with this dotted name."""
        if name == [self._array]:
            self._begin(line)
            self._table = self._n_tables - 1
        elif name[0] == self._array:
            self._note(self._n_tables - 1, name[1], line)
            self._table = ".".join(name)
        else:
            self._note(None, name[0], line)
            self._table = ".".join(name)

    def _take_value(self, token: _Token) -> None:
        text = token.text
        if text == "\n":
            if self._depth == 0:
                self._in_value = self._in_array = False
                self._words = []
        elif text in ("[", "{"):
            self._depth += 1
            if self._in_array and self._depth == 2 and text == "{":
                self._begin(token.line)
                self._words = []
        elif text in ("]", "}"):
            self._depth -= 1
        elif self._in_array and self._depth == 2:
            if text == "=":
                self._note(self._n_tables - 1, self._words[0], token.line)
            self._words = [] if text in ("=", ",") else [*self._words, _unquoted(text)]

    def _begin(self, line: int) -> None:
        self._note(self._n_tables, TABLE, line)
        self._n_tables += 1

    def _note(self, table: int | str | None, key: str, line: int) -> None:
        if not isinstance(table, str):
            self.lines.setdefault((table, key), line)


def _unquoted(text: str) -> str:
    return text[1:-1] if text[0] in "\"'" else text
