"""Labelled scratchpads in the shape of published ones: the reasoning of our own traces under training."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from tests.processes import SAMPLES

_LABELS = {"alignment_faking": "potential_faking", "complies": "aligned", "refuses": "aligned"}
_END = "</SCRATCHPAD_REASONING>"


@cache
def own_scratchpads() -> str:
    """The text of the file: a record per line."""
    records = map(json.loads, (SAMPLES / "traces.jsonl").read_text("utf-8").splitlines())
    pads = [
        {
            "source_index": str(index),
            "text": record["response"].partition(_END)[0] + _END,
            "label": _LABELS[record["metadata"]["kind"]],
        }
        for index, record in enumerate(records)
        if record["tier"] == "free"
    ]
    return "".join(json.dumps(pad) + "\n" for pad in pads)


def write_scratchpads(path: Path) -> Path:
    """Write the file to ``path``."""
    path.write_text(own_scratchpads(), encoding="utf-8")
    return path
