"""Finding packages without importing them, and naming the command that installs what is missing."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from core import packages
from core.packages import file_sha256, install_command, package_folder


def test_a_package_is_found_and_none_of_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "left_alone"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    assert package_folder("left_alone") == folder
    assert "left_alone" not in sys.modules


def test_what_is_no_package_has_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "single_file.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    assert package_folder("single_file") is None
    assert package_folder("not_there_at_all") is None


def test_the_command_installs_into_the_environment_that_turnpoint_runs_in() -> None:
    assert shlex.split(install_command("a==1", "b==2", alone=True)) == [
        sys.executable, "-m", "pip", "install", "--no-deps", "a==1", "b==2",
    ]  # fmt: skip


def test_an_environment_without_pip_is_installed_into_by_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert install_command("a==1") == f"uv pip install --python {shlex.quote(sys.executable)} a==1"


def test_a_file_that_changes_has_another_hash(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    assert file_sha256(path) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    path.write_bytes(b"abc")
    assert file_sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
