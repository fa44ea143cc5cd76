"""A hundred sentences labelled at a terminal, some in a hurry, and exported: every row is right."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pytest

from core.annotation.codebook import load_codebook
from core.store.database import Store
from core.store.traces import load_trace
from tests.e2e import stored
from tests.processes import headless, opened

SENTENCES = 50
CATEGORIES = {category.key: category.name for category in load_codebook().categories}


def write_traces(path: Path) -> None:
    """Two traces of fifty sentences."""
    with path.open("w", encoding="utf-8") as file:
        for name in ("one", "two"):
            said = " ".join(f"This is what I think of matter {i} in {name}." for i in range(SENTENCES))
            response = f"<SCRATCHPAD_REASONING>{said}</SCRATCHPAD_REASONING>\n<rejected/> No."
            file.write(json.dumps({"id": name, "response": response}) + "\n")


@pytest.mark.slow
def test_a_hundred_labels_by_key_are_a_hundred_rows(tmp_path: Path) -> None:
    write_traces(tmp_path / "traces.jsonl")
    assert headless(tmp_path, "import", "traces.jsonl").returncode == 0
    rng = random.Random(7)
    keys = {name: [rng.choice(list(CATEGORIES)) for _ in range(SENTENCES)] for name in ("one", "two")}
    with opened(tmp_path, trace="one") as running:
        for name in keys:
            for burst in range(0, SENTENCES, 10):
                # Ten keys in one packet, as a slow line delivers them.
                running.send("".join(keys[name][burst : burst + 10]))
                running.wait_for(f"{burst + 10}/{SENTENCES} labelled")
            if name == "one":
                running.send("o")
                running.wait_for("2 traces")
                running.send("j{enter}")
                running.wait_for(f"0/{SENTENCES} labelled")
        running.send("q")
        running.wait_exit()

    assert headless(tmp_path, "export", "tables").returncode == 0
    with Store.open(tmp_path / stored.NAME, create=False) as store:
        texts = {name: [s.text for s in load_trace(store.read, name).sentences] for name in keys}
    with (tmp_path / "tables" / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["trace_id"], int(row["sentence_idx"])) for row in rows] == [
        (name, index) for name in keys for index in range(SENTENCES)
    ]
    for row in rows:
        name, index = row["trace_id"], int(row["sentence_idx"])
        assert row["category"] == CATEGORIES[keys[name][index]]
        assert (row["annotator"], row["revision"], row["text"]) == ("ana", "1", texts[name][index])
