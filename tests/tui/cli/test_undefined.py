"""What is undefined is empty or null wherever it goes out, beside the count that says why; never NaN, never 0."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

from core.export.reader import read_table
from core.export.table import PROSE
from core.export.tables import ESTIMATE_TABLES, TABLES
from core.store.database import Store
from tests.core.analysis.stored import complied, keep, make_trace, sample
from tests.core.export.ragged_store import RAGGED, TRACES, build
from tests.core.similarity.fake import WordEncoder
from tests.tui.cli.calling import done

NO_NUMBER = re.compile(r"[+-]?(nan|inf|infinity|none|null|-0(\.0*)?|<na>)", re.IGNORECASE)
IN_TEXT = re.compile(r"(?<![\w.])(nan|[+-]?inf|None|null|-0\.0+)(?![\w.])")

# Cells that a count of 0 leaves empty, by table and count.
NEEDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "prefix_rates.csv": {"n": ("rate", "wilson_low", "wilson_high")},
    "directions.csv": {
        "n_before": ("rate_before", "direction", "low", "high"),
        "n_after": ("rate_after", "direction", "low", "high"),
    },
    "importance.csv": {
        "n_before": ("rate_before", "resampling", "resampling_low", "resampling_high", "resampling_p", "resampling_q"),
        "n_after": ("rate_after", "resampling", "counterfactual", "importance", "paraphrase", "kl", "kl_null"),
        "n_replaced": ("counterfactual", "counterfactual_low", "counterfactual_p", "counterfactual_q", "importance"),
        "n_paraphrased": ("paraphrase", "paraphrase_low", "paraphrase_high"),
        "n_rollouts": ("different_trajectories_fraction", "overdeterminedness"),
    },
    "alternatives.csv": {"n": ("rate", "wilson_low", "wilson_high")},
    "links.csv": {"n_after": ("influence",), "n_before": ("influence",)},
    "resilience.csv": {
        "n_returned": ("resilience", "resilience_low", "resilience_high"),
        "n_after": ("counterfactual_plus_plus", "counterfactual_plus_plus_p", "counterfactual_plus_plus_q"),
        "n_survived": ("counterfactual_plus_plus", "counterfactual_plus_plus_low", "counterfactual_plus_plus_high"),
    },
}


@pytest.fixture(autouse=True)
def ragged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database, and an encoder that knows no sentence but by its words."""
    encoder = WordEncoder()
    monkeypatch.setattr("core.similarity.cache.open_encoder", lambda _: encoder)
    build(Path("turnpoint.db")).close()


def refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is no JSON")


def numbers(value: Any) -> Iterator[float]:
    """Every number of a JSON value."""
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from numbers(inner)
    if isinstance(value, float):
        yield value


def strict(text: str) -> Any:
    """Parse JSON that holds no NaN, no infinity and no minus zero."""
    value = json.loads(text, parse_constant=refuse)
    assert not any(math.copysign(1, number) < 0 for number in numbers(value) if number == 0)
    return value


def exported(*options: str) -> dict[str, list[dict[str, str | None]]]:
    done("export", "out", *options)
    return {path.name: read_table(path) for path in Path("out").glob("*.csv")}


def test_no_cell_of_any_table_is_a_word_for_nothing() -> None:
    tables = exported("--estimates")
    assert set(tables) == {table.name for table in (*TABLES, *ESTIMATE_TABLES)}
    for name, rows in tables.items():
        for row in rows:
            for column, cell in row.items():
                assert column in PROSE or cell is None or not NO_NUMBER.fullmatch(cell), (name, row)


def test_a_count_of_0_leaves_what_needs_it_empty_and_stands_beside_it() -> None:
    tables = exported("--estimates")
    for name, needs in NEEDS.items():
        empty = 0
        for row in tables[name]:
            for count, cells in needs.items():
                assert row[count] is not None, (name, row)
                if row[count] == "0":
                    empty += 1
                    assert [row[cell] for cell in cells] == [None] * len(cells), (name, count, row)
        # A link is left out where a side has nothing, so there it is the row that is missing.
        assert bool(empty) == (name != "links.csv"), name


def test_what_has_its_counts_has_its_number() -> None:
    tables = exported("--estimates")
    for row in tables["prefix_rates.csv"]:
        assert (row["rate"] is None) == (row["n"] == "0")
    for row in tables["directions.csv"]:
        assert (row["direction"] is None) == ("0" in (row["n_before"], row["n_after"]))
    for row in tables["importance.csv"]:
        assert (row["resampling"] is None) == ("0" in (row["n_before"], row["n_after"]))
        enough = int(row["n_replaced"] or 0) >= 5 and row["n_after"] != "0"
        assert (row["counterfactual"] is not None) == enough
        assert (row["turning_point"] is None) == (row["q"] is None)
    for row in tables["resilience.csv"]:
        assert (row["resilience"] is None) == (row["n_returned"] == "0")
        enough = int(row["n_survived"] or 0) >= 5 and row["n_after"] != "0"
        assert (row["counterfactual_plus_plus"] is not None) == enough


