"""For all tests: sizes, where folders are, which worker runs what when, and where there is real data to read."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from tests import real_data
from tests.prepared import copy_new_databases
from tests.scratchpads import write_scratchpads
from tests.sizes import FULL, examples

# How long an example takes is a matter of the machine, and of what else runs on it.
settings.register_profile(
    "turnpoint", deadline=None, max_examples=examples(100), suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("turnpoint")

WAITING = ("tests/servers/", "tests/e2e/", "tests/wire/")
"""Where tests wait for processes: they go first, so that no worker waits alone at the end."""

TOGETHER = {
    "tests/core/analysis/test_reference_parity.py",
    "tests/core/endpoints/test_template.py",
    "tests/core/similarity/test_encoder.py",
    "tests/tui/cli/test_importance.py",
}
"""What imports torch: one worker does that for all of them."""


MEMORY = Path("/dev/shm")
"""Folders of tests are here if there is room: no test cuts the power, and waiting for a disk is half of a commit."""
ROOM = 1 << 30


def pytest_configure() -> None:
    """Spare every test the disk and the migrations, unless everything is to be as it is for users."""
    if FULL:
        return
    copy_new_databases()
    # Several workers share the processors; threads of torch that wait for each other would keep them from working.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if os.access(MEMORY, os.W_OK):
        free = os.statvfs(MEMORY)
        if free.f_bavail * free.f_frsize >= ROOM:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """A file goes to one worker, and so do the files of `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        path = str(super()._split_scope(nodeid))
        return "together" if path in TOGETHER else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Take the place of ``--dist loadfile``."""
    return ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what reads real data where there is none; what takes long begins first."""
    if not real_data.FOLDER.is_dir():
        left_out = [item for item in items if item.get_closest_marker("real_data")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    items.sort(key=lambda item: not (item.nodeid.startswith(WAITING) or item.nodeid.partition("::")[0] in TOGETHER))


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: looking for garbage among them again and again costs a seventh of it all."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(params=["own", pytest.param("real", marks=real_data.real_data)])
def scratchpads(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of labelled scratchpads: our own, and those of others where they are at hand."""
    if request.param == "real":
        return real_data.SCRATCHPADS
    return write_scratchpads(tmp_path_factory.mktemp("scratchpads") / "scratchpads.jsonl")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not real_data.FOLDER.is_dir():
        terminalreporter.write_line("tests of real data are left out: there is no ../shared/data beside this checkout.")


def pytest_sessionfinish() -> None:
    """Look for garbage once more, and not the five times that pytest does."""
    gc.collect()
    gc.freeze()
