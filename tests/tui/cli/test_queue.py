"""`turnpoint queue`: the headless twin of Q."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from core.annotation.codebook import load_codebook
from core.store.database import Store
from core.store.labels import set_label
from tests.core.analysis.sweeps import words_in_common
from tests.tui.app_under_test import compare_with
from tests.tui.cli.calling import ROOT, done, turnpoint

TRACE = "landlord-review-free"
CODEBOOK = load_codebook()


def label(db: Path, index: int, category: str, annotator: str = "ana") -> None:
    with Store.open(db) as store:
        store.write(lambda database: set_label(database, annotator, TRACE, index, category, CODEBOOK)).result()


def test_a_queue_is_started_shown_and_ended(samples: Path) -> None:
    assert done("--annotator", "ana", "queue").out == "no queue is under way; `turnpoint queue start` starts one.\n"
    started = done("--annotator", "ana", "queue", "start", "--order", "position", "--trace", TRACE).out
    assert started.splitlines()[:2] == ["ana: queue by position, until all", "0 of 28 sentences of 1 trace decided"]
    assert started.splitlines()[2].startswith(f"next: {TRACE} 0  I should work out")
    label(samples, 0, "planning")
    assert f"next: {TRACE} 1  " in done("--annotator", "ana", "queue").out
    assert done("--annotator", "ben", "queue", "--json").json is None
    assert done("--annotator", "ana", "queue", "end").out == "queue ended; its labels stay.\n"
    refused = turnpoint("--annotator", "ana", "queue", "end")
    assert refused.code == 2
    assert refused.refusal == "ana has no queue under way; `turnpoint queue start` starts one."


def test_json_has_all_of_it(samples: Path) -> None:
    label(samples, 0, "planning")
    given = ("--order", "random", "--seed", 3, "--trace", TRACE, "--until", "2 per category", "--json")
    started = done("--annotator", "ana", "queue", "start", *given).json
    assert started == done("--annotator", "ana", "queue", "--json").json
    assert (started["order"], started["seed"], started["until"]) == ("random", 3, "2 per category")
    assert (started["sentences"], started["decided"], started["labelled"]) == (28, 1, 1)
    assert started["by_category"]["planning"] == 1
    assert set(started["by_category"]) == {category.name for category in CODEBOOK.categories}
    assert (started["ending"], started["ranked_by"]) == (None, None)
    assert started["next"]["trace_id"] == TRACE


def test_progress_by_category_says_what_falls_short(samples: Path) -> None:
    given = ("--order", "position", "--trace", TRACE, "--until", "2 labels")
    done("--annotator", "ana", "queue", "start", *given)
    label(samples, 0, "planning")
    assert "1 of 2 labels" in done("--annotator", "ana", "queue").out
    label(samples, 5, "monitoring")
    assert done("--annotator", "ana", "queue").out.splitlines()[-1] == "done: 2 labels reached"
    done("--annotator", "ana", "queue", "start", "--order", "position", "--all", "--until", "1 per category")
    assert "2 of 14 categories have 1; short: " in done("--annotator", "ana", "queue").out


def test_what_is_decided_can_be_left_out(samples: Path) -> None:
    label(samples, 0, "planning")
    given = ("--order", "position", "--trace", TRACE, "--until", "5 labels", "--unlabelled", "--json")
    started = done("--annotator", "ana", "queue", "start", *given).json
    assert (started["sentences"], started["decided"], started["labelled"]) == (27, 0, 0)
    assert started["next"] == {"trace_id": TRACE, "sentence_idx": 1}


def test_importance_can_rest_on_what_was_said_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    compare_with(monkeypatch, words_in_common)
    done("demo", "--headless", "-n", "6")
    db = ("--db", "turnpoint-demo/turnpoint.db")
    started = done(*db, "queue", "start", "--trace", TRACE, "--compare").out
    assert "queue by importance (counterfactual directions), until all" in started
    assert f"next: {TRACE} 16  If I refuse" in started
    assert "(resampling directions)" in done(*db, "queue", "start", "--all").out


@pytest.mark.parametrize(
    ("args", "refusal"),
    [
        ((), "say which traces: --trace TRACE, --behavior BEHAVIOR, or --all; one of the three."),
        (
            ("--all", "--trace", TRACE),
            "say which traces: --trace TRACE, --behavior BEHAVIOR, or --all; one of the three.",
        ),
        (
            ("--all",),
            "none of the traces has rollouts on both sides of a sentence; resample them, or order by position.",
        ),
        (("--all", "-o", "position", "--seed", 1), "--seed belongs to --order random; leave it out."),
        (
            ("--all", "--until", "soon"),
            "'soon' is no place to stop; write all, 100 labels, or 20 per category.",
        ),
        (("--all", "-o", "width", "--compare"), "--compare belongs to --order importance; leave it out."),
        (("--trace", "nope"), "no trace 'nope' with sentences is here; `turnpoint traces` lists all."),
    ],
)
def test_what_cannot_be_is_refused(samples: Path, args: tuple[object, ...], refusal: str) -> None:
    ran = turnpoint("queue", "start", *args)
    assert (ran.code, ran.refusal) == (2, refusal)


def test_the_snippet_of_the_queues_page_runs() -> None:
    done("demo", "--headless", "-n", "6")
    (block,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "queues.md").read_text("utf-8"), re.DOTALL | re.M)
    names: dict[str, Any] = {}
    exec(compile(block, "queues.md", "exec"), names)
    assert names["sentences"][0] == (TRACE, 16)
    assert "of 28 sentences" in done("--annotator", "ana", "--db", "turnpoint-demo/turnpoint.db", "queue").out
