"""Which category becomes which: read from `old=new,...`, or from a TOML or CSV file."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import Final

from core.errors import ConfigError

COLUMNS: Final = ("old", "new")


def read_pairs(text: str) -> dict[str, str]:
    """Pairs ``old=new`` with commas between them; nothing after the sign takes labels off.

    Raises:
        ConfigError: if a pair has no sign, or a category is mapped twice.
    """
    found: dict[str, str] = {}
    for pair in text.split(","):
        old, sign, new = (part.strip() for part in pair.partition("="))
        if not sign or not old:
            raise ConfigError(f"{pair.strip()!r} is no pair of categories; write old=new, with commas between pairs.")
        _add(found, old, new, "--pairs")
    return found


def load_pairs(path: Path) -> dict[str, str]:
    """Pairs from a file: a CSV with the columns old and new, or TOML with lines such as ``old = "new"``.

    Raises:
        ConfigError: naming the file, and of a CSV the line, that cannot be used.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the pairs cannot be read ({error}); name a TOML or CSV file.") from error
    return _from_csv(path, text) if path.suffix.lower() == ".csv" else _from_toml(path, text)


def _from_toml(path: Path, text: str) -> dict[str, str]:
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: this is not valid TOML: {error}.") from error
    for old, new in raw.items():
        if not isinstance(new, str):
            raise ConfigError(f'{path}: {old} is mapped to no text; write {old} = "new", or "" to take labels off.')
    return {old: new.strip() for old, new in raw.items()}


def _from_csv(path: Path, text: str) -> dict[str, str]:
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise ConfigError(f"{path}:1: a map has the columns old,new; write them as the first line.")
    found: dict[str, str] = {}
    for row in reader:
        where = f"{path}:{reader.line_num}"
        if None in row or row["new"] is None or not row["old"].strip():
            raise ConfigError(f"{where}: this line does not have an old and a new category; mend it.")
        _add(found, row["old"].strip(), row["new"].strip(), where)
    return found


def _add(found: dict[str, str], old: str, new: str, where: str) -> None:
    if old in found:
        raise ConfigError(f"{where}: {old!r} is mapped twice; a category becomes one other, or none.")
    found[old] = new
