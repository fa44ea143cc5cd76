"""`turnpoint suggest`: what it asks, what it prints, what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.annotation.codebook import load_codebook
from core.store.database import Store
from core.store.labels import count_labels, set_label
from tests.core.similarity.fake import WordEncoder
from tests.tui.cli.calling import done, turnpoint

TRACE, OTHER = "landlord-review-free", "telemarketer-free"
CODEBOOK = load_codebook()


def label(db: Path, trace_id: str, count: int, category: str) -> None:
    with Store.open(db) as store:
        for index in range(count):
            store.write(
                lambda database, index=index: set_label(database, "ana", trace_id, index, category, CODEBOOK)  # type: ignore[misc]
            ).result()


def test_the_simulator_suggests_and_says_that_it_is_synthetic(samples: Path) -> None:
    said = done("suggest", TRACE).out.splitlines()
    assert said[0].startswith("1 trace at simulator (synthetic): 28 sentences in 2 calls, about ")
    assert said[1] == "suggesting done: 28 of 28 sentences in 2 calls, $0.00"
    assert said[2].split() == ["category", "sentences", "confidence"]
    assert said[-1].split()[:2] == ["all", "28"]
    assert sum(int(line.split()[1]) for line in said[3:-1]) == 28
    with Store.open(samples) as store:
        assert count_labels(store.read, TRACE) == {}
    assert "0 sentences in 0 calls" in done("suggest", TRACE).out
    again = done("suggest", TRACE, "--redo", "--batch", "7", "--json").json
    assert (again["plan"]["calls"], again["result"]["status"]) == (4, "done")


def test_it_is_held_against_the_labels_there_are(samples: Path) -> None:
    label(samples, TRACE, 4, "none")
    said = done("--annotator", "ana", "suggest", TRACE).out
    assert "as ana" in said
    assert "of 4 labels (" in said
    found = done("--annotator", "ana", "suggest", TRACE, "--json").json
    assert (found["suggester"], found["annotator"]) == ("simulator (synthetic)", "ana")
    total = found["total"]
    assert (total["n"], total["n_labelled"]) == (28, 4)
    assert total["agreement"] == total["n_agreed"] / 4
    assert done("--annotator", "ben", "suggest", TRACE, "--json").json["total"]["interval"] is None


def test_a_dry_run_asks_nothing(samples: Path) -> None:
    plan = done("suggest", "--all", "--limit", "30", "--dry-run", "--json").json["plan"]
    assert (plan["sentences"], plan["cost"]) == (30, 0.0)
    assert "30 sentences in" in done("suggest", "--all", "--limit", "30", "--dry-run").out
    with Store.open(samples) as store:
        assert store.read.execute("SELECT count(*) FROM suggestion_batches").fetchone()[0] == 0


def test_nearness_suggests_without_a_model(samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.suggesting.nearest.encoder_for", lambda store, config: WordEncoder())
    call = ("--annotator", "ana", "suggest", "--nearest", TRACE)
    assert "ana has labelled nothing to learn from" in turnpoint(*call).err
    label(samples, TRACE, 3, "none")
    said = done(*call).out.splitlines()
    assert said[0] == (
        "28 new suggestions from 3 sentences of 1 trace labelled by ana;"
        " labels in a second trace would show how often that is right"
    )
    label(samples, OTHER, 2, "none")
    assert done(*call, "--dry-run").out == "at most 28 sentences from 5 sentences labelled by ana, without any call\n"
    held_out = done(*call).out.splitlines()[0]
    assert "; with each trace held out in turn 5 of 5 (1.00) [0.57, 1.00] are right" in held_out
    found = done("--annotator", "ben", "suggest", "--nearest", "--from", "ana", TRACE, "--json").json
    assert found["nearest"] == {
        "annotator": "ana", "n_examples": 5, "n_traces": 2, "n_suggested": 0, "n_right": 5, "n_held_out": 5
    }  # fmt: skip
    assert (found["suggester"], found["annotator"]) == ("nearest:ana", "ben")


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ((), "say which traces: TRACE, or --all for every trace."),
        ((TRACE, "--all"), "say which traces: TRACE, or --all for every trace."),
        ((TRACE, "--from", "ana"), "--from belongs to --nearest; add it, or leave --from out."),
        ((TRACE, "--nearest", "--max-cost", "1"), "--nearest asks no model; leave"),
        ((TRACE, "--nearest", "--redo"), "--nearest asks no model; leave"),
        (("nobody",), "nobody"),
        (("--all", "--endpoint", "strong"), "strong"),
    ],
)
def test_a_wrong_call_is_refused_in_one_sentence(samples: Path, args: tuple[str, ...], why: str) -> None:
    ran = turnpoint("suggest", *args)
    assert ran.code == 2
    assert why in ran.refusal
