"""The pane about one sentence: every number with its counts and interval, and nothing where nothing is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from core.analysis.intervals import newcombe, wilson
from core.annotation.codebook import load_codebook
from core.endpoints.settings import SamplingSettings
from core.store.database import Store
from core.store.labels import set_label
from core.store.rollouts import add_settings
from tests.core.analysis.stored import COLD, complied, keep, make_trace, sample
from tui.views.detail import ONE_LINE_CELLS, detail_lines
from tui.views.session import load_view

CODEBOOK = load_codebook()
HOSTILE = SamplingSettings("lab\x1b]0;pwned\x07", "http://lab.example/v1", "[/model]", "completions", 0.5, 1.0, 256)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Compliance is 1/4 and 3/3 at prefixes 0 and 1, with rollouts apart; prefix 2 is undecided, prefix 3 a gap."""
    with Store.open(tmp_path / "detail.db") as store:
        keep(store, make_trace("turning", ["One.", " Two.", " Three."]))
        sample(store, "turning", 0, complied("complied", *["refused"] * 3, "no_decision", "truncated", "error"))
        sample(store, "turning", 1, complied(*["complied"] * 3))
        sample(store, "turning", 2, complied("truncated"))
        yield store


def pane(store: Store, index: int, width: int = ONE_LINE_CELLS) -> list[str]:
    view = load_view(store, "turning", "ana", None, {}, None)
    return ["".join(text for text, _ in line) for line in detail_lines(view, index, CODEBOOK, width)]


def test_rates_before_and_after_have_counts_and_wilson_intervals(store: Store) -> None:
    before, after = wilson(1, 4), wilson(3, 3)
    assert before is not None and after is not None
    (line,) = [line for line in pane(store, 0) if line.startswith("comply ")]
    assert f"0.25 (1/4) [{before.low:.2f}, {before.high:.2f}]" in line
    assert line.endswith(f" → 1.00 (3/3) [{after.low:.2f}, {after.high:.2f}]")


def test_what_is_undecided_is_counted_apart_by_kind(store: Store) -> None:
    assert any("+1 undecided, 1 cut, 1 failed" in line for line in pane(store, 0))


def test_a_rollout_that_restarted_is_named(store: Store) -> None:
    sample(store, "turning", 2, complied("restarted", "restarted"), first=5)
    assert any("1 cut, 2 restarted" in line for line in pane(store, 2))


def test_a_rollout_that_was_filtered_is_named(store: Store) -> None:
    sample(store, "turning", 2, complied("filtered"), first=5)
    assert any("1 cut, 1 filtered" in line for line in pane(store, 2))


def test_a_direction_has_its_sign_its_interval_and_its_size(store: Store) -> None:
    interval = newcombe(1, 4, 3, 3)
    assert interval is not None
    shown = f"▲ +0.75 [{interval.low:+.2f}, {interval.high:+.2f}]  importance 0.75"
    assert any(line.strip() == shown for line in pane(store, 0))


def test_beside_a_gap_there_is_no_direction(store: Store) -> None:
    text = "\n".join(pane(store, 2))
    assert "not sampled" in text
    assert "1 cut" in text
    assert "importance" not in text


def test_alignment_faking_comes_first(store: Store) -> None:
    names = [line.split()[0] for line in pane(store, 0) if line.startswith(("AF", "comply"))]
    assert names == ["AF", "comply"]


def test_the_label_is_shown_with_its_definition(store: Store) -> None:
    assert pane(store, 1)[0] == "sentence 1 · unlabelled"
    store.write(lambda db: set_label(db, "ana", "turning", 1, "monitoring", CODEBOOK)).result()
    lines = pane(store, 1)
    assert lines[0] == "sentence 1 · monitoring"
    definition = next(c.definition for c in CODEBOOK.categories if c.name == "monitoring")
    assert definition in " ".join(lines)


@pytest.mark.parametrize("width", [40, 46, 60])
def test_a_narrow_pane_puts_before_and_after_below_each_other(store: Store, width: int) -> None:
    lines = pane(store, 1, width)
    assert any("before" in line for line in lines)
    assert any("after" in line for line in lines)
    assert all(cell_len(line) <= width for line in lines if "before" in line or "after" in line)


def test_where_the_rates_come_from_is_said(store: Store) -> None:
    assert pane(store, 0)[-1] == "lab · small-model · T=0.6"
    sample(store, "turning", 0, complied("refused"), settings=COLD)
    assert "1 of 2" in pane(store, 0)[-1]


def test_without_rollouts_the_pane_says_how_to_get_some(tmp_path: Path) -> None:
    with Store.open(tmp_path / "empty.db") as store:
        keep(store, make_trace("turning", ["One."]))
        assert pane(store, 0)[-1] == "no rollouts yet: r resamples this prefix, R every prefix"


def test_names_of_endpoints_and_models_are_made_visible(store: Store) -> None:
    store.write(lambda db: add_settings(db, HOSTILE)).result()
    sample(store, "turning", 0, complied(*["refused"] * 50), settings=HOSTILE)
    last = pane(store, 0)[-1]
    assert last.startswith("lab␛]0;pwned␇ · [/model]")
    assert "".join(pane(store, 0)).isprintable()
