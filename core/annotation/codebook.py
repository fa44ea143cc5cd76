"""Reading a codebook from its file; what cannot be used is refused with the file and the line."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from core.annotation.categories import COLOURS, DEFAULT_COLOUR, Category, Codebook
from core.annotation.toml_lines import TABLE, Place, lines_of
from core.endpoints.fields import nearest
from core.errors import ConfigError
from core.sanitize import visible_line

__all__ = ["DEFAULT_CODEBOOK", "FIELDS", "Category", "Codebook", "load_codebook"]

DEFAULT_CODEBOOK: Final = Path(__file__).with_name("codebook.toml")

_TOP = ("version", "categories")
_TEXTS = ("key", "name", "tag", "definition")
_LISTS = ("include", "exclude", "examples")
FIELDS: Final = (*_TEXTS, "colour", *_LISTS, "precedence")
"""What the table of a category may say."""

_LONGEST_NAME = 40
_LONGEST_TAG = 3
_LINE = re.compile(r"\(at line (\d+), column \d+\)")


def load_codebook(path: Path = DEFAULT_CODEBOOK) -> Codebook:
    """Read a codebook from TOML; its categories come in order of precedence.

    That is the order of the file, unless each category has a ``precedence``, of which the lowest comes first.

    Raises:
        ConfigError: naming the file, the line and what to do, if the file is no TOML, says something unknown, lacks a
            field, or gives one key, name, tag or precedence twice.
    """
    return _Reader(path, *_parsed(path)).codebook()


def _parsed(path: Path) -> tuple[Mapping[str, Any], Mapping[Place, int]]:
    """What the file says, and on which lines."""
    try:
        source = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{path}: the codebook cannot be read ({error.strerror}); name another with --codebook."
        ) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: this is not text; write the codebook as plain UTF-8 text.") from error
    try:
        return tomllib.loads(source), lines_of(source, "categories")
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line = int(found[1]) if found else source.rstrip().count("\n") + 1
        reason = re.sub(r" \(at .*\)$", "", str(error))
        raise ConfigError(f"{path}:{line}: this is not valid TOML ({reason}); mend this line.") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: this is no codebook but deeply nested lists; see docs/codebook.md.") from error


@dataclass(frozen=True)
class _Reader:
    """A parsed file: every refusal names the line on which the thing stands that is refused."""

    path: Path
    raw: Mapping[str, Any]
    lines: Mapping[Place, int]

    def codebook(self) -> Codebook:
        """All of it."""
        self._only(None, self.raw, _TOP)
        version, entries = self.raw.get("version"), self.raw.get("categories")
        if not isinstance(version, str) or not version.strip() or not isinstance(entries, list) or not entries:
            self._refuse(None, "version", 'a codebook needs a version = "..." and at least one [[categories]] table.')
        version = self._clean(None, "version", version)
        for index, entry in enumerate(entries):
            if not isinstance(entry, dict):
                self._refuse(None, "categories", f"category {index + 1} is not a table; write [[categories]].")
        categories = [self._category(index, entry) for index, entry in enumerate(entries)]
        for field in ("key", "name", "tag"):
            self._refuse_twice(field, [getattr(category, field) for category in categories])
        return Codebook(version, tuple(self._in_order(categories, entries)), self.path)

    def _category(self, index: int, entry: Mapping[str, Any]) -> Category:
        self._only(index, entry, FIELDS)
        named = entry.get("name")
        who = f"category {named!r}" if isinstance(named, str) else f"category {index + 1}"
        for field in _TEXTS:
            if not isinstance(entry.get(field), str) or not entry[field].strip(" \t\r\n"):
                self._refuse(index, field, f'{who} has no {field}; write {field} = "...".')
        key, name, tag, definition = (self._clean(index, field, entry[field]) for field in _TEXTS)
        if len(key) != 1 or not _is_narrow(key):
            self._refuse(index, "key", f"{who} has the key {key!r}; give it one character that a key types.")
        if not re.fullmatch(r"[^\W_][\w-]*", name) or len(name) > _LONGEST_NAME:
            rule = f"letters, digits, _ and -, at most {_LONGEST_NAME} of them"
            self._refuse(index, "name", f"the name {name!r} is not one plain word; use {rule}.")
        if not tag.isalpha() or len(tag) > _LONGEST_TAG or not _is_narrow(tag):
            self._refuse(index, "tag", f"{who} has the tag {tag!r}; give it one to three letters.")
        colour = entry.get("colour", DEFAULT_COLOUR)
        if colour not in COLOURS:
            hint = nearest(str(colour), COLOURS)
            self._refuse(index, "colour", f"{who} has the colour {colour!r}, which terminals do not know; {hint}")
        include, exclude, examples = (self._texts(index, field, entry, who) for field in _LISTS)
        return Category(key, name, tag, definition, colour, include, exclude, examples, self._line(index, "key"))

    def _texts(self, index: int, field: str, entry: Mapping[str, Any], who: str) -> tuple[str, ...]:
        texts = entry.get(field, [])
        if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts):
            self._refuse(index, field, f'{field} of {who} is no list of texts; write {field} = ["...", "..."].')
        return tuple(self._clean(index, field, text) for text in texts)

    def _in_order(self, categories: Sequence[Category], entries: Sequence[Mapping[str, Any]]) -> list[Category]:
        given = [entry.get("precedence") for entry in entries]
        if all(rank is None for rank in given):
            return list(categories)
        ranks = []
        for index, rank in enumerate(given):
            if isinstance(rank, bool) or not isinstance(rank, int):
                reason = "has no precedence that is a whole number; give every category one, or none."
                self._refuse(index, "precedence", f"category {categories[index].name!r} {reason}")
            ranks.append(rank)
        self._refuse_twice("precedence", ranks)
        return [category for _, category in sorted(zip(ranks, categories, strict=True), key=lambda pair: pair[0])]

    def _refuse_twice(self, field: str, values: Sequence[object]) -> None:
        first: dict[object, int] = {}
        for index, value in enumerate(values):
            if value in first:
                where = self._line(first[value], field)
                self._refuse(index, field, f"the {field} {value!r} is that of line {where} already; give each its own.")
            first[value] = index

    def _only(self, index: int | None, entry: Mapping[str, Any], known: Sequence[str]) -> None:
        for field in entry:
            if field not in known:
                self._refuse(index, field, f"{field!r} is nothing that a codebook says; {nearest(field, known)}")

    def _clean(self, index: int | None, field: str, text: str) -> str:
        """The text on one line; characters that a terminal would obey or hide are refused."""
        line = re.sub(r"[ \t\r\n]+", " ", text).strip(" ")
        if visible_line(line) != line:
            self._refuse(index, field, f"{field} holds a character that cannot be shown; take it out of {line!a}.")
        return line

    def _line(self, index: int | None, field: str) -> int:
        """Where a field stands, or else its table, or else the file begins."""
        places: list[Place] = [(index, field), (0 if index is None else index, TABLE), (None, "categories")]
        return next((self.lines[place] for place in places if place in self.lines), 1)

    def _refuse(self, index: int | None, field: str, reason: str) -> NoReturn:
        raise ConfigError(f"{self.path}:{self._line(index, field)}: {reason}")


def _is_narrow(text: str) -> bool:
    """Whether each character takes one cell of a terminal, and stands by itself."""
    return all(unicodedata.east_asian_width(c) not in "WF" and not unicodedata.combining(c) for c in text)
