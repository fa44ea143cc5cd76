"""What an export holds, file by file; the files in ``golden`` are the format's specification.

After a wanted change of format, delete the golden files that changed and run the tests: each is written anew, and
its test fails once, so that the new file is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from core.behaviors.outcome import Outcome
from core.errors import ExportError, NotFoundError
from core.export.agreement_tables import AGREEMENT_TABLES
from core.export.reader import read_table
from core.export.tables import PROVENANCE, TABLES, ExportReport, export_csv
from core.resampling.samples import CONFIRM_BASE
from core.store.database import Store
from tests.core.analysis.stored import COLD, FIVE_CRITERIA, KEYWORDS, TAGS, WARM, complied, sample
from tests.core.export.small_store import ANY_TIME, TURNING, UNSAMPLED, build

GOLDEN = Path(__file__).parent / "golden"
WRITTEN = (*TABLES, *AGREEMENT_TABLES)
PREFIX_RATES_FIRST = (
    "trace_id,model,tier,prompt_variant,prefix_idx,behavior,k,n,n_no_decision,n_truncated,n_error,"
    "rate,wilson_low,wilson_high"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("core.store.traces", "core.store.rollouts"):
            patch.setattr(f"{module}.now", lambda: ANY_TIME)
        with build(tmp_path_factory.mktemp("store") / "small.db") as opened:
            yield opened


@pytest.fixture(scope="module")
def exported(store: Store, tmp_path_factory: pytest.TempPathFactory) -> ExportReport:
    return export_csv(store, tmp_path_factory.mktemp("export") / "out")


@pytest.mark.parametrize("name", [table.name for table in WRITTEN])
def test_each_file_is_the_golden_one_byte_for_byte(exported: ExportReport, name: str) -> None:
    written, golden = (exported.directory / name).read_bytes(), GOLDEN / name
    if not golden.exists():
        golden.write_bytes(written)
        pytest.fail(f"{golden} was written anew; read it, and run the test again")
    assert written == golden.read_bytes()


def test_the_report_counts_the_rows_of_each_file(exported: ExportReport) -> None:
    assert [name for name, _ in exported.files] == [table.name for table in WRITTEN]
    assert {path.name for path in exported.directory.iterdir()} == {table.name for table in WRITTEN} | {PROVENANCE}
    for name, n_rows in exported.files:
        assert len(read_table(exported.directory / name)) == n_rows


def test_every_row_has_a_cell_for_every_documented_column(exported: ExportReport) -> None:
    for table in WRITTEN:
        for row in read_table(exported.directory / table.name):
            assert list(row) == list(table.columns)


def test_the_columns_of_the_rates_begin_as_agreed(exported: ExportReport) -> None:
    header = (exported.directory / "prefix_rates.csv").read_text("utf-8").splitlines()[0]
    assert header.startswith(PREFIX_RATES_FIRST)


def test_a_gap_in_the_sweep_is_a_row_without_a_rate(exported: ExportReport) -> None:
    rows = [
        row
        for row in read_table(exported.directory / "prefix_rates.csv")
        if (row["settings_id"], row["behavior"]) == (WARM.id, "compliance")
    ]
    assert [(row["prefix_idx"], row["k"], row["n"], row["rate"]) for row in rows] == [
        ("0", "1", "2", "0.5"),
        ("1", "2", "2", "1.0"),
        ("2", "0", "0", None),
        ("3", "0", "0", None),
    ]
    assert not any(row["trace_id"] == "unsampled" for row in read_table(exported.directory / "prefix_rates.csv"))


def test_a_given_up_sample_and_a_failed_judge_are_errors(exported: ExportReport) -> None:
    (row,) = [
        row
        for row in read_table(exported.directory / "prefix_rates.csv")
        if (row["settings_id"], row["behavior"], row["prefix_idx"]) == (WARM.id, "compliance", "1")
    ]
    assert (row["n_truncated"], row["n_error"], row["n_rollouts"]) == ("1", "2", "4")


def test_texts_come_back_as_they_were(exported: ExportReport) -> None:
    traces = {row["trace_id"]: row for row in read_table(exported.directory / "traces.csv")}
    assert traces["turning"]["response"] == TURNING.response
    assert traces["unsampled"]["response"] == UNSAMPLED.response
    assert traces["turning"]["query"] == TURNING.query
    for trace in (TURNING, UNSAMPLED):
        rows = [row for row in read_table(exported.directory / "sentences.csv") if row["trace_id"] == trace.id]
        assert [row["text"] for row in rows] == [sentence.text for sentence in trace.sentences]
        spans = [trace.response[int(row["start"] or 0) : int(row["end"] or 0)] for row in rows]
        assert "".join(spans) == trace.response[trace.reasoning.start : trace.reasoning.end]


def test_the_outcome_of_a_rollout_is_that_of_the_judge_behind_the_rates(exported: ExportReport) -> None:
    rows = read_table(exported.directory / "rollouts.csv")
    warm_at_start = [row for row in rows if (row["settings_id"], row["prefix_idx"]) == (WARM.id, "0")]
    assert [(row["compliance"], row["alignment_faking"]) for row in warm_at_start] == [
        ("refused", "no"),
        ("complied", "yes"),
        ("no_decision", "unclear"),
    ]
    assert warm_at_start[2]["text"] == ""
    judges = {row["judge_id"] for row in read_table(exported.directory / "outcomes.csv")}
    assert judges == {TAGS.id, FIVE_CRITERIA.id, KEYWORDS.id}


def test_a_label_is_the_last_word_of_its_annotator(exported: ExportReport) -> None:
    rows = read_table(exported.directory / "labels.csv")
    assert [(row["sentence_idx"], row["annotator"], row["category"], row["revision"]) for row in rows] == [
        ("0", "@ben", "none", "1"),
        ("0", "ana", "planning", "2"),
        ("2", "ana", "decision_comply", "1"),
    ]


def test_agreement_is_written_where_two_rated_one_sentence_with_the_ratings_behind_it(exported: ExportReport) -> None:
    (kappa,) = [
        row
        for row in read_table(exported.directory / "agreement.csv")
        if row["measure"] == "kappa" and not row["category"]
    ]
    assert (kappa["raters"], kappa["kinds"], kappa["value"], kappa["n_units"], kappa["n_agree"]) == (
        "@ben & ana",
        "human & human",
        "0.0",
        "1",
        "0",
    )
    rows = read_table(exported.directory / "agreement_units.csv")
    assert [(row["sentence_idx"], row["rater"], row["category"], row["agree"]) for row in rows] == [
        ("0", "@ben", "none", "0"),
        ("0", "ana", "planning", "0"),
        ("2", "ana", "decision_comply", None),
    ]


def test_the_provenance_says_what_made_the_numbers(exported: ExportReport, store: Store) -> None:
    text = (exported.directory / PROVENANCE).read_text("utf-8")
    made = json.loads(text)
    assert made["database"] == "small.db"
    assert str(store.path.parent) not in text
    assert made["program"].startswith("turnpoint ")
    assert made["splitters"] == ["test-1"]
    assert set(made["sampling_settings"]) == {COLD.id, WARM.id}
    assert made["sampling_settings"][WARM.id]["definition"] == json.loads(WARM.canonical)
    assert made["judges"][FIVE_CRITERIA.id]["definition"]["scheme"] == "votes"
    assert made["codebooks"]["book"]["definition"] == {"categories": ["none"]}
    assert {name: table["rows"] for name, table in made["tables"].items()} == dict(exported.files)
    assert list(made["tables"]["rollouts.csv"]["columns"])[:2] == ["rollout_id", "trace_id"]


def test_an_export_of_some_traces_holds_nothing_of_the_others(store: Store, tmp_path: Path) -> None:
    report = export_csv(store, tmp_path / "some", trace_ids=["unsampled"])
    assert {name: n_rows for name, n_rows in report.files if n_rows} == {"traces.csv": 1, "sentences.csv": 1}
    made = json.loads((report.directory / PROVENANCE).read_text("utf-8"))
    assert (made["n_traces"], made["sampling_settings"], made["judges"], made["codebooks"]) == (1, {}, {}, {})


def test_an_unknown_trace_is_refused_before_anything_is_written(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no trace 'nope'"):
        export_csv(store, tmp_path / "out", trace_ids=["turning", "nope"])
    assert list(tmp_path.iterdir()) == []


def test_an_export_without_text_has_no_column_of_it(store: Store, tmp_path: Path) -> None:
    report = export_csv(store, tmp_path / "numbers", text=False)
    for table in TABLES:
        header = (report.directory / table.name).read_text("utf-8").splitlines()[0].split(",")
        assert header == [name for name in table.columns if name not in ("response", "text", "reply")]
    everything = "".join(path.read_text("utf-8") for path in report.directory.iterdir())
    assert "I will comply" not in everything
    assert "plainly" not in everything


def test_an_empty_database_gives_headers(tmp_path: Path) -> None:
    with Store.open(tmp_path / "empty.db") as store:
        report = export_csv(store, tmp_path / "out")
    assert {n_rows for _, n_rows in report.files} == {0}
    assert all((report.directory / table.name).read_bytes().endswith(b"\r\n") for table in TABLES)


def test_two_exports_of_one_database_are_equal(store: Store, exported: ExportReport, tmp_path: Path) -> None:
    again = export_csv(store, tmp_path / "again")
    for name, _ in exported.files:
        assert (again.directory / name).read_bytes() == (exported.directory / name).read_bytes()


def test_all_files_show_one_moment_while_rollouts_land(tmp_path: Path) -> None:
    with build(tmp_path / "live.db") as store:
        enough, landed = Event(), Event()

        def land() -> None:
            for i in range(4, 10_000):
                rows = complied(*["complied"] * i)
                sample(store, "turning", 2, rows)
                landed.set()
                if enough.is_set():
                    return

        lander = Thread(target=land)
        lander.start()
        landed.wait()
        try:
            for i in range(5):
                out = export_csv(store, tmp_path / f"out{i}").directory
                rollouts = read_table(out / "rollouts.csv")
                counted = [
                    int(row["n_rollouts"] or 0)
                    for row in read_table(out / "prefix_rates.csv")
                    if row["behavior"] == "compliance"
                ]
                complete = [row for row in read_table(out / "outcomes.csv") if row["behavior"] == "compliance"]
                assert sum(counted) == len(rollouts) == len(complete)
        finally:
            enough.set()
            lander.join()


def test_a_database_that_breaks_while_it_is_read_leaves_nothing(tmp_path: Path) -> None:
    with build(tmp_path / "broken.db") as store:
        store.write(lambda db: db.execute("DROP TABLE judge_votes")).result()
        with pytest.raises(ExportError, match=r"broken\.db: the database cannot be read"):
            export_csv(store, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not [path for path in tmp_path.iterdir() if "export" in path.name]


def test_a_behavior_of_the_users_own_is_exported_too(tmp_path: Path) -> None:
    with build(tmp_path / "own.db") as store:
        sample(store, "turning", 3, [[Outcome("apology", TAGS.id, "yes")]])
        out = export_csv(store, tmp_path / "out").directory
    rows = read_table(out / "prefix_rates.csv")
    behaviors = [row["behavior"] for row in rows if (row["settings_id"], row["prefix_idx"]) == (WARM.id, "3")]
    assert behaviors == ["compliance", "alignment_faking", "apology"]


def test_directions_confirmed_by_fresh_rollouts_have_a_table_of_their_own(tmp_path: Path) -> None:
    with build(tmp_path / "fresh.db") as store:
        for prefix, word in ((1, "refused"), (2, "complied")):
            sample(store, "turning", prefix, complied(*[word] * 20), first=CONFIRM_BASE)
        out = export_csv(store, tmp_path / "out").directory
    (row,) = read_table(out / "confirmed.csv")
    assert (row["trace_id"], row["settings_id"], row["behavior"]) == ("turning", WARM.id, "compliance")
    assert (row["sentence_idx"], row["direction"], row["judge_id"]) == ("1", "1.0", TAGS.id)
    assert (row["k_before"], row["n_before"], row["k_after"], row["n_after"]) == ("0", "20", "20", "20")
    assert 0 < float(row["p"] or 1) == float(row["q"] or 1) < 1e-9
