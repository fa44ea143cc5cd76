"""Several traces as scenarios of the viewer, filled with importances and influences, like published folders."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.analysis.rates import load_rates
from core.annotation.codebook import load_codebook
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.endpoints.config import EmbeddingConfig
from core.errors import ExportError, NotFoundError
from core.export.comparison import compare_with
from core.export.scenarios import export_scenarios
from core.export.thought_anchors import FILES
from core.store.database import Store
from core.store.labels import set_label
from core.traces.importers import read_traces
from tests.core.analysis.stored import COLD, WARM
from tests.core.export.ragged_store import RAGGED, build
from tests.core.similarity.fake import WordEncoder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with build(tmp_path / "t.db") as opened:
        yield opened


def export(store: Store, directory: Path, behavior: str = COMPLIANCE, **given: Any) -> list[str]:
    compared = compare_with(store, EmbeddingConfig(), encoder=WordEncoder())
    reports = export_scenarios(store, directory, behavior, compared=compared, **given)
    assert [report.directory for report in reports] == [directory / f"scenario_{i}" for i in range(len(reports))]
    return [report.trace_id for report in reports]


def read(folder: Path) -> dict[str, Any]:
    return {name: json.loads((folder / name).read_text(encoding="utf-8")) for name in FILES}


def test_every_trace_that_is_judged_for_the_behavior_has_a_folder(store: Store, tmp_path: Path) -> None:
    assert export(store, tmp_path / "out") == ["ragged", "single", "empty"]
    assert export(store, tmp_path / "faking", ALIGNMENT_FAKING) == ["ragged"]
    assert export(store, tmp_path / "named", trace_ids=["single", "ragged"]) == ["single", "ragged"]


def test_importances_and_influences_are_filled_in(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "out", trace_ids=["ragged"])
    files = read(tmp_path / "out" / "scenario_0")
    turning = files["chunks_labeled.json"][5]
    assert (turning["turnpoint_direction"], turning["counterfactual_importance_accuracy"]) == (1.0, -1.0)
    assert turning["counterfactual_importance_kl"] > 0
    assert turning["different_trajectories_fraction"] == 1.0
    assert any(link["target_impacts"] for link in files["step_importance.json"])
    assert files["summary.json"]["avg_importance"] is not None
    assert files["scenario.json"]["turnpoint"]["encoder"] == "words"


def test_what_was_exported_can_be_imported_with_its_sentences_labels_and_rates(store: Store, tmp_path: Path) -> None:
    for sentence, category in ((0, "monitoring"), (5, "decision_comply")):
        store.write(lambda db, i=sentence, c=category: set_label(db, "ana", "ragged", i, c, load_codebook())).result()  # type: ignore[misc]
    export(store, tmp_path / "out", trace_ids=["ragged"])
    result = read_traces(tmp_path / "out" / "scenario_0")
    (trace,) = result.traces
    assert result.refused == ()
    assert [sentence.text for sentence in trace.sentences] == [sentence.text for sentence in RAGGED.sentences]
    assert trace.response == RAGGED.response
    assert result.labels[0].categories == {0: "monitoring", 5: "decision_comply"}
    rates = load_rates(store.read, "ragged", WARM.id)
    published = trace.metadata["thought_anchors"]["rows"]
    for index in range(len(RAGGED.sentences)):
        known = rates.rate(COMPLIANCE, index)
        assert published[str(index)]["compliance_rate"] == (known.rate if known else None)


def test_all_folders_are_there_or_none(store: Store, tmp_path: Path) -> None:
    for given in ({"trace_ids": ["ragged", "unjudged"]}, {"trace_ids": ["ragged", "ghost"]}, {"settings_id": COLD.id}):
        with pytest.raises(NotFoundError):
            export(store, tmp_path / "out", **given)
    assert not (tmp_path / "out").exists()


def test_only_force_replaces_folders_and_leaves_the_rest(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "out", trace_ids=["ragged"])
    (tmp_path / "out" / "scenario_0" / "notes.md").write_text("mine", encoding="utf-8")
    with pytest.raises(ExportError, match="not empty"):
        export(store, tmp_path / "out")
    export(store, tmp_path / "out", trace_ids=["single", "ragged"], force=True)
    found = [read(tmp_path / "out" / f"scenario_{i}")["scenario.json"] for i in range(2)]
    assert [(one["scenario_id"], one["nickname"]) for one in found] == [(0, "single"), (1, "ragged")]
    assert (tmp_path / "out" / "scenario_0" / "notes.md").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["scenario_0", "scenario_1"]


def test_a_file_in_the_way_of_a_folder_is_left_alone(store: Store, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "scenario_0").write_text("mine", encoding="utf-8")
    with pytest.raises(ExportError, match="scenario_0 is a file there"):
        export(store, tmp_path / "out", force=True)
    assert (tmp_path / "out" / "scenario_0").read_text(encoding="utf-8") == "mine"


# What only the study of blackmail has: six classes, degrees of resistance, and the parts of its prompt.
STUDY = re.compile(r"base_solution\.json/(reasoning|contains_|multiclass_).*|scenario\.json/(email|urgency|variables).*"
                   r"|.*/category_rates/.*|.*/depends_on/.*")  # fmt: skip


def test_a_folder_has_the_files_keys_and_types_of_published_ones(store: Store, tmp_path: Path, scenario: Path) -> None:
    export(store, tmp_path / "out", trace_ids=["ragged"])
    ours = shapes("", read(tmp_path / "out" / "scenario_0"), COMPLIANCE)
    found = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in scenario.iterdir()}
    theirs = {place: kinds for place, kinds in shapes("", found, "blackmail").items() if not STUDY.fullmatch(place)}
    assert len(theirs) > 40
    for place, kinds in theirs.items():
        assert place in ours, place
        assert ours[place] - kinds <= {"null"}, place


def shapes(place: str, value: Any, behavior: str) -> dict[str, set[str]]:
    """The kinds of value at each place of a document; places in a list, and numbers as names, count as one."""
    kind = {bool: "truth", int: "number", float: "number", str: "text", type(None): "null"}.get(type(value), "inner")
    found = {place: {kind}}
    if kind != "inner":
        return found
    for key, one in value.items() if isinstance(value, dict) else enumerate(value):
        name = "*" if str(key).isdigit() else str(key).replace(behavior, "BEHAVIOR")
        for below, kinds in shapes(f"{place}/{name}".removeprefix("/"), one, behavior).items():
            found.setdefault(below, set()).update(kinds)
    return found
