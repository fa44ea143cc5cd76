"""The methods page names every number that an analysis returns, and the settings that it is computed with."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from core.analysis.importance import MIN_DISSIMILAR, SentenceImportance
from core.analysis.noise import NoiseFloor
from core.analysis.null import PERMUTATIONS
from core.analysis.resilience import MIN_SURVIVORS, Resilience
from core.analysis.sweep import THRESHOLD
from core.analysis.turning_points import ALPHA

PAGE = (Path(__file__).parents[3] / "docs" / "methods.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("result", [SentenceImportance, NoiseFloor, Resilience])
def test_every_field_of_a_result_is_explained(result: type) -> None:
    assert [field.name for field in fields(result) if f"`{field.name}`" not in PAGE] == []


def test_the_settings_are_those_of_the_code() -> None:
    assert f"τ = {THRESHOLD}" in PAGE
    assert f"fewer than {MIN_DISSIMILAR} decided rollouts" in PAGE
    assert f"below {MIN_SURVIVORS} decided survivors" in PAGE
    assert f"{PERMUTATIONS:,} permutations" in PAGE
    assert f"q < {ALPHA}" in PAGE
