"""The numbers of the figure of rates: rollouts of prefix 0, pooled by tier and prompt variant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.analysis.counts import Count
from core.behaviors.outcome import COMPLIANCE, Outcome
from core.errors import NotFoundError
from core.figures.rates import draw
from core.figures.rates_data import COLUMNS, MOST_BARS, rates_figure_data, rows
from core.figures.write import rendered
from core.store.database import Store
from tests.core.analysis.stored import COLD, TAGS, complied, keep, make_trace, sample

ONE = make_trace("one", ["A."])
TWO = make_trace("two", ["B."])
PAID = replace(make_trace("paid", ["C."]), tier="paid")
ABLATED = replace(make_trace("ablated", ["D."]), prompt_variant="ablated")
ELSEWHERE = make_trace("elsewhere", ["E."])


@pytest.fixture
def study(tmp_path: Path) -> Store:
    store = Store.open(tmp_path / "study.db")
    keep(store, ONE, TWO, PAID, ABLATED, ELSEWHERE)
    sample(store, "one", 0, complied("complied", "refused", "refused", "truncated"))
    sample(store, "one", 1, complied("complied", "complied"))
    sample(store, "two", 0, complied("complied"))
    sample(store, "paid", 0, complied("refused", "refused"))
    sample(store, "ablated", 0, complied("complied", "refused"))
    sample(store, "elsewhere", 0, complied("complied"), settings=COLD)
    sample(store, "one", 0, complied("complied"), settings=COLD)
    return store


def test_a_bar_pools_the_rollouts_of_prefix_0_alone(study: Store) -> None:
    with study:
        data = rates_figure_data(study.read)
    cells = {(cell.prompt_variant, cell.tier): cell for cell in data.cells}
    free = cells["original", "free"]
    assert free.count == Count(2, 4)
    assert [(one.trace_id, one.count) for one in free.traces] == [("one", Count(1, 3)), ("two", Count(1, 1))]
    assert free.n_undecided == 1
    assert cells["original", "paid"].count == Count(0, 2)
    assert (data.variants, data.tiers) == (("original", "ablated"), ("free", "paid"))


def test_rollouts_that_were_filtered_are_in_no_rate_and_said_at_the_foot(study: Store) -> None:
    with study:
        assert b"filtered" not in rendered(draw(rates_figure_data(study.read)), "svg")
        sample(study, "one", 0, complied("filtered", "filtered"), first=20)
        sample(study, "one", 1, complied("filtered"), first=20)
        data = rates_figure_data(study.read)
    assert data.n_filtered == 2
    assert b"filtered" in rendered(draw(data), "svg")


def test_a_cell_without_rollouts_is_a_gap(study: Store) -> None:
    with study:
        data = rates_figure_data(study.read)
    (gap,) = [cell for cell in data.cells if not cell.traces]
    assert (gap.prompt_variant, gap.tier, gap.count.rate) == ("ablated", "paid", None)
    (row,) = [dict(zip(COLUMNS, row, strict=True)) for row in rows(data) if row[5] == 0]
    assert (row["n"], row["rate"], row["low"], row["high"]) == (0, None, None, None)
    assert b">none<" not in rendered(draw(data), "svg")  # words are outlines
    assert b"<!-- none -->" in rendered(draw(data), "svg")


def test_settings_are_never_mixed_and_the_traces_left_out_are_counted(study: Store) -> None:
    with study:
        assert rates_figure_data(study.read).n_elsewhere == 1
        cold = rates_figure_data(study.read, settings_id=COLD.id)
        assert cold.settings.id == COLD.id
        assert [cell.count for cell in cold.cells if cell.traces] == [Count(2, 2)]
        assert cold.n_elsewhere == 3


def test_only_the_traces_that_were_named_count(study: Store) -> None:
    with study:
        data = rates_figure_data(study.read, ["two", "paid"])
        assert [cell.count for cell in data.cells] == [Count(1, 1), Count(0, 2)]
        with pytest.raises(NotFoundError, match="no trace 'ghost'"):
            rates_figure_data(study.read, ["ghost"])


def test_one_judge_decides_for_all_traces(study: Store) -> None:
    other = replace(TAGS, version="2")
    with study:
        keep(study)
        from core.store.rollouts import add_judge

        study.write(lambda db: add_judge(db, other)).result()
        sample(study, "two", 0, [[Outcome(COMPLIANCE, other.id, "refused")] * 1] * 3, settings=COLD)
        data = rates_figure_data(study.read, settings_id=COLD.id)
    assert data.judges == {COMPLIANCE: other.id}
    assert [cell.count for cell in data.cells if cell.count.n] == [Count(0, 3)]


def test_more_bars_than_a_figure_holds_are_refused(tmp_path: Path) -> None:
    traces = [replace(make_trace(f"t{i}", ["A."]), prompt_variant=f"v{i}") for i in range(MOST_BARS // 2 + 1)]
    with Store.open(tmp_path / "many.db") as store:
        keep(store, *traces)
        with pytest.raises(NotFoundError, match="no trace has rollouts of prefix 0 yet"):
            rates_figure_data(store.read)
        for trace in traces:
            sample(store, trace.id, 0, complied("complied"))
        with pytest.raises(NotFoundError, match=r"^122 bars are more than a figure can hold \(120\); name fewer"):
            rates_figure_data(store.read)
