"""Databases for the tests of the app, each test with a copy and a home of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from core.store.database import Store
from tests.sizes import FULL
from tests.tui.app_under_test import build_database


@pytest.fixture(scope="session", autouse=True)
def parsed_styles() -> Iterator[None]:
    """What Textual makes of a piece of CSS, once for all apps: each would parse the same hundred pieces again."""
    parse, known = Stylesheet._parse_rules, dict[object, list[RuleSet]]()

    def parse_once(sheet: Stylesheet, *piece: object, **more: object) -> list[RuleSet]:
        key = (*piece, *more.items(), *sheet._variables.items())
        if key not in known:
            known[key] = parse(sheet, *piece, **more)  # type: ignore[arg-type]
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        if not FULL:
            patch.setattr(Stylesheet, "_parse_rules", parse_once)
        yield


@pytest.fixture(scope="session")
def built_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample database; to be copied, never opened."""
    path = tmp_path_factory.mktemp("built") / "turnpoint.db"
    build_database(path)
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, with the user's folders below it and no endpoint in the environment."""
    directory = tmp_path / "home"
    directory.mkdir()
    monkeypatch.chdir(directory)
    monkeypatch.setenv("HOME", str(directory))
    monkeypatch.setenv("XDG_STATE_HOME", str(directory / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(directory / "config"))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "TURNPOINT_DB", "TURNPOINT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return directory


@pytest.fixture
def store(built_database: Path, home: Path) -> Iterator[Store]:
    """An open copy of the sample database."""
    path = home / "turnpoint.db"
    shutil.copy(built_database, path)
    with Store.open(path, create=False) as opened:
        yield opened


@pytest.fixture
def empty_store(home: Path) -> Iterator[Store]:
    """A database with no trace in it."""
    with Store.open(home / "turnpoint.db") as opened:
        yield opened
