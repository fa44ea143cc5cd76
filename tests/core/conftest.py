"""Thought-anchors folders: our own, and published ones where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.published import write_problem, write_scenario
from tests.real_data import ANCHORS, real_data


@pytest.fixture
def problem(tmp_path: Path) -> Path:
    """A folder with rollouts, about bees."""
    return write_problem(tmp_path / "bees" / "problem_0")


@pytest.fixture(params=["own", *(pytest.param(name, marks=real_data) for name in ("qwq-32b", "deepseek-r1-0528"))])
def scenario(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A site folder; of a model's name, the one that was published for it."""
    if request.param == "own":
        return write_scenario(tmp_path / "kettle" / "scenario_0")
    return ANCHORS / "blackmail" / str(request.param) / "scenario_0"
