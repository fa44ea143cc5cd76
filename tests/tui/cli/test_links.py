"""`turnpoint analyze --influence` and `--resilience`: links, what comes back, and the commands that draw more."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from core.endpoints.endpoint import simulator_endpoint
from core.store.database import Store
from core.store.rollouts import add_settings
from tests.core.analysis.stored import WARM, complied, keep, make_trace, sample
from tests.core.anchors import same_or_not
from tests.tui.cli.calling import done, turnpoint

SENTENCES = ["One is here.", " Two is \x1b[31mthere.", " Three follows.", " Four ends it."]
TRACE = make_trace("t", SENTENCES, answer="</think>Done.")
NO, ONE, THREE = " Something else.", " One is here.", " Three follows."
SIMULATOR = simulator_endpoint().settings


def draw(store: Store, prefix: int, *texts: str) -> None:
    sample(
        store,
        "t",
        prefix,
        complied(*["refused"] * len(texts)),
        texts=[f"{text}</think>" for text in texts],
        settings=SIMULATOR,
    )


@pytest.fixture(autouse=True)
def linked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentence 1 brings sentence 2 about; of 10 rollouts without sentence 0 all but 2 come back to it."""
    monkeypatch.setattr("core.similarity.cosine.comparison", lambda *_: same_or_not)
    with Store.open("turnpoint.db") as store:
        keep(store, TRACE)
        store.write(lambda db: add_settings(db, SIMULATOR)).result()
        draw(store, 0, *[NO + ONE] * 8, *[NO] * 2)
        draw(store, 1, *[NO] * 20)
        draw(store, 2, *[THREE] * 16, *[NO] * 4)


def test_the_strongest_links_are_printed_and_those_that_stand_out_are_marked() -> None:
    table = done("analyze", "t", "--influence").out.split("influence: ", 1)[1]
    assert table.startswith("1 strongest link of 5; two sentences say the same from cosine 0.8")
    row = table.splitlines()[2].split()
    assert row[:3] == ["1*", "2", "+0.80"]
    assert [cell for cell in row if "/" in cell] == ["16/20", "0/20"]
    assert "Two is ␛[31mthere." in table
    assert "* q < 0.05: 1 link" in table.splitlines()[-1]


def test_json_has_all_links_unless_told_how_many() -> None:
    (report,) = done("analyze", "t", "--influence", "--json").json
    found = report["influence"]
    assert (found["n_links"], len(found["links"])) == (5, 5)
    assert (found["n_drawn"], found["n_complete"]) == ([10, 20, 20, 0, 0], [10, 20, 20, 0, 0])
    strongest = found["links"][0]
    assert (strongest["source"], strongest["target"], strongest["value"]) == (1, 2, 0.8)
    assert strongest["kept"] == {"k": 16, "n": 20}
    (report,) = done("analyze", "t", "--influence", "--top", "2", "--json").json
    assert len(report["influence"]["links"]) == 2
    assert "resilience" not in report
    assert "add --influence" in turnpoint("analyze", "t", "--top", "2").refusal


def test_what_comes_back_is_a_table_and_too_few_survivors_name_the_command() -> None:
    table = done("analyze", "t", "--resilience").out.split("compliance: counterfactual++", 1)[1]
    first, second = table.splitlines()[2:4]
    assert first.split()[:7] == ["0", "0.80", "(8/10)", "[0.49,", "0.94]", "2", "of"]
    assert first.split()[7:] == ["10", "0", "15", "One", "is", "here."]
    assert "20 of 20" in second
    assert table.splitlines()[-1] == "turnpoint resample t --prefix 0 -n 25"


def test_the_command_that_is_named_draws_more_survivors() -> None:
    last = done("--db", Path("turnpoint.db").resolve(), "analyze", "t", "--resilience").out.splitlines()[-1]
    # The rollouts that were there name another model than the simulator, which is said.
    assert turnpoint(*shlex.split(last)[1:], "--no-judge").code == 0
    (report,) = done("analyze", "t", "--resilience", "--json").json
    first = report["resilience"]["compliance"][0]
    assert (first["n_complete"], first["n_survivors"]) == (25, 17)
    assert first["returned"]["k"] == 8
    assert report["resilience"]["compliance"][3]["counterfactual_plus_plus"]["value"] is None


def test_an_endpoint_with_the_same_settings_is_named_and_without_one_that_is_said() -> None:
    Path("turnpoint.toml").write_text(
        'default_endpoint = "lab"\n[endpoints.lab]\nbase_url = "http://127.0.0.1:1/v1"\nmodel = "m"\n', "utf-8"
    )
    said = done("analyze", "t", "--resilience").out
    assert f"no endpoint has the sampling settings of these rollouts ({SIMULATOR.id})" in said
    Path("turnpoint.toml").write_text('default_endpoint = "simulator"\n', "utf-8")
    assert done("analyze", "t", "--resilience").out.endswith("turnpoint resample t --prefix 0 -n 25\n")
    with Store.open("turnpoint.db") as store:
        sample(store, "t", 3, complied("refused"), texts=[NO], settings=WARM)
    warm = done("analyze", "t", "--settings", WARM.id, "--resilience", "--json").json
    assert warm[0]["resilience"]["compliance"][0]["n_more"] is None
