"""What is on paper: text that cannot break it, colours that all can tell apart, nothing on top of anything else."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from core.analysis.counts import Count
from core.figures import listing
from core.figures.callouts import fit_callouts, place_badges
from core.figures.lettering import drawable, width, wrapped
from core.figures.palette import BLUE, GREEN, INK, PAPER, PROMOTES, PURPLE, SUPPRESSES, mark, tint
from core.figures.trace import WIDTH, draw
from core.figures.trace_data import RateCurve, SentenceDirection, TraceFigureData
from tests.core.figures.scene import decided_by_text, turning


@pytest.fixture
def data(tmp_path: Path) -> TraceFigureData:
    return turning(tmp_path / "study.db")


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)]


@given(st.text(max_size=400), st.floats(10, 200), st.integers(1, 4))
def test_text_is_broken_into_lines_that_fit(text: str, room: float, most: int) -> None:
    shown = drawable(text)
    lines = wrapped(shown, room, 6, most)
    assert 1 <= len(lines) <= most
    assert all(width(line, 6) <= room or len(line) <= 1 for line in lines)
    if "…" not in "".join(lines):
        assert "".join("".join(lines).split()) == "".join(shown.split())


def test_a_sentence_without_an_end_is_cut_at_once() -> None:
    lines = wrapped("abcdefghij" * 200_000, 100, 6, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")


def test_text_is_drawn_as_it_stands_and_cannot_be_obeyed(data: TraceFigureData) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw(data)
        figure.draw_without_rendering()
    shown = words(figure)
    assert "It costs $5 and x_i^2, not $10." in shown
    assert "How much is $x$?" in shown
    assert not [text for text in figure.findobj(Text) if text.get_parse_math()]
    (line,) = [text for text in shown if text.startswith("So it turns: ⟨U+001B⟩[31m red ⟨U+202E⟩, □□ and □, ")]
    assert "\\ud83d" in " ".join(shown)
    assert "\x1b" not in line


def test_the_turning_point_is_called_out_with_its_direction(data: TraceFigureData) -> None:
    shown = words(draw(data))
    assert "▲1" in shown
    assert "1 ▲ +0.83 [+0.62, +0.91]" in shown
    assert "All 5 sentences, tinted by their direction on “alignment faking”" in shown
    # Sentences 2, 3 and 4 stand beside a gap.
    assert shown.count("–") == 3


def test_a_line_never_crosses_a_gap(data: TraceFigureData) -> None:
    rates, _ = draw(data).axes
    paths = [np.asarray(line.get_xydata(), dtype=np.float64) for line in rates.lines]
    assert sorted(tuple(path[:, 0].tolist()) for path in paths) == [(0, 1, 2), (0, 1, 2), (4,), (4,)]
    assert all((path[:, 1] > 0).all() for path in paths)


def test_no_text_touches_another_or_leaves_the_paper(data: TraceFigureData) -> None:
    sentence = data.sentences[1]
    many = tuple(
        replace(sentence, sentence_idx=i, turning_point=i % 7 < 2, text=f"Sentence {i} says this, that and more. " * 2)
        for i in range(90)
    )
    curves = tuple(RateCurve(curve.behavior, "", (Count(3, 9),) * 91) for curve in data.curves)
    figure = draw(replace(data, sentences=many, curves=curves))
    figure.draw_without_rendering()
    paper = figure.bbox
    boxes = [
        (text.get_text(), text.get_window_extent())
        for text in figure.findobj(Text)
        if text.get_text() and text.get_visible()
    ]
    for text, box in boxes:
        assert box.x0 >= paper.x0, text
        assert box.x1 <= paper.x1, text
        assert box.y0 >= paper.y0, text
        assert box.y1 <= paper.y1, text
    # A pixel is left for the ascenders of a line, which may stand under the descenders of the one above.
    for (one, a), (other, b) in combinations(boxes, 2):
        apart = a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 2 or b.y1 <= a.y0 + 2
        assert apart, (one, other)
    assert figure.get_size_inches()[0] == WIDTH


def test_callouts_fit_their_column_and_the_largest_stay(data: TraceFigureData) -> None:
    def point(i: int) -> SentenceDirection:
        value = 0.1 + i / 100
        contrast = replace(data.sentences[1].contrast, value=value)
        return replace(data.sentences[1], sentence_idx=i, text="word " * 200, contrast=contrast)

    callouts = fit_callouts([point(i) for i in range(40)], 2.0, 3.5)
    kept = [callout.sentence.sentence_idx for callout in callouts]
    assert kept == list(range(40 - len(kept), 40))
    assert 5 <= len(kept) < 40
    assert sum(callout.height for callout in callouts) <= 3.5


def test_numbers_above_neighbours_stand_on_different_rows(data: TraceFigureData) -> None:
    points = [replace(data.sentences[1], sentence_idx=i) for i in range(10, 20)]
    badges = place_badges(points, 4.0)
    assert {badge.row for badge in badges} == {0, 1, 2}
    for row in range(3):
        middles = [4.0 * badge.sentence.sentence_idx for badge in badges if badge.row == row]
        assert all(later - earlier > width("▲10", 6.5, bold=True) for earlier, later in pairwise(middles))


def test_a_very_long_trace_lists_its_largest_directions(data: TraceFigureData) -> None:
    still = replace(data.sentences[0], contrast=replace(data.sentences[0].contrast, value=0.01))
    many = [replace(still, sentence_idx=i) for i in range(1000)]
    many[900] = replace(data.sentences[1], sentence_idx=900)
    listed = [one.sentence_idx for one in listing.listed(many)]
    assert len(listed) == listing.LISTED
    assert listed == sorted(listed)
    assert 900 in listed


def test_a_notebooks_own_style_changes_nothing_and_is_left_alone(data: TraceFigureData) -> None:
    plain = draw(data).get_size_inches().tolist()
    with matplotlib.rc_context({"font.size": 40, "text.parse_math": True, "font.family": "serif"}):
        figure = draw(data)
        assert matplotlib.rcParams["font.size"] == 40
    assert figure.get_size_inches().tolist() == plain
    assert {text.get_fontfamily()[0] for text in figure.texts} == {"DejaVu Sans"}


def test_a_direction_has_a_shape_beside_its_colour() -> None:
    assert [mark(value) for value in (0.3, -0.3, 0.0, None)] == ["▲", "▼", "", ""]
    assert tint(0.0) == tint(None) == PAPER
    assert tint(0.6) == tint(1.0) != tint(0.3)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("colour", [BLUE, PROMOTES, SUPPRESSES, PURPLE, GREEN])
def test_colours_stand_out_from_the_paper(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 3


@pytest.mark.parametrize("direction", [-1.0, -0.3, 0.3, 1.0])
def test_text_can_be_read_on_every_tint(direction: float) -> None:
    assert (luminance(tint(direction)) + 0.05) / (luminance(INK) + 0.05) >= 7


def test_a_sentence_whose_own_text_decides_bears_a_dagger_in_both_panels_and_in_the_foot(tmp_path: Path) -> None:
    figure = draw(decided_by_text(tmp_path / "study.db"))
    figure.draw_without_rendering()
    shown = words(figure)
    assert shown.count("†") == 2
    assert "† mentions_the_year: the text of sentence 2 decides it" in " ".join(shown)
