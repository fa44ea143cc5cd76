"""`turnpoint import` of thought-anchors folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.store.database import Store
from core.store.traces import list_traces
from tests.core.anchors import answered, write_complete
from tests.tui.cli.calling import done, turnpoint

SOLUTIONS = {0: answered(0, ("It is dark.", "no"), ("A lamp.", "yes"))}


@pytest.fixture
def study() -> Path:
    for number in (1, 2):
        write_complete(Path("study") / f"problem_{number}", SOLUTIONS)
    return Path("study")


def test_a_folder_comes_in_with_its_rollouts(study: Path) -> None:
    ran = done("import", study / "problem_1")
    assert ran.out == "imported 1 trace with 3 sentences and 2 rollouts into turnpoint.db\n"
    with Store.open("turnpoint.db", create=False) as store:
        assert [(found.id, found.n_rollouts) for found in list_traces(store.read)] == [("study-problem_1", 2)]


def test_a_folder_of_folders_stands_for_them(study: Path) -> None:
    ran = done("import", study, "--json")
    assert ran.json["imported"] == [
        {"id": f"study-problem_{number}", "sentences": 3, "source": f"problem_{number}", "rollouts": 2}
        for number in (1, 2)
    ]


def test_a_second_import_adds_nothing(study: Path) -> None:
    done("import", study)
    assert done("import", study).out.splitlines() == [
        f"the trace of study/problem_{number} is in the database already." for number in (1, 2)
    ]


def test_a_folder_that_gained_rollouts_is_refused(study: Path) -> None:
    done("import", study / "problem_1")
    write_complete(study / "problem_1", {0: answered(0, *[("A lamp.", "yes")] * 3)})
    ran = turnpoint("import", study / "problem_1")
    assert (ran.code, ran.out) == (1, "imported nothing; refused 1 record (above)\n")
    assert "the database already has a trace 'study-problem_1'" in ran.err


def test_rates_are_named_by_the_folder(study: Path) -> None:
    done("import", study / "problem_1")
    assert "correct" in done("analyze", "study-problem_1").out
