"""Every call of this folder happens in an empty folder, without anybody's settings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.tui.cli.calling import SAMPLES, done


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home / name))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "TURNPOINT_DB", "TURNPOINT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return work


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database made by `turnpoint import`."""
    path = tmp_path_factory.mktemp("imported") / "turnpoint.db"
    done("--db", path, "import", SAMPLES / "traces.jsonl", SAMPLES / "nasty.jsonl")
    return path


@pytest.fixture
def samples(folder: Path, imported: Path) -> Path:
    """A database with the sample traces."""
    return Path(shutil.copy(imported, folder)).relative_to(folder)
