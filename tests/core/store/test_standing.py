"""Whose a label is has one answer, in SQL as in Python, and every query gives it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.analysis.agreement.agreement import has_shared_units
from core.annotation.gold import is_gold
from core.export.label_tables import LABELS
from core.export.table import choose_traces
from core.store.chosen_labels import choose_labels
from core.store.database import Store
from core.store.glance import glance_at_annotators
from core.store.gold import load_all_gold, load_disagreements, load_labels_of
from core.store.labels import count_labels
from core.store.opinions import load_opinions
from core.store.ratings import load_ratings
from core.store.standing import ADJUDICATED
from core.store.traces import list_traces
from tests.core.analysis.stored import keep, make_trace
from tests.core.deciding import label

ELSEWHERE = ("gold@there", "gold@there-2", "gold@", "gold@ana@ben")
NAMES = st.one_of(
    st.sampled_from(("gold", *ELSEWHERE, "Gold", "GOLD@there", "gold ", "golden", "ana@gold", "goldie@x", "gold_")),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
    st.text(st.sampled_from("gold@*?[]%_GOLD "), max_size=8),
)


@given(NAMES)
@example("gold@\n")
def test_sql_and_python_take_the_same_names_for_adjudications(name: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        query = f"SELECT {ADJUDICATED} FROM (SELECT ? AS annotator)"
        assert bool(connection.execute(query, [name]).fetchone()[0]) == is_gold(name)


QUERIES: dict[str, Callable[[Store], Any]] = {
    "ratings": lambda store: load_ratings(store.read),
    "opinions": lambda store: load_opinions(store.read),
    "labels of each annotator": lambda store: count_labels(store.read, "t"),
    "labels of each trace": lambda store: list_traces(store.read),
    "units of agreement": lambda store: has_shared_units(store.read),
    "open disagreements": lambda store: [one.place for one in load_disagreements(store.read) if one.is_open],
    "gold that is agreed on": lambda store: load_all_gold(store.read),
    "labels.csv": lambda store: list(LABELS.rows(choose_traces(store.read, None))),
    "labels to analyse": lambda store: choose_labels(store.read, "t", {}, None).categories,
    "labels of that name to analyse": lambda store: choose_labels(store.read, "t", {}, only="gold@there").categories,
    "labels of that name to learn from": lambda store: load_labels_of(store.read, "t", "gold@there"),
    "names to complete": lambda store: glance_at_annotators(store.path),
}


@pytest.mark.parametrize("name", QUERIES)
def test_what_another_database_adjudicated_is_nobodys_label_in_any_query(name: str, tmp_path: Path) -> None:
    with Store.open(tmp_path / "t.db") as store:
        keep(store, make_trace("t", ["One.", " Two.", " Three."]))
        label(store, "ana", "t", 0, "planning")
        label(store, "ben", "t", 0, "planning")
        label(store, "ana", "t", 1, "none")
        label(store, "Gold", "t", 1, "planning")
        before = QUERIES[name](store)
        for who in ELSEWHERE:
            label(store, who, "t", 0, "monitoring")
            label(store, who, "t", 2, "monitoring")
        assert QUERIES[name](store) == before
