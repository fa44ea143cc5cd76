"""Every call of this folder happens in an empty folder, without anybody's settings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.tui.cli.calling import SAMPLES, done


def settle(parent: Path, patch: pytest.MonkeyPatch) -> Path:
    """Go to an empty folder, as somebody without settings; gives the folder."""
    home, work = parent / "home", parent / "work"
    home.mkdir()
    work.mkdir()
    patch.chdir(work)
    patch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        patch.setenv(name, str(home / name))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "TURNPOINT_DB", "TURNPOINT_DEBUG"):
        patch.delenv(name, raising=False)
    return work


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory."""
    return settle(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database made by `turnpoint import`."""
    with pytest.MonkeyPatch.context() as patch:
        folder = settle(tmp_path_factory.mktemp("imported"), patch)
        done("import", SAMPLES / "traces.jsonl", SAMPLES / "nasty.jsonl")
    return folder / "turnpoint.db"


@pytest.fixture
def samples(folder: Path, imported: Path) -> Path:
    """A database with the sample traces."""
    return Path(shutil.copy(imported, folder)).relative_to(folder)
