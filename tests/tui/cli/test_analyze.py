"""`turnpoint analyze`: the numbers are those that anyone would count from the rows."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from core.resampling.samples import CONFIRM_BASE
from core.store.database import Store
from tests.core.analysis.stored import COLD, WARM, complied, give_up, keep, make_trace, sample
from tests.tui.cli.calling import SAMPLES, done, turnpoint

Z = 1.959963984540054


def wilson(k: int, n: int) -> tuple[float, float]:
    p, z2 = k / n, Z * Z
    middle, half = (p + z2 / (2 * n)), Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return (middle - half) / (1 + z2 / n), (middle + half) / (1 + z2 / n)


def newcombe(k: int, n: int, k_after: int, n_after: int) -> tuple[float, float]:
    before, after, change = k / n, k_after / n_after, k_after / n_after - k / n
    low, high = wilson(k, n)
    low_after, high_after = wilson(k_after, n_after)
    return (
        change - sqrt((after - low_after) ** 2 + (high - before) ** 2),
        change + sqrt((high_after - after) ** 2 + (before - low) ** 2),
    )


@pytest.fixture
def small() -> Iterator[Store]:
    """Compliance is 1/4 at prefix 0, 20/20 at prefix 1, undecided at 2, a gap at 3; four rollouts are apart."""
    with Store.open("turnpoint.db") as store:
        keep(store, make_trace("turning", ["One.", " Two,\x1b[31m red.", " Three."]), make_trace("bare", ["One."]))
        sample(store, "turning", 0, complied("complied", *["refused"] * 3, "no_decision", "truncated"))
        give_up(store, "turning", 0, 9)
        sample(store, "turning", 1, complied(*["complied"] * 20))
        sample(store, "turning", 2, complied("truncated"))
        yield store


def report(*args: object) -> dict[str, Any]:
    (found,) = done("analyze", *args, "--json").json
    assert isinstance(found, dict)
    return found


def entries(found: dict[str, Any], behavior: str = "compliance") -> dict[int, dict[str, Any]]:
    return {entry["prefix_idx"]: entry for entry in found["prefixes"] if entry["behavior"] == behavior}


def test_rollouts_that_restarted_are_in_no_rate_and_named(small: Store) -> None:
    sample(small, "turning", 0, complied("restarted", "restarted"), first=20)
    entry = entries(report("turning"))[0]
    assert (entry["k"], entry["n"], entry["n_restarted"]) == (1, 4, 2)
    said = done("analyze", "turning").out
    assert "2 rollouts restarted the reasoning, and count nowhere: `turnpoint check` says" in said


def test_rollouts_that_were_filtered_are_in_no_rate_and_named(small: Store) -> None:
    sample(small, "turning", 0, complied("filtered", "filtered", "filtered"), first=20)
    entry = entries(report("turning"))[0]
    assert (entry["k"], entry["n"], entry["n_filtered"]) == (1, 4, 3)
    said = done("analyze", "turning").out
    assert "3 rollouts filtered by the server, and in no rate: the rates are of what was let through" in said


def test_a_rate_is_k_of_n_decided_with_the_others_counted_apart(small: Store) -> None:
    entry = entries(report("turning"))[0]
    assert (entry["k"], entry["n"], entry["rate"]) == (1, 4, 0.25)
    assert (entry["n_no_decision"], entry["n_truncated"], entry["n_error"]) == (1, 1, 1)
    assert entry["wilson"] == pytest.approx(wilson(1, 4))


def test_a_direction_is_the_change_of_the_rate_with_its_newcombe_interval(small: Store) -> None:
    found = report("turning")
    entry = entries(found)[0]
    assert entry["direction"] == 0.75
    assert entry["newcombe"] == pytest.approx(newcombe(1, 4, 20, 20))
    assert found["big_changes"] == [0]


def test_an_undecided_prefix_has_no_rate_and_an_unsampled_one_no_entry(small: Store) -> None:
    found = entries(report("turning"))
    assert (found[2]["n"], found[2]["rate"], found[2]["wilson"]) == (0, None, None)
    assert found[1]["direction"] is None
    assert 3 not in found


def test_the_table_shows_the_same(small: Store) -> None:
    lines = done("analyze", "turning").out.splitlines()
    assert lines[0] == "turning · free tier · original prompt · lab · small-model · temperature 0.6"
    rows = {line.split()[0]: line for line in lines[2:6]}
    low, high = wilson(1, 4)
    assert rows["0*"].split()[1:6] == ["0.25", "(1/4)", "+3", f"[{low:.2f},", f"{high:.2f}]"]
    assert "+0.75" in rows["0*"]
    assert re.search(r"2 +\+1 +Three", rows["2"])
    assert re.fullmatch(r" +3 +\(the whole reasoning\)", rows["3"])
    assert "␛[31m" in rows["1"]
    assert lines[6] == "+n  drawn but undecided: no decision, cut off, restarted, filtered, or given up"


def test_a_resampled_trace_has_the_rates_of_its_rows() -> None:
    done("import", SAMPLES / "traces.jsonl")
    done("resample", "zoo-essay-free", "--prefix", "8-14", "-n", "12")
    counted: dict[tuple[str, int], list[int]] = {}
    connection = sqlite3.connect("turnpoint.db")
    for behavior, prefix, value in connection.execute(
        "SELECT behavior, prefix_idx, value FROM outcomes JOIN rollouts ON rollouts.id = rollout_id"
    ):
        if value is not None:
            counted.setdefault((behavior, prefix), []).append(value)
    connection.close()
    found = report("zoo-essay-free")
    assert {(entry["behavior"], entry["prefix_idx"]) for entry in found["prefixes"]} == set(counted)
    for entry in found["prefixes"]:
        values = counted[entry["behavior"], entry["prefix_idx"]]
        assert (entry["k"], entry["n"]) == (sum(values), len(values))
        assert entry["rate"] == sum(values) / len(values)
        after = counted.get((entry["behavior"], entry["prefix_idx"] + 1))
        change = None if after is None else sum(after) / len(after) - entry["rate"]
        assert entry["direction"] == (None if change is None else pytest.approx(change))


def test_numbers_of_the_simulator_say_that_they_are_synthetic() -> None:
    done("import", SAMPLES / "traces.jsonl")
    done("resample", "zoo-essay-free", "--prefix", "3", "-n", "1", "--no-judge")
    assert "simulator (synthetic) · synthetic-reasoner" in done("analyze").out.splitlines()[0]


def test_without_a_trace_those_with_rollouts_are_shown(small: Store) -> None:
    assert [found["trace_id"] for found in done("analyze", "--json").json] == ["turning"]
    assert done("analyze", "bare").out == "bare · free tier · original prompt · no rollouts\n"
    assert report("bare")["prefixes"] == []


def test_settings_are_those_of_the_endpoint_named_or_else_the_most_used(small: Store) -> None:
    sample(small, "turning", 0, complied("complied"), settings=COLD)
    assert report("turning")["settings"]["id"] == WARM.id
    assert report("turning", "--settings", COLD.id)["settings"]["id"] == COLD.id
    Path("turnpoint.toml").write_text(
        'default_endpoint = "cold"\n[endpoints.cold]\nbase_url = "http://lab.example/v1"\nmodel = "small-model"\n'
        'mode = "completions"\ntemperature = 0.0\nmax_tokens = 256\n',
        encoding="utf-8",
    )
    assert report("turning")["settings"]["id"] == COLD.id


def test_a_server_in_the_environment_is_no_hindrance(small: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://lab.example/v1")
    assert report("turning")["settings"]["id"] == WARM.id


def test_what_is_not_there_is_refused_by_name(small: Store) -> None:
    ghost = turnpoint("analyze", "ghost")
    assert (ghost.code, ghost.refusal) == (2, "no trace 'ghost' in this database; `turnpoint traces` lists them.")
    cold = turnpoint("analyze", "turning", "--settings", COLD.id)
    assert cold.code == 2
    assert cold.refusal == f"trace 'turning' has no rollouts under settings '{COLD.id}'; it has: {WARM.id}."


def test_a_database_without_rollouts_says_how_to_get_some() -> None:
    done("import", SAMPLES / "nasty.jsonl")
    ran = turnpoint("analyze")
    assert (ran.code, ran.refusal) == (2, "no trace has rollouts yet; `turnpoint resample TRACE --all` draws some.")


def test_recycled_rollouts_are_counted_only_when_asked_for_and_marked(small: Store) -> None:
    sample(small, "turning", 0, complied("refused", "refused"), texts=["One. But.", "One. So."], first=50)
    plain, recycled = report("turning"), report("turning", "--recycle")
    assert (plain["counts_recycled"], recycled["counts_recycled"]) == (False, True)
    before, after = entries(plain)[1], entries(recycled)[1]
    assert (before["k"], before["n"], before["n_recycled"]) == (20, 20, 0)
    assert (after["k"], after["n"], after["k_recycled"], after["n_recycled"]) == (20, 22, 0, 2)
    assert after["wilson"] == pytest.approx(wilson(20, 22))
    assert (after["direction"], entries(recycled)[0]["direction"]) == (
        before["direction"],
        entries(plain)[0]["direction"],
    )
    printed = done("analyze", "turning", "--recycle").out
    assert "0.91 (20/22 ~2)" in printed
    assert "~n  of these, n are recycled" in printed
    assert "~" not in done("analyze", "turning").out


def test_what_fresh_rollouts_confirm_is_reported_with_the_rates(small: Store) -> None:
    assert report("turning")["confirmed"] == []
    assert "fresh" not in done("analyze", "turning").out
    for prefix, word in enumerate(("refused", "complied")):
        sample(small, "turning", prefix, complied(*[word] * 20), first=CONFIRM_BASE)
    (one,) = report("turning")["confirmed"]
    assert (one["sentence_idx"], one["behavior"]) == (0, "compliance")
    assert (one["fresh"]["without"], one["fresh"]["kept"], one["fresh"]["value"]) == ([0, 20], [20, 20], 1.0)
    assert one["pooled"]["without"] == [1, 24]
    lines = done("analyze", "turning").out.splitlines()
    said = next(i for i, line in enumerate(lines) if line.startswith("1 direction from fresh rollouts alone"))
    assert lines[said + 2].split()[:3] == ["0", "compliance", "+1.00"]
