"""Notes written in an editor of the user's own, at a terminal that is handed over and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e import stored
from tests.processes import SAMPLES, headless, opened

TRACE = "landlord-review-free"


def editor(path: Path, script: str) -> str:
    """An editor that is a shell script; its argument is the file."""
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def notes(home: Path) -> list[str]:
    return [row[0] for row in stored.rows(home, "SELECT note FROM label_events WHERE note IS NOT NULL ORDER BY id")]


@pytest.mark.slow
def test_a_note_in_an_editor_and_an_editor_that_fails(tmp_path: Path) -> None:
    headless(tmp_path, "import", SAMPLES / "traces.jsonl")
    writes = editor(tmp_path / "writes", 'sed -i "1s/.*/of two\\nlines/" "$1"')
    with opened(tmp_path, trace=TRACE, changes={"EDITOR": f"{writes} -w"}) as running:
        # The last argument is the file; this editor takes only the first, and fails.
        running.send("e")
        running.wait_for("the editor failed", "the note is as it was")
        assert notes(tmp_path) == []
    with opened(tmp_path, trace=TRACE, changes={"EDITOR": writes}) as running:
        running.send("e")
        running.wait_for("noted on sentence 0.", "note: of two")
        assert notes(tmp_path) == ["of two\nlines"]
        running.send("j7")
        running.wait_for("1/28 labelled")
    with opened(tmp_path, trace=TRACE, changes={"VISUAL": "no-such-editor", "EDITOR": writes}) as running:
        running.send("e")
        running.wait_for("the editor failed", "set $EDITOR")
        running.send("G8")
        running.wait_for("2/28 labelled")
