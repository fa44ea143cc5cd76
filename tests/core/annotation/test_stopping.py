"""Stop rules: read as they are typed, reached neither too early nor too late."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.annotation.stopping import ALL, Labels, PerCategory, StopRule, Tally, parse_stop
from core.errors import ConfigError

RULES = st.one_of(st.just(ALL), st.builds(Labels, st.integers(1, 999)), st.builds(PerCategory, st.integers(1, 999)))
TALLIES = st.dictionaries(st.sampled_from(["x", "y", "z"]), st.integers(0, 30)).map(
    lambda counts: Tally(sum(counts.values()), counts)
)


@given(RULES)
def test_a_rule_is_read_as_it_is_written(rule: StopRule) -> None:
    assert parse_stop(rule.name) == rule
    assert parse_stop(f"  {rule.name.replace(' ', '   ')} ") == rule


@pytest.mark.parametrize(
    "text", ["", "20", "0 labels", "-1 labels", "20 per", "20 per category soon", "1e3 labels", "½"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"is no place to stop; write all, 100 labels, or 20 per category\.$"):
        parse_stop(text)


def test_one_label_is_said_as_one_says_it() -> None:
    assert parse_stop("1 label") == parse_stop("1 labels") == Labels(1)
    assert Labels(1).name == "1 label"


@given(TALLIES, st.integers(1, 40))
def test_each_category_has_to_have_enough(tally: Tally, n: int) -> None:
    rule, counts = PerCategory(n), tally.by_category
    assert rule.is_reached(tally) == (bool(counts) and min(counts.values(), default=0) >= n)
    assert rule.short(tally) == {name: count for name, count in counts.items() if count < n}


@given(TALLIES, st.integers(1, 40))
def test_labels_count_whatever_they_are(tally: Tally, n: int) -> None:
    assert Labels(n).is_reached(tally) == (tally.n_labelled >= n)
    assert not ALL.is_reached(tally)


def test_progress_names_what_is_furthest_behind() -> None:
    tally = Tally(9, {"v": 5, "w": 1, "x": 0, "y": 2, "z": 1, "u": 0})
    assert PerCategory(5).progress(tally) == "1 of 6 categories have 5; short: x 0, u 0, w 1, z 1 and 1 more"
    assert PerCategory(1).progress(tally) == "4 of 6 categories have 1; short: x 0, u 0"
    assert PerCategory(5).progress(Tally(5, {"v": 5})) == "1 of 1 categories have 5"
    assert Labels(20).progress(tally) == "9 of 20 labels"
    assert ALL.progress(tally) == ""
