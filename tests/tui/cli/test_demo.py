"""`turnpoint demo` without a terminal: a resampled trace, its table and its CSVs, from nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from core.export.reader import read_table
from core.serving import smollm2
from tests.tui.cli.calling import Ran, done, turnpoint

DB = Path("turnpoint-demo/turnpoint.db")


def demo(*args: str) -> Ran:
    return done("demo", "--headless", "-n", "2", *args)


def count(table: str) -> int:
    connection = sqlite3.connect(DB)
    try:
        (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    finally:
        connection.close()
    assert isinstance(rows, int)
    return rows


def test_the_demo_needs_nothing_and_leaves_a_database_and_tables() -> None:
    out = demo().out
    assert out.startswith("landlord-review-free · free tier · original prompt · simulator (synthetic)")
    assert "run done: 58 of 58 rollouts, $0.00" in out
    tables, database = DB.resolve().with_name("csv"), DB.resolve()
    assert out.splitlines()[-1] == f"wrote the CSVs to {tables} and the database to {database}"
    assert (count("traces"), count("rollouts")) == (12, 58)
    rates = read_table(Path("turnpoint-demo/csv/prefix_rates.csv"))
    assert {row["n_rollouts"] for row in rates} == {"2"}
    assert len(rates) == 2 * 29


def test_a_second_time_it_draws_nothing_new() -> None:
    demo()
    before = {table: count(table) for table in ("traces", "rollouts", "outcomes", "judge_votes", "sentences")}
    assert "run done: 0 of 0 rollouts" in demo().out
    assert {table: count(table) for table in before} == before
    assert len(read_table(Path("turnpoint-demo/csv/rollouts.csv"))) == 58


def test_without_a_terminal_it_is_headless_of_itself() -> None:
    assert "run done: 58 of 58" in done("demo", "-n", "2").out


def test_afresh_the_old_database_is_kept_beside_the_new() -> None:
    demo()
    demo("--fresh")
    demo("--fresh")
    assert sorted(path.name for path in DB.parent.glob("*.db")) == ["turnpoint-1.db", "turnpoint-2.db", "turnpoint.db"]
    assert count("rollouts") == 58


def test_whatever_the_settings_say_nothing_but_the_simulator_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    Path("turnpoint.toml").write_text(
        'default_endpoint = "paid"\n[judge]\nendpoint = "paid"\n[reasoning]\ntags = [["<a>", "</a>"]]\n'
        '[endpoints.paid]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n'
        '[endpoints.simulator]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n',
        encoding="utf-8",
    )
    assert "run done: 58 of 58 rollouts, $0.00" in demo().out
    assert count("failures") == 0


def test_a_file_in_its_place_is_refused() -> None:
    Path("turnpoint-demo").write_text("mine", encoding="utf-8")
    ran = turnpoint("demo", "--headless")
    assert (ran.code, ran.refusal) == (1, "turnpoint-demo: the demo's folder cannot be made (File exists).")


def test_for_a_machine_it_says_the_same_as_json() -> None:
    said = done("demo", "-n", "3", "--json").json
    assert said["run"]["status"] == "done"
    assert said["run"]["progress"]["rollouts_done"] == 3 * 29
    assert said["rates"]["trace_id"] == "landlord-review-free"
    assert {entry["n"] for entry in said["rates"]["prefixes"]} == {3}
    assert said["rows"]["rollouts.csv"] == 3 * 29
    assert (Path(said["directory"]) / "rollouts.csv").is_file()
    assert Path(said["database"]).is_file()


def test_without_the_real_model_one_sentence_says_how_it_comes_and_nothing_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smollm2, "package_folder", lambda name: None)
    ran = turnpoint("demo", "--real")
    assert ran.code == 1
    assert "run make demo-real" in ran.refusal
    assert list(Path().iterdir()) == []
