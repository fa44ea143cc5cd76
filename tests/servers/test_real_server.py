"""Everything against one server that no one here wrote: the main job, and what may happen to it.

What the rollouts mean is not asserted: but that they are all there, each once, and that each is what this server says
after this prefix. One file, so that one server is started for it.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.e2e import stored
from tests.processes import headless, start, wait_until
from tests.servers.real import Kind, RealServer, running
from tests.servers.study import CUT, LONG, PREFIXES, QUESTION, TRACE, UNTAGGED, ask, checked, drew_all, new_study
from tests.sizes import sized

pytestmark = pytest.mark.slow

N = sized(8, 40)


def label_rows(home: Path) -> list[tuple[object, ...]]:
    return stored.rows(home, "SELECT * FROM label_events ORDER BY id")


def test_the_main_job(tmp_path: Path, server: RealServer) -> None:
    home = new_study(tmp_path, server)
    labelled = label_rows(home)
    assert len(labelled) == 2

    done = headless(home, "resample", TRACE, "--all", "-n", "4", "--no-check")
    assert drew_all(done), done.stderr
    assert stored.per_prefix(home, TRACE) == dict.fromkeys(range(PREFIXES), 4)
    drawn = stored.rollouts(home)
    # A model may end where it stands; what was cut off must have said something.
    assert stored.rows(home, "SELECT count(*) FROM rollouts WHERE text = '' AND finish_reason <> 'stop'") == [(0,)]
    assert len({text for (_, _, prefix, _), text in drawn.items() if prefix == 0}) > 1, "samples differ"
    assert stored.unjudged(home) == 0
    assert stored.rows(home, "SELECT DISTINCT prompt_tokens > 0, completion_tokens > 0 FROM rollouts") == [(1, 1)]

    # Topping up keeps what is there, goes on with its seeds, and asks for no more than is missing.
    again = headless(home, "resample", TRACE, "--prefix", "2-3", "-n", "9", "--no-check")
    assert drew_all(again), again.stderr
    assert stored.per_prefix(home, TRACE) == {0: 4, 1: 4, 2: 9, 3: 9, 4: 4}
    assert drawn.items() <= stored.rollouts(home).items()
    assert stored.rows(home, "SELECT count(DISTINCT seed) FROM rollouts WHERE prefix_idx = 2") == [(9,)]
    nothing = headless(home, "resample", TRACE, "--prefix", "2-3", "-n", "9", "--no-check")
    assert drew_all(nothing), nothing.stderr
    assert stored.count(home) == 30

    analyzed = headless(home, "analyze", TRACE, "--json")
    assert analyzed.returncode == 0, analyzed.stderr
    assert json.loads(analyzed.stdout)

    exported = headless(home, "export", "tables")
    assert exported.returncode == 0, exported.stderr
    with (home / "tables" / "rollouts.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 30
    assert label_rows(home) == labelled
    assert stored.is_whole(home)


def test_a_rollout_is_what_the_server_says_after_the_prefix(tmp_path: Path, server: RealServer) -> None:
    """At temperature 0 there is one such text, and the server itself is asked for it."""
    home = new_study(tmp_path, server, temperature=0.0)
    done = headless(home, "resample", TRACE, "--prefix", "1,3", "-n", "1", "--no-judge", "--no-check")
    assert drew_all(done), done.stderr
    for index, prefix in CUT.items():
        prompt = f"{QUESTION}\n\n{prefix}"
        own = ask(server, "/completions", {"prompt": prompt, "max_tokens": 8, "temperature": 0, "top_p": 1})
        rows = stored.rows(home, "SELECT text, prompt_tokens FROM rollouts WHERE prefix_idx = ?", index)
        assert rows == [(own["choices"][0]["text"], own["usage"]["prompt_tokens"])]


def test_a_template_renders_the_prompt_as_the_server_does(tmp_path: Path, server: RealServer) -> None:
    """Before the first sentence of a response without tags the server itself can be asked for the same, in chat."""
    home = new_study(tmp_path, server, temperature=0.0, template=str(server.template))
    done = headless(home, "resample", UNTAGGED, "--prefix", "0-1", "-n", "1", "--no-judge", "--no-check")
    assert drew_all(done), done.stderr
    rows = stored.rows(home, "SELECT text, prompt_tokens FROM rollouts ORDER BY prefix_idx")
    question = {"messages": [{"role": "user", "content": QUESTION}], "max_tokens": 8, "temperature": 0, "top_p": 1}
    own = ask(server, "/chat/completions", question)
    assert rows[0] == (own["choices"][0]["message"]["content"], own["usage"]["prompt_tokens"])
    said = ask(server, "/completions", {"prompt": "The second.", "max_tokens": 1})["usage"]["prompt_tokens"]
    assert rows[1][1] == rows[0][1] + said, "the prefix is in the open turn, and nothing closes it"


def test_one_seed_gives_one_text_and_n_is_counted(server: RealServer) -> None:
    body = {"prompt": "The", "max_tokens": 8, "temperature": 0.6, "top_p": 1, "seed": 5, "n": 3}
    first, second = ask(server, "/completions", body), ask(server, "/completions", body)
    assert len(first["choices"]) == server.kind.choices_of_three
    assert [choice["text"] for choice in first["choices"]] == [choice["text"] for choice in second["choices"]]


def test_a_judge_that_talks_noise_decides_nothing(tmp_path: Path, server: RealServer) -> None:
    home = new_study(tmp_path, server)
    settings = (home / "turnpoint.toml").read_text("utf-8")
    # A closing tag that noise does write, so that there is something to judge.
    tags = '[reasoning]\ntags = [["<think>", "e"]]\n[judge]\nwhen = "always"\nmax_votes = 2\n'
    (home / "turnpoint.toml").write_text(settings.replace("max_tokens = 8", "max_tokens = 24") + tags, "utf-8")
    done = headless(home, "resample", TRACE, "--prefix", "2", "-n", "1", "--no-check")
    assert drew_all(done), done.stderr
    votes = stored.rows(home, "SELECT DISTINCT verdict FROM judge_votes")
    outcomes = stored.rows(home, "SELECT DISTINCT value FROM outcomes WHERE behavior = 'alignment_faking'")
    assert votes == [("unclear",)]
    assert outcomes == [(None,)]
    assert stored.unjudged(home) == 0


def test_the_check_proves_that_completions_continue(tmp_path: Path, server: RealServer) -> None:
    verdict, states = checked(new_study(tmp_path, server))
    assert verdict == "continues"
    honoured = server.kind.choices_of_three == 3
    assert states["n is honoured"] == ("passed" if honoured else "failed")
    assert states["seed is honoured"] == "passed"
    for name in ("no new turn is opened", "<think> is kept", "white space at the end is kept", "samples differ"):
        assert states[name] == "passed", name


@pytest.mark.where("refuses_long_prompts")
def test_a_prompt_that_is_too_long_costs_its_prefix_alone(tmp_path: Path, server: RealServer) -> None:
    home = new_study(tmp_path, server)
    done = headless(home, "resample", LONG, "--all", "-n", "2", "--no-judge", "--no-check")
    assert done.returncode == 1, done.stdout
    assert stored.per_prefix(home, LONG) == {0: 2, 1: 2}
    assert stored.rows(home, "SELECT DISTINCT prefix_idx, kind FROM failures") == [(2, "context_length")]


@pytest.mark.where("starts_at_once")
def test_a_server_that_is_killed_and_comes_back(tmp_path: Path, kind: Kind, models: Path) -> None:
    with running(kind, models) as server:
        home = new_study(tmp_path, server)
        process = start(home, "resample", TRACE, "--all", "-n", str(N), "--no-judge", "--no-check")
        wait_until(lambda: stored.count(home) >= N or process.poll() is not None, "get some way")
        server.end()
        arrived = stored.rollouts(home)
    assert len(arrived) < PREFIXES * N
    with running(kind, models, server.port):
        _, said = process.communicate(timeout=100)
    assert process.returncode == 0 or "decided on none of" in said, said
    assert "Traceback" not in said
    assert stored.per_prefix(home, TRACE) == dict.fromkeys(range(PREFIXES), N)
    assert arrived.items() <= stored.rollouts(home).items()
    assert stored.is_whole(home)
