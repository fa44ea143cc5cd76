"""For all tests: no clock decides one, and real data is read only where there is some."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import real_data
from tests.scratchpads import write_scratchpads

# How long an example takes is a matter of the machine, and of what else runs on it.
settings.register_profile("turnpoint", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("turnpoint")


@pytest.fixture(params=["own", pytest.param("real", marks=real_data.real_data)])
def scratchpads(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of labelled scratchpads: our own, and those of others where they are at hand."""
    if request.param == "real":
        return real_data.SCRATCHPADS
    return write_scratchpads(tmp_path_factory.mktemp("scratchpads") / "scratchpads.jsonl")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if real_data.FOLDER.is_dir():
        return
    left_out = [item for item in items if item.get_closest_marker("real_data")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not real_data.FOLDER.is_dir():
        terminalreporter.write_line("tests of real data are left out: there is no ../shared/data beside this checkout.")
