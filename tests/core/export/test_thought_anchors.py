"""A trace as a site folder: what the viewer of thought-anchors.com reads is there, and says what it says there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.errors import ExportError, NotFoundError
from core.export.thought_anchors import FILES, SiteReport, export_site_folder
from core.store.database import Store
from core.store.imported import add_imported
from core.traces.importers import read_traces
from tests.core.analysis.stored import COLD, WARM
from tests.core.anchors import CHUNKS, answered, write_complete
from tests.core.deciding import decide
from tests.core.export.small_store import build


@dataclass(frozen=True)
class Numbers:
    direction: float | None
    kl: float | None
    different_trajectories_fraction: float | None = 0.5
    overdeterminedness: float | None = 0.25


NUMBERS = {0: Numbers(0.5, 0.125), 1: Numbers(None, None, 0.0, None)}
LINKS = {(0, 1): 0.5, (0, 2): -0.25, (1, 2): None}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = build(tmp_path / "t.db")
    yield store
    store.close()


def export(store: Store, directory: Path, **given: Any) -> SiteReport:
    return export_site_folder(store, "turning", WARM.id, COMPLIANCE, directory, **given)


def read(directory: Path) -> dict[str, Any]:
    return {name: json.loads((directory / name).read_text(encoding="utf-8")) for name in FILES}


def test_every_file_of_the_viewer_is_there(store: Store, tmp_path: Path) -> None:
    report = export(store, tmp_path / "out", importances=NUMBERS, influences=LINKS)
    assert (report.n_chunks, sorted(path.name for path in report.directory.iterdir())) == (3, sorted(FILES))
    files = read(report.directory)
    assert (files["scenario.json"]["nickname"], files["summary.json"]["num_chunks"]) == ("turning", 3)
    solution = files["base_solution.json"]
    assert solution["full_cot"] == solution["prompt"] + solution["solution"]
    assert solution["prompt"] == "Please help."


def test_a_chunk_has_every_key_and_null_where_nothing_is_known(store: Store, tmp_path: Path) -> None:
    rows = read(export(store, tmp_path / "out", importances=NUMBERS).directory)["chunks_labeled.json"]
    first, second, third = rows
    assert first.keys() == second.keys() == third.keys()
    assert [row["chunk_idx"] for row in rows] == [0, 1, 2]
    assert first["chunk"] == "I am asked to write this."
    # Prefix 0 has 1 of 2 decided, prefix 1 has 1 of 1, prefix 2 nothing.
    assert [row["accuracy"] for row in rows] == [0.5, 1.0, None]
    assert [row["compliance_rate"] for row in rows] == [0.5, 1.0, None]
    assert [row["resampling_importance_accuracy"] for row in rows] == [0.5, None, None]
    assert [row["counterfactual_importance_kl"] for row in rows] == [0.125, None, None]
    assert [row["different_trajectories_fraction"] for row in rows] == [0.5, 0.0, None]
    assert {row["forced_importance_accuracy"] for row in rows} == {None}


def test_both_views_of_the_viewer_find_their_tint(store: Store, tmp_path: Path) -> None:
    rows = read(export(store, tmp_path / "out", importances=NUMBERS).directory)["chunks_labeled.json"]
    for row in rows:
        assert row["counterfactual_importance_category_kl"] == row["counterfactual_importance_kl"]


def test_the_viewer_s_keys_have_the_viewer_s_sign_and_ours_stands_beside(store: Store, tmp_path: Path) -> None:
    files = read(export(store, tmp_path / "out", importances=NUMBERS).directory)
    first = files["chunks_labeled.json"][0]
    assert first["counterfactual_importance_accuracy"] == -0.5
    assert first["counterfactual_importance_compliance_rate"] == -0.5
    assert first["turnpoint_direction"] == 0.5
    assert set(files["scenario.json"]["turnpoint"]["signs"]) == {
        "counterfactual_importance",
        "resampling_importance",
        "turnpoint_direction",
    }


def test_tags_are_the_labels_of_one_annotator(store: Store, tmp_path: Path) -> None:
    def tags(**given: Any) -> list[str]:
        directory = export(store, tmp_path / "out", force=True, **given).directory
        return [row["function_tags"][0] for row in read(directory)["chunks_labeled.json"]]

    # Ana labelled most; her label of sentence 1 was taken back.
    assert tags() == ["planning", "unknown", "decision_comply"]
    assert tags(annotator="@ben") == ["none", "unknown", "unknown"]
    assert tags(annotator="nobody") == ["unknown"] * 3


def test_a_gold_label_is_the_tag_and_the_scenario_says_so(tmp_path: Path) -> None:
    with build(tmp_path / "gold.db") as own:
        decide(own, "turning", 0, "monitoring")
        files = read(export(own, tmp_path / "out").directory)
    tags = [row["function_tags"][0] for row in files["chunks_labeled.json"]]
    assert tags == ["monitoring", "unknown", "decision_comply"]
    labels = {"annotator": "ana", "n_labelled": 2, "n_gold": 1, "n_adjudicated": 1}
    assert files["scenario.json"]["turnpoint"]["labels"] == labels


def test_resampled_sentences_are_what_rollouts_said_first(store: Store, tmp_path: Path) -> None:
    report = export(store, tmp_path / "out")
    resampled = read(report.directory)["chunks_resampled.json"]
    assert resampled["0"] == ["No.", "=1+1, then yes"]
    assert (len(resampled["1"]), resampled["2"]) == (4, [])
    assert report.n_resampled == 6


def test_links_go_from_each_sentence_to_later_ones(store: Store, tmp_path: Path) -> None:
    files = read(export(store, tmp_path / "out", influences=LINKS).directory)
    links, summary = files["step_importance.json"], files["summary.json"]
    assert [link["source_chunk_idx"] for link in links] == [0, 1, 2]
    assert links[0]["target_impacts"] == [
        {"target_chunk_idx": 1, "importance_score": 0.5},
        {"target_chunk_idx": 2, "importance_score": -0.25},
    ]
    assert (links[1]["target_impacts"][0]["importance_score"], links[2]["target_impacts"]) == (None, [])
    assert [summary[f"{kind}_importance"] for kind in ("avg", "max", "min")] == [0.125, 0.5, -0.25]
    outgoing = [(step["step_idx"], step["avg_outgoing_importance"]) for step in summary["top_influential_steps"]]
    incoming = [(step["step_idx"], step["avg_incoming_importance"]) for step in summary["top_dependent_steps"]]
    assert (outgoing, incoming) == ([(0, 0.125)], [(1, 0.5), (2, -0.25)])
    assert summary["top_influential_steps"][0]["step_text"] == files["chunks_labeled.json"][0]


def test_without_links_each_sentence_still_has_its_row(store: Store, tmp_path: Path) -> None:
    files = read(export(store, tmp_path / "out").directory)
    assert [link["target_impacts"] for link in files["step_importance.json"]] == [[], [], []]
    assert (files["summary.json"]["avg_importance"], files["summary.json"]["top_dependent_steps"]) == (None, [])


@pytest.mark.parametrize("pair", [(1, 1), (2, 1), (0, 3), (-1, 2)])
def test_an_influence_on_no_later_sentence_is_refused(store: Store, tmp_path: Path, pair: tuple[int, int]) -> None:
    with pytest.raises(ExportError, match="no influence of sentence"):
        export(store, tmp_path / "out", influences={pair: 0.5})
    assert not (tmp_path / "out").exists()


def test_what_is_not_there_is_refused_and_nothing_written(store: Store, tmp_path: Path) -> None:
    for trace, settings, behavior in (
        ("nosuch", WARM.id, COMPLIANCE),
        ("turning", "nosuch", COMPLIANCE),
        ("turning", COLD.id, ALIGNMENT_FAKING),
    ):
        with pytest.raises(NotFoundError):
            export_site_folder(store, trace, settings, behavior, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_only_force_replaces_what_is_there(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "out")
    (tmp_path / "out" / "step_importance_supp.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ExportError, match="not empty"):
        export(store, tmp_path / "out")
    export(store, tmp_path / "out", importances=NUMBERS, force=True)
    assert read(tmp_path / "out")["chunks_labeled.json"][0]["turnpoint_direction"] == 0.5
    assert (tmp_path / "out" / "step_importance_supp.json").exists()


def test_an_exported_folder_can_be_imported_again(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "out")
    result = read_traces(tmp_path / "out")
    (trace,) = result.traces
    assert result.refused == ()
    assert [sentence.text for sentence in trace.sentences] == [
        "I am asked to write this.",
        '\n\n- "Free tier", so it counts.',
        "\r\nI will comply,\twith care.",
    ]
    assert result.labels[0].categories == {0: "planning", 2: "decision_comply"}


def test_what_an_import_found_beside_the_numbers_goes_out_again(tmp_path: Path) -> None:
    rows = [{"chunk_idx": 1, "function_tags": ["deduction"], "depends_on": ["0"], "summary": "someone there"}]
    solutions = {0: answered(0, ("It is dark.", "no"), (CHUNKS[0], "yes"))}
    result = read_traces(write_complete(tmp_path / "in", solutions, chunks_labeled=rows))
    with Store.open(tmp_path / "other.db") as store:
        store.write(lambda database: add_imported(database, result)).result()
        settings = result.rollouts[0].settings.id
        export_site_folder(store, result.traces[0].id, settings, "correct", tmp_path / "out")
    first, second, _ = read(tmp_path / "out")["chunks_labeled.json"]
    assert (first["depends_on"], first["summary"], first["correct_rate"]) == ([], None, 0.5)
    assert (second["depends_on"], second["summary"], second["function_tags"]) == (["0"], "someone there", ["deduction"])
