"""The methods page names every number that an analysis returns, and the settings that it is computed with."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from core.analysis.across import by_category, groups
from core.analysis.across.bootstrap import DRAWS, ENOUGH
from core.analysis.across.replication import SPLITS
from core.analysis.across.side_by_side import DEALINGS
from core.analysis.across.summary import COLUMNS
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


def test_every_measure_across_traces_is_explained() -> None:
    chapter = PAGE.split("## Across traces")[1].split("\n## ")[0]
    columns = (name for table in COLUMNS.values() for name in table if f"{name}_low" in table)
    correlations = re.findall(r"[a-z_]+(?=,| or|$)", COLUMNS["side_by_side"]["measure"].split(", see")[0])
    named = {*columns, *by_category.MEASURES, *groups.MEASURES, *correlations} - {
        "mean",
        "value",
        "mean_a",
        "mean_b",
    }
    explained = {name.removesuffix("_null") for name in re.findall(r"`([a-z_0-9]+)`", chapter)}
    assert {name for name in named if not name.endswith("null")} - explained == set()
    assert f"{DRAWS:,} times" in chapter
    assert f"{DEALINGS} times" in chapter
    assert f"{SPLITS} random halvings" in chapter
    assert f"From {ENOUGH} traces on" in chapter
