"""The pages in docs/ are true: snippets run, tables are those of the program, links lead somewhere."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sqlite3
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest

from core.analysis.across.summary import COLUMNS
from core.annotation.categories import BASE_COLOURS
from core.annotation.codebook import FIELDS, load_codebook
from core.behaviors.settings import KINDS, PATTERN_KEYS, PROMPT_KEYS, JudgeConfig
from core.endpoints.config import load_config
from core.endpoints.endpoint import MODE_NAMES
from core.endpoints.endpoint_table import ENDPOINT_KEYS
from core.endpoints.presets import PRESETS
from core.endpoints.probe.finding import VERDICTS
from core.endpoints.refusals import why_it_cannot_continue
from core.export.agreement_tables import AGREEMENT_TABLES
from core.export.collected_tables import COLLECTED_TABLES
from core.export.gold_table import GOLD_TABLES
from core.export.tables import ESTIMATE_TABLES, TABLES
from core.figures import rates_data, trace_data
from core.resampling.heeding import CONCERNS
from core.store.database import Store
from core.traces.importers import FORMATS
from core.traces.importers.known import ANSWERS, KNOWN, QUESTIONS, WRAPPED
from core.traces.importers.named_fields import NAMEABLE
from core.traces.importers.record import KNOWN_FIELDS
from core.traces.reasoning import DEFAULT_TAGS
from core.traces.reasoning_beside import REASONING_FIELDS
from tests.core.analysis.sweeps import words_in_common
from tests.tui.app_under_test import compare_with
from tests.tui.cli.calling import ROOT, done
from tests.tui.cli.test_options import TAKEN
from tui.cli.root import cli

DOCS = ROOT / "docs"
# The judge's endpoint of an example that does not repeat it.
STRONG = '[endpoints.strong-model]\nbase_url = "http://127.0.0.1:1/v1"\nmodel = "m"\n'
PAGES = [*sorted(DOCS.glob("*.md")), ROOT / "README.md"]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def run_python(page: str) -> str:
    """Run a page's snippets one after another, as a notebook would, and return what they print."""
    said = io.StringIO()
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(said):
        for block in blocks(DOCS / page, "python"):
            exec(compile(block, page, "exec"), names)
    return said.getvalue()


@pytest.mark.slow
def test_the_notebook_page_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    compare_with(monkeypatch, words_in_common)
    done("demo", "--headless", "-n", "12")
    said = run_python("notebook.md")
    assert re.search(r"prefix 17: \d+ of 12, [01]\.\d\d in \[", said)
    assert len(re.findall(r"^sentence \d+: [+-]", said, re.MULTILINE)) == 3
    assert "\ndone 96\n" in said
    assert "\n16 comes back in 0 of 60; 60 survivors\n" in said
    assert re.search(r"^sentence 16: \d+ of 60 said the same\n\d+x, \d+ of \d+ faked", said, re.MULTILINE)
    assert re.search(r"^0 \{'compliance': '\w+', 'alignment_faking': '\w+'\} '", said, re.MULTILINE)
    with Store.open("turnpoint-demo/turnpoint.db") as store:
        assert store.read.execute("SELECT count(*) FROM sentences WHERE trace_id = 'mine-1'").fetchone()[0] == 2


def test_the_simulator_page_measures_what_is_true() -> None:
    done("demo", "--headless", "-n", "12")
    found = re.search(r"(\d+) of 29 intervals hold the true rate", run_python("simulator.md"))
    assert found is not None
    # The demo is seeded, so this is no matter of luck; 95% of 29 are 27.6.
    assert int(found[1]) >= 25


def test_the_suggesting_page_suggests() -> None:
    done("demo", "--headless", "-n", "1")
    said = run_python("suggesting.md").splitlines()
    assert said[:2] == ["1 call", "done"]
    assert [line.split()[0] for line in said[2:]] == ["0", "1", "2", "3", "4"]
    assert all(line.endswith(" simulator (synthetic)") for line in said[2:])


def test_the_export_page_reads_back() -> None:
    done("demo", "--headless", "-n", "1")
    done("--db", "turnpoint-demo/turnpoint.db", "export", "tables")
    names: dict[str, Any] = {}
    (block,) = blocks(DOCS / "exporting.md", "python")
    exec(block, names)
    assert len(names["rows"]) == 29


def test_the_collecting_page_names_what_is_asked() -> None:
    assert "'compost-heap-free-original', 'compost-heap-paid-original'" in run_python("collecting.md")


def test_the_figures_page_draws() -> None:
    done("demo", "--headless", "-n", "2")
    assert "figure1.csv" in run_python("figures.md")
    assert Path("figure1.svg").exists()


def test_the_agreement_page_computes_what_it_says() -> None:
    assert run_python("agreement.md").splitlines() == [
        "alpha 0.67, 8 of 10, None",
        "agreement 0.80, 8 of 10, None",
        "agreement_either 0.80, 8 of 10, None",
        "kappa 0.67, 8 of 10, None",
        "agreement 0.80, 8 of 10, None",
        "agreement_either 0.80, 8 of 10, None",
    ]