def test_the_turn_is_found_and_the_gaps_around_it_stay_gaps() -> None:
    found = {
        int(row["sentence_idx"] or 0): row
        for row in exported("--estimates")["importance.csv"]
        if (row["trace_id"], row["behavior"]) == ("ragged", "compliance")
    }
    assert (found[5]["counterfactual"], found[5]["turning_point"]) == ("1.0", "1")
    # Sentence 3 is said every time: nothing to compare with, though 6 rollouts were drawn.
    assert (found[3]["counterfactual"], found[3]["n_dissimilar"], found[3]["n_rollouts"]) == (None, "0", "6")
    assert (found[0]["n_rollouts"], found[0]["overdeterminedness"], found[0]["turning_point"]) == ("0", None, None)
    assert found[1]["n_dissimilar"] == "6"
    assert found[1]["n_replaced"] == "0"
    # The model said nothing at all instead of sentence 7, and nothing is known of the prefix after it.
    assert (found[7]["n_replaced"], found[7]["n_after"], found[7]["counterfactual"]) == ("6", "0", None)


def test_a_behavior_that_nobody_judged_has_no_estimates_and_its_rates_are_gaps() -> None:
    tables = exported("--estimates")
    assert {row["behavior"] for row in tables["importance.csv"] if row["trace_id"] == "single"} == {"compliance"}
    assert not any(row["trace_id"] in ("empty", "untouched", "unjudged") for row in tables["importance.csv"])
    gaps = [row for row in tables["prefix_rates.csv"] if row["trace_id"] == "unjudged"]
    assert {(row["n"], row["rate"], row["judge_id"]) for row in gaps} == {("0", None, None)}
    assert {row["n_rollouts"] for row in gaps} == {"0", "2"}


def test_tables_without_text_hold_none() -> None:
    tables = exported("--estimates", "--no-text")
    assert all(not PROSE & set(row) for rows in tables.values() for row in rows)
    assert "Something else" not in "".join(path.read_text(encoding="utf-8") for path in Path("out").iterdir())


@pytest.mark.parametrize("options", [(), ("--importance",)])
def test_analyses_are_strict_json_with_null_for_what_is_undefined(options: tuple[str, ...]) -> None:
    for trace in TRACES:
        (report,) = strict(done("analyze", trace.id, *options, "--json").out)
        for entry in report["prefixes"]:
            assert (entry["rate"] is None) == (entry["n"] == 0)
            assert (entry["wilson"] is None) == (entry["n"] == 0)
            assert (entry["direction"] is None) == (entry["newcombe"] is None)
        for found in report.get("importance", {}).values():
            for row in found["rows"]:
                for contrast in (row["resampling"], row["counterfactual"], row["paraphrase"]):
                    empty_arm = 0 in (contrast["kept"][1], contrast["without"][1])
                    assert contrast["value"] is None if empty_arm else True
                    assert (contrast["value"] is None) == (contrast["interval"] is None)
                assert row["turning_point"] is False or row["q"] is not None


def test_printed_analyses_show_nothing_for_what_is_undefined() -> None:
    said = done("analyze", *[trace.id for trace in TRACES], "--importance").out
    assert "ragged" in said
    assert IN_TEXT.findall(said) == []


def test_a_direction_that_rounds_to_0_has_no_minus() -> None:
    with Store.open("turnpoint.db") as store:
        keep(store, make_trace("slight", ["I hardly turn."]))
        for prefix, k in ((0, 2), (1, 1)):
            sample(store, "slight", prefix, complied(*["complied"] * k, *["refused"] * (300 - k)))
    said = done("analyze", "slight", "--importance").out
    assert "+0.00  [-0.02, +0.01]" in said
    assert IN_TEXT.findall(said) == []


def test_site_folders_are_strict_json_with_null_for_what_is_undefined() -> None:
    done("export", "site", "--format", "thought-anchors", "--behavior", "compliance")
    folders = sorted(Path("site").iterdir())
    assert len(folders) == 3
    for folder in folders:
        files = {path.name: strict(path.read_text(encoding="utf-8")) for path in folder.iterdir()}
        for row in files["chunks_labeled.json"]:
            assert (row["accuracy"] is None) == (row["turnpoint_n"] == 0)
            suppression, direction = row["counterfactual_importance_accuracy"], row["turnpoint_direction"]
            assert suppression == (None if direction is None else -direction)
    rows = json.loads((Path("site/scenario_0") / "chunks_labeled.json").read_text(encoding="utf-8"))
    assert len(rows) == len(RAGGED.sentences)
    assert [row["turnpoint_direction"] for row in rows] == [None] * 5 + [1.0, 0.0, None]


def test_no_stored_value_is_a_word_for_nothing_or_beyond_all_numbers() -> None:
    done("export", "out", "--estimates")
    with Store.open("turnpoint.db") as store:
        tables = [row["name"] for row in store.read.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%STRICT%'")]
        for table in tables:
            for row in store.read.execute(f"SELECT * FROM {table}"):
                for column in row.keys():  # noqa: SIM118 - a row iterates over its values
                    value = row[column]
                    assert not isinstance(value, str) or not NO_NUMBER.fullmatch(value), (table, column)
                    assert not isinstance(value, float) or math.isfinite(value), (table, column)
        undecided = store.read.execute(
            "SELECT DISTINCT outcome FROM outcomes WHERE value IS NULL ORDER BY outcome"
        ).fetchall()
        assert [row[0] for row in undecided] == ["error", "no_decision", "truncated", "unclear"]
