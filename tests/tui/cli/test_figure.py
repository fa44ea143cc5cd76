"""`turnpoint figure`: files beside their CSVs, or one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import SimilarityError
from core.store.database import Store
from tests.core.analysis.stored import COLD, WARM, complied, keep, make_trace, sample
from tests.core.figures.scene import all_dissimilar
from tests.tui.cli.calling import done, turnpoint


@pytest.fixture(autouse=True)
def _turning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentence 1 of a trace turns compliance; another trace has no rollouts."""
    monkeypatch.setattr("core.similarity.cosine.comparison", lambda *_: all_dissimilar)
    with Store.open("turnpoint.db") as store:
        keep(store, make_trace("turning", ["One.", " Two.", " Three."]), make_trace("untouched", ["A."]))
        for prefix, k in enumerate((2, 2, 38, 39)):
            sample(store, "turning", prefix, complied(*["complied"] * k, *["refused"] * (40 - k)))


def files() -> list[str]:
    return sorted(path.name for path in Path().iterdir() if not path.name.startswith("turnpoint.db"))


def test_without_a_word_all_three_formats_are_written() -> None:
    ran = done("figure", "trace", "turning")
    written = [f"turning-figure.{kind}" for kind in ("png", "svg", "pdf", "csv")]
    assert ran.out.splitlines() == [f"wrote {name}" for name in written]
    assert files() == sorted(written)


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (["-o", "a.svg"], ["a.svg", "a.csv"]),
        (["-o", "a.svg", "--format", "png"], ["a.svg", "a.png", "a.csv"]),
        (["-o", "fig.v2", "--format", "svg"], ["fig.v2.svg", "fig.v2.csv"]),
        (["--format", "svg"], ["turning-figure.svg", "turning-figure.csv"]),
        (["-o", ".", "--format", "svg"], ["turning-figure.svg", "turning-figure.csv"]),
    ],
)
def test_the_name_and_the_formats_say_which_files(words: list[str], written: list[str]) -> None:
    assert done("figure", "trace", "turning", *words, "--json").json["files"] == written
    assert files() == sorted(written)


def test_json_says_what_was_drawn() -> None:
    said = done("figure", "trace", "turning", "--format", "svg", "--json").json
    assert said["behavior"] == "compliance"
    assert said["turning_points"] == [1]
    assert said["settings_id"] == WARM.id


def test_without_an_encoder_the_figure_is_drawn_and_a_sentence_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise SimilarityError("no encoder here; install one.")

    monkeypatch.setattr("core.similarity.cosine.comparison", lambda *_: refuse)
    ran = turnpoint("figure", "trace", "turning", "--format", "svg")
    assert ran.code == 0
    assert "no encoder here; install one. Without it there are resampling directions" in ran.err
    assert ",resampling," in Path("turning-figure.csv").read_text(encoding="utf-8")


def test_rates_are_drawn_by_tier_and_variant() -> None:
    said = done("figure", "rates", "--format", "svg", "--json").json
    assert said["files"] == ["rates-figure.svg", "rates-figure.csv"]
    free, paid = said["cells"]
    assert (free["tier"], free["k"], free["n"], free["n_traces"]) == ("free", 2, 40, 1)
    assert (paid["tier"], paid["n"], paid["rate"], paid["wilson"]) == ("paid", 0, None, None)


@pytest.mark.parametrize(
    ("words", "code", "refusal"),
    [
        (["trace", "ghost"], 2, "no trace 'ghost' in this database; `turnpoint traces` lists them."),
        (
            ["trace", "untouched"],
            2,
            "trace 'untouched' has no rollouts to draw; `turnpoint resample TRACE --all` draws some.",
        ),
        (
            ["trace", "turning", "--behavior", "kindness"],
            2,
            "no rollout of trace 'turning' is decided for 'kindness'; there is: compliance.",
        ),
        (
            ["trace", "turning", "--settings", COLD.id],
            2,
            f"trace 'turning' has no rollouts under settings '{COLD.id}'; it has: {WARM.id}.",
        ),
        (
            ["trace", "turning", "-o", "a.jpg"],
            1,
            "a.jpg: a figure is written as .png, .svg or .pdf; name such a file, or use --format.",
        ),
        (
            ["rates", "untouched"],
            2,
            "no trace has rollouts of prefix 0 yet; `turnpoint resample TRACE --prefix 0` draws some.",
        ),
        (
            ["rates", "--settings", COLD.id],
            2,
            f"no trace has rollouts of prefix 0 under settings '{COLD.id}'; most have some under {WARM.id}.",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(words: list[str], code: int, refusal: str) -> None:
    ran = turnpoint("figure", *words)
    assert (ran.code, ran.refusal) == (code, refusal)
    assert files() == []


def test_a_figure_that_is_there_is_replaced_by_force_only() -> None:
    Path("rates-figure.svg").write_text("mine", encoding="utf-8")
    ran = turnpoint("figure", "rates")
    assert (ran.code, ran.refusal) == (
        1,
        "rates-figure.svg: this file is there already; name another, or use --force to replace it.",
    )
    assert files() == ["rates-figure.svg"]
    done("figure", "rates", "--format", "svg", "--force")
    assert Path("rates-figure.svg").read_bytes().startswith(b"<?xml")