def test_every_column_behind_a_figure_is_on_its_page() -> None:
    text = (DOCS / "figures.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_0-9]+)` \| (.+) \|$", text, re.MULTILINE)
    assert rows == [*trace_data.COLUMNS.items(), *rates_data.COLUMNS.items()]


def test_the_queries_count_what_the_program_counts() -> None:
    done("demo", "--headless", "-n", "3")
    db = "turnpoint-demo/turnpoint.db"
    rates, labels = blocks(DOCS / "store.md", "sql")
    connection = sqlite3.connect(db)
    counted = {prefix: (k, n) for prefix, k, n, *_ in connection.execute(rates)}
    assert connection.execute(labels).fetchall() == []
    connection.close()
    (report,) = done("--db", db, "analyze", "--json").json
    assert counted == {
        entry["prefix_idx"]: (entry["k"], entry["n"])
        for entry in report["prefixes"]
        if entry["behavior"] == "alignment_faking"
    }


def test_every_table_and_column_of_the_database_is_on_its_page() -> None:
    text = (DOCS / "store.md").read_text(encoding="utf-8")
    with Store.open("any.db") as store:
        tables = [row["name"] for row in store.read.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%STRICT%'")]
        assert len(tables) == 24
        for table in tables:
            (line,) = [line for line in text.splitlines() if line.startswith(f"| `{table}` |")]
            named = set(re.findall(r"`([a-z_0-9]+)`", line))
            columns = {row["name"] for row in store.read.execute(f"PRAGMA table_info({table})")}
            if table == "judge_votes":
                columns -= {f"criterion_{i}" for i in range(2, 5)}
            assert columns - named == set(), table


def test_every_exported_column_is_on_its_page() -> None:
    text = (DOCS / "exporting.md").read_text(encoding="utf-8")
    for table in (*TABLES, *AGREEMENT_TABLES, *GOLD_TABLES, *COLLECTED_TABLES, *ESTIMATE_TABLES):
        section = text.split(f"## {table.name}\n")[1].split("\n## ")[0]
        rows = re.findall(r"^\| `([a-z_0-9]+)` \| (.+) \|$", section, re.MULTILINE)
        assert rows == list(table.columns.items())


def test_every_column_of_the_analyses_across_traces_is_on_its_page() -> None:
    chapter = (DOCS / "exporting.md").read_text(encoding="utf-8").split("\n## Across traces\n")[1].split("\n## ")[0]
    sections = chapter.split("\n### ")[1:]
    assert [section.split("\n")[0] for section in sections] == [f"{name}.csv" for name in COLUMNS]
    for section, columns in zip(sections, COLUMNS.values(), strict=True):
        assert re.findall(r"^\| `([a-z_0-9]+)` \| (.+) \|$", section, re.MULTILINE) == list(columns.items())


def test_every_setting_is_on_its_page() -> None:
    endpoints = (DOCS / "endpoints.md").read_text(encoding="utf-8")
    settings = endpoints.split("\n## Settings\n")[1].split("\n## ")[0]
    keys = re.findall(r"`([a-z_]+)`", "".join(re.findall(r"^\| (`.+?) \|", settings, re.MULTILINE)))
    assert sorted(keys) == sorted(ENDPOINT_KEYS)
    assert {f"`{mode}`" for mode in MODE_NAMES} <= set(re.findall(r"^\| (`[a-z-]+`) \| ", endpoints, re.MULTILINE))
    judge, own = (DOCS / "behaviors.md").read_text(encoding="utf-8").split("## Your own: a pattern")
    named = set(re.findall(r"^\| `([a-z_]+)` \|", judge, re.MULTILINE))
    assert {field.name for field in fields(JudgeConfig)} == named - KINDS.keys()
    assert KINDS.keys() <= named
    assert {*PATTERN_KEYS, *PROMPT_KEYS} == set(re.findall(r"^\| `([a-z_]+)` \|", own, re.MULTILINE))


def test_every_preset_is_on_its_page_as_it_is_and_with_a_working_section() -> None:
    text = (DOCS / "endpoints.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+)` \| `(.+)` \| `(.+)` \| `(.+)` \| (\d+) \| (\w+) \| (\d+) \|$", text, re.MULTILINE)
    assert rows == [
        (name, p.base_url, p.mode, p.api_key_env, str(p.n_per_request), str(p.seed).lower(), str(p.concurrency))
        for name, p in PRESETS.items()
    ]
    sections = re.findall(r"^### ([a-z-]+)\n(.*?)(?=^##)", text, re.DOTALL | re.MULTILINE)
    assert [name for name, _ in sections] == list(PRESETS)
    for name, section in sections:
        (block,) = re.findall(r"^```toml\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
        path = Path(f"{name}.toml")
        path.write_text(block, encoding="utf-8")
        (endpoint,) = load_config(path).endpoints.values()
        assert endpoint.preset == name
        assert why_it_cannot_continue(endpoint) is None


def test_every_field_of_a_record_and_every_tag_is_on_its_page() -> None:
    text = (DOCS / "importing.md").read_text(encoding="utf-8")
    assert {f"`{name}`" for name in KNOWN_FIELDS} <= set(re.findall(r"`[a-z_]+`", text))
    assert re.findall(r"^\d+\. `(.+?)` … `(.+?)`$", text, re.MULTILINE) == [(t.open, t.close) for t in DEFAULT_TAGS]


def test_every_format_is_on_its_page_with_its_fields() -> None:
    text = (DOCS / "importing.md").read_text(encoding="utf-8")
    section = text.split("\n## Formats\n")[1].split("\n## ")[0]
    named = set(words_in(section))
    rows = re.findall(r"^\| ([^|]+) \| (?!known by)[^|]*\|", section, re.MULTILINE)
    read = [kind for kind in (*WRAPPED, *KNOWN) if kind.inside or not kind.refused]
    assert {kind.name for kind in read} == {row for row in rows if not row.startswith("-")}
    for kind in read:
        paths = {path.partition("=")[0] for path in (*kind.needs, *kind.answer, *kind.prompt, *kind.turns, *kind.id)}
        # Of a list the page may name the field alone, and what a program's record is unfolded to it tells in words.
        fields = {path.partition("=")[0].partition(".")[0] for path in named} | {"question", *REASONING_FIELDS}
        assert {path.partition(".")[0] for path in paths if path} <= fields, kind.name


def test_every_kind_of_file_and_every_name_of_reasoning_is_on_its_page() -> None:
    text = (DOCS / "importing.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ((?:`\.\w+`(?:, )?)*) ?\| ", text, re.MULTILINE)
    assert {name: tuple(words_in(suffixes)) for name, suffixes in rows if name in {kind.name for kind in FORMATS}} == {
        kind.name: kind.suffixes for kind in FORMATS
    }
    section = text.split("These names are known")[1].split("\n\n")[0]
    assert tuple(words_in(section)) == REASONING_FIELDS
    assert {*ANSWERS, *QUESTIONS, *NAMEABLE} <= set(words_in(text))


def test_every_category_is_on_its_page() -> None:
    rows = re.findall(
        r"^\| `(.)` \| `(\w+)` \| (\w+) \| (.+) \|$", (DOCS / "annotating.md").read_text("utf-8"), re.MULTILINE
    )
    assert rows == [(c.key, c.name, c.tag, c.definition) for c in load_codebook().categories]


def test_every_option_that_may_stand_after_a_command_is_on_its_page() -> None:
    rows = re.findall(r"^\| (`-.+?) \| (.+) \|$", (DOCS / "command-line.md").read_text("utf-8"), re.MULTILINE)
    listed = {
        (flag, words) for flags, after in rows for flag in words_in(flags) if flag != "-e" for words in words_in(after)
    }
    assert listed == {(flag, " ".join(words)) for words, flag in TAKEN}


def words_in(cell: str) -> list[str]:
    return re.findall(r"`(.+?)`", cell)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_in_a_page_are_valid(page: Path) -> None:
    for number, block in enumerate(blocks(page, "toml")):
        path = Path(f"{number}.toml")
        path.write_text(block + (STRONG if '"strong-model"' in block else ""), encoding="utf-8")
        if "[[categories]]" in block:
            assert load_codebook(path).path == path
        else:
            assert load_config(path).sources == (path,)


def test_every_field_of_a_codebook_is_on_its_page() -> None:
    text = (DOCS / "codebook.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^\| `([a-z]+)` \|", text, re.MULTILINE)) == FIELDS
    assert all(f"`{colour}`" in text for colour in BASE_COLOURS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_a_page_exist(page: Path) -> None:
    for line in "\n".join(blocks(page, "console")).splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["turnpoint"]:
            check_call(words[1:])


def check_call(words: list[str]) -> None:
    """Follow a call word by word through the commands and options that there are."""
    command: click.Command = cli
    context = click.Context(command)
    left = iter(words)
    for word in left:
        if word.startswith("-"):
            (option,) = [p for p in command.params if isinstance(p, click.Option) and word in p.opts]
            if not option.is_flag:
                next(left)
        elif isinstance(command, click.Group):
            found = command.get_command(context, word)
            assert found is not None, words
            command = found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"https?://", target):
            continue
        name, _, anchor = target.partition("#")
        path = page.parent / name if name else page
        assert path.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles]


def test_what_a_check_refuses_and_warns_of_is_on_its_page() -> None:
    page = (DOCS / "checking.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` .* \| (refuses|warns) \|$", page, re.MULTILINE)
    stated = Counter((name, verb) for name, verb in rows if name not in VERDICTS)
    assert stated == Counter((one.finding, "refuses" if one.refuses else "warns") for one in CONCERNS)
