"""Reading one table of a settings file strictly: what is not understood is refused with file and key."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from core.errors import ConfigError

_SECRET = re.compile(r"api[-_]?key$|authorization|password|secret|(access|auth|bearer)[-_]?token", re.IGNORECASE)


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint to the known name closest to ``word``, or the list of known names."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(names)}."


@dataclass(frozen=True)
class Table:
    """One table of a TOML file; ``name`` is its dotted path, empty for the top level.

    Every method raises ConfigError, naming the file and the key, where a value is not what it must be.
    """

    path: Path
    name: str
    values: Mapping[str, Any]

    def refuse(self, key: str, reason: str) -> NoReturn:
        """Refuse the value of ``key``."""
        raise ConfigError(f"{self.where(key)} {reason}")

    def where(self, key: str) -> str:
        """File and dotted key."""
        return f"{self.path}: {self.name}.{key}" if self.name else f"{self.path}: {key}"

    def only(self, known: Iterable[str]) -> None:
        """Refuse keys that mean nothing here."""
        known = tuple(known)
        for key in self.values:
            if key not in known:
                self.refuse(key, f"is not a setting; {nearest(key, known)}")

    def text(self, key: str) -> str | None:
        """A non-empty string."""
        value = self.values.get(key)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            self.refuse(key, "must be a text that is not empty.")
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A non-empty string, or a list of such."""
        value = self.values.get(key)
        if not isinstance(value, list):
            one = self.text(key)
            return None if one is None else (one,)
        if not value or not all(isinstance(each, str) and each.strip() for each in value):
            self.refuse(key, "must be a text that is not empty, or a list of such texts.")
        return tuple(value)

    def flag(self, key: str) -> bool | None:
        """A value that is true or false, or None if the key is not there."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, bool):
            self.refuse(key, "must be true or false.")
        return value

    def choice(self, key: str, known: tuple[str, ...]) -> str | None:
        """One of a few words."""
        value = self.text(key)
        if value is not None and value not in known:
            self.refuse(key, f'is "{value}", which is not known; {nearest(value, known)}')
        return value

    def number(self, key: str, low: float, high: float) -> float | None:
        """A finite number within ``low``..``high``."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(key, "must be a number.")
        if not math.isfinite(value) or not low <= value <= high:
            self.refuse(key, f"must lie between {low:g} and {high:g}.")
        return float(value)

    def whole(self, key: str, low: int, high: int) -> int | None:
        """A whole number within ``low``..``high``."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(key, "must be a whole number.")
        if not low <= value <= high:
            self.refuse(key, f"must lie between {low} and {high}.")
        return value

    def table(self, key: str) -> Table:
        """A table inside this one, empty if it is not there."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.refuse(key, f"must be a table, written as [{self.name + '.' if self.name else ''}{key}].")
        return Table(self.path, f"{self.name}.{key}" if self.name else key, value)


def refuse_secrets(table: Table) -> None:
    """Refuse a table with a key whose name is that of a secret; the sentence never shows the value."""
    for key in table.values:
        if _SECRET.search(key):
            table.refuse(
                key, "must not be in a file; put the key into the environment variable that api_key_env names."
            )


def refuse_secrets_within(table: Table) -> None:
    """As `refuse_secrets`, in the tables within as well."""
    refuse_secrets(table)
    for key, value in table.values.items():
        if isinstance(value, dict):
            refuse_secrets_within(table.table(key))
