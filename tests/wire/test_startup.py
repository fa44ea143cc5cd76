"""What is imported before the first frame: nothing that a person waits for without need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import TURNPOINT, environment
from tests.pty_app import PtyApp

HEAVY = {
    "openai",
    "httpx2",
    "aiohttp",
    "numpy",
    "torch",
    "transformers",
    "sentence_transformers",
    "matplotlib",
    "scipy",
    "nltk",
    "sqlite_utils",
    "uvicorn",
}
TERMINAL = {"textual", "rich", "click", "tui"}

OPEN_AND_LEAVE = """
import json, sys
from tui.app import TurnpointApp
seen = []
TurnpointApp.run = lambda self, **how: seen.extend(sys.modules)
sys.stdout.isatty = sys.stdin.isatty = lambda: True
sys.argv = ["turnpoint", "--db", sys.argv[1]]
import tui.cli
try:
    tui.cli.main()
finally:
    json.dump(sorted({name.partition(".")[0] for name in seen}), sys.stderr)
"""


def loaded_by(code: str, home: Path, *args: str) -> set[str]:
    """Top-level modules that a new interpreter names on standard error after running ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", code, *args], env=environment(home), capture_output=True, text=True, check=False
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def imports_of(module: str, home: Path) -> set[str]:
    """Top-level modules that importing ``module`` loads."""
    names = "sorted({name.partition('.')[0] for name in sys.modules})"
    return loaded_by(f"import sys, json, {module}; json.dump({names}, sys.stderr)", home)


@pytest.mark.parametrize("module", ["tui.app", "tui.cli.open", "tui.screens.trace", "tui.cli.root", "tui.cli.figure"])
def test_the_modules_of_the_app_import_nothing_heavy(module: str, tmp_path: Path) -> None:
    assert imports_of(module, tmp_path) & HEAVY == set()


def test_opening_a_database_imports_nothing_heavy_before_the_app_runs(home_with_long: Path) -> None:
    loaded = loaded_by(OPEN_AND_LEAVE, home_with_long, str(home_with_long / "turnpoint.db"))
    assert "textual" in loaded
    assert loaded & HEAVY == set()


def test_nothing_heavy_is_mapped_once_the_first_frame_is_drawn(home_with_long: Path) -> None:
    maps = Path("/proc/self/maps")
    # A new interpreter at all times: one that was forked has everything.
    with PtyApp([TURNPOINT], home_with_long, environment(home_with_long)) as running:
        running.wait_for("labelled")
        running.settle()
        if not maps.exists():
            return
        mapped = Path(f"/proc/{running.pid}/maps").read_text()
        assert "sqlite3" in mapped
        assert [
            name
            for name in ("numpy", "torch", "aiohttp", "matplotlib", "scipy", "pydantic_core")
            if f"/{name}/" in mapped
        ] == []


def test_importing_all_of_core_needs_no_terminal(tmp_path: Path) -> None:
    code = """
import importlib, json, pkgutil, sys
import core
for module in pkgutil.walk_packages(core.__path__, "core."):
    # sqlite-utils itself is built on click; the schema is the one module that imports it.
    if module.name != "core.store.schema":
        importlib.import_module(module.name)
json.dump(sorted({name.partition(".")[0] for name in sys.modules}), sys.stderr)
"""
    loaded = loaded_by(code, tmp_path)
    assert "core" in loaded
    assert loaded & (TERMINAL | HEAVY) == set()


def test_core_prints_nothing_when_it_is_imported(tmp_path: Path) -> None:
    code = "import core.resampling.runner, core.store.database, core.export.tables"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
