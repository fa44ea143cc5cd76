"""`turnpoint resample --adaptive`: what it says, what it stores, what it refuses."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from core.resampling.samples import CONFIRM_BASE
from tests.tui.cli.calling import done, turnpoint

TRACE = "zoo-essay-free"


def drawn() -> list[tuple[int, int, int]]:
    connection = sqlite3.connect("turnpoint.db")
    try:
        query = "SELECT prefix_idx, sample_idx, seed FROM rollouts ORDER BY prefix_idx, sample_idx"
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.fixture(autouse=True)
def _samples(samples: Path) -> None:
    pass


def test_it_tells_each_round_and_prints_what_fresh_rollouts_confirm() -> None:
    ran = done("resample", TRACE, "--adaptive", "--no-judge")
    lines = ran.out.splitlines()
    assert lines[0] == "first pass: 5 at every prefix"
    assert any(line.startswith("confirm: fresh rollouts beside ") for line in lines)
    header = next(i for i, line in enumerate(lines) if line.startswith("sentence  behavior"))
    assert "compliance" in lines[header + 1]
    assert lines[-1].startswith("run done: ")
    assert any(sample >= CONFIRM_BASE for _, sample, _ in drawn())
    before = drawn()
    assert "0 of 0 rollouts" in done("resample", TRACE, "--adaptive", "--no-judge").out
    assert drawn() == before


def test_a_dry_run_tells_how_it_begins_and_stores_nothing() -> None:
    ran = done("resample", TRACE, "--adaptive", "--dry-run")
    assert ran.out.startswith("first pass: 100 rollouts in 20 calls")
    assert ran.out.strip().endswith("what follows depends on what these show.")
    assert done("resample", TRACE, "--adaptive", "--dry-run", "--json").json["rollouts"] == 100
    assert drawn() == []


def test_a_cap_holds_and_is_no_failure() -> None:
    ran = done("resample", TRACE, "--adaptive", "--max-rollouts", "33", "--no-judge")
    assert "the cap of 33 rollouts is reached" in ran.out
    assert len(drawn()) == 33


def test_json_has_the_result_and_the_directions() -> None:
    result = done("resample", TRACE, "--adaptive", "--no-judge", "--no-recycle", "--json").json
    assert result["status"] == "done"
    assert result["progress"]["rollouts_done"] == len(drawn())
    for direction in result["confirmed"]:
        assert -1 <= direction["fresh"]["interval"]["low"] <= direction["fresh"]["value"]
        assert direction["fresh"]["kept"] and direction["fresh"]["without"]


def test_the_most_of_a_prefix_is_kept_to() -> None:
    done("resample", TRACE, "--adaptive", "-n", "6", "--no-judge", "--until", "half-width=0.3")
    assert {sample for _, sample, _ in drawn()} >= {0, 5}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--adaptive", "--all"), "leave --prefix and --all out"),
        (("--adaptive", "--prefix", "3"), "leave --prefix and --all out"),
        (("--all", "--until", "settled"), "belong to --adaptive"),
        (("--all", "--no-recycle"), "belong to --adaptive"),
        (("--adaptive", "--until", "dawn"), "no place to stop"),
        (("--adaptive", "--until", "half-width=0.9"), "cannot be sampled to"),
        (("--adaptive", "--until", "budget"), "--max-rollouts or --max-cost"),
    ],
)
def test_what_makes_no_sense_is_refused(options: tuple[str, ...], words: str) -> None:
    ran = turnpoint("resample", TRACE, *options)
    assert ran.code == 2
    assert words in ran.refusal
    assert drawn() == []
