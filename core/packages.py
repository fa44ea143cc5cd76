"""Packages that are installed only where somebody asks for them: where they lie, and how they get there."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path


def package_folder(name: str) -> Path | None:
    """The folder of an installed package, whose Python is not imported; None if it is not installed."""
    try:
        found = find_spec(name)
    except (ImportError, ValueError):
        return None
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0])


def install_command(*requirements: str, alone: bool = False) -> str:
    """The command that installs ``requirements`` into the environment that turnpoint runs in.

    ``alone`` leaves out what they say they need. Where the environment has no pip of its own, as those that uv makes,
    it is uv's command.
    """
    tool = [sys.executable, "-m", "pip", "install"]
    if find_spec("pip") is None and shutil.which("uv"):
        tool = ["uv", "pip", "install", "--python", sys.executable]
    return shlex.join([*tool, *(["--no-deps"] if alone else []), *requirements])


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits; computed again only when its size or time has changed.

    Raises:
        OSError: if the file cannot be read.
    """
    known = path.stat()
    return _sha256_of(path, known.st_size, known.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256_of(path: Path, size: int, modified: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
