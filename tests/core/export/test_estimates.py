"""The tables of estimates: they say what the analyses say, of one moment, and where no encoder is, what needs none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from core.analysis.estimates import importance_of, sweeps_of
from core.analysis.instead import instead
from core.analysis.links import links_of
from core.endpoints.config import EmbeddingConfig
from core.errors import SimilarityError
from core.export.cells import from_cell, probability, to_cell
from core.export.comparison import Comparison, compare_with
from core.export.reader import read_table
from core.export.tables import ESTIMATE_TABLES, PROVENANCE, TABLES, export_csv
from core.store.database import Store
from tests.core.analysis.stored import WARM, complied, keep, make_trace, sample
from tests.core.similarity.fake import WordEncoder

TRACE = make_trace("turning", ["I read it.", " So I comply.", " All is said."])
OTHERS = [f" Number {i} differs. I stop." for i in range(8)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as opened:
        keep(opened, TRACE)
        said = {0: OTHERS, 1: OTHERS[:6] + [" So I comply. I stop."] * 2, 2: OTHERS, 3: [" Done."] * 8}
        for prefix, texts in said.items():
            yes = 8 if prefix > 1 else 1
            sample(opened, "turning", prefix, complied(*["complied"] * yes, *["refused"] * (8 - yes)), texts=texts)
        yield opened


@pytest.fixture
def compared(store: Store) -> Comparison:
    return compare_with(store, EmbeddingConfig(model="words"), encoder=WordEncoder())


def rows(directory: Path, name: str) -> list[dict[str, str | None]]:
    return read_table(directory / name)


def test_every_row_has_a_cell_for_every_documented_column(store: Store, compared: Comparison, tmp_path: Path) -> None:
    report = export_csv(store, tmp_path / "out", compared=compared)
    assert [name for name, _ in report.files] == [table.name for table in (*TABLES, *ESTIMATE_TABLES)]
    for table in ESTIMATE_TABLES:
        found = rows(report.directory, table.name)
        assert found
        assert all(list(row) == list(table.columns) for row in found)


def test_importances_are_those_of_the_analysis(store: Store, compared: Comparison, tmp_path: Path) -> None:
    out = export_csv(store, tmp_path / "out", compared=compared).directory
    found = importance_of(store.read, TRACE, WARM.id, compared.similarity)["compliance"]
    for cells, row in zip(rows(out, "importance.csv"), found.rows, strict=True):
        assert cells["counterfactual"] == to_cell(row.direction and round(row.direction, 6)) or not row.direction
        assert (cells["n_dissimilar"], cells["n_similar"]) == (str(row.n_dissimilar), str(row.n_similar))
        assert cells["turning_point"] == str(int(row.turning_point))
        assert cells["q"] == to_cell(probability(row.q))
        assert (cells["threshold"], cells["encoder"], cells["min_dissimilar"]) == ("0.8", "words", "5")
        assert cells["floor_counterfactual"] == to_cell(found.floor.counterfactual)
    assert [cells["turning_point"] for cells in rows(out, "importance.csv")] == ["0", "1", "0"]


def test_alternatives_links_and_resilience_are_those_of_the_analysis(
    store: Store, compared: Comparison, tmp_path: Path
) -> None:
    out = export_csv(store, tmp_path / "out", compared=compared).directory
    assert compared.similarity is not None
    (sweep,) = sweeps_of(store.read, TRACE, WARM.id, compared.similarity).values()
    said = [(i, a) for i in range(3) for a in instead(sweep, i, similarity=compared.similarity)]
    assert [(row["sentence_idx"], row["text"], row["n_rollouts"]) for row in rows(out, "alternatives.csv")] == [
        (str(i), a.text, str(a.n)) for i, a in said
    ]
    found = links_of(store.read, TRACE, WARM.id, compared.similarity)
    assert [(row["source_idx"], row["target_idx"], row["k_after"]) for row in rows(out, "links.csv")] == [
        (str(link.source), str(link.target), str(link.contrast.kept.k)) for link in found.influence.links
    ]
    assert [(row["n_survivors"], row["n_complete"]) for row in rows(out, "resilience.csv")] == [
        (str(row.n_survivors), str(row.n_complete)) for row in found.resilience[sweep.behavior]
    ]


def test_without_an_encoder_the_resampling_estimates_are_there_and_nothing_else(store: Store, tmp_path: Path) -> None:
    out = export_csv(store, tmp_path / "out", compared=Comparison()).directory
    found = rows(out, "importance.csv")
    assert [row["resampling"] for row in found] == ["0.0", "0.875", "0.0"]
    for name in ("counterfactual", "n_dissimilar", "n_replaced", "kl", "threshold", "min_dissimilar", "encoder"):
        assert {row[name] for row in found} == {None}
    assert [len(rows(out, table.name)) for table in ESTIMATE_TABLES] == [3, 0, 0, 0]
    assert json.loads((out / PROVENANCE).read_text(encoding="utf-8"))["estimates"]["encoder"] is None


def test_the_provenance_says_what_compared_the_sentences(store: Store, compared: Comparison, tmp_path: Path) -> None:
    out = export_csv(store, tmp_path / "out", compared=compared).directory
    made = json.loads((out / PROVENANCE).read_text(encoding="utf-8"))
    assert {name: made["estimates"][name] for name in ("encoder", "weights", "dtype", "threshold", "seed")} == {
        "encoder": "words",
        "weights": "w1",
        "dtype": "auto",
        "threshold": 0.8,
        "seed": 0,
    }
    assert "float32" in made["estimates"]["dtypes_stored"]
    assert set(made["tables"]) == {table.name for table in (*TABLES, *ESTIMATE_TABLES)}


def test_an_export_without_estimates_is_as_it_was(store: Store, compared: Comparison, tmp_path: Path) -> None:
    plain = export_csv(store, tmp_path / "plain").directory
    full = export_csv(store, tmp_path / "full", compared=compared).directory
    assert {path.name for path in plain.iterdir()} == {table.name for table in TABLES} | {PROVENANCE}
    for table in TABLES:
        assert (plain / table.name).read_bytes() == (full / table.name).read_bytes()
    assert "estimates" not in json.loads((plain / PROVENANCE).read_text(encoding="utf-8"))


def test_a_second_export_encodes_nothing_and_is_equal(store: Store, tmp_path: Path) -> None:
    encoders = [WordEncoder(), WordEncoder()]
    outs = [
        export_csv(
            store, tmp_path / f"out{i}", compared=compare_with(store, EmbeddingConfig(), encoder=encoder)
        ).directory
        for i, encoder in enumerate(encoders)
    ]
    assert encoders[0].encoded
    assert (encoders[1].encoded, encoders[1].exact) == ([], [])
    for table in ESTIMATE_TABLES:
        assert (outs[0] / table.name).read_bytes() == (outs[1] / table.name).read_bytes()


def test_rollouts_that_land_while_sentences_are_compared_are_in_no_table(store: Store, tmp_path: Path) -> None:
    class Slow(WordEncoder):
        def encode(self, texts: Sequence[str]):  # type: ignore[no-untyped-def]
            sample(store, "turning", 0, complied(*["complied"] * 30))
            return super().encode(texts)

    slow = compare_with(store, EmbeddingConfig(), encoder=Slow())
    out = export_csv(store, tmp_path / "out", compared=slow).directory
    assert len(rows(out, "rollouts.csv")) == 32
    assert rows(out, "importance.csv")[0]["n_rollouts"] == "8"
    assert rows(out, "links.csv")[0]["n_before"] == "8"
    assert len(store.read.execute("SELECT id FROM rollouts").fetchall()) == 54


def test_an_encoder_that_fails_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    class Broken(WordEncoder):
        def encode(self, texts: Sequence[str]):  # type: ignore[no-untyped-def]
            raise SimilarityError("no weights here; install some.")

    with pytest.raises(SimilarityError):
        export_csv(store, tmp_path / "out", compared=compare_with(store, EmbeddingConfig(), encoder=Broken()))
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name or "export" in path.name] == []


@pytest.mark.parametrize("p", [1e-300, 3.2e-12, 0.012345678, 1.0])
def test_a_small_p_is_never_written_as_0(p: float) -> None:
    assert float(from_cell(to_cell(probability(p)))) == pytest.approx(p, rel=1e-5)
