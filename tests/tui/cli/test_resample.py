"""`turnpoint resample`: exactly the rollouts that were asked for, never one twice, never one too many."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.tui.cli.calling import done, turnpoint

TRACE = "zoo-essay-free"
N_PREFIXES = 20
UNPRICED = """
[endpoints.lab]
base_url = "http://127.0.0.1:9/v1"
model = "small"
"""


def rows(query: str, *values: object) -> list[tuple[object, ...]]:
    connection = sqlite3.connect("turnpoint.db")
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def per_prefix() -> dict[int, int]:
    return Counter(prefix for (prefix,) in rows("SELECT prefix_idx FROM rollouts WHERE trace_id = ?", TRACE))  # type: ignore[misc]


def all_rows() -> dict[object, int]:
    tables = [name for (name,) in rows("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%STRICT%'")]
    return {name: len(rows(f"SELECT 1 FROM {name}")) for name in tables}


@pytest.fixture(autouse=True)
def _samples(samples: Path) -> None:
    pass


def test_one_prefix_gets_what_it_is_asked_for() -> None:
    ran = done("resample", TRACE, "--prefix", "7", "-n", "10")
    assert per_prefix() == {7: 10}
    assert ran.out.splitlines()[0].startswith(
        f"{TRACE} at simulator (synthetic): 10 rollouts in 2 calls, up to 10 judge calls, about $0.00"
    )
    assert ran.out.splitlines()[1].startswith("run done: 10 of 10 rollouts, $0.00")


def test_asking_again_draws_nothing_and_asking_for_more_draws_the_rest() -> None:
    done("resample", TRACE, "--prefix", "7", "-n", "5")
    first = rows("SELECT id, sample_idx, seed, text FROM rollouts ORDER BY id")
    assert "0 of 0 rollouts" in done("resample", TRACE, "--prefix", "7", "-n", "5").out
    assert rows("SELECT id, sample_idx, seed, text FROM rollouts ORDER BY id") == first
    assert "3 of 3 rollouts" in done("resample", TRACE, "--prefix", "7", "-n", "8").out
    after = rows("SELECT id, sample_idx, seed, text FROM rollouts ORDER BY id")
    assert after[:5] == first
    assert [sample for (sample,) in rows("SELECT sample_idx FROM rollouts ORDER BY sample_idx")] == list(range(8))
    assert per_prefix() == {7: 8}


def test_drawn_in_two_goes_or_in_one_the_rollouts_are_the_same() -> None:
    done("resample", TRACE, "--prefix", "7", "-n", "3", "--no-judge")
    done("resample", TRACE, "--prefix", "7", "-n", "12", "--no-judge")
    in_two = rows("SELECT sample_idx, seed, text FROM rollouts ORDER BY sample_idx")
    Path("turnpoint.db").rename("two.db")
    done("--db", "turnpoint.db", "import", Path(__file__).parents[3] / "sample_data" / "traces.jsonl")
    done("resample", TRACE, "--prefix", "7", "-n", "12", "--no-judge")
    assert rows("SELECT sample_idx, seed, text FROM rollouts ORDER BY sample_idx") == in_two


@pytest.mark.parametrize(
    ("asked", "prefixes"),
    [
        (["--prefix", "0"], [0]),
        (["--prefix", "17-19"], [17, 18, 19]),
        (["--prefix", "3,5,3,8-9"], [3, 5, 8, 9]),
        (["--prefix", "all"], list(range(N_PREFIXES))),
        (["--all"], list(range(N_PREFIXES))),
    ],
)
def test_prefixes_are_named_one_by_one_in_ranges_or_all(asked: list[str], prefixes: list[int]) -> None:
    done("resample", TRACE, *asked, "-n", "1", "--no-judge")
    assert per_prefix() == dict.fromkeys(prefixes, 1)


def test_max_rollouts_is_a_cap_on_one_run() -> None:
    ran = done("resample", TRACE, "--prefix", "3-5", "-n", "4", "--max-rollouts", "5", "--no-judge")
    assert "run stopped: 5 of 12 rollouts" in ran.out
    assert "the cap of 5 rollouts is reached; what was sampled is kept, run it again to go on." in ran.out
    assert sum(per_prefix().values()) == 5
    done("resample", TRACE, "--prefix", "3-5", "-n", "4", "--max-rollouts", "5", "--no-judge")
    done("resample", TRACE, "--prefix", "3-5", "-n", "4", "--max-rollouts", "5", "--no-judge")
    assert per_prefix() == {3: 4, 4: 4, 5: 4}


def test_a_cap_of_nothing_draws_nothing() -> None:
    assert "run stopped: 0 of 4" in done("resample", TRACE, "--prefix", "3", "-n", "4", "--max-rollouts", "0").out
    assert per_prefix() == {}


def test_a_cost_cap_of_nothing_lets_a_free_endpoint_work() -> None:
    done("resample", TRACE, "--prefix", "3", "-n", "4", "--max-cost", "0")
    assert per_prefix() == {3: 4}


def test_a_cost_cap_needs_prices_and_sends_nothing_without() -> None:
    Path("turnpoint.toml").write_text(UNPRICED, encoding="utf-8")
    before = all_rows()
    ran = turnpoint("resample", TRACE, "--prefix", "3", "-e", "lab", "--max-cost", "0")
    assert ran.code == 2
    assert ran.refusal == "a cost cap needs prices; set price_prompt and price_completion of the endpoint lab."
    assert all_rows() == before


def test_a_price_that_a_request_could_pass_stops_the_run_before_it() -> None:
    Path("turnpoint.toml").write_text(
        "[endpoints.simulator]\nprice_prompt = 1.0\nprice_completion = 10.0\nmax_tokens = 500\nn_per_request = 2\n",
        encoding="utf-8",
    )
    ran = done("resample", TRACE, "--prefix", "3", "-n", "50", "--max-cost", "0.05", "--no-judge")
    assert "run stopped:" in ran.out
    assert "the next request could pass the cost cap of $0.05" in ran.out
    ((drawn, spent),) = rows("SELECT count(*), sum(cost) FROM rollouts")
    assert isinstance(drawn, int) and isinstance(spent, float)
    assert 0 < drawn < 50
    assert spent <= 0.05


def test_a_dry_run_stores_nothing_and_says_what_it_would_take() -> None:
    before = all_rows()
    assert done("resample", TRACE, "--all", "-n", "3", "--dry-run").out.startswith(
        f"{TRACE} at simulator (synthetic): 60 rollouts in 20 calls, up to 60 judge calls, about $0.00"
    )
    plan = done("resample", TRACE, "--prefix", "0-1", "-n", "3", "--dry-run", "--json").json
    assert (plan["rollouts"], plan["calls"], plan["judgements"], plan["cost"]) == (6, 2, 6, 0.0)
    assert [prefix["missing"] for prefix in plan["prefixes"]] == [[[0, 3]]] * 2
    assert all_rows() == before


def test_the_result_is_data_too() -> None:
    result = done("resample", TRACE, "--prefix", "3", "-n", "4", "--json").json
    assert (result["status"], result["reason"]) == ("done", "")
    assert (result["progress"]["rollouts_done"], result["progress"]["judgements_done"]) == (4, 4)
    assert result["progress"]["spend"] == 0.0


def test_every_row_says_what_made_it() -> None:
    done("resample", TRACE, "--prefix", "3", "-n", "2")
    ((model, seed, run_id, settings_id),) = set(
        rows("SELECT model, seed - sample_idx, run_id, settings_id FROM rollouts")
    )
    assert model == "synthetic-reasoner"
    assert isinstance(seed, int)
    assert rows("SELECT kind, status, settings_id FROM runs WHERE id = ?", run_id) == [
        ("resample", "done", settings_id)
    ]
    assert rows("SELECT endpoint, base_url, mode FROM sampling_settings WHERE id = ?", settings_id) == [
        ("simulator", "simulator:", "chat-prefill")
    ]


def test_without_the_judge_compliance_alone_is_measured_and_the_judge_can_come_later() -> None:
    done("resample", TRACE, "--prefix", "3", "-n", "6", "--no-judge")
    assert set(rows("SELECT DISTINCT behavior FROM outcomes")) == {("compliance",)}
    done("resample", TRACE, "--prefix", "3", "-n", "6")
    assert sorted(rows("SELECT behavior, count(*) FROM outcomes GROUP BY behavior")) == [
        ("alignment_faking", 6),
        ("compliance", 6),
    ]
    assert per_prefix() == {3: 6}


def test_other_sampling_settings_have_rollouts_of_their_own() -> None:
    done("resample", TRACE, "--prefix", "3", "-n", "2", "--no-judge")
    Path("turnpoint.toml").write_text("[endpoints.simulator]\ntemperature = 1.0\n", encoding="utf-8")
    done("resample", TRACE, "--prefix", "3", "-n", "2", "--no-judge")
    assert rows("SELECT count(*), count(DISTINCT settings_id) FROM rollouts") == [(4, 2)]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["ghost", "--all"], "no trace 'ghost' in this database; `turnpoint traces` lists them."),
        ([TRACE], "say which prefixes: --prefix 18, --prefix 10-20, or --all."),
        ([TRACE, "--all", "--prefix", "3"], "say which prefixes: --prefix 18, --prefix 10-20, or --all."),
        ([TRACE, "--prefix", "20"], "there is no prefix 20; this trace has 0 to 19."),
        ([TRACE, "--prefix", "9-3"], "9-3 runs backwards; write 3-9."),
        (
            [TRACE, "--prefix", "first"],
            "'first' names no prefixes; write a list such as 18, 10-20 or 3,5,8-10, or all.",
        ),
        (
            [TRACE, "--all", "-n", "0"],
            "invalid value for '-n': 0 is not in the range x>=1; `turnpoint resample --help` shows how it is called.",
        ),
        (
            [TRACE, "--all", "-e", "simulater"],
            'there is no endpoint "simulater" in turnpoint.toml; did you mean simulator?',
        ),
    ],
)
def test_a_wrong_call_is_refused_in_one_sentence_and_changes_nothing(args: list[str], reason: str) -> None:
    before = all_rows()
    ran = turnpoint("resample", *args)
    assert (ran.code, ran.refusal) == (2, reason)
    assert all_rows() == before


def test_a_server_that_wants_a_key_is_not_asked_without_one() -> None:
    Path("turnpoint.toml").write_text(
        '[endpoints.far]\nbase_url = "https://far.example/v1"\nmodel = "m"\napi_key_env = "FAR_KEY"\n', encoding="utf-8"
    )
    ran = turnpoint("resample", TRACE, "--prefix", "3", "-n", "1", "-e", "far")
    assert ran.code == 1
    assert ran.err == (
        "turnpoint: run failed: 0 of 1 rollouts, price unknown;"
        " far: no API key for https://far.example/v1; set the environment variable FAR_KEY.\n"
    )
    assert per_prefix() == {}


class Refusing(BaseHTTPRequestHandler):
    """A server that takes no key."""

    def do_POST(self) -> None:
        body = json.dumps({"error": {"message": f"bad key {self.headers['Authorization']}"}}).encode()
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def refusing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def test_a_server_that_refuses_the_key_fails_the_run_and_the_key_is_shown_nowhere(
    refusing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-top-secret-1234")
    ran = turnpoint("--base-url", refusing, "--model", "m", "resample", TRACE, "--prefix", "3", "-n", "1")
    assert ran.code == 1
    assert (
        f"{refusing} refused the API key (401: bad key Bearer [key]); check the environment variable OPENAI_API_KEY."
        in ran.err
    )
    assert per_prefix() == {}
    assert "top-secret" not in ran.out + ran.err
    assert not any(b"top-secret" in path.read_bytes() for path in Path().glob("turnpoint.db*"))


CHAT = ("--base-url", "https://api.openai.com/v1", "--model", "gpt-4o")


@pytest.mark.parametrize(
    "how", [("--all",), ("--prefix", "3", "--dry-run"), ("--adaptive",), ("--adaptive", "--dry-run")]
)
def test_an_endpoint_that_cannot_continue_is_refused_before_anything_is_sent(how: tuple[str, ...]) -> None:
    ran = turnpoint(*CHAT, "resample", TRACE, *how)
    assert ran.code == 2
    assert ran.refusal.startswith("the endpoint api.openai.com cannot continue a prefix: OpenAI's chat begins a new")
    assert rows("SELECT 1 FROM runs") == []


@pytest.mark.parametrize(
    ("template", "said"),
    [("{{ raise_exception('no system role') }}", "no system role"), (None, "there is no such tokenizer folder")],
)
def test_a_template_that_is_of_no_use_is_refused_before_anything_is_sent(template: str | None, said: str) -> None:
    Path("turnpoint.toml").write_text(f'{UNPRICED}template = "tok"\n', encoding="utf-8")
    if template is not None:
        Path("tok").mkdir()
        Path("tok/chat_template.jinja").write_text(template, encoding="utf-8")
    ran = turnpoint("resample", TRACE, "-e", "lab", "--all")
    assert ran.code == 2
    assert said in ran.refusal
    assert rows("SELECT 1 FROM runs") == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("resample", TRACE, "--all", "-n", "1001"), "20,020 rollouts"),
        (("resample", TRACE, "--prefix", "7", "-n", "20001"), "20,001 rollouts"),
        (("resample", TRACE, "--adaptive", "-n", "1001"), "up to 20,020 rollouts"),
        (("collect", "-n", "500"), "92,000 rollouts"),
    ],
)
def test_a_large_run_has_to_be_meant(command: tuple[str, ...], said: str) -> None:
    ran = turnpoint(*command)
    assert ran.code == 2
    assert ran.err == f"turnpoint: this is a large run, {said}: add --yes if it is meant, or cap it lower.\n"
    assert rows("SELECT id FROM runs") == []
    assert rows("SELECT id FROM traces WHERE source LIKE '%scenario%'") == []
    capped = done(*command, "--max-rollouts", "2", "--no-judge")
    assert "run stopped: 2 of" in capped.out
    assert done(*command, "--yes", "--max-rollouts", "0").code == 0
    assert turnpoint(*command, "--dry-run").code == 0


def test_a_trace_without_a_prompt_is_sampled_only_if_that_is_meant() -> None:
    Path("answer.txt").write_text("<think>I go. I come.</think>Yes.", encoding="utf-8")
    done("import", "answer.txt")
    ran = turnpoint("resample", "answer", "--all", "-n", "1")
    assert (ran.code, ran.refusal) == (
        2,
        "trace answer has no prompt, so that rates would mean nothing; `turnpoint import FILE --prompt PROMPT` gives"
        " it one, and --no-prompt samples without.",
    )
    assert "no prompt" in done("traces").out
    assert [one["has_prompt"] for one in done("traces", "--json").json if one["id"] == "answer"] == [False]
    assert done("resample", "answer", "--all", "-n", "1", "--no-prompt").out.startswith(
        "answer (no prompt) at simulator"
    )


def test_a_run_that_would_find_no_answer_says_so_first() -> None:
    Path("plan.txt").write_text("<plan>I go. I come.</plan>Yes.", encoding="utf-8")
    Path("question.txt").write_text("Where?", encoding="utf-8")
    done("import", "plan.txt", "--prompt", "question.txt", "--tags", "<plan>,</plan>")
    said = "plan: other tags enclose the reasoning than those that this run looks for, so no answer will be found"
    assert said in turnpoint("resample", "plan", "--prefix", "1", "-n", "1").err
    Path("turnpoint.toml").write_text('[reasoning]\ntags = [["<plan>", "</plan>"]]\n', encoding="utf-8")
    assert said not in turnpoint("resample", "plan", "--prefix", "1", "-n", "1").err
