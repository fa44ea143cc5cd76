"""``gold.csv``: what was decided or agreed on, byte for byte, and no file where there is nothing."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from core.annotation.annotation import GOLD
from core.errors import ExportError
from core.export.disagreements_table import write_disagreements
from core.export.gold_table import GOLD_LABELS
from core.export.reader import read_table
from core.export.tables import export_csv
from core.store.database import Store
from core.store.gold import load_disagreements
from core.store.labels import undo
from core.store.traces import sentence_texts
from tests.core.analysis.stored import keep
from tests.core.deciding import CODEBOOK, decide, label
from tests.core.export.small_store import TURNING, UNSAMPLED

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute passes with every event, and the codebook has a name that a change of its words does not change."""
    minutes = count()
    monkeypatch.setitem(vars(CODEBOOK), "id", "book")
    monkeypatch.setattr("core.store.labels.now", lambda: f"2026-02-01T10:{next(minutes):02}:00.000Z")


def plain(path: Path) -> Store:
    """Two traces, and the labels of ana."""
    store = Store.open(path)
    keep(store, TURNING, UNSAMPLED)
    label(store, "ana", "turning", 0, "planning")
    label(store, "ana", "turning", 2, "decision_comply")
    label(store, "ana", "unsampled", 0, "none")
    return store


def decided(path: Path) -> Store:
    """On these: one sentence adjudicated and relabelled since, one agreed on, one left open."""
    store = plain(path)
    label(store, "@ben", "turning", 0, "none")
    decide(store, "turning", 0, "monitoring", '=the tier is "named"', "cai")
    label(store, "@ben", "turning", 0, "monitoring")
    label(store, "@ben", "turning", 2, "decision_comply")
    label(store, "@ben", "unsampled", 0, "planning")
    return store


@pytest.mark.usefixtures("clock")
def test_the_file_is_the_golden_one_byte_for_byte(tmp_path: Path) -> None:
    with decided(tmp_path / "gold.db") as store:
        export_csv(store, tmp_path / "out")
    written, golden = (tmp_path / "out" / "gold.csv").read_bytes(), GOLDEN / "gold.csv"
    if not golden.exists():
        golden.write_bytes(written)
        pytest.fail(f"{golden} was written anew; read it, and run the test again")
    assert written == golden.read_bytes()


def test_rows_come_back_with_the_reason_as_it_was_written(tmp_path: Path) -> None:
    with decided(tmp_path / "gold.db") as store:
        export_csv(store, tmp_path / "out", text=False)
    rows = read_table(tmp_path / "out" / "gold.csv")
    assert list(rows[0]) == [name for name in GOLD_LABELS.columns if name != "text"]
    assert [(row["sentence_idx"], row["how"], row["reason"]) for row in rows] == [
        ("0", "adjudicated", '=the tier is "named"'),
        ("2", "agreed", None),
    ]


def test_without_a_gold_label_there_is_no_file(tmp_path: Path) -> None:
    with plain(tmp_path / "small.db") as store:
        export_csv(store, tmp_path / "none")
        decide(store, "turning", 0, "monitoring")
        export_csv(store, tmp_path / "one")
        export_csv(store, tmp_path / "other", trace_ids=["unsampled"])
        store.write(lambda db: undo(db, GOLD)).result()
        export_csv(store, tmp_path / "undone")
    assert [(tmp_path / name / "gold.csv").exists() for name in ("none", "one", "other", "undone")] == [
        False, True, False, False,
    ]  # fmt: skip


def test_disagreements_have_a_row_for_each_rater(tmp_path: Path) -> None:
    with decided(tmp_path / "gold.db") as store:
        found = load_disagreements(store.read)
        texts = [sentence_texts(store.read, one.place.trace_id)[one.place.sentence_idx] for one in found]
    path = tmp_path / "disagreements.csv"
    assert write_disagreements(path, found, texts) == 4
    rows = read_table(path)
    assert [(row["trace_id"], row["rater"], row["category"], row["gold"]) for row in rows] == [
        ("turning", "@ben", "monitoring", "monitoring"),
        ("turning", "ana", "planning", "monitoring"),
        ("unsampled", "@ben", "planning", None),
        ("unsampled", "ana", "none", None),
    ]
    assert rows[2]["text"] == texts[1]
    with pytest.raises(ExportError, match="this file is there already; name a new one"):
        write_disagreements(path, found, texts)
