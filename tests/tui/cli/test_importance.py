"""`turnpoint analyze --importance` and `--reference`: the estimates of core, printed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import SimilarityError
from core.store.database import Store
from tests.core.analysis.stored import complied, keep, make_trace, sample
from tests.core.anchors import answered, same_or_not, write, write_complete
from tests.core.published import problem_rows, write_problem
from tests.real_data import ANCHORS, real_data
from tests.sizes import sized
from tests.tui.cli.calling import done, turnpoint

SENTENCES = ["One.", " Two.", " Three."]


def all_dissimilar(anchors: Sequence[str], candidates: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
    return [np.full(len(texts), 0.1) for texts in candidates]


@pytest.fixture
def turning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentence 1 turns compliance from 2/40 to 38/40; every rollout begins with something else."""
    monkeypatch.setattr("core.similarity.cosine.comparison", lambda *_: all_dissimilar)
    with Store.open("turnpoint.db") as store:
        keep(store, make_trace("turning", SENTENCES))
        for prefix, k in enumerate((2, 2, 38, 39)):
            sample(store, "turning", prefix, complied(*["complied"] * k, *["refused"] * (40 - k)))


def test_the_turning_point_is_marked_and_said(turning: None) -> None:
    printed = done("analyze", "turning", "--importance").out
    table = printed.split("compliance: counterfactual direction", 1)[1]
    (row,) = [line for line in table.splitlines() if line.endswith("  Two.")]
    assert row.split()[:2] == ["1*", "+0.90"]
    assert "40 of 40" in row
    assert "* turning points (q < 0.05): 1; in 95% of inert traces no difference passes 0." in table


def test_json_has_every_estimate_and_null_for_what_is_undefined(turning: None) -> None:
    (report,) = done("analyze", "turning", "--importance", "--json").json
    (found,) = report["importance"].values()
    assert found["turning_points"] == [1]
    assert found["rows"][1]["counterfactual"]["value"] == pytest.approx(0.9)
    assert found["rows"][1]["paraphrase"]["value"] is None


def test_without_an_encoder_the_resampling_directions_are_there_and_a_sentence_says_why(
    turning: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise SimilarityError("no encoder here; install one.")

    monkeypatch.setattr("core.similarity.cosine.comparison", lambda *_: refuse)
    ran = turnpoint("analyze", "turning", "--importance")
    assert ran.code == 0
    assert "no encoder here; install one. Without it there are resampling directions" in ran.err
    table = ran.out.split("compliance: counterfactual direction", 1)[1]
    (row,) = [line for line in table.splitlines() if line.endswith("  Two.")]
    assert "+0.90" in row
    assert "40 of 40" not in row


def test_a_reference_version_prints_its_own_numbers_for_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.similarity.cosine.comparison", lambda *_: same_or_not)
    said = [("Somebody is home.", "yes"), ("Nobody is.", "no"), ("THE LAMP IS ON.", "yes")]
    folder = write_complete(Path("problem_1"), {i: answered(i, *said) for i in range(3)})
    (rows,) = done("analyze", folder, "--reference", "b53ed8c", "--json").json.values()
    assert [row["chunk_idx"] for row in rows] == [0, 1, 2]
    assert f"{folder} · b53ed8c" in done("analyze", folder, "--reference", "b53ed8c").out


def copied(folder: Path, rollouts: int) -> Path:
    """A thought-anchors folder with the first rollouts of each chunk."""
    there = Path(shutil.copytree(folder, folder.name))
    for path in there.glob("chunk_*/solutions.json"):
        write(path, json.loads(path.read_text("utf-8"))[:rollouts])
    return there


@pytest.mark.slow
def test_a_reference_version_compares_by_the_real_encoder() -> None:
    (rows,) = done("analyze", write_problem(Path("bees")), "--reference", "b53ed8c", "--json").json.values()
    assert [pytest.approx(row, abs=1e-9) for row in problem_rows("b53ed8c")] == rows


@pytest.mark.slow
@real_data
def test_a_published_folder_through_the_command_line() -> None:
    folder = copied(ANCHORS / "strategyqa" / "problem_94", sized(10, 100))
    (rows,) = done("analyze", folder, "--reference", "b53ed8c", "--json").json.values()
    assert len(rows) == 13


def test_a_reference_needs_a_folder() -> None:
    assert turnpoint("analyze", "--reference", "b53ed8c").refusal == "--reference needs the folders to analyse."
